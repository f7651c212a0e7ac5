"""A mail server on 127.0.0.1 that keeps what it takes, and behaves as badly as it is told to."""

import asyncio
import logging
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

PATIENCE_S = 60
# It speaks from a thread of its own, when what pytest captured may be closed already.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass
class Sink:
    """What came in.

    By the name before the @: `reject` is unknown, `later` is put off twice, `drop` loses the line after
    all of a mail was given, `cut` before it, `big` is too large, `policy` is unwanted.
    """

    port: int = 0
    letters: list[tuple[str, bytes]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    lines: int = 0
    passwords: list[tuple[str, bool]] = field(default_factory=list)
    """Each password that was given, and whether it came by an encrypted line."""
    on_letter: Callable[[str], None] = lambda _: None
    _changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_EHLO(  # noqa: N802 - the name that the library asks for
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.lines += 1
        return answers

    async def handle_RCPT(  # noqa: N802 - the name that the library asks for
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        name = address.partition("@")[0]
        self.asked[address] += 1
        if name == "reject":
            return "550 5.1.1 no such user"
        if name == "policy":
            return "550 5.7.1 we do not want mail like this"
        if name == "later" and self.asked[address] <= 2:
            return "451 4.3.0 try again later"
        if name == "cut" and self.asked[address] == 1:
            _end(server)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that the library asks for
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        (address,) = envelope.rcpt_tos
        name = address.partition("@")[0]
        if name == "big":
            return "552 5.3.4 too big"
        assert isinstance(envelope.content, bytes)
        with self._changed:
            self.letters.append((address, envelope.content))
            self._changed.notify_all()
        self.on_letter(address)
        if name == "drop":
            _end(server)
        return "250 kept"

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
    ) -> AuthResult:
        """Know nobody but `ana`, whose password is `secret`."""
        assert isinstance(given, LoginPassword)
        is_tls = server.transport is not None and bool(server.transport.get_extra_info("cipher"))
        self.passwords.append((given.password.decode(), is_tls))
        return AuthResult(success=given == LoginPassword(b"ana", b"secret"), handled=False)

    def wait_for(self, many: int) -> None:
        """Wait until so many letters have come."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.letters) >= many, PATIENCE_S):
                raise TimeoutError(f"only {len(self.letters)} letters came")

    @property
    def received(self) -> Counter[str]:
        """Give how many letters each address got."""
        return Counter(address for address, _ in self.letters)

    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=default) for _, content in self.letters]  # type: ignore[misc] # the policy makes them EmailMessages


def _end(server: Any) -> None:
    server.transport.close()


@contextmanager
def sink(starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Sink]:
    """Run one for as long as the block lasts.

    Args:
        starttls: offer STARTTLS with this certificate, and take names and passwords behind it only.
        tls: speak TLS from the first byte.
    """
    found, loop = Sink(), asyncio.new_event_loop()
    # The library knows its own STARTTLS only: behind `tls` a password is safe, too.
    more: dict[str, Any] = {"authenticator": found.sign_in, "auth_require_tls": tls is None}

    def line() -> SMTP:
        return SMTP(found, hostname="sink.example", loop=loop, tls_context=starttls, **more)

    server = loop.run_until_complete(loop.create_server(line, "127.0.0.1", 0, ssl=tls))
    found.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
