"""Real processes for tests: started, watched through /proc and pidfds, never slept for."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60
"""How long anything may take on a busy machine before it counts as hanging, in seconds."""


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
        return port


def write_config(folder: Path, port: int, more: str = "") -> Path:
    file = folder / "config.yaml"
    file.write_text(
        f"public_url: http://localhost:{port}\ndatabase: sqlite:///var/engaged.db\n"
        f"campaigns:\n  - slug: tea\n    name: Tea\n{more}"
    )
    return file


@contextmanager
def started(*arguments: str, module: str = "engaged") -> Iterator[subprocess.Popen[str]]:
    """Start a command of ours; whatever is left of it afterwards is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"},
    )
    try:
        yield process
    finally:
        for pid in [process.pid, *descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)


def descendants(pid: int) -> list[int]:
    """Give children, grandchildren and so on."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it ended meanwhile
            after_name = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(after_name[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def command_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def wait_for_end(pids: list[int]) -> None:
    """Wait until all are gone.

    Raises:
        TimeoutError: one of them stays.
    """
    for pid in pids:
        with suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                if not select.select([handle], [], [], PATIENCE_S)[0]:
                    raise TimeoutError(f"{pid} is still there: {command_of(pid)}")
            finally:
                os.close(handle)


def until(holds: Callable[[], bool]) -> None:
    """Wait for something that another process does and gives no handle to wait on.

    Raises:
        TimeoutError: it never holds.
    """
    for _ in range(PATIENCE_S * 20):
        if holds():
            return
        time.sleep(0.05)  # between two looks; nothing is decided by how long it takes
    raise TimeoutError("it never came true")
