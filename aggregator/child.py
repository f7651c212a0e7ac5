"""Runs parsing functions in child processes that may use only so much time and memory.

What a stranger sends is parsed where it can do least: a child that spends more than its share is ended,
its task fails alone, and a new child takes the next one. It knows nothing of feeds, nor of pictures.
"""

import asyncio
import ctypes
import fcntl
import importlib
import math
import os
import resource
import signal
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from aggregator.errors import EngagedError, NotUnderstood, TooCostly

CPU_S = 5
MEMORY_BYTES = 256 * 1024 * 1024
WALL_S = 20
# A fresh child now and then gives back what the allocator keeps: the memory limit is meant for one task.
TASKS_A_CHILD = 500
LONG_S = 0.01
"""A task that used so much processor time may have used much memory, too."""


class Children:
    """A few children that wait for tasks. `run` is what collectors know as InChild.

    They start with the first task, so that a run of unchanged sources does not pay for them.

    Args:
        module: where the functions are that may be run.
        niceness: how far these children stand back when others want the processor, 0 to 19.
    """

    def __init__(
        self,
        at_most: int = 2,
        module: str = "aggregator.parse",
        cpu_s: int = CPU_S,
        wall_s: float = WALL_S,
        memory_bytes: int = MEMORY_BYTES,
        niceness: int = 0,
    ) -> None:
        self._at_most = at_most
        self._module = module
        self._cpu_s = cpu_s
        self._wall_s = wall_s
        self._memory_bytes = memory_bytes
        self._niceness = niceness
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()

    async def run(self, task: str, *arguments: Any) -> Any:
        """Give what the function of that name gives.

        Raises:
            TooCostly: it passed its limits and was ended, or its child died otherwise.
            NotUnderstood: it refused its arguments, or broke on them.
        """
        try:
            return await self._once(task, arguments)
        except BrokenProcessPool:
            # A child that dies between two tasks takes the whole pool with it: the tasks are innocent.
            _give_back()
        try:
            return await self._once(task, arguments)
        except BrokenProcessPool as error:
            raise TooCostly(f"the children that run {task} do not stay alive") from error

    async def _once(self, task: str, arguments: tuple[Any, ...]) -> Any:
        pool = await self._running_pool()
        try:
            work = (self._module, self._cpu_s, task, *arguments)
            scheduled = pool.schedule(_work, work, timeout=self._wall_s)
        except RuntimeError as error:
            raise BrokenProcessPool from error
        try:
            return await asyncio.wrap_future(scheduled)
        except TimeoutError as error:
            raise TooCostly(f"{task} took more than {self._wall_s:g} s") from error
        except ProcessExpired as error:
            raise TooCostly(f"{task} was ended: {_cause(error.exitcode)}") from error
        except MemoryError as error:
            most = self._memory_bytes // 2**20
            raise TooCostly(f"{task} wanted more than {most} MB of memory") from error

    async def _running_pool(self) -> ProcessPool:
        async with self._starting:
            # Starting and ending wait for other processes, which the event loop must not do.
            if self._pool is not None and not self._pool.active:
                await asyncio.to_thread(self.close)
            if self._pool is None:
                confined = (self._memory_bytes, self._niceness)
                self._pool = await asyncio.to_thread(_started, self._at_most, self._module, confined)
            return self._pool

    def close(self) -> None:
        """End all children. A later task starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]  # pebble left it untyped
            pool.join()


def _started(at_most: int, module: str, confined: tuple[int, int]) -> ProcessPool:
    context = get_context("forkserver")
    context.set_forkserver_preload(["aggregator.child", module])
    pool = ProcessPool(at_most, TASKS_A_CHILD, _confine, confined, context)
    assert pool.active  # asking is what starts it
    return pool


def _cause(exit_code: int | None) -> str:
    if exit_code is not None and -exit_code == signal.SIGXCPU:
        return "it used up its processor time"
    return f"its process died with {exit_code}"


def _confine(memory_bytes: int, niceness: int) -> None:
    """Take from this child what parsing does not need: keys, core dumps, memory, a life of its own."""
    os.environ.clear()
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _end_with_parent()
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + memory_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _end_with_parent() -> None:
    """Have the kernel end this child when the parent is gone, even in the middle of a loop in C.

    A parent death signal would not do: it tells of the fork server, which lives as long as any child.
    """
    parent = parent_process()
    assert parent is not None
    pipe = parent.sentinel
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if wait([pipe], timeout=0):
        sys.exit(1)


def _work(module: str, cpu_s: int, task: str, *arguments: Any) -> Any:
    """Run one task inside a child. Whatever goes wrong comes back as an error the parent can read."""
    function = getattr(importlib.import_module(module), task)
    began_s = _used_s()
    _allow(math.ceil(began_s) + cpu_s)
    try:
        return function(*arguments)
    except (EngagedError, MemoryError):
        raise
    except RecursionError as error:
        raise NotUnderstood(f"{task} met something nested too deeply") from error
    except Exception as error:
        raise NotUnderstood(f"{task} broke: {type(error).__name__}: {error}"[:500]) from error
    finally:
        # Between tasks the child holds the pool's lock: ending it there would hang the others.
        _allow(resource.RLIM_INFINITY)
        if _used_s() - began_s > LONG_S:
            _give_back()


def _give_back() -> None:
    """Give free memory back to the system: left to itself, a child that drew pictures keeps 60 MB.

    Source: malloc_trim(3), which other C libraries than glibc do not have.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _used_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _allow(cpu_s: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, resource.RLIM_INFINITY))
