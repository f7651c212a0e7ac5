"""Mail that comes back: what reports of servers, complaints and webhooks say, and what they do not."""

import json

import pytest

from feeds.highlights.bounces import MOST_IN_ONE, Returned, read_hook, read_mail

MESSAGE = "<6f1c@library.example>"


def report(fields: str, *, about: str = "text/rfc822-headers", sort: str = "delivery-status") -> bytes:
    """Give a report as mail servers write it (RFC 3464), about the mail with MESSAGE."""
    return f"""From: Mail Delivery System <mailer-daemon@mail.example>
To: post@library.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <report-1@mail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type={sort}; boundary="=B"

--=B
Content-Type: text/plain

I'm sorry to have to inform you <not-the-one@mail.example> that your message ...

--=B
Content-Type: message/{sort}

{fields}

--=B
Content-Type: {about}

From: post@library.example
To: ana@riverside.example
Subject: The week
Message-ID: {MESSAGE}

Hello
--=B--
""".encode()


def status(status: str, words: str = "550 no such user", action: str = "failed") -> str:
    return f"""Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; ana@riverside.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}"""


STATUSES = [
    ("5.1.1", True),
    ("5.1.10", True),
    ("5.0.0", True),
    ("5.2.1", True),
    ("5.1.1 (no mailbox)", True),
    ("5.1.8", False),  # about the sender
    ("5.2.2", False),  # full
    ("5.3.4", False),  # too large
    ("5.4.4", False),  # no route
    ("5.7.1", False),  # policy
    ("4.4.7", False),  # gave up
    ("4.2.2", False),
    ("", False),
    ("five", False),
]


@pytest.mark.parametrize(("code", "is_hard"), STATUSES)
def test_only_an_address_that_is_none_is_given_up_for_good(code: str, is_hard: bool) -> None:
    assert read_mail(report(status(code))) == Returned(
        "bounce", is_hard, MESSAGE, "ana@riverside.example", "550 no such user"
    )


@pytest.mark.parametrize("about", ["text/rfc822-headers", "message/rfc822"])
def test_the_mail_it_is_about_is_found_however_it_is_returned(about: str) -> None:
    found = read_mail(report(status("5.1.1"), about=about))
    assert found
    assert found.message_id == MESSAGE


def test_the_address_we_wrote_to_counts_not_where_it_was_forwarded() -> None:
    fields = status("5.1.1").replace(
        "Final-", "Original-Recipient: rfc822;ana@riverside.example\nFinal-"
    )
    fields = fields.replace("Final-Recipient: rfc822; ana@", "Final-Recipient: rfc822; old-ana@")
    found = read_mail(report(fields))
    assert found
    assert found.address == "ana@riverside.example"


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_a_mail_that_is_still_on_its_way_has_not_come_back(action: str) -> None:
    assert read_mail(report(status("4.4.1", action=action))) is None


def test_words_of_a_server_become_one_short_line() -> None:
    found = read_mail(report(status("5.1.1", "550 \x1b[31mno\n such\n  user " + "x" * 900)))
    assert found
    assert found.words.startswith("550 [31mno such user x")
    assert len(found.words) <= 300


COMPLAINT = """Feedback-Type: {sort}
User-Agent: Lists/1.0
Version: 1
Original-Rcpt-To: <ana@riverside.example>"""


@pytest.mark.parametrize("sort", ["abuse", "fraud", "opt-out", "ABUSE"])
def test_a_complaint_is_read(sort: str) -> None:
    data = report(COMPLAINT.format(sort=sort), about="message/rfc822", sort="feedback-report")
    assert read_mail(data) == Returned("complaint", True, MESSAGE, "ana@riverside.example", "Lists/1.0")


def test_that_a_mail_is_wanted_after_all_is_no_complaint() -> None:
    data = report(COMPLAINT.format(sort="not-spam"), about="message/rfc822", sort="feedback-report")
    assert read_mail(data) is None


NO_REPORTS = [
    b"",
    b"\x00\xff\xfe",
    b"Subject: I am away until Monday\n\nHello",
    b"Content-Type: multipart/report; report-type=delivery-status\n\nno parts",
    report("").replace(b"message/delivery-status", b"application/octet-stream"),
    b"Content-Type: multipart/report; boundary=x\n\n"
    b"--x\nContent-Type: message/delivery-status\n\n\n--x--",
]


@pytest.mark.parametrize("data", NO_REPORTS)
def test_what_is_no_report_says_nothing(data: bytes) -> None:
    assert read_mail(data) is None


@pytest.mark.parametrize("kind", ["message/rfc822", "multipart/mixed"])
def test_a_letter_within_a_thousand_letters_is_not_understood(kind: str) -> None:
    layers = (
        f"Content-Type: {kind}; boundary=b{n}\n\n" + f"--b{n}\n" * (kind == "multipart/mixed")
        for n in range(1_000)
    )
    nested = report(status("5.1.1")).replace(b"Message-ID:", "".join(layers).encode() + b"Message-ID:")
    assert read_mail(nested) is None
    assert read_mail("".join(layers).encode()) is None


def test_a_type_without_end_is_not_read() -> None:
    endless = b"Content-Type: multipart/report; " + b';"' * 100_000 + b"\n\n"
    assert read_mail(endless) is None
    assert read_mail(endless.replace(b'";', b'";\n ')) is None


def test_too_large_a_letter_is_not_understood() -> None:
    assert read_mail(report(status("5.1.1"))) is not None
    assert read_mail(report(status("5.1.1")) + b"x" * 1_000_000) is None


def test_the_identity_of_the_report_itself_is_not_taken_for_the_mail() -> None:
    data = report(status("5.1.1")).replace(f"Message-ID: {MESSAGE}".encode(), b"X-Nothing: 1")
    found = read_mail(data)
    assert found
    assert found.message_id == ""


GOOD = {"type": "bounce", "hard": True, "message_id": MESSAGE, "address": "ana@riverside.example"}


def test_a_webhook_brings_one_report_or_several() -> None:
    one = Returned("bounce", True, MESSAGE, "ana@riverside.example")
    assert read_hook(json.dumps(GOOD).encode()) == (one,)
    assert read_hook(json.dumps([GOOD, GOOD]).encode()) == (one, one)


@pytest.mark.parametrize("hard", [False, None, "true", 1, "yes"])
def test_only_a_plain_true_is_hard(hard: object) -> None:
    found = read_hook(json.dumps({**GOOD, "hard": hard}).encode())
    assert found
    assert not found[0].is_hard


BAD: list[bytes] = [
    b"",
    b"{",
    b"null",
    b"1",
    b"\xff",
    b"[" * 5000,
    json.dumps({**GOOD, "type": "open"}).encode(),
    json.dumps({"type": "bounce", "message_id": 5, "address": ["ana@riverside.example"]}).encode(),
    json.dumps({"type": "bounce", "message_id": "no brackets", "address": "no address"}).encode(),
    json.dumps([GOOD, None]).encode(),
    json.dumps([GOOD] * (MOST_IN_ONE + 1)).encode(),
]


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_a_webhook_that_brings_something_else_is_told_so(body: bytes) -> None:
    assert read_hook(body) is None
