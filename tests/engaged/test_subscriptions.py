"""Subscribing in a real store: from the form to the mail to confirm, and out again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from aggregator.store import outgoing, subscribers
from aggregator.store.models import opt_in
from aggregator.store.models import outgoing as outgoing_table
from aggregator.store.subscribers import Subscriber
from engaged.subscriptions import Subscriptions
from feeds.highlights.bounces import Returned
from tests.aggregator.store.subscribing import readers
from tests.feeds.highlights.readers import ADDRESS, a_mailing_site
from tests.feeds.invented import SLUG

NETWORK = "203.0.113.0/24"
AT = f"/{SLUG}"


@pytest.fixture
def letters(reader: Engine, writer: Engine) -> Subscriptions:
    return Subscriptions(reader, writer)


def waiting(writer: Engine, now: datetime) -> list[tuple[str, Mapping[str, Any]]]:
    """Answer the wishes, and take the mails to confirm that are to be sent."""
    with writer.begin() as connection:
        some = outgoing.claim(connection, now, 500)
        answers = [(each, subscribers.answer(connection, each, now)) for each in some]
        return [
            (each.address, {**each.facts, "token": asked.token})
            for each, asked in answers
            if asked.token
        ]


def subscribed(letters: Subscriptions, writer: Engine, now: datetime) -> Subscriber:
    letters.ask(SLUG, ADDRESS, "es", NETWORK, now)
    ((_, facts),) = waiting(writer, now)
    done = letters.confirm(SLUG, facts["token"], now)
    assert done
    return done


def test_from_the_form_to_the_end(
    letters: Subscriptions, reader: Engine, writer: Engine, now: datetime
) -> None:
    client = a_mailing_site(now=lambda: now, subscribers=letters)  # type: ignore[arg-type] # the real one
    client.post(f"{AT}/es/subscribe", data={"address": ADDRESS, "language": "es"})
    ((address, facts),) = waiting(writer, now)
    assert (address, facts["language"]) == (ADDRESS, "es")

    for method in ("GET", "HEAD"):
        assert client.open(f"{AT}/confirm/{facts['token']}", method=method).status_code == 200
    assert counted(reader) == {"asked": 1}

    own_page = client.post(f"{AT}/es/confirm/{facts['token']}").headers["Location"]
    assert counted(reader) == {"confirmed": 1}
    key = own_page.rpartition("/")[2]

    client.post(own_page, data={"do": "pause"})
    assert counted(reader) == {"paused": 1}
    for link in (own_page, f"{AT}/unsubscribe/{key}"):
        for method in ("GET", "HEAD"):
            assert client.open(link, method=method).status_code == 200
    assert counted(reader) == {"paused": 1}

    leaving = client.post(f"{AT}/unsubscribe/{key}", data={"List-Unsubscribe": "One-Click"})
    assert leaving.status_code == 200
    assert counted(reader) == {"unsubscribed": 1}


def counted(reader: Engine) -> dict[str, int]:
    with reader.connect() as connection:
        return {state: many for state, many in subscribers.counts(connection, SLUG).items() if many}


def test_what_is_answered_says_nothing_about_an_address(
    letters: Subscriptions, writer: Engine, now: datetime
) -> None:
    client = a_mailing_site(now=lambda: now, subscribers=letters)  # type: ignore[arg-type] # the real one
    subscribed(letters, writer, now)
    with writer.begin() as connection:
        subscribers.suppress(connection, SLUG, "ben@riverside.example", "complaint", now)
    for _ in range(4):
        letters.ask(SLUG, "carla@riverside.example", "en", NETWORK, now)
    waiting(writer, now)

    there = [ADDRESS, "ben@riverside.example", "carla@riverside.example", "new@riverside.example"]
    answers = [client.post(f"{AT}/subscribe", data={"address": address}) for address in there]

    assert {answer.status_code for answer in answers} == {200}
    told = {answer.text.replace(address, "") for answer, address in zip(answers, there, strict=True)}
    assert len(told) == 1
    assert [address for address, _ in waiting(writer, now)] == ["new@riverside.example"]


def test_nobody_can_be_flooded_in_somebodys_name(
    letters: Subscriptions, writer: Engine, now: datetime
) -> None:
    for _ in range(9):
        letters.ask(SLUG, ADDRESS, "en", NETWORK, now)
    assert len(waiting(writer, now)) == 3

    for number in range(60):
        letters.ask(SLUG, f"reader{number}@riverside.example", "en", "198.51.100.0/24", now)
    assert len(waiting(writer, now)) == 20


def test_of_who_asks_no_network_is_kept(letters: Subscriptions, reader: Engine, now: datetime) -> None:
    letters.ask(SLUG, ADDRESS, "en", NETWORK, now)
    with reader.connect() as connection:
        rows = [row for table in (outgoing_table, opt_in) for row in connection.execute(select(table))]
    assert rows
    assert not [row for row in rows if "203.0.113" in repr(row)]


def test_the_same_is_done_whoever_is_meant(
    letters: Subscriptions, writer: Engine, now: datetime
) -> None:
    """What differs could be measured: of each way that asking can end, the statements are the same."""
    gets_it, complained, asked_often = (f"{name}@riverside.example" for name in ("ana", "ben", "carla"))
    readers(writer, now, gets_it)
    with writer.begin() as connection:
        subscribers.suppress(connection, SLUG, complained, "complaint", now)
    for _ in range(4):
        letters.ask(SLUG, asked_often, "en", NETWORK, now)
    assert len(waiting(writer, now)) == 3

    there = [gets_it, complained, asked_often, "new@riverside.example"]
    done = [statements(letters, writer, address, now) for address in there]
    assert done[0]
    assert {tuple(each) for each in done} == {tuple(done[0])}
    assert not [each for each in done[0] if "subscriber" in each or "suppressed" in each]
    assert [address for address, _ in waiting(writer, now)] == ["new@riverside.example"]


def statements(letters: Subscriptions, writer: Engine, address: str, now: datetime) -> list[str]:
    """Give what the database is told when somebody asks."""
    told: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        told.append(statement)

    event.listen(writer, "before_cursor_execute", note)
    try:
        letters.ask(SLUG, address, "en", NETWORK, now)
    finally:
        event.remove(writer, "before_cursor_execute", note)
    return told


def test_a_key_opens_nothing_in_another_campaign(
    letters: Subscriptions, writer: Engine, now: datetime
) -> None:
    key = subscribed(letters, writer, now).key

    assert letters.of_key("other", key) is None
    assert letters.prefer("other", key, "en", "", None) is None
    assert letters.unsubscribe("other", key, "page", now) is None
    found = letters.of_key(SLUG, key)
    assert found
    assert (found.state, found.language) == ("confirmed", "es")


@pytest.mark.parametrize("what", ["bounce", "complaint"])
@pytest.mark.parametrize("message_id", ["", "<a-name-of-the-service@mail.example>"])
def test_who_complains_or_is_not_there_gets_nothing_more(
    letters: Subscriptions, writer: Engine, now: datetime, what: Any, message_id: str
) -> None:
    key = subscribed(letters, writer, now).key

    letters.returned(SLUG, Returned(what, True, message_id, ADDRESS), now)

    found = letters.of_key(SLUG, key)
    assert found
    assert (found.state, found.cause) == ("suppressed", what)
    letters.ask(SLUG, ADDRESS, "en", NETWORK, now + timedelta(days=2))
    assert waiting(writer, now + timedelta(days=2)) == []


def test_a_mailbox_that_was_full_once_costs_nothing(
    letters: Subscriptions, writer: Engine, now: datetime
) -> None:
    key = subscribed(letters, writer, now).key
    letters.returned(SLUG, Returned("bounce", False, "", ADDRESS), now)
    letters.returned(SLUG, Returned("bounce", True, "<unknown@library.example>"), now)
    found = letters.of_key(SLUG, key)
    assert found
    assert found.state == "confirmed"
