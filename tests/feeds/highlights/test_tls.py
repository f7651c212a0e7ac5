"""An encrypted line to a mail server and to the mailbox: whom it is spoken to, and who hears nothing."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from socket import create_server, socket
from threading import Thread

import pytest

from aggregator.errors import MailboxClosed
from feeds.highlights.mailbox import Mailbox
from feeds.highlights.send import MailTrouble, Server, Smtp
from tests.fault_server import serving, trusting
from tests.mail_sink import Sink, sink

PATIENCE_S = 10
LETTER = b"Subject: x\r\n\r\nWords of ours\r\n"


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this machine count as any other."""
    monkeypatch.setattr("feeds.highlights.send.AT_HOME", ())


elsewhere = pytest.mark.usefixtures("_elsewhere")


@dataclass
class Said:
    """What a client said, before and behind the handshake."""

    port: int = 0
    plain: bytes = b""
    lines: list[bytes] = field(default_factory=list)


Play = Callable[[socket, Said], None]


@contextmanager
def playing(play: Play) -> Iterator[Said]:
    """Run a server of one conversation, which may break off in the middle."""
    with create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE_S)
        said = Said(listening.getsockname()[1])

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as line:
                line.settimeout(PATIENCE_S)
                play(line, said)

        thread = Thread(target=serve)
        thread.start()
        yield said
        thread.join()


def heard(line: socket, said: Said) -> bytes:
    found = line.recv(65536)
    if isinstance(line, ssl.SSLSocket):
        said.lines.append(found)
    else:
        said.plain += found
    return found


def greet(line: socket, said: Said, *offers: str) -> None:
    line.sendall(b"220 mail.example\r\n")
    heard(line, said)
    tell(line, *offers)


def tell(line: socket, *offers: str) -> None:
    words = ("mail.example", *offers)
    rows = [f"250{' ' if row == len(words) - 1 else '-'}{each}" for row, each in enumerate(words)]
    line.sendall(("\r\n".join(rows) + "\r\n").encode())


def to(port: int, *, is_tls: bool = False, host: str = "localhost", trusts: bool = True) -> Smtp:
    server = Server(host, port, "ana", "secret", is_tls)
    return Smtp(server, context=trusting() if trusts else None)


def refused(line: Smtp) -> str:
    with pytest.raises(MailTrouble) as raised:
        line.send("a@b.example", "c@d.example", LETTER)
    line.close()
    assert "secret" not in str(raised.value)
    return str(raised.value)


@elsewhere
def test_a_letter_leaves_behind_starttls_and_the_password_too() -> None:
    with sink(starttls=serving("local")) as post_office:
        line = to(post_office.port)
        assert line.send("a@b.example", "c@d.example", LETTER).fate == "sent"
        line.close()
    assert post_office.passwords == [("secret", True)]
    assert post_office.letters == [("c@d.example", LETTER)]


def test_a_letter_leaves_by_a_line_that_is_encrypted_from_its_first_byte() -> None:
    with sink(tls=serving("local")) as post_office:
        line = to(post_office.port, is_tls=True)
        assert line.send("a@b.example", "c@d.example", LETTER).fate == "sent"
        line.close()
    assert post_office.passwords == [("secret", True)]
    assert post_office.letters == [("c@d.example", LETTER)]


@pytest.mark.parametrize("is_tls", [False, True])
@pytest.mark.parametrize(
    ("certificate", "trusts", "words"),
    [
        ("good", True, "it is for another name. Write the server into mail.smtp by the name"),
        ("expired", True, "it has run out"),
        ("local", False, "name that one's file in SSL_CERT_FILE"),
    ],
)
@elsewhere
def test_a_certificate_that_cannot_be_trusted_ends_it_before_any_word(
    is_tls: bool, certificate: str, trusts: bool, words: str
) -> None:
    ours = {"tls" if is_tls else "starttls": serving(certificate)}
    with sink(**ours) as post_office:
        said = refused(to(post_office.port, is_tls=is_tls, trusts=trusts))
    assert said.startswith(f"the certificate of localhost:{post_office.port} could not be trusted")
    assert words in said
    assert (post_office.letters, post_office.passwords) == ([], [])


def test_a_password_on_this_machine_is_given_to_no_certificate_that_is_anothers() -> None:
    with sink(starttls=serving("good")) as post_office:
        assert "another name" in refused(to(post_office.port))
    assert post_office.passwords == []


def test_a_server_of_this_machine_is_taken_with_the_certificate_it_came_with() -> None:
    with sink(starttls=serving("good")) as post_office:
        line = Smtp(Server("127.0.0.1", post_office.port))
        assert line.send("a@b.example", "c@d.example", LETTER).fate == "sent"
        line.close()


