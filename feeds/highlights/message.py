"""Messages as they travel: headers that mail programs act upon, and a body in text and in HTML.

Header values are typed objects of the standard library, and lose line breaks and control characters
before that: nothing that a person wrote can add a header or a recipient.

Source: RFC 5322 (form), RFC 2369 and 8058 (unsubscribing), RFC 2919 (List-Id), RFC 3834 (automatic).
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, compat32
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from aggregator.errors import EngagedError
from aggregator.mail_address import readable
from aggregator.settings import Campaign, Settings

NAME = 100
MOST_LETTER_BYTES = 1_000_000
MOST_SUBJECT = 2_000
"""So many characters of a subject are decoded (measured: 240 KB of encoded words took 6 seconds)."""
_LEAVES = re.compile(r"unsubscribe ([A-Za-z0-9_-]{20,64})")
_STEERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NOT_PLAIN = re.compile(r"[^!-~]|[<>]")
_MOSTLY_LATIN = 0.06
"""Above this share of other letters base64 is shorter than quoted-printable, and looks no stranger."""


class NoMailbox(EngagedError):
    """An address that no mail can be sent to, or from."""

    code = "no-mailbox"


@dataclass(frozen=True, slots=True)
class Body:
    """What a message says, in one language."""

    subject: str
    html: str
    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Whom mail comes from.

    Attributes:
        address: also where bounces go.
        list_id: a name for people and a stable one for programs; both of the campaign.
        mailbox_reads: whether a program of ours reads the sender's mailbox.
    """

    name: str
    address: str
    reply_to: str
    list_name: str
    list_id: str
    mailbox_reads: bool = False

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def sender_of(campaign: Campaign, settings: Settings) -> Sender:
    """Give whom a campaign's mail comes from.

    Raises:
        NoMailbox: `mail.from` is missing or is no address.
    """
    mail = settings.mail
    address = readable(mail.sender)
    if not address:
        raise NoMailbox("mail.from is missing: write the address that the weekly mail comes from")
    host = urlsplit(settings.public_url).hostname or "localhost"
    return Sender(
        name=mail.name or campaign.name,
        address=address,
        reply_to=readable(mail.reply_to) or readable(campaign.contact),
        list_name=campaign.name,
        list_id=f"{campaign.slug}.highlights.{host}",
        mailbox_reads=bool(mail.imap),
    )


def one_line(text: str) -> str:
    """Give words as a header may have them: one line, nothing invisible that steers anything."""
    spaced = _STEERING.sub("", " ".join(text.split()))
    return "".join(one for one in spaced if unicodedata.category(one) not in ("Cc", "Cs", "Zl", "Zp"))


def leaver(letter: bytes) -> str:
    """Give the key of the subscriber who asks by mail to get no more; "" when a letter asks nothing."""
    found = _LEAVES.fullmatch(_subject(letter).strip())
    return found[1] if found else ""


def _subject(letter: bytes) -> str:
    """Give a letter's subject, cut before it is decoded; its body, however deep, is not looked at."""
    if len(letter) > MOST_LETTER_BYTES:
        return ""
    # Not SMTP's policy: that one takes a Content-Type apart, however long, before anybody asks for it.
    headers = BytesParser(policy=compat32).parsebytes(letter, headersonly=True)
    for name, raw in headers.raw_items():
        if name.lower() == "subject":
            return str(SMTP.header_fetch_parse(name, raw[:MOST_SUBJECT]))
    return ""


def issue_mail(
    sender: Sender,
    recipient: str,
    body: Body,
    *,
    message_id: str,
    unsubscribe: str,
    key: str,
    at: datetime,
) -> EmailMessage:
    """Give one subscriber's message of an issue.

    Args:
        message_id: with its angle brackets; the same for each try.
        unsubscribe: the address that takes the one-click POST.
        key: the subscriber's, for unsubscribing by mail.
    """
    message = _addressed(sender, recipient, body, message_id, at)
    ways = f"<{_no_breaks(unsubscribe)}>"
    if sender.mailbox_reads:
        subject = quote(f"unsubscribe {key}")
        ways += f", <mailto:{sender.address}?subject={subject}>"
    message["List-Id"] = f"{_phrase(sender.list_name)} <{sender.list_id}>"
    message["List-Unsubscribe"] = ways
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Precedence"] = "bulk"
    _filled(message, body)
    return message


def system_mail(
    sender: Sender, recipient: str, body: Body, *, message_id: str, at: datetime
) -> EmailMessage:
    """Give a message that our program writes by itself: a confirmation, a word to editors."""
    message = _addressed(sender, recipient, body, message_id, at)
    message["Auto-Submitted"] = "auto-generated"
    _filled(message, body)
    return message


def _addressed(
    sender: Sender, recipient: str, body: Body, message_id: str, at: datetime
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = _mailbox(sender.address, sender.name)
    message["To"] = _mailbox(recipient)
    if sender.reply_to:
        message["Reply-To"] = _mailbox(sender.reply_to)
    message["Subject"] = one_line(body.subject)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = _no_breaks(message_id)
    return message


def _filled(message: EmailMessage, body: Body) -> None:
    message.set_content(body.text, charset="utf-8", cte=_encoding(body.text))
    message.add_alternative(body.html, subtype="html", charset="utf-8", cte=_encoding(body.html))
    # Last: set_content takes every header away that begins with Content-.
    message["Content-Language"] = _no_breaks(body.language)


def _encoding(text: str) -> str:
    """Give what keeps a text short on its way: three bytes of Amharic are nine in quoted-printable."""
    others = len(text.encode()) - sum(one.isascii() for one in text)
    return "quoted-printable" if others <= _MOSTLY_LATIN * len(text) else "base64"


def _mailbox(address: str, name: str = "") -> Mailbox:
    known = readable(address)
    if not known:
        raise NoMailbox("this is no address that mail can be sent to")
    user, _, domain = known.rpartition("@")
    return Mailbox(one_line(name)[:NAME], user, domain)


def _phrase(name: str) -> str:
    """Give a name as it stands before <…>: in quotes, and in ASCII, because programs compare it."""
    plain = unicodedata.normalize("NFKD", one_line(name)).encode("ascii", "ignore").decode()
    bare = re.sub(r'["\\<>]', "", plain).strip()
    return f'"{bare}"' if bare else ""


def _no_breaks(text: str) -> str:
    """Give a value of visible ASCII, its own angle brackets kept only around all of it."""
    bare = _NOT_PLAIN.sub("", text)
    return f"<{bare}>" if text.startswith("<") else bare
