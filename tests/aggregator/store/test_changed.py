"""What changed in public, for who keeps copies: everything, once, as it is now, and what left."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aggregator.item import Action
from aggregator.store import issues
from aggregator.store.published import OLDEST_CHANGES, Changes, Door, Gone, Shown
from aggregator.store.runs import Claim
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish, take
from tests.aggregator.store.subscribing import WEEK, approve, begin, sending


@pytest.fixture
def claimed(writer: Engine, now: datetime) -> Claim:
    declare(writer, now, "river")
    return claim(writer, now, "river")


def names(changes: Changes) -> list[tuple[str, bool]]:
    return [(one.id, isinstance(one, Shown)) for one in changes.items]


def test_each_item_comes_once_as_it_is_now_in_the_order_of_its_last_change(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    first, second, third = publish(writer, claimed, now, *(found(post(number)) for number in (1, 2, 3)))
    decide(writer, Action.TAKE_DOWN, second, now)
    decide(writer, Action.AMEND, first, now, changes={"label": "Story"})
    changes = Door(reader).changes(SLUG, 0, 10)
    assert names(changes) == [(third, True), (second, False), (first, True)]
    assert (changes.version, changes.until, changes.everything) == (5, 5, False)


def test_going_on_from_until_meets_everything(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ids = publish(writer, claimed, now, *(found(post(number)) for number in range(5)))
    door, since, seen = Door(reader), 0, []
    while (changes := door.changes(SLUG, since, 2)).items:
        seen += [one.id for one in changes.items]
        since = changes.until
    assert seen == ids
    assert since == changes.version == 5


def test_what_was_decided_at_once_is_never_torn_apart(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ids = publish(writer, claimed, now, *(found(post(number)) for number in range(3)))
    with writer.begin() as connection:
        connection.execute(text("UPDATE change SET version = 2 WHERE version = 3"))
        connection.execute(text("UPDATE campaign SET published_version = 2"))
    door = Door(reader)
    one, two = door.changes(SLUG, 0, 2), door.changes(SLUG, 1, 1)
    assert ([each.id for each in one.items], one.until) == (ids[:1], 1)
    assert ({each.id for each in two.items}, two.until) == (set(ids[1:]), 2)


def test_too_old_or_unknown_versions_mean_everything(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, found(post(1)))
    with writer.begin() as connection:
        connection.execute(text(f"UPDATE campaign SET published_version = {OLDEST_CHANGES + 5}"))
    door = Door(reader)
    for since in (0, 4, OLDEST_CHANGES + 6):
        assert door.changes(SLUG, since, 5) == Changes(
            OLDEST_CHANGES + 5, OLDEST_CHANGES + 5, everything=True
        )
    assert not door.changes(SLUG, 5, 5).everything
    assert door.changes("nobody", 0, 5) == Changes(0, 0)


def test_everything_that_left_is_told_with_its_time_newest_first(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ways = [Action.TAKE_DOWN, Action.WITHDRAW, Action.REJECT, Action.REQUEUE, Action.UNDO]
    ids = publish(writer, claimed, now, *(found(post(number)) for number in range(len(ways))))
    take(writer, claimed, now, found(post(9)))
    times = [now + timedelta(hours=number) for number in range(len(ways))]
    for action, item_id, at in zip(ways, ids, times, strict=True):
        decide(writer, action, item_id, at)
    left = [(one, at) for one, at in zip(ids, times, strict=True)][::-1]
    door = Door(reader)
    assert [(one.id, one.since) for one in door.gone(SLUG, now, 20)] == left
    assert [one.id for one in door.gone(SLUG, times[3], 20)] == [left[0][0], left[1][0]]
    assert [one.id for one in door.gone(SLUG, now, 1)] == [left[0][0]]
    assert all(isinstance(one, Gone) for one in door.changes(SLUG, len(ways), 20).items)
    decide(writer, Action.RESTORE, ids[0], times[-1])
    assert ids[0] not in {one.id for one in door.gone(SLUG, now, 20)}


def test_a_change_of_a_post_touches_the_mails_that_it_stands_in(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    first, second, third = publish(writer, claimed, now, *(found(post(number)) for number in (1, 2, 3)))
    sending(writer, now, first, second)
    sending(writer, now, third, week=WEEK + timedelta(days=7))
    begin(writer, now, WEEK + timedelta(days=14), (first,))
    door = Door(reader)
    since = door.version(SLUG)

    decide(writer, Action.TAKE_DOWN, first, now)

    touched = door.touched(SLUG, since)
    assert (touched.items, touched.issues) == ({first}, {1})


def test_a_mail_that_begins_touches_itself_and_the_one_before_it(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    (item,) = publish(writer, claimed, now, found(post(1)))
    door = Door(reader)
    for week in range(3):
        since = door.version(SLUG)
        at = now + timedelta(weeks=week)
        sending(writer, at, *([item] if week == 0 else []), week=WEEK + timedelta(weeks=week))

    touched = door.touched(SLUG, since)
    assert (touched.items, touched.issues, touched.everything) == (frozenset(), {2, 3}, False)


def test_an_event_that_is_removed_touches_the_mails_that_announced_it(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    (item,) = publish(writer, claimed, now, found(post(1)))
    begun = begin(writer, now)
    assert begun
    with writer.begin() as connection:
        begun = issues.save(connection, begun.id, begun.version, {"occasions": [item]}, [])
    approve(writer, begun, now)
    with writer.begin() as connection:
        issues.start(connection, begun.id, now)
    since = Door(reader).version(SLUG)

    decide(writer, Action.TAKE_DOWN, item, now)

    assert Door(reader).touched(SLUG, since).issues == {1}
