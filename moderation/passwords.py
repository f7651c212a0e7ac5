"""Passwords: which ones will do, and how they are kept. Nothing here writes one down or says it again.

Length is what protects: there are no rules about signs, capitals or changing every month.
Source: NIST SP 800-63B-4, section 3.1.1; OWASP Password Storage Cheat Sheet (argon2id 19 MiB, t=2, p=1).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from threading import BoundedSemaphore
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 15, 256
LEAST_OF_ITS_OWN = 8
"""So many characters must be left when what everybody tries first is taken away."""

Refusal = Literal["password-short", "password-long", "password-common", "password-unseen"]

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# What an unknown name is compared with, so that it costs as much as a known one: nobody knows the
# password, which was random and is gone. A test sees to it that its costs are today's.
NOBODYS = (
    "$argon2id$v=19$m=19456,t=2,p=1$zTv0jcNuePNTCQ+sdlPhZQ$lBXyR436Fk2iVxzWT8Y9sUCqaUKORsFgay6qT8NW5hI"
)
# Each takes 19 MiB and some 30 ms of a core: many tries at once may not push out the pages of readers.
_AT_ONCE = BoundedSemaphore(2)

_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop")
_ROWS_AND_BACK = tuple(row + " " + row[::-1] for row in _ROWS)
_SHORTEST_RUN = 3
_COMMON = (
    *("correcthorsebatterystaple", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv", "trustnoone", "trustno"),
    *("password", "passwort", "passphrase", "contrasena", "motdepasse", "secret", "changeme", "letmein"),
    *("iloveyou", "welcome", "administrator", "admin", "moderator", "engaged", "library", "libraries"),
    *("librarian", "dragon", "monkey", "football", "baseball", "princess", "sunshine", "superman"),
    *("whatever", "starwars", "michael", "jesus", "master", "login", "hello", "this", "what", "test"),
    *("mypassword", "please", "forget", "remember", "never", "your", "the", "for", "my", "is", "it"),
)


def refusal(password: str, own_words: Iterable[str] = ()) -> Refusal | None:
    """Say why a password will not do; None when it does.

    Args:
        own_words: what a stranger would try first here: the person's name, the campaign's.
    """
    settled = settle(password)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in settled):
        return "password-unseen"
    if len(settled) < SHORTEST:
        return "password-short"
    if len(settled) > LONGEST:
        return "password-long"
    return "password-common" if len(_of_its_own(settled, own_words)) < LEAST_OF_ITS_OWN else None


def settle(password: str) -> str:
    """Give the one form of a password that keyboards spell in several ways.

    Nothing is cut off and no case is changed. Source: RFC 8265, section 4.2 (OpaqueString).
    """
    spaced = (" " if unicodedata.category(character) == "Zs" else character for character in password)
    return unicodedata.normalize("NFC", "".join(spaced))


def hashed(password: str) -> str:
    """Give what is stored of a password."""
    with _AT_ONCE:
        return _HASHER.hash(settle(password).encode("utf-8", "surrogatepass"))


def is_right(stored: str, password: str) -> bool:
    """Compare a password with what is stored, at the same cost when nothing is stored."""
    # A megabyte is no password; it is compared all the same, for as long as any other.
    given = settle(password) if len(password) <= 2 * LONGEST else ""
    with _AT_ONCE:
        try:
            matches = _HASHER.verify(stored or NOBODYS, given.encode("utf-8", "surrogatepass"))
        except (VerificationError, InvalidHashError):
            return False
    return matches and stored != ""


def is_outdated(stored: str) -> bool:
    """Say whether it was stored at other costs than today's."""
    return _HASHER.check_needs_rehash(stored)


def _of_its_own(password: str, own_words: Iterable[str]) -> str:
    """Give the characters that are neither a common word, nor a run of keys, nor said before."""
    bare = _bare(password)
    for word in sorted({*map(_bare, own_words), *_parts(own_words), *_COMMON}, key=len, reverse=True):
        bare = bare.replace(word, " ") if word else bare
    without_runs = "".join(_without_runs(piece) for piece in bare.split())
    return _said_once(without_runs)


def _bare(text: str) -> str:
    """Give letters and digits only, in one case and without accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if unicodedata.category(character)[0] in "LN")


def _parts(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield from (bare for piece in re.split(r"[\W_]+", word) if len(bare := _bare(piece)) >= 3)


def _without_runs(piece: str) -> str:
    """Leave out three and more neighbours on a keyboard or in the alphabet, either way."""
    kept, at = "", 0
    while at < len(piece):
        length = _run_at(piece, at)
        if length < _SHORTEST_RUN:
            kept, length = kept + piece[at], 1
        at += length
    return kept


def _run_at(piece: str, at: int) -> int:
    length = 1
    while at + length < len(piece) and any(piece[at : at + length + 1] in row for row in _ROWS_AND_BACK):
        length += 1
    return length


def _said_once(text: str) -> str:
    """Give the shortest beginning that, said again and again, makes up the whole."""
    for length in range(1, len(text) // 2 + 1):
        beginning = text[:length]
        if (beginning * (len(text) // length + 1)).startswith(text):
            return beginning
    return text
