"""Messages as they travel: the headers that count, in every language, and none that was slipped in."""

import time
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from feeds.highlights.letter import whole_for_preview
from feeds.highlights.message import (
    Body,
    NoMailbox,
    issue_mail,
    leaver,
    sender_of,
    system_mail,
)
from feeds.highlights.send import as_bytes
from tests.feeds.highlights.an_issue import LANGUAGES, a_house
from tests.feeds.highlights.test_letter import usual

AT = datetime(2026, 5, 22, 13, 0, tzinfo=UTC)
UNSUBSCRIBE = "https://posts.library.example/engagedlibraries/unsubscribe/KEY"
BODY = Body("A bus", "<p>A bus</p>", "A bus", "en")


def mailed(body: Body = BODY, recipient: str = "ana@reader.example", **mail: object) -> EmailMessage:
    """Give a message as its reader's program reads it."""
    house = a_house()
    settings = house.model_copy(update={"mail": house.mail.model_copy(update=mail)})
    message = issue_mail(
        sender_of(settings.campaigns[0], settings),
        recipient,
        body,
        message_id="<5f0c@library.example>",
        unsubscribe=UNSUBSCRIBE,
        key="KEY",
        at=AT,
    )
    return read(as_bytes(message))


def read(data: bytes) -> EmailMessage:
    message = message_from_bytes(data, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_it_has_the_headers_that_mail_services_ask_for() -> None:
    message = mailed()
    known = {name: str(message[name]).strip() for name in message}
    del known["Content-Type"]
    assert known == {
        "From": "#EngagedLibraries <highlights@library.example>",
        "To": "ana@reader.example",
        "Reply-To": "desk@library.example",
        "Subject": "A bus",
        "Date": "Fri, 22 May 2026 13:00:00 +0000",
        "Message-ID": "<5f0c@library.example>",
        "List-Id": '"#EngagedLibraries" <engagedlibraries.highlights.posts.library.example>',
        "List-Unsubscribe": f"<{UNSUBSCRIBE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
        "Content-Language": "en",
    }


def test_who_reads_its_mailbox_can_be_left_by_mail() -> None:
    message = mailed(imap="imaps://a:b@imap.library.example")
    assert str(message["List-Unsubscribe"]).strip() == (
        f"<{UNSUBSCRIBE}>, <mailto:highlights@library.example?subject=unsubscribe%20KEY>"
    )


@pytest.mark.parametrize(
    ("subject", "key"),
    [
        (b"unsubscribe abcdefghij0123456789_-XY", "abcdefghij0123456789_-XY"),
        (b"unsubscribe", ""),
        (b"Re: unsubscribe abcdefghij0123456789", ""),
    ],
)
def test_a_letter_that_asks_to_leave_names_who(subject: bytes, key: str) -> None:
    assert leaver(b"From: a@b.example\r\nSubject: " + subject + b"\r\n\r\nhello") == key


def test_a_monstrous_letter_asks_nothing_and_keeps_nobody_waiting() -> None:
    begun = time.process_time()
    words = b"\r\n ".join([b"=?utf-8?q?unsubscribe?="] * 9_000)
    nested = b"Content-Type: message/rfc822\r\n\r\n" * 1_000
    assert leaver(b"Subject: " + words + b"\r\n\r\nhello") == ""
    assert leaver(b"Subject: unsubscribe abcdefghij0123456789\r\n" + nested) == "abcdefghij0123456789"
    assert leaver(b"Subject: unsubscribe abcdefghij0123456789\r\n\r\n" + b"x" * 1_000_000) == ""
    assert leaver(b"Content-Type: multipart/mixed; " + b';"' * 100_000 + b"\r\n\r\nhello") == ""
    assert time.process_time() - begun < 2


def test_only_mail_of_the_program_itself_says_that_it_is_automatic() -> None:
    house = a_house()
    sender = sender_of(house.campaigns[0], house)
    message = system_mail(sender, "ana@reader.example", BODY, message_id="<a@b.example>", at=AT)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert mailed()["Auto-Submitted"] is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_arrives_as_it_was_written(language: str) -> None:
    whole = whole_for_preview(usual()[language], "https://posts.library.example/x")
    message = mailed(Body(whole.subject, whole.html, whole.text, language))
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    assert str(message["Subject"]) == whole.subject
    assert message["Content-Language"] == language
    assert text.get_content().replace("\r\n", "\n") == whole.text
    assert html.get_content().replace("\r\n", "\n").strip() == whole.html.strip()
    assert (text.get_content_charset(), html.get_content_charset()) == ("utf-8", "utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_issue_of_ten_posts_stays_far_below_what_is_cut_off(language: str) -> None:
    whole = whole_for_preview(usual()[language], "https://posts.library.example/x")
    message = mailed(Body(whole.subject, whole.html, whole.text, language))
    assert len(as_bytes(message)) < 64_000
    assert max(len(line) for line in as_bytes(message).splitlines()) < 998


def test_other_scripts_travel_as_base64_and_latin_as_it_reads() -> None:
    amharic = mailed(Body("ሰላም", f"<p>{'ሰላም ለዓለም ' * 30}</p>", "ሰላም ለዓለም " * 30, "am"))
    encodings = {str(part["Content-Transfer-Encoding"]) for part in amharic.iter_parts()}
    assert encodings == {"base64"}
    latin = {str(part["Content-Transfer-Encoding"]) for part in mailed().iter_parts()}
    assert latin == {"quoted-printable"}


@pytest.mark.parametrize(
    "words",
    [
        "A bus\r\nBcc: everybody@reader.example",
        "A bus\nBcc: everybody@reader.example",
        "A bus\x00\x0b\x85\u2028Bcc: everybody@reader.example",
        "A bus\r\n\r\n<script>alert(1)</script>",
    ],
)
def test_no_words_make_a_header_or_a_recipient(words: str) -> None:
    message = mailed(Body(words, "<p></p>", "", words), name=words)
    assert message["Bcc"] is None
    assert message["To"] == "ana@reader.example"
    assert len(message.keys()) == len(set(message.keys())) == 13
    assert "\n" not in str(message["Subject"])
    assert len(message["From"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    [
        "ana@reader.example\r\nBcc: eve@reader.example",
        "ana@reader.example, eve@reader.example",
        "ana <eve@reader.example>",
        '"ana eve"@reader.example',
        "@reader.example",
        "ana@",
        "",
    ],
)
def test_what_is_no_address_is_not_written_to(address: str) -> None:
    with pytest.raises(NoMailbox):
        mailed(recipient=address)


def test_without_a_sender_there_is_no_mail() -> None:
    with pytest.raises(NoMailbox, match=r"mail\.from is missing"):
        mailed(sender="")
