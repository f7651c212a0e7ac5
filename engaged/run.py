"""`engaged run`: web and work in one go, kept alive, ended together.

The supervisor does nothing else, so that nothing else can bring it down. Its children are tied to it
(lifeline.py): they end with it, also on kill -9.
"""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from argparse import Namespace
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from engaged import lifeline, logs, port
from engaged.terminal import answer, tell

log = logging.getLogger(__name__)

SETTLED_S = 60
"""A child that lived so long, in seconds, did not fail to start: its next end is a first one."""
LONGEST_PAUSE_S = 60
FINISH_WITHIN_S = 45
"""How long children may finish what is in flight before they are killed, in seconds."""
LOOK_EVERY_S = 0.1


def run(arguments: Namespace) -> int:
    """Run until SIGTERM or Ctrl-C."""
    return start(arguments.config, arguments.host, arguments.port)


def start(
    config: Path,
    host: str,
    number: int | None = None,
    *,
    beside: Mapping[str, Sequence[str]] = MappingProxyType({}),
    more: Sequence[str] = (),
) -> int:
    """Prepare, run the children, and keep them alive until SIGTERM or Ctrl-C.

    Args:
        number: the port; None: the one that `public_url` says.
        beside: more children, each by its name with its `engaged` command.
        more: lines to say after the addresses, once everything answers.
    """
    logs.set_up(())
    ready = _prepared(config, host, number)
    if isinstance(ready, int):
        return ready
    own = ["--config", str(config.resolve())]
    commands = {
        "web": ["web", *own, "--host", host, "--port", str(ready["port"])],
        "work": ["work", *own],
        **({"publish": ["publish", *own, "--keep"]} if ready["publishes"] else {}),
        **beside,
    }
    greeting = [*ready["greeting"], *more]
    return asyncio.run(_supervise(commands, host, ready["port"], greeting))


def _prepared(config: Path, host: str, number: int | None) -> Any:
    """Give what `engaged prepare` says, or the code it failed with: its words stand on the terminal."""
    command = [sys.executable, "-m", "engaged", "prepare", "--config", str(config), "--host", host]
    if number is not None:
        command += ["--port", str(number)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)  # noqa: S603 - our own command
    return json.loads(done.stdout) if done.returncode == 0 else done.returncode


def pause_before(restart: int) -> int:
    """Say how many seconds to wait before the next start: 1, 2, 4 … 60.

    Args:
        restart: how many times in a row it ended soon after its start, from 1.
    """
    return min(1 << min(restart - 1, 6), LONGEST_PAUSE_S)


async def _supervise(
    commands: Mapping[str, Sequence[str]], host: str, number: int, greeting: Sequence[str]
) -> int:
    stopping, code = asyncio.Event(), 0
    children = {name: _Child(name, command, stopping) for name, command in commands.items()}
    _listen_to_signals(stopping, list(children.values()))
    kept = [asyncio.create_task(child.keep()) for child in children.values()]
    if await _is_up(children["web"], host, number, stopping):
        with suppress(BrokenPipeError):  # nobody reads it: no reason to end
            for line in greeting:
                answer(line)
    elif not stopping.is_set():
        tell("The web half does not start, so everything is ended. Its own words stand above.")
        stopping.set()
        code = 1
    await asyncio.gather(*kept)
    return code


class _Child:
    """One command that is started again whenever it ends, until `stopping` is set."""

    def __init__(self, name: str, command: Sequence[str], stopping: asyncio.Event) -> None:
        self.name = name
        self.restarts = 0
        self._command = [sys.executable, "-m", "engaged", *command]
        self._stopping = stopping
        self._process: Process | None = None

    async def keep(self) -> None:
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            code = await self._once()
            if self._stopping.is_set():
                return
            lived = asyncio.get_running_loop().time() - began
            self.restarts = 1 if lived > SETTLED_S else self.restarts + 1
            pause = pause_before(self.restarts)
            log.warning("%s ended (%s); it is started again in %s s", self.name, _how(code), pause)
            await _wait(self._stopping, pause)

    async def _once(self) -> int:
        """Run it to its end; when everything stops, ask it to finish, and end it if it does not."""
        # A session of its own: Ctrl-C reaches the supervisor only, which then asks each child once.
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=DEVNULL,
            start_new_session=True,
            env={**os.environ, lifeline.PARENT: str(os.getpid())},
        )
        ended = asyncio.create_task(self._process.wait())
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([ended, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            self._send(signal.SIGTERM)
            await asyncio.wait([ended], timeout=FINISH_WITHIN_S)
            self.kill()
        return await ended

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            if self._process is not None and self._process.returncode is None:
                self._process.send_signal(number)


def _listen_to_signals(stopping: asyncio.Event, children: Sequence[_Child]) -> None:
    """The first signal asks for an orderly end, a second one ends everything at once."""

    def on_signal() -> None:
        if stopping.is_set():
            for child in children:
                child.kill()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup: it is meant to outlive its terminal
        asyncio.get_running_loop().add_signal_handler(number, on_signal)


async def _is_up(web: _Child, host: str, number: int, stopping: asyncio.Event) -> bool:
    """Wait until the web half answers; False when it ends before it ever did, or everything is ended."""
    while not stopping.is_set() and not web.restarts:
        if await asyncio.to_thread(port.is_healthy, host, number):
            return True
        await _wait(stopping, LOOK_EVERY_S)
    return False


async def _wait(stopping: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stopping.wait(), timeout=seconds)


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with {code}"
