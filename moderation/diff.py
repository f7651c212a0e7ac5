"""What changed between two wordings, word by word, for people: what stayed, what went, what came."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

from aggregator.item import Item, Media
from aggregator.tags import SPACELESS

# A blank, a character of a script that writes no blanks, a word, or a sign between words.
_PIECES = re.compile(rf"\s+|{SPACELESS.pattern}|\w+|[^\w\s]")

MOST_STEPS = 4_000_000
"""Comparing costs words times words: beyond 2,000 by 2,000 the middle counts as replaced whole."""

KEPT_WORDS = 24
"""How many words of what stayed are shown on each side of a change."""

How = Literal["same", "gone", "new", "cut"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words. `cut` stands for words that stayed the same and are not repeated."""

    how: How
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a post that reads differently now. `part` is a code: title, text, links …"""

    part: str
    pieces: tuple[Piece, ...]


def changes(old: Item, new: Item) -> tuple[Change, ...]:
    """Give every part of a post that a reader would notice as changed, in the order of a card."""
    parts = (
        ("title", words(old.title, new.title)),
        ("warning", words(old.warning, new.warning)),
        ("text", shortened(words(old.text, new.text))),
        ("links", lines(old.links, new.links)),
        ("media", lines(_described(old.media), _described(new.media))),
        ("tags", lines(old.tags, new.tags)),
        ("flags", lines(sorted(old.flags), sorted(new.flags))),
    )
    return tuple(Change(part, pieces) for part, pieces in parts if any(_is_change(pieces)))


def words(old: str, new: str) -> tuple[Piece, ...]:
    """Compare two texts word by word; scripts without spaces, character by character."""
    return _compared(_PIECES.findall(old), _PIECES.findall(new), "")


def lines(old: Iterable[str], new: Iterable[str]) -> tuple[Piece, ...]:
    """Compare two lists entry by entry; each entry is a piece of its own."""
    before, after = list(old), list(new)
    made: list[Piece] = []
    for how, some in _steps(before, after):
        made += [Piece(how, one) for one in some]
    return tuple(made)


def shortened(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Leave out the middle of long runs that stayed the same; changes stand with their neighbours."""
    made: list[Piece] = []
    for number, piece in enumerate(pieces):
        is_first, is_last = number == 0, number == len(pieces) - 1
        made += _ends(piece, is_first=is_first, is_last=is_last) if piece.how == "same" else [piece]
    return tuple(made)


def _ends(piece: Piece, *, is_first: bool, is_last: bool) -> list[Piece]:
    found = _PIECES.findall(piece.text)
    if len(found) <= 4 * KEPT_WORDS:
        return [piece]
    left = [] if is_first else [Piece("same", "".join(found[: 2 * KEPT_WORDS]))]
    right = [] if is_last else [Piece("same", "".join(found[-2 * KEPT_WORDS :]))]
    return [*left, Piece("cut", ""), *right]


def _compared(old: list[str], new: list[str], between: str) -> tuple[Piece, ...]:
    steps = ((how, between.join(some)) for how, some in _steps(old, new))
    joined = groupby((step for step in steps if step[1]), key=lambda step: step[0])
    return tuple(Piece(how, between.join(text for _, text in some)) for how, some in joined)


def _steps(old: list[str], new: list[str]) -> Iterable[tuple[How, list[str]]]:
    """Give runs in reading order. What both share at their ends is put aside: most edits are small."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    before, after = old[start : len(old) - end], new[start : len(new) - end]
    yield "same", new[:start]
    yield from _middle(before, after)
    yield "same", new[len(new) - end :]


def _middle(before: list[str], after: list[str]) -> Iterable[tuple[How, list[str]]]:
    if len(before) * len(after) > MOST_STEPS:
        yield "gone", before
        yield "new", after
        return
    for how, i, j, k, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if how == "equal":
            yield "same", after[k:last]
        else:
            yield "gone", before[i:j]
            yield "new", after[k:last]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(old), len(new)))


def _described(media: Sequence[Media]) -> list[str]:
    """Give one line for each picture, film or sound: its alt text, or that there is none."""
    return [f"{one.type}: {one.alt}" if one.alt is not None else f"{one.type}: –" for one in media]


def _is_change(pieces: Iterable[Piece]) -> Iterable[bool]:
    return (piece.how in ("gone", "new") for piece in pieces)
