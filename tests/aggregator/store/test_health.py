"""How sources fare, and how people steer them."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.store import health, runs
from aggregator.store.runs import Declared, Ending
from tests.aggregator.store.making import SLUG, claim, declare, found, post, take

HOUR = timedelta(hours=1)


def end(writer: Engine, name: str, now: datetime, worker: str = "w", **more: object) -> None:
    claimed = claim(writer, now, name, worker)
    values: dict[str, object] = {
        "outcome": "ok",
        "started_at": now,
        "ended_at": now,
        "due_at": now + HOUR,
    }
    with writer.begin() as connection:
        runs.finish(connection, claimed, Ending(**(values | more)))  # type: ignore[arg-type] # fields of it


def due(writer: Engine, now: datetime) -> list[str]:
    with writer.begin() as connection:
        return [one.name for one in runs.claim(connection, "looking", now, limit=9)]


def test_a_source_rests_when_somebody_says_so_and_goes_on_when_somebody_does(
    writer: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    with writer.begin() as connection:
        assert health.pause_by_person(connection, SLUG, "river")
    assert due(writer, now + 5 * HOUR) == []
    with writer.begin() as connection:
        assert health.wake(connection, SLUG, "river", now)
        assert not health.wake(connection, SLUG, "river", now)
    assert due(writer, now) == ["river"]


def test_a_source_that_is_paused_in_the_middle_of_a_visit_stays_so(
    writer: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    with writer.begin() as connection:
        health.pause_by_person(connection, SLUG, "river")
        runs.finish(connection, claimed, Ending("ok", now, now, now))
    assert due(writer, now + HOUR) == []
    with writer.connect() as connection:
        assert health.health(connection)[0].paused == runs.BY_PERSON


def test_what_waits_for_its_key_is_neither_hastened_nor_woken_nor_paused(
    writer: Engine, now: datetime
) -> None:
    waiting = Declared(SLUG, "river", "feed", "river.example", "1", paused=runs.WAITING_FOR_KEY)
    with writer.begin() as connection:
        runs.declare(connection, [SLUG], [waiting], now)
        assert not health.hasten(connection, SLUG, "river", now)
        assert not health.wake(connection, SLUG, "river", now)
        assert not health.pause_by_person(connection, SLUG, "river")
        assert health.health(connection)[0].paused == runs.WAITING_FOR_KEY


def test_nobody_steers_a_source_that_is_not_there(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    with writer.begin() as connection:
        assert not health.hasten(connection, SLUG, "lake", now)
        assert not health.hasten(connection, "another", "river", now)


def test_visits_are_told_newest_first_with_what_was_left_out(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    end(writer, "river", now, new=2, skipped=(("no-content", "https://a.example"), ("objection", "")))
    end(writer, "river", now + HOUR, "w2", outcome="soft-failure", error="too-slow", detail="60 s")
    with writer.connect() as connection:
        last, first = health.recent(connection, SLUG, "river")
    assert (last.error, last.detail, last.skips) == ("too-slow", "60 s", ())
    assert (first.new, first.skipped) == (2, 2)
    assert first.skips == (("no-content", "https://a.example"), ("objection", ""))


def test_a_source_that_never_brought_a_post_is_known(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river", "lake")
    take(writer, claim(writer, now, "river"), now, found(post(1)))
    with writer.connect() as connection:
        assert health.has_brought(connection, SLUG, "river")
        assert not health.has_brought(connection, SLUG, "lake")


def test_a_source_in_trouble_says_since_when_and_whether_it_is_visited(
    writer: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    end(writer, "river", now, outcome="soft-failure", error="too-slow")
    claim(writer, now + HOUR, "river", "w2")
    with writer.connect() as connection:
        (one,) = health.health(connection)
    assert (one.failing_since, one.is_visited, one.error) == (now, True, "too-slow")
