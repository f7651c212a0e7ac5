"""Which of the machine's fonts can write a text. No box ever stands where a letter should be.

A picture is drawn with fonts that are there (DejaVu, Noto and the like); a text that none of them can
write is not drawn at all. What a font can write, its own table says.
"""

import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache, lru_cache
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from PIL import ImageFont, features

from feeds.font_tables import characters

FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("/System/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
BUILT_IN = ""
"""Stands for the font that Pillow brings: plain Latin letters."""

_FAMILIES = ("Charter", "NotoSerif", "NotoSans", "DejaVu", "Liberation", "Free", "Arial", "Georgia")
# Slanted, narrow, thin or made for something else than running text.
_ODD = re.compile(
    r"italic|oblique|slant|condensed|mono|light|thin|black|medium|display|math|music|symbol|emoji|looped|unjoined",
    re.IGNORECASE,
)
# Written letter after letter, left to right: these need nobody who knows how letters join.
_SIMPLE = frozenset(
    (
        "LATIN",
        "GREEK",
        "CYRILLIC",
        "ARMENIAN",
        "GEORGIAN",
        "ETHIOPIC",
        "CJK",
        "HIRAGANA",
        "KATAKANA",
        "HANGUL",
    )
)
_PICTOGRAM = "\u2190"  # from here on, symbols are small pictures; © and ° stand before
_MATHEMATICAL = re.compile("[\U0001d400-\U0001d7ff]")  # letters dressed up as bold or curly ones
# For fonts that have no more than a typewriter.
_AS_TYPED = str.maketrans({"–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "•": "·", "„": "“"})
_RTL = ("R", "AL", "AN")


class Style(Enum):
    """What a text is, which says how its letters look: (bold, part of a font's name)."""

    HEADING = (True, re.compile("Serif|Naskh|Charter|Georgia"))
    STRONG = (True, re.compile("Sans|Arial"))
    TEXT = (False, re.compile("Sans|Arial"))


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a line that one font writes; `file` may be BUILT_IN."""

    text: str
    file: str


class Fonts:
    """Fonts by file, in no order. A file is opened when a text first needs it."""

    def __init__(self, files: Sequence[Path], *, joins: bool = True) -> None:
        """Take the files of fonts.

        Args:
            joins: whether the machine can join letters and turn directions (raqm and fribidi).
        """
        self._files = [file for file in files if not _ODD.search(file.stem)]
        self._joins = joins
        self._ordered = cache(self._in_order)
        self._found = lru_cache(4096)(self._in_runs)  # a text is measured line by line, in every size

    def writable(self, text: str, style: Style) -> str:
        """Give the text in one line without emoji; "" when a letter of it cannot be written."""
        kept = "".join(_without_pictograms(unicodedata.normalize("NFC", text)))
        plain = " ".join(kept.split())
        as_typed = plain.translate(_AS_TYPED)
        return next((each for each in (plain, as_typed) if each and self.runs(each, style)), "")

    def runs(self, line: str, style: Style) -> tuple[Run, ...]:
        """Give a line in runs, in reading order; () when a letter of it cannot be written.

        One font for the whole line if there is one. One that runs both ways is cut between words.
        """
        return self._found(line, style)

    def _in_runs(self, line: str, style: Style) -> tuple[Run, ...]:
        if not self._joins and not all(map(_is_simple, line)):
            return ()
        near, others = self._ordered(_script(line), style)
        whole = next((file for file in near if _writes(file, line)), None)
        if whole is not None:
            return (Run(line, whole),)
        parts = re.findall(r"\S+|\s+", line) if is_rtl(line) else clusters(line)
        found = [(part, _first_that_writes(part, near, others)) for part in parts]
        return tuple(_joined(found))

    def _in_order(self, script: str, style: Style) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Give the files made for a script or of families we know, the best first; and all others."""
        bold, look = style.value

        def place(file: Path) -> tuple[object, ...]:
            stem = file.stem
            return (
                script not in stem.lower(),
                ("Bold" in stem) != bold,
                not look.search(stem),
                _family(stem),
                stem,
            )

        ordered = sorted(self._files, key=place)
        near = [
            file
            for file in ordered
            if script in file.stem.lower() or _family(file.stem) < len(_FAMILIES)
        ]
        others = [file for file in ordered if file not in near]
        return (*map(str, near), BUILT_IN), tuple(map(str, others))


def system_fonts() -> Fonts:
    """Give the fonts of this machine."""
    return _system_fonts(FOLDERS)


@cache
def _system_fonts(folders: tuple[Path, ...]) -> Fonts:
    endings = (".ttf", ".otf", ".ttc")
    files = [
        file
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in endings
    ]
    return Fonts(files, joins=bool(features.check("raqm")))


@cache
def at_size(file: str, size: int) -> ImageFont.FreeTypeFont:
    """Open a font at a size in pixels."""
    if file != BUILT_IN:
        return ImageFont.truetype(file, size)
    built_in = ImageFont.load_default(size)
    assert isinstance(built_in, ImageFont.FreeTypeFont)  # with a size it always is
    return built_in


def is_rtl(text: str) -> bool:
    """Say whether anything in it is written from right to left."""
    return any(unicodedata.bidirectional(character) in _RTL for character in text)


def clusters(text: str) -> list[str]:
    """Cut a text into letters with their marks."""
    found: list[str] = []
    for character in text:
        if found and (unicodedata.category(character)[0] == "M" or character in "\u200c\u200d"):
            found[-1] += character
        else:
            found.append(character)
    return found


def _without_pictograms(text: str) -> Iterator[str]:
    for character in _MATHEMATICAL.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text):
        kind = unicodedata.category(character)
        is_small_picture = kind in ("So", "Sk", "Co", "Cn") and character >= _PICTOGRAM
        is_hidden = kind in ("Cf", "Cs", "Cc") and character not in "\u200c\n\t"
        if not is_small_picture and not is_hidden and character not in "\ufe0e\ufe0f\u20e3":
            yield " " if kind == "Cc" else character


def _is_simple(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind[0] == "L":
        return unicodedata.name(character, "").partition(" ")[0] in _SIMPLE
    return kind[0] != "M" and unicodedata.bidirectional(character) not in _RTL


def _script(line: str) -> str:
    """Give the script of the first letter that is not Latin, as names of fonts spell it: "ethiopic"."""
    letters = (character for character in line if character.isalpha())
    scripts = (unicodedata.name(letter, "").partition(" ")[0].partition("-")[0] for letter in letters)
    return next((script.lower() for script in scripts if script not in ("LATIN", "")), "latin")


def _family(stem: str) -> int:
    return next((at for at, name in enumerate(_FAMILIES) if stem.startswith(name)), len(_FAMILIES))


def _first_that_writes(text: str, *files: Sequence[str]) -> str | None:
    return next((file for file in chain(*files) if _writes(file, text)), None)


def _joined(found: Sequence[tuple[str, str | None]]) -> Iterator[Run]:
    """Give neighbours with one font as one run; nothing at all when a part has none."""
    if any(file is None for _, file in found):
        return
    text, current = "", found[0][1] or ""
    for part, file in found:
        if file != current and text:
            yield Run(text, current)
            text, current = "", file or ""
        text += part
    yield Run(text, current)


def _writes(file: str, text: str) -> bool:
    there = _characters_of(file)
    return all(ord(character) in there or character in " \u200c" for character in text)


@cache
def _characters_of(file: str) -> frozenset[int]:
    """Give what a font can write; nothing when it cannot be read: then another one is taken."""
    try:
        with _opened(file) as data:
            return characters(data)
    except (OSError, struct.error, ValueError):
        return frozenset()


def _opened(file: str) -> BinaryIO:
    if file != BUILT_IN:
        return Path(file).open("rb")
    data = at_size(BUILT_IN, 10).path
    return BytesIO(data.getvalue()) if isinstance(data, BytesIO) else BytesIO()
