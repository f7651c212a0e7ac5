"""The one thread that writes: together, in order, and a failing piece of work costs itself."""

import asyncio
from collections.abc import Callable
from threading import Event

import pytest
from sqlalchemy import Connection, Engine, event, text

from aggregator.store.writer import Writer


def put(slug: str) -> Callable[[Connection], str]:
    def work(connection: Connection) -> str:
        connection.execute(
            text("INSERT INTO campaign (slug, created_at) VALUES (:slug, CURRENT_TIMESTAMP)"),
            {"slug": slug},
        )
        return slug

    return work


def slugs(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT slug FROM campaign ORDER BY slug")).scalars())


async def together(engine: Engine, *works: Callable[[Connection], object]) -> list[object]:
    """Give a writer all of this at once: the first piece holds it until the others stand in line."""
    writer, gate = Writer(engine), Event()
    try:
        first = asyncio.create_task(writer.do(lambda _: gate.wait(10)))
        others = [asyncio.create_task(writer.do(work)) for work in works]
        for _ in range(3):
            await asyncio.sleep(0)
        gate.set()
        await first
        return list(await asyncio.gather(*others, return_exceptions=True))
    finally:
        await asyncio.to_thread(writer.close)


def commits(engine: Engine) -> list[int]:
    counted: list[int] = []
    event.listen(engine, "commit", lambda _: counted.append(1))
    return counted


def test_what_waits_is_committed_together(writer: Engine) -> None:
    counted = commits(writer)
    outcomes = asyncio.run(together(writer, *(put(f"c{number}") for number in range(30))))
    assert outcomes == [f"c{number}" for number in range(30)]
    assert len(slugs(writer)) == 30
    assert len(counted) <= 3


def test_failing_work_costs_itself_only(writer: Engine) -> None:
    def break_down(connection: Connection) -> None:
        put("lost")(connection)
        raise ZeroDivisionError

    outcomes = asyncio.run(together(writer, put("a"), break_down, put("a"), put("b")))
    assert (outcomes[0], outcomes[3]) == ("a", "b")
    assert [type(outcome).__name__ for outcome in outcomes[1:3]] == [
        "ZeroDivisionError",
        "IntegrityError",
    ]
    assert slugs(writer) == ["a", "b"]


def test_work_that_fails_only_at_the_commit_costs_itself_only(writer: Engine) -> None:
    def dangling(connection: Connection) -> None:
        connection.execute(
            text(
                "INSERT INTO revision (item_id, number, hash, kind, url, title, html, text, language, "
                "direction, precision, tags, facts, seen_at) VALUES "
                "('nobody', 1, '', '', '', '', '', '', '', '', '', '[]', '{}', CURRENT_TIMESTAMP)"
            )
        )

    outcomes = asyncio.run(together(writer, put("a"), dangling, put("b")))
    assert (outcomes[0], outcomes[2]) == ("a", "b")
    assert isinstance(outcomes[1], Exception)
    assert slugs(writer) == ["a", "b"]


def test_closing_finishes_what_waits(writer: Engine) -> None:
    async def close_at_once() -> None:
        lines = Writer(writer)
        waiting = [asyncio.create_task(lines.do(put(f"c{number}"))) for number in range(5)]
        await asyncio.sleep(0)
        await asyncio.to_thread(lines.close)
        await asyncio.gather(*waiting)

    asyncio.run(close_at_once())
    assert len(slugs(writer)) == 5


def test_cancelled_waiter_does_not_undo_its_work(writer: Engine) -> None:
    async def leave_early() -> None:
        lines, gate = Writer(writer), Event()
        held = asyncio.create_task(lines.do(lambda _: gate.wait(10)))
        leaving = asyncio.create_task(lines.do(put("kept")))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        gate.set()
        await held
        await asyncio.to_thread(lines.close)

    asyncio.run(leave_early())
    assert slugs(writer) == ["kept"]
