"""Where a link really leads, and whether a name is written to look like another."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import idna

from feeds.texts import followable, host_of

# Scripts that one language writes together: Japanese, Korean, and Chinese with its phonetic signs.
_TOGETHER = (
    {"HAN", "HIRAGANA", "KATAKANA"},
    {"HAN", "HANGUL"},
    {"HAN", "BOPOMOFO"},
)
_SAME = {"CJK": "HAN", "IDEOGRAPHIC": "HAN", "FULLWIDTH": "LATIN", "HALFWIDTH": "KATAKANA"}
# What nobody sees, in the middle of a Latin word: joiners spell words in Persian and in Indic scripts.
_HIDDEN = re.compile("[A-Za-z][\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]+[A-Za-z]")
_LOOKALIKES = ("MATHEMATICAL", "FULLWIDTH", "CIRCLED", "SMALL ROMAN", "ROMAN NUMERAL")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads.

    Attributes:
        url: one that a link may have; "" when it may not be followed.
        host: its true domain in ASCII: `xn--` stands there as it is.
        spelled: how that domain looks in its own letters; "" when it is plain ASCII.
        is_suspect: its letters come from several alphabets, as in names made to look like others.
    """

    url: str
    host: str
    spelled: str = ""
    is_suspect: bool = False


def target(url: str) -> Target:
    """Say where a link leads. Its text can say anything; its domain cannot."""
    host = host_of(url)
    spelled = _spelled(host)
    return Target(followable(url), host, spelled, is_mixed(spelled))


def is_mixed(name: str) -> bool:
    """Say whether one word of a name mixes alphabets, hides signs, or only looks like letters.

    A name of several words may be written in several scripts; one word that is, is a disguise.

    Source: Unicode Technical Standard 39, section 5.2 (single script, and the sets used together).
    """
    words = "".join(_kept(name)).split()
    return bool(_HIDDEN.search(name)) or any(_mixes(word) or _pretends(word) for word in words)


def _kept(name: str) -> Iterable[str]:
    return (character if _is_letter(character) else " " for character in name)


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character) == "Nl"


def _mixes(word: str) -> bool:
    scripts = {_script(character) for character in word} - {""}
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _pretends(word: str) -> bool:
    names = [unicodedata.name(character, "") for character in word]
    return any(name.startswith(_LOOKALIKES) or name.endswith("FILLER") for name in names)


@cache
def _script(character: str) -> str:
    """Give a letter's script by the first word of its name; "" for what every script shares."""
    if unicodedata.category(character) == "Lm":
        return ""
    first = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    return _SAME.get(first, first)


def _spelled(host: str) -> str:
    """Give a domain in its own letters; "" when it is plain, or when nobody can read it."""
    if "xn--" not in host:
        return ""
    try:
        return idna.decode(host)
    except (idna.IDNAError, UnicodeError):
        return ""
