"""One thread that writes: what several sources bring at the same time is committed together.

Commits of twenty rows cost two to ten times one big batch (docs/performance.md), so whatever waits
is taken into one transaction, each piece of work in a savepoint of its own: a failing one costs itself.
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
        outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
        until = monotonic() + HOLD_AT_MOST_S
        try:
            with self._engine.begin() as connection:
                for work, done in waiting:
                    outcomes.append((done, *_attempt(connection, work)))
                    if monotonic() > until:
                        break
        except Exception:  # noqa: BLE001 - whatever refused the whole (lock, disk, deferred key): one by one
            for work, done in waiting:
                self._alone((work, done))
            return len(waiting)
        for done, result, error in outcomes:
            _deliver(done, result, error)
        return len(outcomes)

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


def _attempt(connection: Connection, work: Work) -> tuple[Any, BaseException | None]:
    try:
        with connection.begin_nested():
            return work(connection), None
    except Exception as error:  # noqa: BLE001 - handed to whoever asked; the savepoint is rolled back
        return None, error


def _deliver(done: "Future[Any]", result: Any, error: BaseException | None) -> None:
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
