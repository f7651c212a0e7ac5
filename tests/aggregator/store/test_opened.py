"""One item, opened: its history, what was said when, how its author fared before."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.item import Action, Author, Engagement, Found, State
from aggregator.store import opened
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, take
from tests.aggregator.store.test_queue import bring

HOUR = timedelta(hours=1)


def look(writer: Engine, item: str, now: datetime) -> opened.Opened:
    with writer.connect() as connection:
        seen = opened.opened(connection, SLUG, item, now)
    assert seen
    return seen


def by(writer: Engine, who: str, action: Action, item: str, now: datetime, **more: object) -> int | None:
    return decide(writer, action, item, now, actor="person", who=who, **more).number


def test_an_item_is_opened_with_everything_that_was_decided(writer: Engine, now: datetime) -> None:
    (item,) = bring(writer, now, 1)
    by(writer, "Ana", Action.REJECT, item, now, reason="spam", note="twice this week")
    by(writer, "Ben", Action.UNDO, item, now + HOUR)

    first, second = look(writer, item, now).history

    assert (first.who, first.action, first.reason, first.note) == (
        "Ana", Action.REJECT, "spam", "twice this week",
    )  # fmt: skip
    assert first.is_undone
    assert (second.undoes, second.state_after) == (first.number, State.PENDING)


def test_an_item_of_another_campaign_is_not_there(writer: Engine, now: datetime) -> None:
    (item,) = bring(writer, now, 1)
    with writer.connect() as connection:
        assert opened.opened(connection, "another", item, now) is None


def test_an_edited_item_holds_what_was_approved_and_what_it_says_now(
    writer: Engine, now: datetime
) -> None:
    (item,) = bring(writer, now, 1)
    by(writer, "Ana", Action.APPROVE, item, now)
    edited = replace(post(1), published_at=now - HOUR * 99, text="Words of 1, and more")
    take(writer, claim(writer, now + HOUR, "river", "w2"), now + HOUR, found(edited))

    seen = look(writer, item, now)

    assert seen.approved
    assert (seen.approved.text, seen.listed.item.text) == ("Words of 1", "Words of 1, and more")
    assert (seen.approved_revision, seen.revision) == (1, 2)
    with writer.connect() as connection:
        assert [one.number for one in opened.wordings(connection, item)] == [2, 1]
        assert opened.wording(connection, item, 1) == seen.approved
        assert opened.wording(connection, item, 7) is None


def test_an_authors_past_counts_other_posts_and_knows_the_library(writer: Engine, now: datetime) -> None:
    there = bring(writer, now, 1, 2, 3, 4)
    by(writer, "Ana", Action.APPROVE, there[0], now)
    by(writer, "Ana", Action.AMEND, there[0], now, changes={"library": "Riverside Library"})
    by(writer, "Ana", Action.REJECT, there[1], now)

    past = look(writer, there[3], now).past

    assert past == opened.Past(shown=1, not_shown=1, waiting=1, library="Riverside Library")


def test_a_post_without_an_author_has_no_past(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    nobodys = [replace(post(number), author=Author()) for number in (1, 2)]
    take(writer, claim(writer, now, "river"), now, *map(found, nobodys))
    with writer.connect() as connection:
        (item, _) = (row[0] for row in connection.exec_driver_sql("SELECT id FROM item"))
    assert look(writer, item, now).past == opened.Past()


def test_what_moderators_wrote_is_there_as_it_stands(writer: Engine, now: datetime) -> None:
    (item,) = bring(writer, now, 1)
    by(writer, "Ana", Action.AMEND, item, now, changes={"library": "One", "place": "Rivers"})
    by(writer, "Ana", Action.AMEND, item, now, changes={"library": "Two"})

    assert look(writer, item, now).words == {"library": "Two", "place": "Rivers"}


def test_a_post_is_featured_until_its_place_ends(writer: Engine, now: datetime) -> None:
    (item,) = bring(writer, now, 1)
    by(writer, "Ana", Action.APPROVE, item, now)
    by(writer, "Ana", Action.FEATURE, item, now, until=now + HOUR)

    assert look(writer, item, now).is_featured
    assert not look(writer, item, now + 2 * HOUR).is_featured


def test_counts_and_places_where_it_was_seen_are_told(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river", "lake")
    counted = Found(post(1), ("guid:river.example:1",), Engagement(likes=3))
    take(writer, claim(writer, now, "river"), now, counted)
    take(writer, claim(writer, now, "lake", "w2"), now + HOUR, counted)
    with writer.connect() as connection:
        item = connection.exec_driver_sql("SELECT id FROM item").scalar_one()

    seen = look(writer, item, now)

    assert [one.source for one in seen.seen] == ["river", "lake"]
    assert seen.engagement == Engagement(likes=3)


def test_the_last_own_decision_that_stands_is_found(writer: Engine, now: datetime) -> None:
    there = bring(writer, now, 1, 2, 3)
    first = by(writer, "Ana", Action.APPROVE, there[0], now)
    by(writer, "Ben", Action.APPROVE, there[1], now)
    by(writer, "Ana", Action.REJECT, there[2], now)
    by(writer, "Ana", Action.UNDO, there[2], now)

    with writer.connect() as connection:
        assert opened.last_by(connection, SLUG, "Ana") == first
        assert opened.last_by(connection, SLUG, "Nobody") is None


def test_a_rule_that_is_called_like_somebody_is_not_that_person(writer: Engine, now: datetime) -> None:
    (item,) = bring(writer, now, 1)
    decide(writer, Action.HOLD, item, now, actor="rule", who="Ana")

    with writer.connect() as connection:
        assert opened.last_by(connection, SLUG, "Ana") is None
