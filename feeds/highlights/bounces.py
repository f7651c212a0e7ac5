"""What comes back of a mail: reports of mail servers, complaints, and what a provider's webhook says.

Pure: bytes in, one frozen answer out. What it means for a subscriber is the store's to say. Whatever
comes by mail may have been written by anybody: without the Message-ID of a mail of ours it counts for
nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import Any, Literal

from aggregator.mail_address import readable
from feeds.texts import cut, legible

WORDS = 300
MOST_IN_ONE = 500
"""So many reports one call of a webhook may bring."""
MOST_BYTES = 1_000_000
MOST_PARTS = 60
"""So many parts a letter may have: each may stand within another, and reading them goes as deep."""
MOST_FIELD = 2_000
# The standard library splits the parameters of a type too slowly: 256 KB took over two minutes.
_ENDLESS_TYPE = re.compile(rb"content-type:(?:[^\r\n]|\r?\n[ \t]|\r[ \t]){1000}", re.IGNORECASE)

_MESSAGE_ID = re.compile(r"<[^<>@\s]{1,200}@[^<>@\s]{1,253}>")
# Refusals that say: this address is none. A full mailbox (5.2.2), one that found the mail too long, and
# everything about routes, protocols and policies (5.3 to 5.7) says nothing about the person.
# Source: RFC 3463, sections 3.2 and 3.3; 5.1.7 and 5.1.8 are about who sends.
_HARD = re.compile(r"5\.(?:0\.\d{1,3}|1\.(?![78]\b)\d{1,3}|2\.[01])")
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list", "other", "virus"})

What = Literal["bounce", "complaint"]


@dataclass(frozen=True, slots=True)
class Returned:
    """What one report says.

    Attributes:
        is_hard: the address is none (any more): nothing is ever to be sent there again. Of a complaint
            always True.
        message_id: of the mail that it is about, with its brackets; "" unknown.
        address: to whom that mail went; "" unknown.
        words: the server's own, one line.
    """

    what: What
    is_hard: bool
    message_id: str = ""
    address: str = ""
    words: str = ""


def read_mail(data: bytes) -> Returned | None:
    """Read a mail that came back; None for one that is no report, or about a mail not given up yet.

    A letter that is too large, or has more parts than any report, is none.

    Source: RFC 3464 (delivery status), RFC 5965 (complaints), RFC 6522 (the frame of both).
    """
    if _is_monstrous(data):
        return None
    message = message_from_bytes(data, policy=compat32)
    if message.get_content_type() != "multipart/report":
        return None
    for part in message.walk():
        match part.get_content_type():
            case "message/delivery-status":
                return _bounce(_blocks(part), message)
            case "message/feedback-report":
                return _complaint(_blocks(part), message)
    return None


def _is_monstrous(data: bytes) -> bool:
    """Say whether a letter would keep its reader busy: too large, too deep, or an endless type."""
    is_deep = data.lower().count(b"content-type:") > MOST_PARTS
    return len(data) > MOST_BYTES or is_deep or _ENDLESS_TYPE.search(data) is not None


def read_hook(body: bytes) -> tuple[Returned, ...] | None:
    """Read what a webhook brings: `{"type", "hard", "message_id", "address"}`, or a list of such.

    Returns:
        None when it is not that: whoever sends it must hear so.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    reports = found if isinstance(found, list) else [found]
    read = [_report(each) for each in reports[:MOST_IN_ONE]]
    known = tuple(each for each in read if each)
    return known if len(known) == len(reports) else None


def _report(report: Any) -> Returned | None:
    if not isinstance(report, dict) or report.get("type") not in ("bounce", "complaint"):
        return None
    is_complaint = report["type"] == "complaint"
    message_id, address = _id_in(_text(report, "message_id")), readable(_text(report, "address"))
    if not message_id and not address:
        return None
    return Returned(
        "complaint" if is_complaint else "bounce",
        is_complaint or report.get("hard") is True,
        message_id,
        address,
        _line(_text(report, "words")),
    )


def _text(report: Mapping[str, Any], key: str) -> str:
    value = report.get(key)
    return value if isinstance(value, str) else ""


def _bounce(blocks: list[Message], message: Message) -> Returned | None:
    """Take the first address that was given up: a mail of ours goes to one."""
    for block in blocks:
        status = _field(block, "Status").partition(" ")[0]
        if _field(block, "Action").lower() == "failed":
            return Returned(
                "bounce",
                _HARD.fullmatch(status) is not None,
                _original(message),
                _recipient(block),
                _line(_field(block, "Diagnostic-Code").partition(";")[2] or status),
            )
    return None


def _recipient(block: Message) -> str:
    """Give the address that we wrote to, which may have been forwarded to another one."""
    there = (_field(block, name).partition(";")[2] for name in ("Original-Recipient", "Final-Recipient"))
    return next((address for each in there if (address := readable(each))), "")


def _complaint(blocks: list[Message], message: Message) -> Returned | None:
    for block in blocks:
        if _field(block, "Feedback-Type").lower() in _COMPLAINTS:
            address = readable(_field(block, "Original-Rcpt-To").strip("<>"))
            words = _line(_field(block, "User-Agent"))
            return Returned("complaint", True, _original(message), address, words)
    return None


def _original(message: Message) -> str:
    """Give the Message-ID of the mail that a report is about: it stands in its returned headers."""
    for part in message.walk():
        if part is message or part.get_content_type() == "message/delivery-status":
            continue
        if part.get_content_type() == "text/rfc822-headers":
            headers = message_from_bytes(_payload(part), policy=compat32)
            if found := _id_in(_field(headers, "Message-ID")):
                return found
        if part.get_content_maintype() != "message" and (found := _id_in(_field(part, "Message-ID"))):
            return found
    return _id_in(_field(message, "In-Reply-To"))


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _blocks(part: Message) -> list[Message]:
    """Give the groups of fields of a report: one about the mail, one for each address."""
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, Message)] if isinstance(payload, list) else []


def _field(message: Message, name: str) -> str:
    return str(message.get(name, ""))[:MOST_FIELD].strip()


def _id_in(text: str) -> str:
    found = _MESSAGE_ID.search(text)
    return found[0] if found else ""


def _line(text: str) -> str:
    return cut(" ".join(legible(text).split()), WORDS)
