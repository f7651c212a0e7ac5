"""One thread that writes: what several sources bring at the same time is committed together.

Commits of twenty rows cost two to ten times one big batch (docs/performance.md), so whatever waits
is taken into one transaction. When a piece of work fails, all of that transaction is done again, each
piece for itself: a failing one costs itself, and the usual case pays for no savepoints. So a piece of
work may run twice, and must do nothing but read and write the database.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

Result = TypeVar("Result")
Work = Callable[[Connection], Any]

HOLD_AT_MOST_S = 0.25
"""How long one transaction may go on taking in work, in seconds: decisions of people wait behind it."""


class Writer:
    """Runs pieces of work on one connection, in the order they come. Closing finishes what waits."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: SimpleQueue[tuple[Work, Future[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._write, name="writer", daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[Connection], Result]) -> Result:
        """Give what `work` gives, once it is committed. What it raises is raised here, and undone."""
        done: Future[Result] = Future()
        self._queue.put((work, done))
        return await asyncio.shield(asyncio.wrap_future(done))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            waiting, is_last = self._more([first])
            self._commit(waiting)
            if is_last:
                return

    def _more(
        self, waiting: list[tuple[Work, Future[Any]]]
    ) -> tuple[list[tuple[Work, Future[Any]]], bool]:
        while len(waiting) < 64:
            try:
                following = self._queue.get_nowait()
            except Empty:
                return waiting, False
            if following is None:
                return waiting, True
            waiting.append(following)
        return waiting, False

    def _commit(self, waiting: list[tuple[Work, Future[Any]]]) -> None:
        """Commit as many as fit into one transaction; what did not get its turn goes into the next."""
        while waiting:
            taken = self._together(waiting) if len(waiting) > 1 else self._alone(waiting[0])
            waiting = waiting[taken:]

    def _together(self, waiting: list[tuple[Work, Future[Any]]]) -> int:
        results: list[Any] = []
        until = monotonic() + HOLD_AT_MOST_S
        try:
            with self._engine.begin() as connection:
                for work, _ in waiting:
                    results.append(work(connection))
                    if monotonic() > until:
                        break
        except Exception:  # noqa: BLE001 - whoever it was: all again, each for itself
            for one in waiting:
                self._alone(one)
            return len(waiting)
        for (_, done), result in zip(waiting, results, strict=False):
            _deliver(done, result, None)
        return len(results)

    def _alone(self, waiting: tuple[Work, Future[Any]]) -> int:
        work, done = waiting
        try:
            with self._engine.begin() as connection:
                result = work(connection)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked
            _deliver(done, None, error)
        else:
            _deliver(done, result, None)
        return 1


def _deliver(done: "Future[Any]", result: Any, error: BaseException | None) -> None:
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
