"""Webhooks: each change is told, in order, at least once, and again after a kill."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aggregator.item import Action
from aggregator.store import hooks
from aggregator.store.hooks import FIRST_PAUSE, LEASE, LONGEST_PAUSE, Due
from aggregator.store.runs import Claim
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish


@pytest.fixture
def claimed(writer: Engine, now: datetime) -> Claim:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    publish(writer, claimed, now, found(post(0)))
    assert due(writer, now) == ()  # a new hook is told what happens from now on
    return claimed


def due(engine: Engine, now: datetime, most: int = 10) -> tuple[Due, ...]:
    with engine.begin() as connection:
        return hooks.due(connection, SLUG, "web", now, most)


def noted(engine: Engine, told: Due) -> None:
    with engine.begin() as connection:
        hooks.noted(connection, SLUG, "web", told)


def failed(engine: Engine, now: datetime) -> datetime:
    with engine.begin() as connection:
        return hooks.failed(connection, SLUG, "web", now)


def test_changes_are_due_in_order_until_they_are_noted(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    ids = publish(writer, claimed, now, *(found(post(number)) for number in (1, 2, 3)))
    first, second = due(writer, now, 2)
    assert [first.item, second.item] == ids[:2]
    assert first == Due(f"{SLUG}:2:{ids[0]}", 2, ids[0], 0)
    noted(writer, first)
    noted(writer, second)
    (third,) = due(writer, now)
    assert third.item == ids[2]
    noted(writer, third)
    noted(writer, first)  # late word of another worker
    assert due(writer, now) == ()


def test_a_killed_worker_loses_nothing_and_the_event_keeps_its_id(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, found(post(1)), found(post(2)))
    before = due(writer, now)
    noted(writer, before[0])
    again = due(writer, now)
    assert again == before[1:]
    assert due(writer, now) == ()  # somebody is at it
    assert due(writer, now + LEASE) == again


def test_items_decided_at_once_are_told_one_by_one(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, found(post(1)), found(post(2)), found(post(3)))
    with writer.begin() as connection:
        connection.execute(text("UPDATE change SET version = 4 WHERE version > 1"))
    told = []
    while page := due(writer, now, 1):
        told.append(page[0].item)
        noted(writer, page[0])
    assert told == sorted(told)
    assert len(told) == 3


def test_what_changed_again_is_told_once_as_its_last_change(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    first, second = publish(writer, claimed, now, found(post(1)), found(post(2)))
    decide(writer, Action.TAKE_DOWN, first, now)
    assert [(one.version, one.item) for one in due(writer, now)] == [(3, second), (4, first)]


def test_failing_waits_longer_each_time_and_success_forgets_it(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, found(post(1)), found(post(2)))
    first = due(writer, now)[0]
    assert failed(writer, now) == now + FIRST_PAUSE
    assert due(writer, now + FIRST_PAUSE - timedelta(seconds=1)) == ()
    assert [one.tries for one in due(writer, now + FIRST_PAUSE)] == [1, 1]
    pauses = [failed(writer, now) - now for _ in range(12)]
    assert pauses[:3] == [2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE]
    assert pauses[-1] == LONGEST_PAUSE
    noted(writer, first)
    assert [one.tries for one in due(writer, now)] == [0]


def test_a_clock_that_was_set_back_silences_no_hook(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, found(post(1)))
    failed(writer, now + timedelta(days=400))
    assert due(writer, now)


def test_a_hook_that_left_the_configuration_begins_anew_when_it_returns(
    writer: Engine, claimed: Claim, now: datetime
) -> None:
    with writer.begin() as connection:
        hooks.keep(connection, SLUG, ["another"])
    publish(writer, claimed, now, found(post(1)))
    assert due(writer, now) == ()
    publish(writer, claimed, now, found(post(2)))
    assert len(due(writer, now)) == 1


def test_an_unknown_campaign_has_nothing_to_tell(writer: Engine, now: datetime) -> None:
    assert due(writer, now) == ()
