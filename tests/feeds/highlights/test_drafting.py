"""A week's draft is made when it is due, once, and the editors hear of it once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from aggregator.item import Action, Author, Engagement, Flag, Found, Kind, Occasion
from aggregator.settings import Campaign, Highlights
from aggregator.store import issues, models, outgoing, subscribers
from aggregator.store.issues import Issue
from aggregator.store.outgoing import Outgoing
from aggregator.store.published import Door
from aggregator.store.runs import Claim
from feeds.highlights import drafting, moments
from feeds.highlights.draft import Draft, from_json
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish, take
from tests.aggregator.store.subscribing import approve, readers

WEEK = date(2026, 10, 5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEDNESDAY = moments.moment(WEEK, "wednesday 12:00", "America/New_York")
FRIDAY = moments.moment(WEEK, "friday 09:00", "America/New_York")


def campaign(**more: Any) -> Campaign:
    return Campaign(
        slug=SLUG,
        name="#EngagedLibraries",
        timezone="America/New_York",
        languages=("en", "es", "ar"),
        hashtags=("EngagedLibraries",),
        highlights=Highlights.model_validate(more),
    )


@pytest.fixture
def claimed(writer: Engine, now: datetime) -> Claim:
    declare(writer, now, "river")
    with writer.begin() as connection:
        row = {"name": "Ana", "email": "ana@desk.example", "role": "editor", "choices": {}}
        connection.execute(insert(models.person).values(created_at=now, **row))
    return claim(writer, now, "river")


def made(number: int, likes: int | None = None, **more: Any) -> Found:
    """Give a post of an author of its own."""
    text = f"Number {number} of our stories, told on the bus and in the garden #EngagedLibraries"
    one = found(post(number, text, author=Author(key=f"feed:{number}.example/ana"), **more))
    return replace(one, engagement=Engagement(likes=likes)) if likes is not None else one


def shown(writer: Engine, claimed: Claim, at: datetime, *posts: Found) -> list[str]:
    return publish(writer, claimed, at, *posts)


def draft(writer: Engine, reader: Engine, now: datetime, one: Campaign | None = None) -> Issue | None:
    return drafting.draft_if_due(Door(reader), reader, writer, one or campaign(), now)


def content(issue: Issue | None) -> Draft:
    assert issue
    return from_json(issue.content)


def mails(writer: Engine, now: datetime) -> Sequence[Outgoing]:
    """Take what is to be sent; it counts as sent."""
    with writer.begin() as connection:
        claimed = outgoing.claim(connection, now)
        for one in claimed:
            outgoing.sent(connection, one.id, now)
    return claimed


def test_a_draft_is_made_on_its_day_and_editors_get_a_link(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ids = shown(writer, claimed, now, *(made(number, number) for number in range(9)))
    assert draft(writer, reader, WEDNESDAY - HOUR) is None
    issue = draft(writer, reader, WEDNESDAY)
    assert issue
    assert (issue.number, issue.week, issue.state, issue.note) == (1, WEEK, "draft", "")
    assert (issue.due_at, issue.not_after) == (FRIDAY, FRIDAY + 6 * HOUR)
    drafted = content(issue)
    assert len(drafted.items) == 7
    assert set(drafted.items) <= set(ids)
    assert drafted.subject["en"] == "{{campaign}}: highlights of the week"
    assert set(drafted.subject) == set(drafted.preheader) == {"en", "es", "ar"}
    (mail,) = mails(writer, WEDNESDAY)
    assert (mail.kind, mail.address) == ("editors", "ana@desk.example")
    assert (mail.facts["about"], mail.facts["number"]) == ("drafted", 1)
    assert mail.facts["link"] == f"/moderate/{SLUG}/highlights/1"
    assert "Friday" in mail.facts["date"]
    assert "9" in mail.facts["date"]
    assert draft(writer, reader, WEDNESDAY + HOUR) is None
    assert mails(writer, WEDNESDAY + HOUR) == ()


def test_two_workers_at_once_make_one_draft_and_one_mail(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown(writer, claimed, now, *(made(number) for number in range(4)))
    start, drafted = Barrier(2), []

    def work() -> None:
        start.wait()
        drafted.append(draft(writer, reader, WEDNESDAY))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one is None for one in drafted) == [False, True]
    assert len(mails(writer, WEDNESDAY)) == 1


def test_the_next_week_uses_nothing_again(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown(writer, claimed, now, *(made(number) for number in range(9)))
    first = content(draft(writer, reader, WEDNESDAY))
    later = shown(writer, claimed, WEDNESDAY + DAY, *(made(20 + number) for number in range(3)))
    second = content(draft(writer, reader, WEDNESDAY + 7 * DAY))
    assert not set(first.items) & set(second.items)
    assert set(later) <= set(second.items)


def test_only_what_readers_see_comes_into_it(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ids = shown(
        writer,
        claimed,
        now,
        made(1),
        made(2),
        made(3, flags=frozenset({Flag.SENSITIVE})),
        made(4, kind=Kind.COMMENT),
        made(5),
    )
    take(writer, claimed, now, made(6))  # waits for a moderator
    decide(writer, Action.TAKE_DOWN, ids[4], now)
    drafted = content(draft(writer, reader, WEDNESDAY))
    assert set(drafted.items) == set(ids[:2])
    assert drafted.too_few


def test_what_stands_in_a_featured_place_comes_first(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ids = shown(writer, claimed, now, *(made(number, likes=number) for number in range(9)))
    decide(writer, Action.FEATURE, ids[0], now, slot="post")
    drafted = content(draft(writer, reader, WEDNESDAY))
    assert drafted.items[0] == ids[0]
    assert drafted.picks[0].reasons[:2] == ("pinned", "percentile:5")


def test_too_little_is_drafted_and_said_and_nothing_at_all_is_not_drafted(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    assert draft(writer, reader, WEDNESDAY) is None
    assert mails(writer, WEDNESDAY) == ()
    shown(writer, claimed, now, made(1))
    issue = draft(writer, reader, WEDNESDAY + HOUR)
    assert issue
    assert issue.notes == ("too-few",)
    (mail,) = mails(writer, WEDNESDAY + HOUR)
    assert mail.facts["about"] == "few"


def test_coming_events_stand_in_it_soonest_first(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    def event(number: int, starts_at: datetime, **more: Any) -> Found:
        return made(number, kind=Kind.OCCASION, occasion=Occasion(starts_at, **more))

    ids = shown(
        writer,
        claimed,
        now,
        made(0),
        event(1, FRIDAY + 9 * DAY),
        event(2, FRIDAY + HOUR),
        event(3, FRIDAY - HOUR),
        event(4, FRIDAY + 50 * DAY),
        event(5, FRIDAY + DAY, is_cancelled=True),
    )
    drafted = content(draft(writer, reader, WEDNESDAY))
    assert drafted.occasions == (ids[2], ids[1])
    assert drafted.items == (ids[0],)


def test_a_missed_week_is_drafted_late_and_says_so(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown(writer, claimed, now - 8 * DAY, made(0))
    assert draft(writer, reader, WEDNESDAY - 7 * DAY)
    shown(writer, claimed, now, *(made(number) for number in range(1, 6)))
    late = draft(writer, reader, FRIDAY + 2 * DAY)
    assert late
    assert (late.week, late.notes) == (WEEK, ("drafted-late",))
    assert draft(writer, reader, FRIDAY + 2 * DAY) is None


def test_a_mail_that_nobody_approved_waits_and_editors_hear_it_once(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown(writer, claimed, now, *(made(number) for number in range(4)))
    issue = draft(writer, reader, WEDNESDAY)
    assert issue
    mails(writer, WEDNESDAY)
    assert drafting.remind(reader, writer, campaign(), FRIDAY - HOUR) == ()
    assert drafting.remind(reader, writer, campaign(), FRIDAY) == (1,)
    assert drafting.remind(reader, writer, campaign(), FRIDAY + HOUR) == ()
    (mail,) = mails(writer, FRIDAY)
    assert mail.facts["about"] == "waiting"
    with writer.begin() as connection:
        waiting = issues.by_id(connection, issue.id)
    assert (waiting.state, waiting.notes) == ("draft", ("waits",))


def test_what_was_approved_and_not_sent_in_time_is_late_and_editors_hear_it_once(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown(writer, claimed, now, *(made(number) for number in range(4)))
    issue = draft(writer, reader, WEDNESDAY)
    assert issue
    mails(writer, WEDNESDAY)
    approve(writer, issue, WEDNESDAY)
    assert drafting.remind(reader, writer, campaign(), FRIDAY + HOUR) == ()
    assert drafting.remind(reader, writer, campaign(), FRIDAY + 7 * HOUR) == (1,)
    assert drafting.remind(reader, writer, campaign(), FRIDAY + 8 * HOUR) == ()
    (mail,) = mails(writer, FRIDAY + 8 * HOUR)
    assert mail.facts["about"] == "late"
    with writer.begin() as connection:
        assert issues.by_id(connection, issue.id).state == "late"


def test_readers_zones_decide_when_the_first_of_them_gets_it(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    readers(writer, now, "ana@reader.example", zone="Pacific/Apia")
    shown(writer, claimed, now, *(made(number) for number in range(4)))
    issue = draft(writer, reader, WEDNESDAY, campaign(own_zone=True))
    assert issue
    assert issue.due_at == moments.moment(WEEK, "friday 09:00", "Pacific/Apia")
    with reader.connect() as connection:
        assert subscribers.zones(connection, SLUG) == {"Pacific/Apia"}


def test_a_draft_made_again_may_choose_its_own_posts_again(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown(writer, claimed, now, *(made(number) for number in range(4)))
    issue = draft(writer, reader, WEDNESDAY)
    assert issue
    plan = moments.plan(campaign(), WEEK)
    with reader.connect() as connection:
        again, other = (
            drafting.new_draft(Door(reader), connection, campaign(), plan, WEDNESDAY, but)
            for but in (issue.id, None)
        )
    assert again == content(issue)
    assert other.items == ()


def test_a_quarter_of_fridays_has_13_drafts(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    shown_ids = shown(writer, claimed, now, *(made(number) for number in range(3)))
    drafted = []
    for number in range(13):
        at = moments.moment(WEEK + number * moments.WEEK, "wednesday 12:00", "America/New_York")
        with writer.begin() as connection:  # as if all posts were new each week
            connection.execute(update(models.item).values(sort_at=at - DAY))
            connection.execute(models.issue_item.delete())
        drafted += [draft(writer, reader, at), draft(writer, reader, at + HOUR)]
    assert [one.number for one in drafted if one] == list(range(1, 14))
    assert [one is None for one in drafted] == [False, True] * 13
    assert set(content(drafted[-2]).items) == set(shown_ids)
