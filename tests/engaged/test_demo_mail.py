"""The demo's mail server takes what the program sends, and its mailbox shows it and runs nothing."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from threading import Thread

import pytest

from engaged.demo.pages import Pages
from engaged.demo.post_office import KEPT, Letters, PostOffice
from engaged.demo.server import Asked
from tests.engaged.an_invented_world import a_plan
from tests.engaged.processes import free_port

NOW = datetime(2026, 10, 5, 12, 30, tzinfo=UTC)
HELLO = "<html><head></head><p>Hello</p></html>"


@contextmanager
def a_post_office(letters: Letters) -> Iterator[int]:
    port = free_port()
    office = PostOffice(port, letters, lambda: NOW)
    thread = Thread(target=office.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield port
    finally:
        office.shutdown()
        thread.join()
        office.server_close()


def a_mail(
    subject: str = "This week", html: str = "<html><head></head><p>Hello</p></html>"
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "desk@campaign.example", "ana@readers.example", subject
    mail.set_content("Hello\n.\n..and more\nhttp://localhost:1/x")
    mail.add_alternative(html, subtype="html")
    return mail


@pytest.fixture
def pages() -> Pages:
    return Pages(a_plan())


def read(pages: Pages, letters: Letters, path: str, method: str = "GET") -> tuple[int, str, str]:
    reply = pages.mailbox(Asked("mailbox", method, path, {}), letters, NOW)
    return reply.code, reply.body.decode(), dict(reply.headers).get("Content-Security-Policy", "")


def test_a_mail_arrives_as_it_was_sent() -> None:
    letters = Letters()
    with a_post_office(letters) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
        line.send_message(a_mail("ሰላም, this week"))

    (letter,) = letters.newest_first()
    assert (letter.recipient, letter.subject) == ("ana@readers.example", "ሰላም, this week")
    assert letter.text.splitlines() == ["Hello", ".", "..and more", "http://localhost:1/x"]
    assert "<p>Hello</p>" in letter.html


def test_several_mails_come_over_one_line_and_the_newest_stands_first() -> None:
    letters = Letters()
    with a_post_office(letters) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
        for number in range(3):
            line.send_message(a_mail(str(number)))

    assert [letter.subject for letter in letters.newest_first()] == ["2", "1", "0"]


def test_words_without_a_recipient_are_refused() -> None:
    letters = Letters()
    with a_post_office(letters) as port, smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
        line.ehlo()
        assert line.docmd("DATA")[0] == 503
        assert line.docmd("VRFY", "ana")[0] == 503

    assert letters.newest_first() == ()


def test_old_mails_make_place_for_new_ones() -> None:
    letters = Letters()
    for number in range(KEPT + 3):
        letters.take("ana@readers.example", a_mail(str(number)).as_bytes(), NOW)

    assert len(letters.newest_first()) == KEPT
    assert letters.one(3) is None


def test_the_mailbox_shows_mails_and_says_what_to_do_when_it_is_empty(pages: Pages) -> None:
    letters = Letters()
    assert "No mail has come yet" in read(pages, letters, "/")[1]

    letters.take("ana@readers.example", a_mail("<b>Bold</b>").as_bytes(), NOW)

    assert "&lt;b&gt;Bold&lt;/b&gt;" in read(pages, letters, "/")[1]
    code, page, _ = read(pages, letters, "/mail/1")
    assert (code, 'href="http://localhost:1/x"' in page, "just now" in page) == (200, True, True)
    assert read(pages, letters, "/mail/2")[0] == 404
    assert read(pages, letters, "/", "POST")[0] == 404


def test_nothing_of_a_mail_runs(pages: Pages) -> None:
    letters = Letters()
    html = "<html><head></head><script>alert(1)</script></html>"
    letters.take("ana@readers.example", a_mail(html=html).as_bytes(), NOW)

    _, page, around = read(pages, letters, "/mail/1")
    _, inside, policy = read(pages, letters, "/html/1")

    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "script" not in around
    assert '<base target="_blank">' in inside
    assert policy.startswith("default-src 'none'")
    assert "script" not in policy
