"""What comes in: once, whole, and never over what was approved."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.errors import Conflicts, LostClaim
from aggregator.item import (
    Action,
    Author,
    Engagement,
    Flag,
    Found,
    Item,
    Media,
    Precision,
    SafeHtml,
    State,
)
from aggregator.store import published, queue, runs
from tests.aggregator.store.making import (
    PROTECTED,
    SLUG,
    claim,
    count,
    decide,
    declare,
    found,
    holding,
    post,
    take,
)


def listed(engine: Engine, **more: object) -> list[queue.Listed]:
    with engine.connect() as connection:
        return queue.listing(connection, **more)  # type: ignore[arg-type] - forwarded as given


def test_new_item_waits_and_is_not_public(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    taken = take(writer, claim(writer, now, "river"), now, found(post()))

    (one,) = listed(reader)
    assert (taken.new, one.state, one.version) == (1, State.PENDING, 1)
    assert published.Door(reader).latest(SLUG, 10) == ()


def test_stored_revision_reads_back_as_an_equal_item(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    item = post(
        direction="rtl",
        language="ar",
        links=("https://river.example/a",),
        media=(Media("https://river.example/p.jpg", "image", "image/jpeg", None, 640, 480),),
        published_at=now - timedelta(days=3),
        precision=Precision.DAY,
        updated_at=now,
        warning="loud",
        label="News",
        full=False,
        in_reply_to="https://river.example/0",
        flags=frozenset({Flag.CUT, Flag.FUTURE_DATE}),
    )
    take(writer, claim(writer, now, "river"), now, found(item))
    (one,) = listed(reader)
    assert one.item == item
    assert one.item.hash == item.hash


def test_seen_again_unchanged_writes_nothing(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)), found(post(2)))
    before = _everything(reader)
    taken = take(writer, claimed, now + timedelta(hours=1), found(post(1)), found(post(2)))
    assert (taken.new, taken.changed, taken.unchanged) == (0, 0, 2)
    assert _everything(reader) == before


def _everything(reader: Engine) -> list[object]:
    tables = ("item", "identity", "sighting", "revision", "engagement", "author", "decision", "change")
    with reader.connect() as connection:
        return [
            sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {table}").all()))
            for table in tables
        ]


def test_edit_of_a_waiting_item_is_its_next_revision(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    taken = take(writer, claimed, now, found(post(1, "New words #EngagedLibraries")))
    (one,) = listed(reader)
    assert (taken.changed, one.version, one.item.text) == (1, 2, "New words #EngagedLibraries")


def test_small_edit_of_an_approved_item_is_not_shown_and_waits(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    take(writer, claimed, now, found(post(1, "Quietly rewritten #EngagedLibraries")))

    (shown,) = published.Door(reader).latest(SLUG, 10)
    (waiting,) = listed(reader, waiting=True)
    assert shown.item.text == "Story time on the bus #EngagedLibraries"
    assert (waiting.id, waiting.is_changed, waiting.state) == (one.id, True, State.APPROVED)
    assert waiting.why == ("edited",)


@pytest.mark.parametrize(
    "edited",
    [
        post(1, links=("https://elsewhere.example/buy",)),
        post(1, "Story time on the bus at 5 #EngagedLibraries"),
        post(1, media=(Media("https://river.example/new.jpg", "image"),)),
    ],
    ids=["a link", "a number", "a picture"],
)
def test_edit_of_substance_hides_an_approved_item_until_somebody_looks(
    writer: Engine, reader: Engine, now: datetime, edited: Item
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    take(writer, claimed, now, found(edited))
    (after,) = listed(reader, state=State.PENDING)
    assert (after.id, after.why, after.is_changed) == (one.id, ("edited",), False)
    assert published.Door(reader).latest(SLUG, 10) == ()


def test_policy_keep_shows_what_was_approved_whatever_the_edit(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    take(writer, claimed, now, found(post(1, "Buy 5 pills")), on_edit="keep")
    (shown,) = published.Door(reader).latest(SLUG, 10)
    assert shown.item.text == "Story time on the bus #EngagedLibraries"
    assert [one.is_changed for one in listed(reader, waiting=True)] == [True]


def test_edit_taken_back_leaves_the_queue(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    take(writer, claimed, now, found(post(1, "Quietly rewritten #EngagedLibraries")))
    take(writer, claimed, now, found(post(1)))
    assert listed(reader, waiting=True) == []
    with reader.connect() as connection:
        assert count(connection, "revision") == 2


def test_approved_post_put_behind_a_password_leaves_the_public_by_itself(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    hidden = replace(post(1), text="", html="", flags=PROTECTED)  # type: ignore[arg-type] - no markup
    take(writer, claimed, now, found(hidden))
    assert isinstance(published.Door(reader).one(SLUG, one.id), published.Gone)
    assert [item.state for item in listed(reader)] == [State.WITHDRAWN]


def test_post_closed_by_its_author_while_it_is_taken_down_cannot_be_put_back(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    decide(writer, Action.TAKE_DOWN, one.id, now)
    take(writer, claimed, now, found(replace(post(1), text="", flags=PROTECTED)))
    with pytest.raises(Conflicts):
        decide(writer, Action.RESTORE, one.id, now)
    assert published.Door(reader).latest(SLUG, 10) == ()


def test_deletion_said_by_the_source_withdraws_and_the_post_never_comes_back(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    first = found(post(1))
    take(writer, claimed, now, first)
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    take(writer, claimed, now, gone=first.identities)
    take(writer, claimed, now, found(post(1, "I am back #EngagedLibraries"), *first.identities))
    assert published.Door(reader).latest(SLUG, 10) == ()
    assert [(item.state, item.item.text) for item in listed(reader)] == [
        (State.WITHDRAWN, "Story time on the bus #EngagedLibraries")
    ]


def test_second_source_adds_a_sighting_and_never_content(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river", "planet")
    take(writer, claim(writer, now, "river"), now, found(post(1), "guid:river.example:1"))
    stranger = claim(writer, now, "planet")
    taken = take(writer, stranger, now, found(post(1, "Hijacked"), "guid:river.example:1", "link:x"))
    gone = take(writer, stranger, now, gone=("guid:river.example:1",))
    (one,) = listed(reader)
    assert (taken.unchanged, gone.changed) == (1, 0)
    assert (one.item.text, one.state) == ("Story time on the bus #EngagedLibraries", State.PENDING)
    with reader.connect() as connection:
        assert (count(connection, "sighting"), count(connection, "identity")) == (2, 2)


def test_moved_feed_brings_no_double(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1), "guid:river.example:old", "link:river.example/1"))
    taken = take(writer, claimed, now, found(post(1), "guid:river.example:new", "link:river.example/1"))
    assert (taken.new, len(listed(reader))) == (0, 1)


def test_same_identity_twice_on_one_page_is_one_item_and_is_said(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    taken = take(
        writer, claim(writer, now, "river"), now, found(post(1), "guid:a"), found(post(2), "guid:a")
    )
    assert (taken.new, taken.skipped) == (1, (("repeated", "https://river.example/2"),))


def test_a_rule_holds_by_a_decision_of_its_own(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    take(writer, claim(writer, now, "river"), now, found(post(1)), screen=holding)
    (one,) = listed(reader)
    assert (one.state, one.reasons) == (State.HELD, ("off-hashtag",))
    with reader.connect() as connection:
        assert count(connection, "decision") == 1


def test_item_held_by_a_rule_returns_to_the_queue_once_its_author_mends_it(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)), screen=holding)
    take(writer, claimed, now, found(post(1, "Now with the hashtag")))
    assert [one.state for one in listed(reader)] == [State.PENDING]


def test_item_held_by_a_person_stays_held_through_edits(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.HOLD, one.id, now)
    take(writer, claimed, now, found(post(1, "Edited")))
    assert [one.state for one in listed(reader)] == [State.HELD]


def test_nothing_is_kept_of_an_author_who_objected(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.WITHDRAW, one.id, now, reason="objection")
    taken = take(writer, claimed, now, found(post(2)), found(post(3, author=Author(name="Ben"))))
    assert (taken.new, taken.skipped) == (1, (("objection", ""),))


def test_words_that_their_author_closed_do_not_come_back_by_an_undo(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)))
    (one,) = listed(reader)
    decide(writer, Action.APPROVE, one.id, now)
    decide(writer, Action.HOLD, one.id, now)
    closed = replace(one.item, text="", html=SafeHtml(""), flags=PROTECTED)
    take(writer, claimed, now, found(closed))
    with pytest.raises(Conflicts, match="closed by its author"):
        decide(writer, Action.UNDO, one.id, now)
    assert published.Door(reader).latest(SLUG, 10) == ()
    take(writer, claimed, now, found(post(1)))
    assert decide(writer, Action.UNDO, one.id, now).state is State.APPROVED


def test_post_that_an_objecting_author_closes_leaves_the_public_all_the_same(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post(1)), found(post(2)))
    first, second = listed(reader)
    decide(writer, Action.APPROVE, first.id, now)
    decide(writer, Action.REJECT, second.id, now, reason="objection")
    url = first.item.url
    closed = replace(first.item, text="", html=SafeHtml(""), flags=PROTECTED)
    taken = take(writer, claimed, now, Found(closed, (f"guid:river.example:{url}",)))
    assert (taken.new, taken.changed, taken.skipped) == (0, 1, ())
    assert {one.state for one in listed(reader)} == {State.WITHDRAWN, State.REJECTED}


def test_counts_change_without_an_edit(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, replace(found(post(1)), engagement=Engagement(replies=1)))
    taken = take(writer, claimed, now, replace(found(post(1)), engagement=Engagement(replies=2)))
    with reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT replies FROM engagement").scalar() == 2
    assert (taken.changed, taken.unchanged) == (0, 1)


def test_worker_that_lost_its_claim_stores_nothing(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    mine = claim(writer, now, "river")
    later = now + 2 * runs.LEASE
    claim(writer, later, "river", worker="other")
    with pytest.raises(LostClaim):
        take(writer, mine, later, found(post(1)))
    assert listed(reader) == []


def test_the_mark_moves_with_its_items_or_not_at_all(
    writer: Engine, reader: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    with pytest.raises(ZeroDivisionError):
        take(writer, claimed, now, found(post(1)), mark={"at": 1}, screen=lambda *_: 1 / 0)
    with reader.connect() as connection:
        assert connection.exec_driver_sql("SELECT mark FROM source").scalar() in ("{}", {})


def test_a_page_of_a_thousand_is_taken_whole(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    many = [found(post(number)) for number in range(1000)]
    assert take(writer, claimed, now, *many).new == 1000
    assert take(writer, claimed, now, *many).unchanged == 1000
    assert len(listed(reader, limit=0)) == 1000
    assert len(listed(reader)) == 100


URI = "https://river.example/statuses/1"


def test_a_post_s_own_server_has_the_last_word_over_whoever_showed_it_first(
    writer: Engine, now: datetime
) -> None:
    declare(writer, now, "lake", "river")
    forged, true = found(post(text="Buy this #EngagedLibraries"), URI), found(post(), URI)
    take(writer, claim(writer, now, "lake"), now, forged, home="lake.example")
    own = claim(writer, now, "river")
    assert take(writer, own, now, true, home="river.example").changed == 1
    (only,) = listed(writer)
    assert (only.item.text, only.source) == (true.item.text, "river")


def test_whoever_shows_it_later_changes_nothing_of_it(writer: Engine, now: datetime) -> None:
    declare(writer, now, "lake", "river")
    forged, true = found(post(text="Buy this #EngagedLibraries"), URI), found(post(), URI)
    take(writer, claim(writer, now, "river"), now, true, home="river.example")
    assert take(writer, claim(writer, now, "lake"), now, forged, home="lake.example").changed == 0
    (only,) = listed(writer)
    assert (only.item.text, only.source) == (true.item.text, "river")


def test_two_sources_of_one_server_do_not_take_a_post_from_each_other(
    writer: Engine, now: datetime
) -> None:
    with writer.begin() as connection:
        both = [runs.Declared(SLUG, name, "feed", "river.example", name) for name in ("one", "two")]
        runs.declare(connection, [SLUG], both, now)
    take(writer, claim(writer, now, "one"), now, found(post(), URI), home="river.example")
    take(writer, claim(writer, now, "two"), now, found(post(), URI), home="river.example")
    (only,) = listed(writer)
    assert only.source == "one"


def test_an_author_who_opts_out_later_is_noticed(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post()))
    (only,) = listed(writer)
    decide(writer, Action.APPROVE, only.id, now)
    take(writer, claimed, now, found(post(flags=frozenset({Flag.OPTED_OUT}))))
    assert [one.state for one in listed(writer)] == [State.WITHDRAWN]
