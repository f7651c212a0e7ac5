"""Words of a letter: made harmless, in their language and direction, and with their fields filled in.

Customising is done with fields and nothing else: `{{campaign}}` is replaced by its value. No template
language reads what editors write, so that nothing in it can reach our secrets or keep us busy.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from feeds.i18n import BABEL_FAILS
from feeds.texts import legible

WRITTEN = ("campaign", "number", "date")
"""Fields of editors' words, filled in when the letter is put together."""
MERGED = ("unsubscribe", "preferences", "archive")
"""Fields that are each subscriber's own, filled in when it is sent."""

FIELD = re.compile(r"\{\{\s*([^{}\s][^{}]{0,40}?)\s*\}\}")
_NEXT_LINE = "\x85"
_STEERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_ISOLATE, _END = "\u2068", "\u2069"
_OPENING = re.compile(r"\{(?=\{)")
_JOINER = "\u2060"


@dataclass(frozen=True, slots=True)
class Words:
    """What an editor wrote, and in which language; `text` is "" when nothing was written."""

    text: str
    language: str
    direction: str

    @property
    def start(self) -> str:
        return start_of(self.direction)

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()


def start_of(direction: str) -> str:
    """Give the side on which lines begin."""
    return "right" if direction == "rtl" else "left"


def direction_of(language: str) -> str:
    try:
        return str(Locale.parse(language, sep="-").text_direction)
    except BABEL_FAILS:
        return "ltr"


def harmless(text: str) -> str:
    """Leave out control characters, of which one lets Gmail cut a mail off."""
    return legible(text.replace("\r\n", "\n").replace(_NEXT_LINE, "\n"))


def of_a_post(text: str) -> str:
    """Give words from outside: no field can stand in them."""
    return _OPENING.sub("{" + _JOINER, harmless(text))


def isolated(text: str, direction: str) -> str:
    """Give a name so that its direction ends with it. <bdi> is unknown to half of all mail programs.

    Args:
        direction: of the words around it.
    """
    bare = _STEERING.sub("", text)
    if not bare or (direction == "ltr" and not _RIGHT_TO_LEFT.search(bare)):
        return bare
    return f"{_ISOLATE}{bare}{_END}"


def name_of_a_post(text: str, direction: str) -> str:
    """Give a name from outside, isolated; harmless last: leaving out can bring two braces together."""
    return of_a_post(isolated(harmless(text), direction))


def without_own(text: str) -> str:
    """Leave out the fields of each subscriber's own, for pages that everybody reads."""
    return merged(text, dict.fromkeys(MERGED, ""))


def in_language(texts: Mapping[str, str], language: str, first: str) -> Words:
    """Give an editor's words in a language, or in the campaign's first, or in any."""
    others = sorted(texts)
    for each in (language, first, *others):
        if text := harmless(texts.get(each, "")).strip():
            return Words(text, each, direction_of(each))
    return Words("", language, direction_of(language))


def merged(text: str, values: Mapping[str, str]) -> str:
    """Fill in the fields that are known; others stay, and the lint names them."""
    return FIELD.sub(lambda found: values.get(found[1], found[0]), text)


def fields_in(text: str) -> frozenset[str]:
    """Give the names of the fields that stand in a text."""
    return frozenset(found[1] for found in FIELD.finditer(text))
