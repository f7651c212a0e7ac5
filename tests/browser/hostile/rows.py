"""Texts that want to be more than text: our own, and the workplace's when they are there."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from tests.shared_folder import shared

OWN = Path(__file__).parent.parent.parent / "data" / "hostile" / "rows.jsonl"
LONGEST = 60_000
"""Longer ones are cut: what is too long is judged where it is cut, in tests/aggregator."""


def own() -> tuple[str, ...]:
    """Give our own rows: some of each family, made up for this project."""
    lines = OWN.read_text("utf-8").splitlines()
    return tuple(str(json.loads(line)["words"]) for line in lines)


def workplace() -> tuple[str, ...]:
    """Give every row of the workplace's texts and vectors; skip where they are not there."""
    files = (
        shared("hostile", "own", "xss", "vectors.jsonl"),
        shared("hostile", "own", "text", "cases.jsonl"),
    )
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    return tuple(dict.fromkeys(_written_out(json.loads(line)["payload"]) for line in lines))


def harmless() -> tuple[str, ...]:
    """Give rows that want nothing: what stands on the pages that show them is ours alone."""
    words = (
        "Story time",
        "Bus stories, every Thursday.",
        "https://blog.example/story",
        "مكتبة",
        "<plaintext>",  # as the whole of a post it leaves neither title nor text
        "a" * 70,
        "en",  # every row is a language, too: with these two, pages say which
        "ar",
    )
    # Two sentences: where there is no title the first one is it, and both stand below.
    return (*words, *(f"Story number {number}. There is tea." for number in range(20)))


def _written_out(payload: str | dict[str, object]) -> str:
    if isinstance(payload, str):
        return payload[:LONGEST]
    unit, length = str(payload["repeat"]), min(int(str(payload["len"])), LONGEST)
    return (unit * (length // len(unit) + 1))[:length]


class Packs:
    """Gives as many rows at a time as a field shows, one behind the other, and begins anew at the end.

    A row that is longer than its field stands in it alone.
    """

    def __init__(self, rows: Sequence[str], length: int) -> None:
        self._rows: Iterator[str] = cycle(rows)
        self._length = length
        self._next = next(self._rows)
        self._given, self._all = 0, len(rows)

    @property
    def is_through(self) -> bool:
        """Say whether every row was given."""
        return self._given >= self._all

    def __call__(self) -> str:
        pack = self._take()
        while len(pack) + 1 + len(self._next) <= self._length:
            pack = f"{pack} {self._take()}"
        return pack

    def _take(self) -> str:
        row, self._next = self._next, next(self._rows)
        self._given += 1
        return row


@dataclass
class Texts:
    """For each field its own way through all rows."""

    rows: Sequence[str]

    def __post_init__(self) -> None:
        self._packs: dict[str, Packs] = {}

    def __call__(self, name: str, length: int) -> str:
        if name not in self._packs:
            self._packs[name] = Packs(self.rows, length)
        return self._packs[name]()

    def typed(self, name: str, length: int) -> str:
        """Give what a form or a file of UTF-8 can hold of it: no half characters, not too much."""
        return self(name, length).encode("utf-8", "replace").decode()[:length]

    def missing(self) -> list[str]:
        """Give the fields that have not had every row."""
        return [name for name, pack in self._packs.items() if not pack.is_through]
