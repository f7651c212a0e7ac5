"""Ties a process to its parent: when the parent ends, even by kill -9, the process ends too.

Without it, granian's worker goes on answering after its supervisor was killed, and the next start
binds the same port beside it.
"""

import ctypes
import os
import signal
import sys
import time
from threading import Thread

PARENT = "ENGAGED_PARENT"
"""The environment variable by which `engaged run` tells its children who their parent is."""

_SET_PARENT_DEATH_SIGNAL = 1  # prctl(2)
_LOOK_EVERY_S = 1


def tie_to_supervisor() -> None:
    """Tie this process to `engaged run` when that started it; do nothing otherwise."""
    parent = os.environ.get(PARENT, "")
    if parent.isdecimal():
        tie(int(parent))


def tie(parent: int) -> None:
    """End this process by SIGKILL as soon as `parent` is no longer its parent.

    To be called in the thread that lives as long as the process: Linux counts the death of the
    *thread* that forked.
    """
    if not _by_kernel():
        Thread(target=_watch, args=(parent,), name="lifeline", daemon=True).start()
    if os.getppid() != parent:  # it died before we were tied
        _end()


def _by_kernel() -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL) == 0)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_S)
    _end()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
