"""Mails of the program itself: confirmations, words to editors, tests."""

import pytest
from sqlalchemy import select

from aggregator.item import Action
from aggregator.store import models, outgoing, subscribers
from feeds.highlights.notes import ABOUT, confirmation, to_editors
from feeds.highlights.own_mail import OwnMail
from feeds.highlights.send import MailTrouble, Smtp, server_of
from feeds.i18n import languages
from tests.aggregator.store.making import decide
from tests.feeds.highlights.a_mailing import House, open_sink, ours, post_office
from tests.feeds.highlights.an_issue import a_house
from tests.mail_sink import Sink
from tests.only_sqlite import database

__all__ = ["database", "open_sink", "ours", "post_office"]
LINK = "/moderate/engagedlibraries/highlights/1"
FACTS = {"about": "drafted", "number": 1, "link": LINK, "date": "Friday, 9:00"}


def put(ours: House, kind: outgoing.Kind, address: str, **facts: object) -> None:
    with ours.writer.begin() as connection:
        outgoing.put(connection, ours.campaign.slug, kind, address, facts, ours.clock())


def turn(ours: House, smtp: str = "") -> int:
    post = Smtp(server_of(smtp or ours.settings.mail.smtp))
    try:
        return OwnMail(ours.writer, ours.door, post, ours.settings, ours.clock).turn()
    finally:
        post.close()


def test_a_confirmation_has_the_link_and_says_that_nothing_else_comes(
    ours: House, post_office: Sink
) -> None:
    put(ours, "confirm", "ana@reader.example", token="T0KEN", language="es")
    assert turn(ours) == 1
    (message,) = post_office.messages()
    text = message.get_body(("plain",))
    assert text
    link = "https://posts.library.example/engagedlibraries/es/confirm/T0KEN"
    assert link in text.get_content()
    assert (message["Auto-Submitted"], message["Content-Language"]) == ("auto-generated", "es")
    assert message["List-Unsubscribe"] is None
    assert turn(ours) == 0


def test_a_wish_is_answered_by_a_mail_or_by_none_and_once(ours: House, post_office: Sink) -> None:
    with ours.writer.begin() as connection:
        subscribers.suppress(
            connection, ours.campaign.slug, "ben@reader.example", "bounce", ours.clock()
        )
    wish(ours, "ana@reader.example")
    wish(ours, "ben@reader.example")
    assert turn(ours) == 1
    ours.clock.later(minutes=30)
    assert turn(ours) == 0
    assert post_office.received == {"ana@reader.example": 1}


def test_a_wish_whose_mail_was_put_off_keeps_its_link(ours: House, post_office: Sink) -> None:
    wish(ours, "later@reader.example")
    assert turn(ours) == 0
    with ours.writer.begin() as connection:
        (facts,) = connection.scalars(select(models.outgoing.c.facts))
        assert subscribers.by_token(connection, ours.campaign.slug, facts["token"], ours.clock())
    for _ in range(2):
        ours.clock.later(minutes=10)
        turn(ours)
    (message,) = post_office.messages()
    text = message.get_body(("plain",))
    assert text
    assert facts["token"] in text.get_content()


def wish(ours: House, address: str) -> None:
    with ours.writer.begin() as connection:
        slug, now = ours.campaign.slug, ours.clock()
        subscribers.wish(connection, slug, address, "en", "192.0.2.0/24", now, form_version="1")


def test_editors_hear_of_a_draft_with_a_link_to_it(ours: House, post_office: Sink) -> None:
    put(ours, "editors", "ana@library.example", **FACTS)
    assert turn(ours) == 1
    (message,) = post_office.messages()
    text = message.get_body(("plain",))
    assert text
    assert f"https://posts.library.example{LINK}" in text.get_content()
    assert "Friday, 9:00" in text.get_content()


def test_a_test_looks_like_the_issue_and_says_that_it_is_one(ours: House, post_office: Sink) -> None:
    ours.approved()
    put(ours, "test", "desk@library.example", number=1, language="en")
    assert turn(ours) == 1
    (message,) = post_office.messages()
    assert message["Subject"] == "Test: A bus and a garden"
    assert "unsubscribe/test" in message["List-Unsubscribe"]


def test_a_test_of_an_issue_that_is_not_there_is_given_up(ours: House, post_office: Sink) -> None:
    put(ours, "test", "desk@library.example", number=7)
    put(ours, "confirm", "ana@reader.example", token="T0KEN", language="")
    assert turn(ours) == 1
    assert post_office.received == {"ana@reader.example": 1}
    assert turn(ours) == 0


def test_what_is_put_off_comes_later_and_what_is_refused_does_not(
    ours: House, post_office: Sink
) -> None:
    put(ours, "confirm", "later@reader.example", token="A", language="en")
    put(ours, "confirm", "reject@reader.example", token="B", language="en")
    assert turn(ours) == 0
    for _ in range(2):
        ours.clock.later(minutes=10)
        turn(ours)
    assert post_office.received == {"later@reader.example": 1}
    assert post_office.asked["reject@reader.example"] == 1


def test_while_the_server_is_away_nothing_is_lost(ours: House, post_office: Sink) -> None:
    put(ours, "confirm", "ana@reader.example", token="A", language="en")
    put(ours, "confirm", "ben@reader.example", token="B", language="en")
    with pytest.raises(MailTrouble):
        turn(ours, "smtp://127.0.0.1:9")
    ours.clock.later(minutes=2)
    assert turn(ours) == 2


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("about", ABOUT)
def test_every_word_to_editors_is_whole_in_every_language(about: str, language: str) -> None:
    house_ = a_house()
    ours = house_.campaigns[0].model_copy(update={"languages": (language,)})
    facts = {**FACTS, "about": about, "words": "550 no\r\nBcc: x", "count": "3"}
    body = to_editors(ours, house_, facts)
    assert "{" not in body.subject + body.text
    assert "12" not in body.subject
    assert LINK in body.html
    assert body.text.count("\n\n\n") == 0


@pytest.mark.parametrize("language", languages())
def test_a_confirmation_is_whole_in_every_language(language: str) -> None:
    house_ = a_house()
    ours = house_.campaigns[0].model_copy(update={"languages": ("en", language)})
    body = confirmation(ours, house_, {"token": "T", "language": language})
    assert "{" not in body.subject + body.text
    assert body.html.count("/confirm/T") == 1


def test_a_test_leaves_out_what_was_removed_and_leads_to_pages_that_are_there(
    ours: House, post_office: Sink
) -> None:
    ours.approved()
    decide(ours.writer, Action.TAKE_DOWN, ours.items[0], ours.clock())
    put(ours, "test", "desk@library.example", number=1, language="es")
    assert turn(ours) == 1
    (message,) = post_office.messages()
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body
        words = body.get_content()
        assert ours.items[0] not in words
        assert ours.items[1] in words
        assert "/test" not in words
        assert words.count("https://posts.library.example/engagedlibraries/es/subscribe") == 2
        assert "https://posts.library.example/engagedlibraries/es/highlights/" in words


def test_a_test_of_what_is_being_sent_leads_to_its_own_page(ours: House, post_office: Sink) -> None:
    ours.sending("ana@reader.example")
    put(ours, "test", "desk@library.example", number=1, language="en")
    turn(ours)
    (message,) = post_office.messages()
    text = message.get_body(("plain",))
    assert text
    page = "https://posts.library.example/engagedlibraries/highlights/1"
    assert page in text.get_content().split()
