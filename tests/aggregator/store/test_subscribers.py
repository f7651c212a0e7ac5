"""Subscribers: asked twice over, never mailed against their will, forgotten when they say so."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from aggregator.store import mail_names, outgoing, subscribers
from aggregator.store.subscribers import Asked, Brought, Row, Subscriber
from tests.aggregator.store.making import SLUG
from tests.aggregator.store.subscribing import fill, readers, sending

ANA = "ana@reader.example"
NETWORK = "192.0.2.0/24"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def do(engine: Engine, step: Any, *more: Any, **named: Any) -> Any:
    with engine.begin() as connection:
        return step(connection, *more, **named)


def ask(engine: Engine, now: datetime, address: str = ANA, network: str = NETWORK) -> Asked:
    """Wish for the mail, and have the wish answered."""
    with engine.begin() as connection:
        if not subscribers.wish(connection, SLUG, address, "es", network, now, form_version="1"):
            return Asked("limited")
        *_, mail = outgoing.claim(connection, now, 100)
        assert subscribers.is_wish(mail)
        return subscribers.answer(connection, mail, now)


def confirmed(engine: Engine, now: datetime, address: str = ANA) -> Subscriber:
    found: Subscriber = do(engine, subscribers.confirm, SLUG, ask(engine, now, address).token, now)
    return found


def state(engine: Engine, address: str = ANA) -> str:
    with engine.begin() as connection:
        (found,) = (one for one in subscribers.all_of(connection, SLUG) if one.address == address)
    return found.state


def test_only_the_link_in_the_mail_makes_a_subscriber_and_once(writer: Engine, now: datetime) -> None:
    asked = ask(writer, now)
    assert asked.outcome == "mail"
    assert state(writer) == "asked"
    assert do(writer, subscribers.by_token, SLUG, asked.token, now)
    found = do(writer, subscribers.confirm, SLUG, asked.token, now + HOUR)
    assert (found.state, found.confirmed_at, found.language, found.origin) == (
        "confirmed",
        now + HOUR,
        "es",
        "form",
    )
    assert do(writer, subscribers.confirm, SLUG, asked.token, now + HOUR) is None
    assert ask(writer, now + HOUR) == Asked("already")


def test_a_token_lasts_two_days_and_belongs_to_its_campaign(writer: Engine, now: datetime) -> None:
    token = ask(writer, now).token
    assert do(writer, subscribers.confirm, SLUG, token, now + 48 * HOUR) is None
    assert do(writer, subscribers.confirm, "another", token, now) is None
    assert do(writer, subscribers.confirm, SLUG, "", now) is None
    assert do(writer, subscribers.confirm, SLUG, token, now + DAY)


def test_who_asks_again_spoils_no_link_and_makes_none_last_longer(writer: Engine, now: datetime) -> None:
    first, second = ask(writer, now).token, ask(writer, now + DAY).token
    assert do(writer, subscribers.by_token, SLUG, first, now + DAY)
    assert do(writer, subscribers.by_token, SLUG, first, now + 2 * DAY) is None
    assert do(writer, subscribers.by_token, SLUG, second, now + 2 * DAY)


def test_of_all_links_of_somebody_one_works_and_once(writer: Engine, now: datetime) -> None:
    first, second = ask(writer, now).token, ask(writer, now + HOUR).token
    found = do(writer, subscribers.confirm, SLUG, first, now + HOUR)
    assert do(writer, subscribers.confirm, SLUG, second, now + HOUR) is None
    do(writer, subscribers.unsubscribe, found.key, "page", now + HOUR)
    assert ask(writer, now + 2 * HOUR).outcome == "mail"
    for used in (first, second):
        assert do(writer, subscribers.confirm, SLUG, used, now + 2 * HOUR) is None


def test_nobody_makes_a_link_last_longer_by_writing_it_anew(writer: Engine, now: datetime) -> None:
    shared, _, mark = (ask(writer, now).token or "").split("-")
    for forged in (f"{shared}-ffffffff-{mark}", f"{shared}-ffffffff-{'0' * 32}", shared):
        assert do(writer, subscribers.by_token, SLUG, forged, now) is None


def test_the_store_holds_no_token_and_no_network(writer: Engine, now: datetime) -> None:
    token = ask(writer, now).token or "-"
    with writer.connect() as connection:
        for table in ("subscriber", "opt_in", "outgoing"):
            rows = connection.execute(text(f"SELECT * FROM {table}")).all()
            assert rows
            assert (token in repr(rows)) == (table == "outgoing")  # until its mail has left
            assert "192.0.2" not in repr(rows)


def test_nobody_can_be_bombed_with_confirmation_mails(writer: Engine, now: datetime) -> None:
    outcomes = [ask(writer, now, network=f"198.51.{n}.0/24").outcome for n in range(5)]
    assert outcomes == ["mail"] * 3 + ["limited"] * 2
    assert ask(writer, now, ANA.upper()).outcome == "limited"
    assert ask(writer, now + DAY).outcome == "mail"


def test_one_network_asks_for_few_and_a_campaign_for_not_too_many(
    writer: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_names, "MOST_FROM_A_NETWORK", 2)
    monkeypatch.setattr(mail_names, "MOST_OF_A_CAMPAIGN", 3)
    outcomes = [ask(writer, now, f"r{n}@reader.example").outcome for n in range(3)]
    assert outcomes == ["mail", "mail", "limited"]
    elsewhere = [ask(writer, now, f"s{n}@reader.example", f"n{n}").outcome for n in range(2)]
    assert elsewhere == ["mail", "limited"]
    assert ask(writer, now + HOUR, "t@reader.example").outcome == "mail"


def test_preferences_belong_to_whoever_holds_the_key(writer: Engine, now: datetime) -> None:
    key = confirmed(writer, now).key
    until = now + 30 * DAY
    found = do(writer, subscribers.prefer, key, "ar", "Asia/Kathmandu", until)
    assert (found.state, found.language, found.zone, found.paused_until) == (
        "paused",
        "ar",
        "Asia/Kathmandu",
        until,
    )
    assert do(writer, subscribers.prefer, key, "ar", "", None).state == "confirmed"
    assert do(writer, subscribers.prefer, "nobody's", "ar", "", None) is None


def test_a_pause_ends_by_itself(writer: Engine, now: datetime) -> None:
    (ana,) = readers(writer, now, ANA)
    do(writer, subscribers.prefer, ana.key, "", "", now + DAY)
    assert fill(writer, sending(writer, now), now) == 0
    later = sending(writer, now, week=now.date() + 7 * DAY)
    assert fill(writer, later, now + DAY) == 1
    assert state(writer) == "confirmed"


def test_unsubscribing_twice_is_once_and_only_their_own_asking_brings_them_back(
    writer: Engine, now: datetime
) -> None:
    key = confirmed(writer, now).key
    for later in (HOUR, 2 * HOUR):
        left = do(writer, subscribers.unsubscribe, key, "one-click", now + later)
        assert (left.state, left.ended_at, left.cause) == ("unsubscribed", now + HOUR, "one-click")
    assert do(writer, subscribers.unsubscribe, "nobody's", "page", now) is None
    assert do(writer, subscribers.prefer, key, "es", "", None) is None
    brought = do(writer, subscribers.bring_in, SLUG, [Row(ANA)], "a list", "Ben", now)
    assert brought == Brought(added=0, already=0, left=1, suppressed=0)
    assert do(writer, subscribers.left_between, SLUG, now, None) == 1
    assert confirmed(writer, now + 3 * HOUR).ended_at is None


def test_who_left_and_was_asked_for_by_a_stranger_is_not_imported(writer: Engine, now: datetime) -> None:
    do(writer, subscribers.unsubscribe, confirmed(writer, now).key, "one-click", now)
    token = ask(writer, now + HOUR).token
    brought = do(writer, subscribers.bring_in, SLUG, [Row(ANA)], "a list", "Ben", now + HOUR)
    assert brought == Brought(added=0, already=0, left=1, suppressed=0)
    assert state(writer) == "asked"
    found = do(writer, subscribers.confirm, SLUG, token, now + HOUR)
    assert (found.ended_at, found.cause) == (None, "")


def test_an_import_says_what_became_of_each_line(writer: Engine, now: datetime) -> None:
    confirmed(writer, now)
    do(writer, subscribers.suppress, SLUG, "no@reader.example", "person", now)
    rows = [
        Row(" Cem@Reader.EXAMPLE ", "fr"),
        Row("cem@reader.example"),
        Row(ANA),
        Row("no@reader.example"),
        Row("not an address"),
    ]
    brought = do(writer, subscribers.bring_in, SLUG, rows, "paper forms of 2025", "Ben", now)
    assert brought == Brought(added=1, already=2, left=0, suppressed=1, unreadable=("not an address",))
    with writer.begin() as connection:
        (cem,) = subscribers.all_of(connection, SLUG, words="cem")
        assert (cem.address, cem.state, cem.language) == ("Cem@reader.example", "confirmed", "fr")
        assert (cem.origin, cem.consent) == ("import", "paper forms of 2025 (Ben)")
        assert subscribers.counts(connection, SLUG)["confirmed"] == 2


def test_lists_go_on_where_they_ended(writer: Engine, now: datetime) -> None:
    people = readers(writer, now, *(f"r{n}@reader.example" for n in range(5)))
    with writer.begin() as connection:
        first = subscribers.all_of(connection, SLUG, limit=2)
        rest = subscribers.all_of(connection, SLUG, after=first[-1].id)
        assert [*first, *rest] == people
        assert subscribers.all_of(connection, SLUG, state="paused") == ()
        assert subscribers.all_of(connection, SLUG, words="%") == ()


def test_what_is_erased_cannot_be_read_and_is_not_imported_again(writer: Engine, now: datetime) -> None:
    (ana,) = readers(writer, now, ANA)
    fill(writer, sending(writer, now), now)
    do(writer, outgoing.put, SLUG, "test", ANA, {"about": ANA}, now)
    assert do(writer, subscribers.erase, SLUG, ANA.upper(), now)
    with writer.connect() as connection:
        for table in ("subscriber", "suppressed", "opt_in", "outgoing", "delivery"):
            rows = repr(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert "ana@" not in rows
            assert ana.key not in rows
    assert do(writer, subscribers.by_key, ana.key) is None
    assert do(writer, subscribers.counts, SLUG)["unsubscribed"] == 0
    brought = do(writer, subscribers.bring_in, SLUG, [Row(ANA)], "a list", "Ben", now)
    assert brought.suppressed == 1
    assert not do(writer, subscribers.erase, SLUG, "never@reader.example", now)


def test_whoever_was_erased_may_subscribe_again(writer: Engine, now: datetime) -> None:
    readers(writer, now, ANA)
    do(writer, subscribers.erase, SLUG, ANA, now)
    assert confirmed(writer, now).state == "confirmed"
    do(writer, subscribers.unsubscribe, confirmed_key(writer), "page", now)
    assert do(writer, subscribers.bring_in, SLUG, [Row(ANA)], "a list", "Ben", now).left == 1


def confirmed_key(engine: Engine) -> str:
    with engine.begin() as connection:
        return next(one.key for one in subscribers.all_of(connection, SLUG))


@pytest.mark.parametrize("reason", ["bounce", "complaint", "person"])
def test_a_suppressed_address_hears_nothing_until_a_person_releases_it(
    writer: Engine, now: datetime, reason: str
) -> None:
    readers(writer, now, ANA)
    do(writer, subscribers.suppress, SLUG, ANA, reason, now)
    assert state(writer) == "suppressed"
    assert ask(writer, now) == Asked("suppressed")
    assert do(writer, subscribers.release, SLUG, ANA, now)
    assert not do(writer, subscribers.release, SLUG, ANA, now)
    assert state(writer) == "unsubscribed"
    assert ask(writer, now).outcome == "mail"


def test_what_is_kept_for_a_time_is_forgotten_then(writer: Engine, now: datetime) -> None:
    confirmed(writer, now)
    ask(writer, now, "never@reader.example")
    back = confirmed(writer, now, "back@reader.example")
    do(writer, subscribers.unsubscribe, back.key, "page", now)
    ask(writer, now, "back@reader.example")
    do(writer, subscribers.forget, now + 10 * DAY)
    with writer.begin() as connection:
        states = {one.address: one.state for one in subscribers.all_of(connection, SLUG)}
        assert states == {ANA: "confirmed", "back@reader.example": "unsubscribed"}
        assert connection.execute(text("SELECT count(*) FROM opt_in")).scalar() == 0
        digests = text("SELECT network_digest FROM subscriber WHERE network_digest <> ''")
        assert len(connection.execute(digests).all()) == 2
        subscribers.forget(connection, now + 31 * DAY)
        assert connection.execute(digests).all() == []
