"""The only place that speaks SMTP: one message to one person, and what became of it.

It never guesses. Once the words of a message began to leave, and no answer came back, nobody can know
whether it arrived: that is `uncertain`, and a person settles it.

Source: RFC 5321, sections 4.2.1 (replies), 4.5.3.2 (how long to wait); RFC 3463 (enhanced codes).
"""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

from aggregator.errors import EngagedError
from feeds.highlights.certificates import distrust
from feeds.texts import legible

PATIENCE_S = 60
LONGEST_PATIENCE_S = 600
"""How long the answer to a whole message is waited for (RFC 5321, section 4.5.3.2.6)."""
AT_HOME = ("127.0.0.1", "localhost", "::1")
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=2)
MOST_TRIES = 6
WORDS = 200

Fate = Literal["sent", "later", "failed", "no-such-address", "uncertain", "not-sent"]
_NO_SUCH = (550, 551, 553)
# What servers say when it is about us, or about mail like ours, and not about the address.
_ABOUT_US = re.compile(
    r"relay|spam|block|black|policy|polic|reputation|auth|denied|dmarc|spf|dkim", re.I
)
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})\b")


class MailTrouble(EngagedError):
    """The server takes no mail from us at the moment, whoever it is for."""

    code = "mail-trouble"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message.

    Attributes:
        fate: `sent`; `later`: to be tried again; `failed`: not taken; `no-such-address`: not taken, and
            never will be; `uncertain`: nobody knows; `not-sent`: surely not sent, our line broke.
        words: what the server said, for people.
    """

    fate: Fate
    words: str = ""


class Post(Protocol):
    """What the sending needs of a server."""

    def open(self) -> None:
        """Make sure that there is a line to the server. Raises MailTrouble."""

    def send(self, sender: str, recipient: str, message: bytes) -> Result:
        """Hand over one message. Raises MailTrouble before anything of it has left."""

    def close(self) -> None:
        """End the line."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed in.

    Attributes:
        is_tls: the line is encrypted from its first byte; otherwise STARTTLS is demanded. On this
            machine it is only asked for where a password is to be given: who could listen there, owns
            the mail anyhow, and mail servers come with a certificate that nobody signed.
    """

    host: str
    port: int
    name: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False

    @property
    def is_at_home(self) -> bool:
        return self.host in AT_HOME


def server_of(address: str) -> Server:
    """Read `smtp://NAME:PASSWORD@HOST:PORT` or `smtps://…`.

    Raises:
        MailTrouble: it is no such address. Its words hold no password.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise MailTrouble(_UNREADABLE) from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/"):
        raise MailTrouble(_UNREADABLE)
    is_tls = parts.scheme == "smtps"
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(parts.hostname, port or (465 if is_tls else 587), name, password, is_tls)


_UNREADABLE = (
    "mail.smtp cannot be read: write smtp://NAME:PASSWORD@HOST:587, or smtps://NAME:PASSWORD@HOST:465; "
    "signs such as @ and / in a password are written %40 and %2F"
)


def judged(code: int, words: str) -> Result:
    """Say what a server's answer about one recipient or one message means."""
    said = f"{code} {words}"[:WORDS]
    if 200 <= code < 300:
        return Result("sent", said)
    if 400 <= code < 500:
        return Result("later", said)
    if _is_about_address(code, words):
        return Result("no-such-address", said)
    return Result("failed", said)


def _is_about_address(code: int, words: str) -> bool:
    """Say whether nobody is there: then it is never written to again."""
    if found := _ENHANCED.search(words):
        return found[1] == "5" and (found[2] == "1" or (found[2], found[3]) == ("2", "1"))
    return code in _NO_SUCH and not _ABOUT_US.search(words)


def next_try(tries: int, now: datetime) -> datetime | None:
    """Say when a message that was put off is tried again: later each time; None: no more."""
    if tries >= MOST_TRIES:
        return None
    return now + min(FIRST_PAUSE * (1 << min(max(tries - 1, 0), 10)), LONGEST_PAUSE)


def as_bytes(message: EmailMessage) -> bytes:
    """Give a message as it travels."""
    return message.as_bytes(policy=SMTP)


