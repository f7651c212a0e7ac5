"""What a mail server's answers mean, how fast one domain is written to, and a line that is encrypted."""

import smtplib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from feeds.highlights.send import (
    MailTrouble,
    Server,
    Smtp,
    _in_words,
    _text,
    judged,
    next_try,
    server_of,
)
from tests.mail_sink import Sink, sink

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "words", "fate"),
    [
        (250, "2.0.0 kept", "sent"),
        (421, "closing", "later"),
        (450, "4.2.1 busy", "later"),
        (452, "4.2.2 mailbox full", "later"),
        (550, "5.1.1 no such user", "no-such-address"),
        (550, "No such user here", "no-such-address"),
        (551, "User not local", "no-such-address"),
        (553, "5.1.3 bad address syntax", "no-such-address"),
        (554, "5.2.1 mailbox disabled", "no-such-address"),
        (552, "5.2.2 mailbox full", "failed"),
        (552, "5.3.4 too big", "failed"),
        (550, "5.7.1 message refused", "failed"),
        (550, "Message blocked as spam", "failed"),
        (550, "relaying denied", "failed"),
        (554, "transaction failed", "failed"),
    ],
)
def test_an_answer_means(code: int, words: str, fate: str) -> None:
    assert judged(code, words).fate == fate


def test_what_a_server_says_is_kept_without_what_nobody_can_read() -> None:
    assert _text(b"2.0.0\x00 kept\x1b[31m\r\n by \x07us") == "2.0.0 kept[31m by us"
    error = smtplib.SMTPServerDisconnected("gone\x00 away")
    assert _in_words(Server("mail.example", 25), error).endswith("gone away")


def test_what_was_put_off_is_tried_later_each_time_and_not_for_ever() -> None:
    pauses = [at - NOW if (at := next_try(tries, NOW)) else None for tries in range(1, 7)]
    minutes = [pause.total_seconds() / 60 if pause else None for pause in pauses]
    assert minutes == [5, 10, 20, 40, 80, None]
    assert sum(filter(None, minutes)) < timedelta(hours=6).total_seconds() / 60


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587)),
        ("smtps://ana:s%40cret@mail.example", Server("mail.example", 465, "ana", "s@cret", is_tls=True)),
        ("smtp://127.0.0.1:2525/", Server("127.0.0.1", 2525)),
    ],
)
def test_a_servers_address_is_read(address: str, server: Server) -> None:
    assert server_of(address) == server
    assert server.password not in repr(server) or not server.password


@pytest.mark.parametrize("address", ["", "mail.example:25", "http://a:secret@b", "smtp://a:secret@b:x"])
def test_an_address_that_is_none_is_said_without_its_password(address: str) -> None:
    with pytest.raises(MailTrouble, match=r"mail\.smtp cannot be read") as raised:
        server_of(address)
    assert "secret" not in str(raised.value)


@pytest.fixture
def post_office() -> Iterator[Sink]:
    with sink() as found:
        yield found


def test_one_line_is_used_for_many_letters(post_office: Sink) -> None:
    line = Smtp(Server("127.0.0.1", post_office.port))
    for number in range(3):
        line.open()
        assert (
            line.send("a@b.example", f"c{number}@d.example", b"Subject: x\r\n\r\n.dot\r\n").fate
            == "sent"
        )
    line.close()
    assert post_office.lines == 1
    assert post_office.letters[0][1] == b"Subject: x\r\n\r\n.dot\r\n"


def test_a_refused_letter_does_not_spoil_the_next(post_office: Sink) -> None:
    line = Smtp(Server("127.0.0.1", post_office.port))
    fates = [
        line.send("a@b.example", address, b"Subject: x\r\n\r\nx\r\n").fate
        for address in ("reject@d.example", "c@d.example", "big@d.example", "e@d.example")
    ]
    line.close()
    assert fates == ["no-such-address", "sent", "failed", "sent"]
    assert post_office.lines == 1


def test_a_server_elsewhere_without_encryption_gets_no_word_and_no_password(
    post_office: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.highlights.send.AT_HOME", ())
    line = Smtp(Server("127.0.0.1", post_office.port, "ana", "secret"))
    with pytest.raises(MailTrouble, match="offers no encryption") as raised:
        line.open()
    assert "secret" not in str(raised.value)
    assert post_office.letters == []


def test_a_server_that_is_away_is_said() -> None:
    with pytest.raises(MailTrouble, match=r"127\.0\.0\.1:9 could not be reached"):
        Smtp(Server("127.0.0.1", 9)).open()
