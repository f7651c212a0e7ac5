"""The demo's mail server: it takes every mail and keeps it for the mailbox page. Nothing leaves.

Just enough of SMTP for one program on this computer that sends as the standard library does.
Source: RFC 5321, sections 4.1.1 and 4.5.2.
"""

import re
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock
from typing import Any

from engaged.demo.server import HERE

LONGEST = 2_000_000
KEPT = 60
_ADDRESS = re.compile(rb"(?:FROM|TO):\s*<([^<>\s]{0,254})>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it came. `text` and `html` are "" when it has no such part."""

    number: int
    at: datetime
    recipient: str
    sender: str
    subject: str
    text: str
    html: str


class Letters:
    """The newest mails. Safe to ask from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[int, Letter] = OrderedDict()
        self._count = 0

    def take(self, recipient: str, body: bytes, now: datetime) -> None:
        message = message_from_bytes(body, policy=SMTP)
        assert isinstance(message, EmailMessage)  # what this policy makes
        with self._lock:
            self._count += 1
            self._kept[self._count] = Letter(
                self._count,
                now,
                recipient,
                str(message["From"] or ""),
                str(message["Subject"] or ""),
                _part(message, "plain"),
                _part(message, "html"),
            )
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)

    def newest_first(self) -> tuple[Letter, ...]:
        with self._lock:
            return tuple(reversed(self._kept.values()))

    def one(self, number: int) -> Letter | None:
        with self._lock:
            return self._kept.get(number)


def _part(message: EmailMessage, form: str) -> str:
    found = message.get_body((form,))
    return str(found.get_content()) if found else ""


class PostOffice(ThreadingTCPServer):
    """One port that speaks SMTP. Threads are daemons: ending the process ends them."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, port: int, letters: Letters, now: Any) -> None:
        self.letters = letters
        self.now = now
        super().__init__((HERE, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of programs that hang up: the standard library would print a trace."""


class _Handler(StreamRequestHandler):
    server: PostOffice
    timeout = 60

    def handle(self) -> None:
        recipients: list[str] = []
        with suppress(OSError):
            self._say("220 invented mail server")
            while line := self.rfile.readline(2000):
                verb = line[:4].upper().rstrip()
                if verb == b"QUIT":
                    return self._say("221 goodbye")
                if verb in (b"EHLO", b"HELO", b"RSET", b"MAIL"):
                    recipients.clear()
                if verb == b"RCPT" and (found := _ADDRESS.search(line)):
                    recipients.append(found[1].decode("ascii", "replace"))
                self._answer(verb, recipients)
        return None

    def _answer(self, verb: bytes, recipients: list[str]) -> None:
        if verb == b"EHLO":
            self._say("250-invented\r\n250-8BITMIME\r\n250 SMTPUTF8")
        elif verb == b"DATA" and recipients:
            self._say("354 go on")
            self._take(recipients)
        elif verb in (b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
            self._say("250 fine")
        else:
            self._say("503 not now")

    def _take(self, recipients: list[str]) -> None:
        lines, size = list[bytes](), 0
        while (line := self.rfile.readline(100_000)) not in (b".\r\n", b""):
            size += len(line)
            if size <= LONGEST:
                lines.append(line[1:] if line.startswith(b".") else line)
        if size > LONGEST:
            return self._say("552 that is too long")
        for recipient in recipients:
            self.server.letters.take(recipient, b"".join(lines), self.server.now())
        recipients.clear()
        return self._say("250 kept")

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())