@elsewhere
def test_a_server_that_offers_no_encryption_hears_a_greeting_and_nothing_more() -> None:
    def strip(line: socket, said: Said) -> None:
        greet(line, said, "AUTH PLAIN LOGIN")
        while heard(line, said):
            tell(line)

    with playing(strip) as said:
        assert "offers no encryption (STARTTLS)" in refused(to(said.port))
    assert said.plain.startswith(b"ehlo ")
    assert said.plain.count(b"\r\n") == 1


@elsewhere
def test_a_server_that_takes_starttls_back_hears_nothing_more() -> None:
    def take_back(line: socket, said: Said) -> None:
        greet(line, said, "STARTTLS", "AUTH PLAIN LOGIN")
        heard(line, said)
        line.sendall(b"454 4.7.0 not just now\r\n")
        while heard(line, said):
            tell(line)

    with playing(take_back) as said:
        assert "said 454 4.7.0 not just now" in refused(to(said.port))
    assert said.plain.splitlines()[1:] == [b"STARTTLS"]


@elsewhere
def test_what_was_put_in_before_the_handshake_is_not_believed() -> None:
    """What follows 220 in the clear would answer the EHLO behind it (CVE-2021-38371 and its kind)."""

    def inject(line: socket, said: Said) -> None:
        greet(line, said, "STARTTLS", "AUTH PLAIN LOGIN")
        heard(line, said)
        line.sendall(b"220 go on\r\n250-mail.example\r\n250 AUTH PLAIN LOGIN\r\n")
        with serving("local").wrap_socket(line, server_side=True) as safe:
            while heard(safe, said):
                tell(safe)

    with playing(inject) as said:
        assert "asks for no name and password" in refused(to(said.port))
    assert [each.split()[0] for each in said.lines if each] == [b"ehlo"]


@elsewhere
def test_a_server_that_goes_on_in_the_clear_gets_a_handshake_and_nothing_more() -> None:
    def go_on(line: socket, said: Said) -> None:
        greet(line, said, "STARTTLS", "AUTH PLAIN LOGIN")
        heard(line, said)
        said.plain = b""
        line.sendall(b"220 go on\r\n")
        handshake = line.recv(65536)
        assert handshake[:1] == b"\x16"
        tell(line, "AUTH PLAIN LOGIN")
        heard(line, said)

    with playing(go_on) as said:
        assert "no encrypted line" in refused(to(said.port))
    assert b"AUTH" not in said.plain
    assert b"secret" not in said.plain


def test_a_port_that_speaks_no_tls_is_said_so(post_office: Sink) -> None:
    assert "is this the port that mail.smtp should name?" in refused(to(post_office.port, is_tls=True))


@elsewhere
def test_a_password_that_is_not_known_is_said() -> None:
    with sink(starttls=serving("local")) as post_office:
        line = Smtp(Server("localhost", post_office.port, "ana", "wrong"), context=trusting())
        with pytest.raises(MailTrouble, match="does not know this name and password"):
            line.open()


def test_a_password_that_smtp_cannot_carry_is_said(post_office: Sink) -> None:
    line = Smtp(Server("127.0.0.1", post_office.port, "ana", "gehëim"))
    with pytest.raises(MailTrouble, match="plain letters only") as raised:
        line.open()
    assert "gehëim" not in str(raised.value)


@pytest.fixture
def post_office() -> Iterator[Sink]:
    with sink() as found:
        yield found


def mailbox(line: socket, said: Said, certificate: str = "local") -> None:
    """As much of RFC 3501 as finding nothing takes, behind TLS."""
    with serving(certificate).wrap_socket(line, server_side=True) as safe:
        safe.sendall(b"* OK here\r\n")
        while found := heard(safe, said):
            tag, _, command = found.decode().strip().partition(" ")
            if command == "CAPABILITY":
                safe.sendall(b"* CAPABILITY IMAP4rev1\r\n")
            safe.sendall(f"{tag} OK done\r\n".encode())


def test_the_mailbox_is_read_behind_tls() -> None:
    with playing(mailbox) as said:
        assert list(Mailbox(f"imaps://ana:secret@localhost:{said.port}", trusting()).unread()) == []
    assert any(b'LOGIN ana "secret"' in each for each in said.lines)
    assert said.plain == b""


@pytest.mark.parametrize(
    ("certificate", "trusts", "words"),
    [
        ("local", False, "SSL_CERT_FILE"),
        ("good", True, "it is for another name. Write the server into mail.imap"),
    ],
)
def test_a_mailbox_that_cannot_be_trusted_hears_no_password(
    certificate: str, trusts: bool, words: str
) -> None:
    with playing(partial(mailbox, certificate=certificate)) as said:
        address = f"imaps://ana:secret@localhost:{said.port}/"
        with pytest.raises(MailboxClosed) as raised:
            list(Mailbox(address, trusting() if trusts else None).unread())
    assert words in raised.value.detail
    assert "secret" not in raised.value.detail
    assert said.lines == []
