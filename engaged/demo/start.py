"""`engaged demo`: makes the campaign, starts the stand-in beside the ordinary program, says where it is.

The demo lives in var/demo/ beneath the current folder: its own plan, config, database and pictures. A
later start goes on with them, unless they are older than a day or `--fresh` is said.
"""

import os
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from engaged import lifeline, port, run
from engaged.demo import plan
from engaged.demo.config import config_text
from engaged.demo.plan import MODERATOR, Plan
from engaged.demo.server import HERE
from engaged.terminal import WrongUse, tell

FOLDER = Path("var/demo")
USUAL_PORT = 8000
FIRST = "lamplight"  # its posts are seen on the other network, too
PATIENCE_S = 30

_FRUGAL = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}
"""Lets the C library give large blocks back at once: a process that draws pictures then holds 60 MB
instead of 100 (measured). Source: mallopt(3); other C libraries pass over it."""


def demo(arguments: Namespace) -> int:
    """Run the demo, or one part of it that the demo itself starts."""
    os.environ.update(_FRUGAL)
    if arguments.only == "stand-in":
        from engaged.demo.stand_in import stand_in

        return stand_in(arguments.config.parent)
    if arguments.only == "moderate":
        from engaged.demo.opening import moderate

        return moderate(arguments.config)
    return _run(FOLDER.resolve(), arguments.port or USUAL_PORT, is_fresh=arguments.fresh)


def _run(folder: Path, number: int, *, is_fresh: bool) -> int:
    config = folder / "config.yaml"
    found = plan_for(folder, number, is_fresh=is_fresh)
    plan.write(found, folder)
    config.write_text(config_text(found), encoding="utf-8")
    if not found.is_ready:
        if not _is_made(found, config):
            tell("The demo could not be made: what went wrong stands above.")
            return 1
        found = plan.ready(found)
        plan.write(found, folder)
    beside = {"stand-in": ["demo", "--only", "stand-in", "--config", str(config)]}
    return run.start(config, HERE, found.port, beside=beside, more=greeting(found))


def greeting(found: Plan) -> list[str]:
    """Give the lines that stand beneath Engaged's own at the end of the start."""
    return [
        f"Sign in as:    {MODERATOR}   with the password   {found.password}",
        f"A library:     {found.origin('library')}/   (its page has the widget in it)",
        f"A network:     {found.origin('lamplight')}/   (where authors delete and edit)",
        f"A mailbox:     {found.origin('mailbox')}/   (where the weekly mail arrives)",
        "All of it is invented, and a new post comes every 20 seconds.",
        "Ctrl-C ends it; the next start goes on here, `engaged demo --fresh` begins anew.",
    ]


def plan_for(folder: Path, number: int, *, is_fresh: bool) -> Plan:
    """Give the plan to go on with, or a new one in an empty folder.

    Raises:
        WrongUse: a port is taken; the sentence says what to do.
    """
    advice = f"Say another: engaged demo --port {_another(number)}"
    _must_be_free(number, f"Port {number} of this computer is taken by another program. {advice}.")
    old, now = plan.read(folder), datetime.now(UTC)
    for taken in sorted((*old.sites.values(), old.mail)) if old else ():
        _must_be_free(
            taken,
            f"Port {taken} is one of this demo's and is taken: the demo runs already, or another "
            "program has it. End that, or start in another folder.",
        )
    if old and not is_fresh and not old.is_over(now) and number not in (*old.sites.values(), old.mail):
        return plan.moved(old, number)
    if old and old.is_ready and not is_fresh:
        tell("The last demo is older than a day, or its ports are in the way: a new one begins.")
    plan.forget(folder)
    return plan.new_plan(now, number, _free_ports(number))


def _another(number: int) -> int:
    return number + 10 if number < 65_000 else USUAL_PORT


def _must_be_free(number: int, words: str) -> None:
    try:
        port.refuse_if_taken(HERE, number)
    except WrongUse as error:
        raise WrongUse(words) from error


def _free_ports(number: int) -> list[int]:
    """Give the next ports that nobody has."""
    found: list[int] = []
    for candidate in range(number + 1, min(number + 200, 65_536)):
        try:
            port.refuse_if_taken(HERE, candidate)
        except WrongUse:
            continue
        found.append(candidate)
        if len(found) == plan.PORTS:
            return found
    raise WrongUse(
        f"{plan.PORTS} free ports behind {number} are needed. Say another: engaged demo --port 9000"
    )


def _is_made(found: Plan, config: Path) -> bool:
    """Collect the campaign once and let it be moderated, so that nobody begins before an empty page."""
    tell("An invented campaign is being made. This takes a few seconds …")
    own = ["--config", str(config)]
    # A post belongs to the source that saw it first: the network it was written on comes first.
    steps = (["collect", *own, FIRST], ["collect", *own], ["demo", "--only", "moderate", *own])
    with _stand_in(found, config):
        return all(_did(step) for step in steps)


def _did(step: list[str]) -> bool:
    command = [sys.executable, "-m", "engaged", *step]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own command
    words = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        tell(words)
    return done.returncode == 0


@contextmanager
def _stand_in(found: Plan, config: Path) -> Iterator[None]:
    """Let the invented sites answer while the campaign is made."""
    command = [sys.executable, "-m", "engaged", "demo", "--only", "stand-in", "--config", str(config)]
    tied = {**os.environ, lifeline.PARENT: str(os.getpid())}
    process = subprocess.Popen(command, env=tied)  # noqa: S603 - our own command
    try:
        _wait_for(process, found)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", found: Plan) -> None:
    until = time.monotonic() + PATIENCE_S
    while not all(port.is_healthy(HERE, number) for number in found.sites.values()):
        if process.poll() is not None or time.monotonic() > until:
            raise WrongUse("The demo's invented sites do not start: what went wrong stands above.")
        time.sleep(0.05)
