"""DKIM by ourselves: a signature that others can check, over the headers of unsubscribing, too."""

import builtins
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.highlights.message import Body, issue_mail, sender_of
from feeds.highlights.send import as_bytes
from feeds.highlights.signing import CannotSign, signed
from tests.feeds.highlights.an_issue import a_house

dkim = pytest.importorskip("dkim")


def a_message() -> bytes:
    house = a_house()
    return as_bytes(
        issue_mail(
            sender_of(house.campaigns[0], house),
            "ana@reader.example",
            Body("A bus", "<p>A bus</p>", "A bus", "en"),
            message_id="<a@library.example>",
            unsubscribe="https://posts.library.example/u/KEY",
            key="KEY",
            at=datetime(2026, 5, 22, tzinfo=UTC),
        )
    )


@pytest.fixture(scope="module")
def key() -> tuple[str, bytes]:
    """Give a private key, and what DNS says of its public one."""
    made = subprocess.run(["openssl", "genrsa", "1024"], capture_output=True, check=True).stdout
    public = subprocess.run(
        ["openssl", "rsa", "-pubout"], input=made, capture_output=True, check=True
    ).stdout
    bare = b"".join(line for line in public.splitlines() if not line.startswith(b"-"))
    return made.decode(), b"v=DKIM1; k=rsa; p=" + bare


def test_the_signature_holds_and_covers_unsubscribing(key: tuple[str, bytes]) -> None:
    private, record = key
    message = signed(a_message(), "engaged", "library.example", private)
    asked: list[bytes] = []

    def answer(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return record

    assert dkim.verify(message, dnsfunc=answer)
    assert asked == [b"engaged._domainkey.library.example."]
    covered = message.partition(b"\r\nFrom:")[0].lower()
    assert b"list-unsubscribe" in covered.replace(b"\r\n ", b"")
    assert b"list-unsubscribe-post" in covered.replace(b"\r\n ", b"")
    changed = message.replace(b"One-Click", b"Two-Click")
    assert not dkim.verify(changed, dnsfunc=answer)


def test_a_key_that_is_none_is_said(key: tuple[str, bytes]) -> None:
    with pytest.raises(CannotSign, match=r"mail\.dkim_key cannot be used"):
        signed(a_message(), "engaged", "library.example", "no key")


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *more: Any, **others: Any) -> Any:
        if name == "dkim":
            raise ImportError(name)
        return usual(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(CannotSign, match=r"pip install \"engaged\[mail\]\""):
        signed(a_message(), "engaged", "library.example", "key")
