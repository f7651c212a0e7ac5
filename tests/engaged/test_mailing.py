"""The weekly mail of a worker: one turn after the other, and no campaign holds up another."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from aggregator.settings import Mail, Settings
from aggregator.store import deliveries, issues, subscribers
from engaged.mailing import LOOK_EVERY_S, Mailing, Tools, came_back, post_of, waits_for
from tests.aggregator.store.making import SLUG
from tests.aggregator.store.subscribing import readers
from tests.feeds.highlights.a_mailing import House, open_sink, ours, people, post_office
from tests.feeds.invented import campaign
from tests.mail_sink import Sink
from tests.only_sqlite import database

__all__ = ["database", "open_sink", "ours", "post_office"]


@pytest.fixture
def mailing(ours: House) -> Iterator[Mailing]:
    tools = Tools(
        ours.reader, ours.writer, ours.settings, post_of(ours.settings), ours.clock, ours.clock.tick
    )
    yield Mailing(tools)
    assert tools.post
    tools.post.close()


def states(ours: House) -> list[str]:
    with ours.reader.connect() as connection:
        return [issue.state for issue in issues.newest(connection, SLUG, 5)]


def test_what_was_approved_leaves_when_it_is_due_and_not_before(
    ours: House, mailing: Mailing, post_office: Sink
) -> None:
    readers(ours.writer, ours.clock(), *people(5))
    ours.approved(due_in=timedelta(hours=1))
    assert mailing.turn() == LOOK_EVERY_S
    assert post_office.letters == []
    ours.clock.later(hours=1)
    mailing.turn()
    assert post_office.received == dict.fromkeys(people(5), 1)
    assert states(ours) == ["sent"]
    mailing.turn()
    assert post_office.received == dict.fromkeys(people(5), 1)


def test_without_a_mail_server_an_edition_goes_into_the_archive_alone(ours: House) -> None:
    mailing = Mailing(Tools(ours.reader, ours.writer, ours.settings, None, ours.clock, ours.clock.tick))
    ours.approved(due_in=timedelta(hours=1))
    mailing.turn()
    assert states(ours) == ["approved"]
    ours.clock.later(hours=1)
    mailing.turn()
    assert states(ours) == ["sent"]
    assert [one.number for one in ours.door.issues(SLUG, 5)] == [1]


def test_without_a_mail_server_an_edition_waits_for_those_who_asked_for_it(ours: House) -> None:
    mailing = Mailing(Tools(ours.reader, ours.writer, ours.settings, None, ours.clock, ours.clock.tick))
    readers(ours.writer, ours.clock(), *people(1))
    ours.approved()
    mailing.turn()
    assert states(ours) == ["approved"]


def test_many_readers_take_several_turns_without_a_pause(
    ours: House, mailing: Mailing, post_office: Sink
) -> None:
    readers(ours.writer, ours.clock(), *people(60))
    ours.approved()
    assert mailing.turn() == 0
    assert len(post_office.letters) == 50
    mailing.turn()
    assert states(ours) == ["sent"]


def test_what_nobody_approved_waits_and_editors_hear_of_it_once(
    ours: House, mailing: Mailing, post_office: Sink
) -> None:
    issue = ours.approved()
    with ours.writer.begin() as connection:
        issues.reopen(connection, issue.id)
    ours.clock.later(minutes=5)
    mailing.turn()
    mailing.turn()
    with ours.reader.connect() as connection:
        assert issues.by_id(connection, issue.id).notes == ("waits",)
    assert states(ours) == ["draft"]


def test_it_is_drafted_on_its_day_once(ours: House, mailing: Mailing) -> None:
    # 5 October 2026 is a Monday; drafts are made on Wednesday at noon.
    mailing.turn()
    assert states(ours) == []
    ours.clock.later(days=2, hours=6)
    mailing.turn()
    mailing.turn()
    assert states(ours) == ["draft"]


def test_a_server_that_is_away_is_asked_less_and_less_often(
    ours: House, post_office: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    mail = ours.settings.mail.model_copy(update={"smtp": "smtp://127.0.0.1:9"})
    ours.settings = ours.settings.model_copy(update={"mail": mail})
    tools = Tools(
        ours.reader, ours.writer, ours.settings, post_of(ours.settings), ours.clock, ours.clock.tick
    )
    away = Mailing(tools)
    readers(ours.writer, ours.clock(), *people(1))
    ours.approved()
    caplog.set_level(logging.WARNING)
    for _ in range(30):
        away.turn()
        ours.clock.later(seconds=5)
    assert len([each for each in caplog.records if "no mail leaves" in each.getMessage()]) == 3
    assert states(ours) == ["sending"]


def test_one_campaigns_trouble_stops_no_other(
    ours: House, mailing: Mailing, post_office: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = campaign(slug="another", name="Another", hashtags=("Another",))
    ours.settings = ours.settings.model_copy(update={"campaigns": (other, *ours.settings.campaigns)})
    readers(ours.writer, ours.clock(), *people(2))
    ours.approved()
    tools = Tools(
        ours.reader, ours.writer, ours.settings, post_of(ours.settings), ours.clock, ours.clock.tick
    )
    both = Mailing(tools)
    usual = both._prepare

    def broken(one: object) -> float:
        if getattr(one, "slug", "") == "another":
            raise RuntimeError("broken")
        return usual(one)  # type: ignore[arg-type] # a campaign

    monkeypatch.setattr(both, "_prepare", broken)
    both.turn()
    assert post_office.received == dict.fromkeys(people(2), 1)
    assert tools.post
    tools.post.close()


def test_what_was_on_its_way_is_doubted_at_the_start(ours: House, mailing: Mailing) -> None:
    issue = ours.sending(*people(2))
    with ours.writer.begin() as connection:
        deliveries.claim(connection, issue.id, ours.clock(), 1)
    mailing.begin()
    with ours.reader.connect() as connection:
        assert deliveries.tally(connection, issue.id)["uncertain"] == 1


def test_it_ends_when_it_is_told_to(ours: House, mailing: Mailing) -> None:
    async def begin_and_end() -> None:
        stop = asyncio.Event()
        working = asyncio.create_task(mailing.keep(stop))
        await asyncio.sleep(0)
        stop.set()
        await asyncio.wait_for(working, 30)

    asyncio.run(begin_and_end())


def test_a_letter_that_asks_to_leave_is_obeyed(ours: House, now: datetime) -> None:
    (reader,) = readers(ours.writer, now, "ana@reader.example")
    letter = b"From: ana@reader.example\r\nSubject: unsubscribe " + reader.key.encode() + b"\r\n\r\n"
    came_back(ours.writer, letter, now)
    with ours.reader.connect() as connection:
        assert subscribers.counts(connection, SLUG)["unsubscribed"] == 1


@pytest.fixture
def with_mailbox(ours: House, monkeypatch: pytest.MonkeyPatch) -> Mailing:
    """Give a worker whose mailbox holds a letter that cannot be read, and one that asks to leave."""
    (reader,) = readers(ours.writer, ours.clock(), "ana@reader.example")
    letters = [b"bad", b"Subject: unsubscribe " + reader.key.encode() + b"\r\n\r\n"]
    monkeypatch.setattr("engaged.mailing.Mailbox.unread", lambda _: iter(letters))
    mail = ours.settings.mail.model_copy(update={"imap": "imap://a:b@127.0.0.1/"})
    settings = ours.settings.model_copy(update={"mail": mail})
    return Mailing(Tools(ours.reader, ours.writer, settings, None, ours.clock, ours.clock.tick))


def stumble_over_bad(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def read(letter: bytes) -> None:
        if letter == b"bad":
            raise error

    monkeypatch.setattr("engaged.mailing.read_mail", read)


def test_a_letter_that_cannot_be_read_is_said_once_and_holds_up_no_other(
    ours: House,
    with_mailbox: Mailing,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stumble_over_bad(monkeypatch, RecursionError())
    with_mailbox.turn()
    with ours.reader.connect() as connection:
        assert subscribers.counts(connection, SLUG)["unsubscribed"] == 1
    assert [one.message for one in caplog.records if one.levelno == logging.ERROR] == [
        "a letter of 3 bytes in the mailbox could not be read"
    ]


def test_letters_stay_unread_while_the_database_cannot_be_asked(
    ours: House, with_mailbox: Mailing, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumble_over_bad(monkeypatch, OperationalError("UPDATE", {}, Exception("locked")))
    with_mailbox.turn()
    with ours.reader.connect() as connection:
        assert subscribers.counts(connection, SLUG)["unsubscribed"] == 0


def test_a_letter_that_says_anything_else_changes_nothing(ours: House, now: datetime) -> None:
    readers(ours.writer, now, "ana@reader.example")
    came_back(ours.writer, b"Subject: Thank you\r\n\r\nWhat a week!", now)
    with ours.reader.connect() as connection:
        assert subscribers.counts(connection, SLUG)["confirmed"] == 1


@pytest.mark.parametrize(
    ("mail", "said"),
    [
        ({}, "mail.smtp is not set"),
        ({"smtp": "smtp://mail.example"}, "mail.from is missing, or is no address"),
        ({"smtp": "mail.example:25", "from": "a@b.example"}, "mail.smtp cannot be read"),
        ({"smtp": "", "from": "a@b.example", "waiting_for": ("SMTP_URL",)}, "set SMTP_URL"),
        ({"smtp": "smtps://a:b@mail.example", "from": "a@b.example"}, ""),
    ],
)
def test_it_says_what_keeps_mail_from_being_sent(mail: dict[str, object], said: str) -> None:
    settings = Settings(campaigns=(campaign(),), mail=Mail.model_validate(mail))
    assert waits_for(settings).startswith(said)
    assert (post_of(settings) is None) is bool(said)
