"""What the weekly mail is chosen from: shown posts of a time, and what stands in featured places."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.item import Action, Author, Engagement, Flag
from aggregator.store import sent_issues
from aggregator.store.published import Candidate, Door
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish, take

DAY = timedelta(days=1)


def candidates(reader: Engine, since: datetime, now: datetime) -> dict[str, Candidate]:
    return {one.shown.id: one for one in Door(reader).candidates(SLUG, since, now)}


def test_candidates_are_shown_posts_with_what_was_made_of_them(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    counted = replace(found(post(1)), engagement=Engagement(likes=3, replies=1))
    silent = replace(found(post(2)), engagement=Engagement())
    ids = publish(
        writer, claimed, now, counted, silent, found(post(3, flags=frozenset({Flag.SENSITIVE})))
    )
    gone, *_ = publish(writer, claimed, now, found(post(4)))
    decide(writer, Action.TAKE_DOWN, gone, now)
    take(writer, claimed, now, found(post(5)))
    there = candidates(reader, now - DAY, now)
    assert set(there) == set(ids)
    assert there[ids[0]].engagement == Engagement(likes=3, shares=None, replies=1)
    assert there[ids[1]].engagement is None
    assert [there[one].is_sensitive for one in ids] == [False, False, True]
    assert {one.source_kind for one in there.values()} == {"feed"}


def test_old_posts_come_only_when_shown_of_late_or_pinned_now(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    dated = [found(post(number, published_at=now - 30 * DAY)) for number in (1, 2, 3)]
    long_shown, pinned = publish(writer, claimed, now - 20 * DAY, *dated[:2])
    (shown_of_late,) = publish(writer, claimed, now - DAY, dated[2])
    decide(writer, Action.FEATURE, pinned, now, slot="post", until=now + DAY)
    there = candidates(reader, now - 2 * DAY, now)
    assert {one: each.is_pinned for one, each in there.items()} == {pinned: True, shown_of_late: False}
    assert set(candidates(reader, now - 2 * DAY, now + DAY)) == {shown_of_late}
    assert long_shown in candidates(reader, now - 40 * DAY, now)


def test_a_thread_comes_as_one_and_the_newest_of_very_many(
    writer: Engine, reader: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(writer, now, "river")
    ana = Author(key="feed:river.example/ana")
    first = found(post(1, author=ana, published_at=now - DAY), "guid:river.example:1")
    answer = found(post(2, author=ana, in_reply_to="guid:river.example:1"), "guid:river.example:2")
    other = found(post(3, author=Author(key="b")))
    ids = publish(writer, claim(writer, now, "river"), now, first, answer, other)
    there = candidates(reader, now - 2 * DAY, now)
    assert set(there) == {ids[0], ids[2]}
    assert [part.id for part in there[ids[0]].shown.thread] == [ids[1]]
    monkeypatch.setattr(sent_issues, "MOST_CANDIDATES", 1)
    assert set(candidates(reader, now - 2 * DAY, now)) == {ids[2]}
