"""Our own pictures as plain data: what is made of them, what their files are called, where they stand.

Both sides of the child speak this: no library of pictures is loaded here, and no file is touched.
"""

import re
from dataclasses import dataclass
from pathlib import Path

WIDTHS = (160, 320, 640, 960)
FORMATS = ("avif", "webp", "jpg")
"""Best first: a browser takes the first it knows. The last one every mail program knows too."""

KEY = "[0-9a-f]{24}"
NAME = re.compile(rf"({KEY})-([1-9][0-9]{{1,2}})\.(avif|webp|jpg)")
"""The only names that a file of ours has. Nothing else of an address ever reaches the disk."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A master: the one picture that moderators see and that all public copies are made from.

    Attributes:
        key: 24 hexadecimal digits over what it shows: the same picture has the same key everywhere.
        width, height: upright, in pixels, at most 960 and 1,920.
        colour: `#rrggbb`, its average.
        data: WebP.
    """

    key: str
    width: int
    height: int
    colour: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no picture of ours: a code for screens, and a sentence in English for who looks."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One public form of a picture."""

    width: int
    format: str
    data: bytes


def widths_for(width: int) -> tuple[int, ...]:
    """Give the widths of the copies of a master, ascending: never wider than it is."""
    return (*(each for each in WIDTHS if each < width), min(width, WIDTHS[-1]))


def file_name(key: str, width: int, form: str) -> str:
    return f"{key}-{width}.{form}"


def held_folder(media: Path) -> Path:
    """Give where masters stand: only who is signed in sees what is in it."""
    return media / "held"


def public_folder(media: Path) -> Path:
    return media / "public"


def held_file(media: Path, key: str, width: int) -> Path:
    """Give where a master stands; `media` is the folder of the settings."""
    return held_folder(media) / key[:2] / file_name(key, width, "webp")


def public_file(media: Path, key: str, width: int, form: str) -> Path:
    """Give where a public copy stands."""
    return public_folder(media) / key[:2] / file_name(key, width, form)
