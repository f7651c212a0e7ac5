"""What a request may ask for: each parameter declared once, and both read and documented from that.

What is not declared is refused: a parameter that means nothing would only make a cache forget.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aggregator.item import Kind
from aggregator.store.published import Cursor, Selection
from aggregator.tags import fold_tag
from feeds.api.problems import REPEATED_PARAMETER, UNKNOWN_PARAMETER, WRONG_VALUE, Problem

MOST, USUAL = 100, 25
MOST_REPEATED = 10
LONGEST_QUERY = 4_000
LONGEST_VALUE = 200
LATEST_VERSION = 2**53 - 1  # the largest number that every reader of JSON keeps whole

_DIGITS = re.compile(r"[0-9]{1,16}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[ +-]\d\d:\d\d)?)?"
)
_ID = re.compile(r"[a-z2-7]{12}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the query.

    Attributes:
        about: for the documentation, one sentence or two.
        allowed: ends the sentence "NAME must be …", and may name an example.
        read: gives the value; ValueError when it cannot be one.
        schema: of one value, as JSON Schema.
        is_list: may stand there several times; any of the values will do.
        default: what is taken when it is not there; None: nothing.
    """

    name: str
    about: str
    allowed: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    is_list: bool = False
    default: Any = None


Asked = Mapping[str, Any]
"""Values by name: what was asked for or stands in for it; lists are tuples."""


def read_query(query: str, known: Sequence[Parameter]) -> dict[str, Any]:
    """Give the value of each known parameter.

    Raises:
        Problem: one is unknown, stands there too often, or has a value that it cannot have.
    """
    given = _given(query)
    names = {parameter.name for parameter in known}
    for name in given:
        if name not in names:
            raise _unknown(name, names)
    return {parameter.name: _value(parameter, given.get(parameter.name, [])) for parameter in known}


def _given(query: str) -> dict[str, list[str]]:
    if len(query) > LONGEST_QUERY:
        raise Problem(WRONG_VALUE, f"Write at most {LONGEST_QUERY} characters after the question mark.")
    given: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        given.setdefault(name, []).append(value)
    return given


def _unknown(name: str, names: set[str]) -> Problem:
    shown = name[:60]
    there = f"The parameters here are {', '.join(sorted(names))}" if names else "There is none here"
    return Problem(UNKNOWN_PARAMETER, f"Leave “{shown}” out. {there}.", {"param": shown})


def _value(parameter: Parameter, given: list[str]) -> Any:
    if not given:
        return () if parameter.is_list else parameter.default
    if len(given) > (MOST_REPEATED if parameter.is_list else 1):
        often = f"at most {MOST_REPEATED} times" if parameter.is_list else "once"
        raise Problem(
            REPEATED_PARAMETER, f"Write “{parameter.name}” {often}.", {"param": parameter.name}
        )
    values = tuple(dict.fromkeys(_read(parameter, each) for each in given))
    return values if parameter.is_list else values[0]


def _read(parameter: Parameter, value: str) -> Any:
    try:
        return parameter.read(value)
    except (ValueError, OverflowError):
        detail = f"“{parameter.name}” must be {parameter.allowed}."
        raise Problem(WRONG_VALUE, detail, {"param": parameter.name}) from None


