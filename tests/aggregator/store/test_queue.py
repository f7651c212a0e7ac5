"""Queues as moderators see them: their order, their counts, their pages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from aggregator.item import Action, State
from aggregator.store import queue
from aggregator.store.queue import Queue
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, holding, post, take

HOUR = timedelta(hours=1)
WAITING = Queue((State.PENDING,), oldest_first=True)
NEWEST = Queue((State.PENDING,))
REMOVED = Queue((State.TAKEN_DOWN, State.WITHDRAWN))
CHANGED = Queue(changed=True, oldest_first=True)


def bring(writer: Engine, now: datetime, *numbers: int) -> list[str]:
    """Take posts in, each an hour older than the next, and give their ids, oldest first."""
    declare(writer, now, "river")
    posts = [
        replace(post(number), published_at=now - HOUR * (100 - number), text=f"Words of {number}")
        for number in numbers
    ]
    take(writer, claim(writer, now, "river"), now, *map(found, posts))
    with writer.connect() as connection:
        rows = queue.listing(connection, limit=0)
    return [row.id for row in reversed(rows)]


def ids(rows: Sequence[queue.Row]) -> list[str]:
    return [row.id for row in rows]


def test_what_waits_is_read_oldest_first_and_what_is_done_newest_first(
    writer: Engine, now: datetime
) -> None:
    there = bring(writer, now, 1, 2, 3)
    with writer.connect() as connection:
        assert ids(queue.page(connection, SLUG, WAITING, limit=9)) == there
        assert ids(queue.page(connection, SLUG, NEWEST, limit=9)) == there[::-1]


def test_pages_meet_without_a_gap_or_a_double_though_the_last_one_was_decided(
    writer: Engine, now: datetime
) -> None:
    there = bring(writer, now, *range(1, 8))
    with writer.connect() as connection:
        first = ids(queue.page(connection, SLUG, WAITING, limit=3))
    decide(writer, Action.APPROVE, first[-1], now)
    with writer.connect() as connection:
        rest = ids(queue.page(connection, SLUG, WAITING, limit=9, after=first[-1]))
    assert [*first, *rest] == there


def test_two_states_in_one_queue_stand_in_one_order(writer: Engine, now: datetime) -> None:
    there = bring(writer, now, 1, 2, 3, 4)
    for number, item in enumerate(there):
        decide(writer, Action.TAKE_DOWN if number % 2 else Action.WITHDRAW, item, now)
    with writer.connect() as connection:
        assert ids(queue.page(connection, SLUG, REMOVED, limit=9)) == there[::-1]
        assert queue.following(connection, SLUG, REMOVED, there[2]) == there[1]
        assert queue.following(connection, SLUG, REMOVED, there[2], back=True) == there[3]
        assert queue.count(connection, SLUG, REMOVED, 9) == 4
        assert queue.place(connection, SLUG, REMOVED, there[1], 9) == 3


def test_the_neighbour_of_a_decided_post_is_found_by_where_it_stood(
    writer: Engine, now: datetime
) -> None:
    there = bring(writer, now, 1, 2, 3)
    decide(writer, Action.REJECT, there[1], now)
    with writer.connect() as connection:
        assert queue.following(connection, SLUG, WAITING, there[1]) == there[2]
        assert queue.following(connection, SLUG, WAITING, there[1], back=True) == there[0]
        assert queue.following(connection, SLUG, WAITING, there[2]) is None


def test_counting_stops_where_it_is_told(writer: Engine, now: datetime) -> None:
    bring(writer, now, *range(1, 8))
    with writer.connect() as connection:
        assert queue.count(connection, SLUG, WAITING, 5) == 5
        assert queue.count(connection, SLUG, WAITING, 50) == 7
        assert queue.count(connection, "another", WAITING, 50) == 0


def test_a_place_is_counted_from_one_and_only_for_who_stands_there(
    writer: Engine, now: datetime
) -> None:
    there = bring(writer, now, 1, 2, 3)
    with writer.connect() as connection:
        assert [queue.place(connection, SLUG, WAITING, item, 9) for item in there] == [1, 2, 3]
        assert queue.place(connection, SLUG, REMOVED, there[0], 9) is None
        assert queue.place(connection, SLUG, WAITING, there[2], 2) is None


def test_a_shown_post_that_its_origin_changed_is_in_its_own_queue(writer: Engine, now: datetime) -> None:
    there = bring(writer, now, 1, 2)
    decide(writer, Action.APPROVE, there[0], now)
    edited = replace(post(1), published_at=now - HOUR * 99, text="Words of 1, and more")
    take(writer, claim(writer, now + HOUR, "river", "w2"), now + HOUR, found(edited))
    with writer.connect() as connection:
        (row,) = queue.page(connection, SLUG, CHANGED, limit=9)
        assert (row.id, row.state, row.why) == (there[0], State.APPROVED, ("edited",))
        assert queue.count(connection, SLUG, CHANGED, 9) == 1
        assert queue.first_date(connection, SLUG, CHANGED) == now - HOUR * 99
        assert queue.place(connection, SLUG, CHANGED, there[0], 9) == 1
        assert queue.page(connection, "another", CHANGED, limit=9) == []


def test_a_row_says_why_it_is_there_and_carries_only_a_beginning(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    long = replace(post(1), text="word " * 500, published_at=now)
    take(writer, claim(writer, now, "river"), now, found(long), screen=holding)
    with writer.connect() as connection:
        (row,) = queue.page(connection, SLUG, Queue((State.HELD,)), limit=9)
    assert row.why == ("off-hashtag",)
    assert row.beginning == ("word " * 500)[: queue.BEGINNING]


def test_a_campaign_is_empty_until_something_was_collected(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    with writer.connect() as connection:
        assert queue.is_empty(connection, SLUG)
    bring(writer, now, 1)
    with writer.connect() as connection:
        assert not queue.is_empty(connection, SLUG)
        assert queue.is_empty(connection, "another")


def test_the_first_date_is_that_of_the_oldest_post(writer: Engine, now: datetime) -> None:
    bring(writer, now, 1, 2)
    with writer.connect() as connection:
        assert queue.first_date(connection, SLUG, NEWEST) == now - HOUR * 99
        assert queue.first_date(connection, SLUG, REMOVED) is None


# PostgreSQL's plans depend on figures that a small store does not have.
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("chosen", [WAITING, REMOVED, CHANGED])
def test_no_question_reads_more_of_the_store_than_its_queue(
    reader: Engine, writer: Engine, now: datetime, chosen: Queue
) -> None:
    bring(writer, now, 1, 2)
    asked: list[tuple[str, object]] = []
    event.listen(reader, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with reader.connect() as connection:
        queue.count(connection, SLUG, chosen, 9)
        queue.first_date(connection, SLUG, chosen)
        queue.page(connection, SLUG, chosen, limit=9)
        plans = [
            str(row)
            for statement, values in list(asked)
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    assert not [plan for plan in plans if "SCAN" in plan and "SCAN anon" not in plan]
    assert not [plan for plan in plans if "(campaign=?)" in plan and "ix_item_changed" not in plan]