class Smtp:
    """One line to one server, opened when needed and used again."""

    def __init__(
        self,
        server: Server,
        helo: str = "",
        *,
        context: ssl.SSLContext | None = None,
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            helo: the name we greet with; "": the machine's own.
            context: whose certificates are trusted; None: those of this machine.
        """
        self._server = server
        self._helo = helo or None
        self._context = context
        self._patience_s = patience_s
        self._line: smtplib.SMTP | None = None
        self._is_fresh = False

    def open(self) -> None:
        """Make sure that there is a line to the server. Raises MailTrouble."""
        if self._line is not None and (self._is_fresh or self._answers(self._line)):
            self._is_fresh = True
            return
        self.close()
        try:
            self._line = self._opened()
            self._is_fresh = True
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise MailTrouble(_in_words(self._server, error)) from error

    def send(self, sender: str, recipient: str, message: bytes) -> Result:
        """Hand over one message; nothing of it has left when this raises MailTrouble."""
        self.open()
        line, self._is_fresh = self._line, False
        assert line is not None
        try:
            refused = _announced(line, sender, recipient)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Result("not-sent", _in_words(self._server, error)[:WORDS])
        if refused is not None:
            self._begin_anew(refused.words)
            return refused
        return self._handed_over(line, message)

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError, smtplib.SMTPException):
                line.close()

    def _opened(self) -> smtplib.SMTP:
        server, kind = self._server, smtplib.SMTP
        context = self._context or ssl.create_default_context()
        if server.is_tls:
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, self._helo, timeout=self._patience_s, context=context
            )
        else:
            line = kind(server.host, server.port, self._helo, timeout=self._patience_s)
        try:
            self._greeted(line, context)
        except BaseException:
            line.close()
            raise
        return line

    def _greeted(self, line: smtplib.SMTP, context: ssl.SSLContext) -> None:
        server = self._server
        line.ehlo_or_helo_if_needed()
        is_wanted = not server.is_at_home or (server.name and line.has_extn("starttls"))
        if is_wanted and not server.is_tls:
            line.starttls(context=context)  # forgets what was said before (RFC 3207, section 4.2)
            line.ehlo()
        if server.name:
            _signed_in(line, server)

    def _answers(self, line: smtplib.SMTP) -> bool:
        try:
            return line.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _handed_over(self, line: smtplib.SMTP, message: bytes) -> Result:
        try:
            if line.sock is not None:
                line.sock.settimeout(
                    max(self._patience_s, LONGEST_PATIENCE_S * (self._patience_s >= PATIENCE_S))
                )
            line.send(_with_dots(message))
            code, words = line.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            return Result("uncertain", _in_words(self._server, error)[:WORDS])
        if line.sock is not None:
            line.sock.settimeout(self._patience_s)
        if code == -1:
            self.close()
            return Result("uncertain", "the server answered in a way that cannot be read")
        result = judged(code, _text(words))
        if result.fate != "sent":
            self._begin_anew(result.words)
        return result

    def _begin_anew(self, words: str) -> None:
        """Make the line ready for the next message; after 421 the server has ended it."""
        line = self._line
        if words.startswith("421") or line is None:
            self.close()
            return
        with suppress(OSError, smtplib.SMTPException):
            if line.rset()[0] == 250:
                return
        self.close()


class _NoSignIn(smtplib.SMTPException):
    """The server takes no name and password, or not these; `str` says which."""


def _signed_in(line: smtplib.SMTP, server: Server) -> None:
    if not (server.name + server.password).isascii():
        raise _NoSignIn("takes plain letters only in a name and password: look at mail.smtp")
    try:
        line.login(server.name, server.password)
    except smtplib.SMTPAuthenticationError as error:
        raise _NoSignIn("does not know this name and password: look at mail.smtp") from error
    except smtplib.SMTPNotSupportedError as error:
        raise _NoSignIn("asks for no name and password on this line: look at mail.smtp") from error


def _announced(line: smtplib.SMTP, sender: str, recipient: str) -> Result | None:
    """Say who it is from and for, and that it comes; give the refusal, None: it may come.

    Raises:
        MailTrouble: the server takes nothing from us.
    """
    code, words = line.mail(sender)
    if code == 421:
        raise smtplib.SMTPServerDisconnected(_text(words))
    if code >= 500 or not 200 <= code < 500:
        raise MailTrouble(f"the server takes no mail from {sender}: {code} {_text(words)}"[:WORDS])
    if code >= 400:
        return judged(code, _text(words))
    code, words = line.rcpt(recipient)
    if not 200 <= code < 300:
        return judged(code, _text(words))
    code, words = line.docmd("DATA")
    return None if code == 354 else judged(code if code >= 400 else 451, _text(words))


def _with_dots(message: bytes) -> bytes:
    """Give the message as DATA has it: every line that begins with a dot has one more, and its end.

    Source: RFC 5321, section 4.5.2.
    """
    stuffed = re.sub(rb"(?m)^\.", b"..", message)
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _text(words: bytes) -> str:
    return _legible(words.decode("utf-8", "replace"))


def _legible(text: str) -> str:
    """Give one line without control characters: PostgreSQL keeps no NUL, and no person reads them."""
    return " ".join(legible(text).split())


def _in_words(server: Server, error: Exception) -> str:
    return _legible(_trouble(server, error))


def _trouble(server: Server, error: Exception) -> str:
    place = f"{server.host}:{server.port}"
    if isinstance(error, _NoSignIn):
        return f"{place} {error}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            f"{place} offers no encryption (STARTTLS), so nothing was sent to it: use smtps:// "
            "or another port"
        )
    if isinstance(error, ssl.SSLError):
        return distrust(place, "mail.smtp", error)
    if isinstance(error, TimeoutError):
        return f"{place} did not answer in time"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = _text(said) if isinstance(said, bytes) else str(said)
        return f"{place} said {error.smtp_code} {text}"
    return f"{place} could not be reached, or broke off: {error}"
