"""Run a program to its end and say what it cost, with every process that it started."""

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

PR_SET_CHILD_SUBREAPER = 36
# Programs run as they are installed: with their bytecode kept.
_SURROUNDINGS = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Cost:
    """What one run cost. CPU counts user and system time of all its processes, in seconds."""

    cpu_s: float
    wall_s: float
    rss_mb: float


def adopt_orphans() -> None:
    """Become the parent of what a program leaves behind, so that its CPU time is counted too."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(command: Sequence[str | Path], environment: Mapping[str, str], output: Path) -> Cost:
    """Run a command; its output goes to a file.

    Raises:
        RuntimeError: it did not end well; the end of its output is in the message.
    """
    before, started = _spent(), time.perf_counter()
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**_SURROUNDINGS, **environment},
            stdout=sink,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - started
    _reap()
    if process.returncode:
        tail = output.read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{command[0]} ended with {process.returncode}:\n{tail}")
    return Cost(_spent() - before, wall, used.ru_maxrss / 1024)


def _reap() -> None:
    """Wait for orphans that were left to us: at most some seconds, they are ending already."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        except ChildProcessError:
            return


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def middle(costs: Sequence[Cost]) -> Cost:
    """Give the medians of some runs."""
    return Cost(
        median(cost.cpu_s for cost in costs),
        median(cost.wall_s for cost in costs),
        median(cost.rss_mb for cost in costs),
    )
