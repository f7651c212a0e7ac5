"""The mailbox that returned mail comes to, read by IMAP: here and nowhere else.

What was read is marked as seen, and nothing is ever deleted: a person can look at all of it later.
"""

import imaplib
import re
import ssl
from collections.abc import Generator
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from aggregator.errors import MailboxClosed
from feeds.highlights.certificates import distrust

MOST_AT_ONCE = 200
"""So many mails are read in one look; the rest wait for the next one."""

MOST_BYTES = 256 * 1024
"""So much of each mail is read: a report stands at its beginning."""

TIMEOUT_S = 30.0
_HERE = ("127.0.0.1", "::1", "localhost")
_IS_LITERAL = re.compile(rb"BODY\[\](?:<0>)? ")


@dataclass(frozen=True)
class Mailbox:
    """One folder of one account.

    Attributes:
        address: `imaps://NAME:PASSWORD@HOST/FOLDER`; the folder is INBOX when none is named. Without
            TLS (`imap://`) only on this machine.
        context: whose certificates are trusted; None: those of this machine.
    """

    address: str = field(repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)

    def unread(self) -> Generator[bytes, None, None]:
        """Give the mails that nobody has read, oldest first, each marked as seen once it was taken.

        A mail counts as taken when the next one is asked for: who is stopped in between, reads it again.

        Raises:
            MailboxClosed: it cannot be read now; `detail` says why, without the password.
        """
        try:
            with self._opened() as mailbox:
                for number in _unseen(mailbox):
                    yield _read(mailbox, number)
                    mailbox.uid("STORE", number, "+FLAGS", r"(\Seen)")
        except ssl.SSLError as error:
            raise MailboxClosed(distrust(self.shown, "mail.imap", error)) from error
        except (imaplib.IMAP4.error, OSError) as error:
            raise MailboxClosed(f"{self.shown}: {_reason(error)}") from error

    @property
    def shown(self) -> str:
        """Give the address as it may be told: without name and password."""
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"

    def _opened(self) -> imaplib.IMAP4:
        parts = urlsplit(self.address)
        host, name = parts.hostname or "", unquote(parts.username or "")
        password = unquote(parts.password or "")
        if not (name + password).isascii():
            raise imaplib.IMAP4.error("plain letters only in a name and password: look at mail.imap")
        mailbox = self._connected(parts.scheme, host, parts.port)
        try:
            mailbox.login(name, password)
            folder = unquote(parts.path.strip("/")) or "INBOX"
            answer, _ = mailbox.select(_quoted(folder))
            if answer != "OK":
                raise imaplib.IMAP4.error(f"there is no folder {folder}")
        except (imaplib.IMAP4.error, OSError):
            mailbox.shutdown()
            raise
        return mailbox

    def _connected(self, scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
        if scheme == "imaps":
            context = self.context or ssl.create_default_context()
            return imaplib.IMAP4_SSL(host, port or 993, ssl_context=context, timeout=TIMEOUT_S)
        if scheme == "imap" and host in _HERE:
            return imaplib.IMAP4(host, port or 143, timeout=TIMEOUT_S)
        raise imaplib.IMAP4.error("a mailbox on another machine is read by imaps:// only")


def _unseen(mailbox: imaplib.IMAP4) -> list[str]:
    _, found = mailbox.uid("SEARCH", "UNSEEN")
    numbers = (found[0] or b"").split() if found else []
    return [number.decode("ascii") for number in numbers[:MOST_AT_ONCE]]


def _read(mailbox: imaplib.IMAP4, number: str) -> bytes:
    """Give one mail without marking it; b"" when it has gone meanwhile."""
    _, found = mailbox.uid("FETCH", number, f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
    parts = (each for each in found or () if isinstance(each, tuple) and len(each) > 1)
    return next((bytes(each[1]) for each in parts if _IS_LITERAL.search(bytes(each[0]))), b"")


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'


def _reason(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    words = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    return " ".join(words.split())[:200] or type(error).__name__
