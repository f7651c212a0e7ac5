"""What takes place is found by its time, and the time is always that of the approved words."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.item import Action, Found, Occasion
from aggregator.store.published import Cursor, Door, over_at
from aggregator.store.runs import Claim
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish, take


@pytest.fixture
def claimed(writer: Engine, now: datetime) -> Claim:
    declare(writer, now, "river")
    return claim(writer, now, "river")


def event(now: datetime, number: int, starts_in: int, lasts: int | None = 2) -> Found:
    """Give an event that begins in so many hours."""
    starts_at = now + timedelta(hours=starts_in)
    ends_at = None if lasts is None else starts_at + timedelta(hours=lasts)
    return found(post(number, occasion=Occasion(starts_at, ends_at, "America/New_York")))


def coming(reader: Engine, since: datetime) -> list[str]:
    return [one.item.title for one in Door(reader).occasions(SLUG, since, 10)]


def test_what_is_not_over_comes_soonest_first(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    events = [event(now, 1, 48), event(now, 2, -1), event(now, 3, -3), event(now, 4, 5, None)]
    publish(writer, claimed, now, *events, found(post(5)))
    take(writer, claimed, now, event(now, 6, 1))
    assert coming(reader, now) == ["Post 2", "Post 4", "Post 1"]
    assert coming(reader, now + timedelta(hours=6)) == ["Post 1"]
    assert [one.item.title for one in Door(reader).occasions(SLUG, now, 1)] == ["Post 2"]


def test_a_cursor_goes_on_behind_an_event_among_those_that_begin_together(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    publish(
        writer, claimed, now, *(event(now, number, 1 if number < 4 else 9) for number in range(1, 5))
    )
    door, seen, after = Door(reader), list[str](), None
    while some := door.occasions(SLUG, now, 1, after):
        (one,) = some
        assert one.item.occasion
        after = Cursor(one.item.occasion.starts_at, one.id)
        seen.append(one.item.title)
    assert sorted(seen[:3]) == ["Post 1", "Post 2", "Post 3"]
    assert seen[3:] == ["Post 4"]


def test_time_follows_approval_edit_undo_and_return_to_the_queue(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    (item_id,) = publish(writer, claimed, now, event(now, 1, 1))
    later = now + timedelta(days=30)
    take(writer, claimed, now, event(now, 1, 24 * 40), on_edit="keep")
    assert (coming(reader, now), coming(reader, later)) == (["Post 1"], [])
    decide(writer, Action.APPROVE, item_id, now)
    assert (coming(reader, now), coming(reader, later)) == (["Post 1"], ["Post 1"])
    decide(writer, Action.UNDO, item_id, now)
    assert coming(reader, later) == []
    decide(writer, Action.REQUEUE, item_id, now)
    assert coming(reader, now) == []
    decide(writer, Action.APPROVE, item_id, now)
    assert coming(reader, later) == ["Post 1"]
    take(writer, claimed, now, event(now, 1, 24 * 50), on_edit="hide")
    assert coming(reader, now) == []


@pytest.mark.parametrize(
    ("occasion", "over"),
    [
        (Occasion(datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 5, 1, 11, tzinfo=UTC)), 2),
        (Occasion(datetime(2026, 5, 1, 9, tzinfo=UTC)), 0),
        (Occasion(datetime(2026, 5, 1, tzinfo=UTC), is_all_day=True), 24),
        # Clocks went forward that night: the day had 23 hours.
        (Occasion(datetime(2026, 3, 8, 5, tzinfo=UTC), None, "America/New_York", is_all_day=True), 23),
        (Occasion(datetime(2026, 3, 8, 5, tzinfo=UTC), None, "../nowhere", is_all_day=True), 24),
        (Occasion(datetime(2026, 5, 1, 9, tzinfo=UTC), datetime(2026, 5, 1, 8, tzinfo=UTC)), 0),
    ],
)
def test_an_occasion_is_over_when_its_time_has_passed(occasion: Occasion, over: int) -> None:
    assert over_at(occasion) == occasion.starts_at + timedelta(hours=over)