def _within(lowest: int, highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        number = int(value) if _DIGITS.fullmatch(value) else -1
        if not lowest <= number <= highest:
            raise ValueError(value)
        return number

    return read


def _tag(value: str) -> str:
    return _filled(fold_tag(_bounded(value)))


def _words(value: str) -> str:
    return _filled(" ".join(_bounded(value).split()))


def _bounded(value: str) -> str:
    if len(value) > LONGEST_VALUE or not value.isprintable():
        raise ValueError(value)
    return value


def _filled(value: str) -> str:
    if not value:
        raise ValueError(value)
    return value


def _language(value: str) -> str:
    tag = value.lower()
    if len(tag) > 35 or not _LANGUAGE.fullmatch(tag):
        raise ValueError(value)
    return tag


def _moment(value: str) -> datetime:
    """Read a day or a moment. A plus that nobody encoded arrives as a blank: it is taken for a plus."""
    if not _MOMENT.fullmatch(value):
        raise ValueError(value)
    day, _, clock = value.upper().replace("T", " ", 1).partition(" ")
    at = datetime.fromisoformat(f"{day} {clock.replace(' ', '+')}" if clock else day)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def write_cursor(cursor: Cursor) -> str:
    """Give a cursor as it stands in an address: it may be kept, and need not be understood."""
    written = f"{cursor.sort_at.astimezone(UTC).isoformat()} {cursor.id}"
    return urlsafe_b64encode(written.encode()).decode().rstrip("=")


def read_cursor(value: str) -> Cursor:
    """Read what `write_cursor` wrote, and nothing else."""
    if len(value) > LONGEST_VALUE or not value.isascii():
        raise ValueError(value)
    written = urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode()
    moment, _, item = written.partition(" ")
    if not _ID.fullmatch(item):
        raise ValueError(value)
    cursor = Cursor(datetime.fromisoformat(moment), item)
    if cursor.sort_at.tzinfo is None or write_cursor(cursor) != value:
        raise ValueError(value)
    return cursor


LIMIT = Parameter(
    "limit",
    f"How many to give at most. Without it {USUAL}.",
    f"a whole number from 1 to {MOST}",
    _within(1, MOST),
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
    default=USUAL,
)
CURSOR = Parameter(
    "cursor",
    "Where to go on: take it from `next` as it is. It stays right when posts come or go.",
    "exactly what `next` of an earlier answer gave, or left out to begin at the beginning",
    read_cursor,
    {"type": "string", "maxLength": LONGEST_VALUE},
)
SINCE_MOMENT = Parameter(
    "since",
    "Only events that end at or after this moment; without it, now.",
    "a day such as 2026-05-01, or a moment such as 2026-05-01T09:00:00Z",
    _moment,
    {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
)
SINCE_VERSION = Parameter(
    "since",
    "What you have: `until` of an earlier answer. Without it, all there is comes.",
    "a whole number, as `until` of an earlier answer gave it",
    _within(0, LATEST_VERSION),
    {"type": "integer", "minimum": 0, "maximum": LATEST_VERSION, "default": 0},
    default=0,
)
_TEXT = {"type": "string", "minLength": 1, "maxLength": LONGEST_VALUE}
TAG = Parameter(
    "tag",
    "Only posts with this hashtag, with or without #, whatever its case.",
    f"a hashtag of at most {LONGEST_VALUE} characters, such as storytime",
    _tag,
    _TEXT,
    is_list=True,
)
LANGUAGE = Parameter(
    "language",
    "Only posts in this language; `es` means `es-mx` too.",
    "a language tag such as es or pt-br",
    _language,
    {"type": "string", "pattern": r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "maxLength": 35},
    is_list=True,
)
KIND = Parameter(
    "kind",
    "Only posts of this kind.",
    "one of " + ", ".join(Kind),
    lambda value: Kind(value).value,
    {"type": "string", "enum": [kind.value for kind in Kind]},
    is_list=True,
)
LIBRARY = Parameter(
    "library",
    "Only posts of this library, as the campaign writes it, whatever its case.",
    f"a name of at most {LONGEST_VALUE} characters",
    _words,
    _TEXT,
    is_list=True,
)
PLACE = Parameter(
    "place",
    "Only posts from this place, as the campaign writes it, whatever its case.",
    f"a name of at most {LONGEST_VALUE} characters",
    _words,
    _TEXT,
    is_list=True,
)
FILTERS = (TAG, LANGUAGE, KIND, LIBRARY, PLACE)


def selection_of(asked: Asked) -> Selection:
    """Give what the filters narrow the posts to."""
    return Selection(
        tags=asked["tag"],
        languages=asked["language"],
        kinds=asked["kind"],
        libraries=asked["library"],
        places=asked["place"],
    )
