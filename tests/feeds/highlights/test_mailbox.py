"""The mailbox of returned mail, against a small server on this machine that keeps what it was told."""

import socketserver
from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from typing import NamedTuple

import pytest

from aggregator.errors import MailboxClosed
from feeds.highlights.mailbox import MOST_BYTES, Mailbox

MAILS = {"4": b"Subject: one\r\n\r\nfirst", "9": b"Subject: two\r\n\r\nsecond \xff"}


class Imap(socketserver.StreamRequestHandler):
    """As much of RFC 3501 as reading unseen mail takes."""

    def handle(self) -> None:
        self._say("* OK here")
        while line := self.rfile.readline().decode().strip():
            tag, _, command = line.partition(" ")
            self.server.said.append(command)  # type: ignore[attr-defined] # see `Server`
            if not self._answer(tag, command):
                return

    def _answer(self, tag: str, command: str) -> bool:
        word, _, rest = command.partition(" ")
        if word == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif word == "LOGIN" and rest != 'post "a pass/word"':
            self._say(f"{tag} NO these are not known")
            return True
        elif word == "SELECT" and rest != '"Returned mail"':
            self._say(f"{tag} NO there is no such folder")
            return True
        elif rest.startswith("SEARCH"):
            self._say("* SEARCH 4 7 9")
        elif rest.startswith("FETCH"):
            self._fetch(rest.split()[1])
        elif word == "LOGOUT":
            self._say("* BYE")
        self._say(f"{tag} OK done")
        return word != "LOGOUT"

    def _fetch(self, number: str) -> None:
        if mail := MAILS.get(number):  # the others were taken away meanwhile
            self.wfile.write(f"* 1 FETCH (UID {number} BODY[]<0> {{{len(mail)}}}\r\n".encode())
            self.wfile.write(mail + b")\r\n")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Server(NamedTuple):
    port: int
    said: list[str]

    def mailbox(self, name: str = "post", folder: str = "Returned%20mail") -> Mailbox:
        return Mailbox(f"imap://{name}:a%20pass%2Fword@127.0.0.1:{self.port}/{folder}")


@pytest.fixture
def server() -> Iterator[Server]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Imap) as listening:
        said: list[str] = []
        listening.said = said  # type: ignore[attr-defined] # what clients said, for the tests
        listening.daemon_threads = True
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Server(listening.server_address[1], said)
        listening.shutdown()
        thread.join()


def test_unread_mail_is_read_marked_and_never_deleted(server: Server) -> None:
    assert list(server.mailbox().unread()) == [MAILS["4"], b"", MAILS["9"]]

    fetch = f"(BODY.PEEK[]<0.{MOST_BYTES}>)"
    assert [each for each in server.said if each.startswith("UID")] == [
        "UID SEARCH UNSEEN",
        *(
            command
            for number in ("4", "7", "9")
            for command in (f"UID FETCH {number} {fetch}", rf"UID STORE {number} +FLAGS (\Seen)")
        ),
    ]
    assert server.said[-1] == "LOGOUT"
    assert not [each for each in server.said if "Deleted" in each or "EXPUNGE" in each]


def test_a_mail_that_was_not_dealt_with_is_not_marked(server: Server) -> None:
    with closing(server.mailbox().unread()) as mails:
        next(mails)
    assert not [each for each in server.said if "STORE" in each]
    assert server.said[-1] == "LOGOUT"


@pytest.mark.parametrize(
    ("name", "folder", "why"),
    [("ben", "Returned%20mail", "not known"), ("post", "Other", "there is no folder Other")],
)
def test_why_it_cannot_be_read_is_said_without_the_password(
    server: Server, name: str, folder: str, why: str
) -> None:
    with pytest.raises(MailboxClosed) as raised:
        list(server.mailbox(name, folder).unread())
    assert why in raised.value.detail
    assert "127.0.0.1" in raised.value.detail
    assert "pass" not in raised.value.detail


def test_a_server_that_is_not_there_is_said_so() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Imap) as closed:
        port = closed.server_address[1]
    with pytest.raises(MailboxClosed):
        list(Mailbox(f"imap://a:b@127.0.0.1:{port}/").unread())


@pytest.mark.parametrize("address", ["imap://a:b@mail.example/INBOX", "pop3://a:b@127.0.0.1/", "x", ""])
def test_passwords_go_to_no_other_machine_unencrypted(address: str) -> None:
    with pytest.raises(MailboxClosed, match="imaps"):
        list(Mailbox(address).unread())


def test_the_address_with_its_password_is_in_no_description(server: Server) -> None:
    assert "pass" not in repr(server.mailbox())
