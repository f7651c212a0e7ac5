"""Addresses as pictures that a telephone reads. The only place that knows how such a code is made."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import segno


@dataclass(frozen=True)
class Code:
    """A code ready to be drawn as one line of SVG, without the empty border it needs around it.

    Attributes:
        size: modules on a side.
        path: of a stroke that is one module wide.
    """

    size: int
    path: str


@lru_cache(maxsize=512)
def code(address: str) -> Code:
    """Give the code of an address. A seventh of it may be dirty, torn or glare: level M."""
    rows = segno.make(address, error="m", micro=False, boost_error=False).matrix
    path = "".join(f"M{x} {y}.5h{length}" for y, row in enumerate(rows) for x, length in _runs(row))
    return Code(len(rows), path)


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """Give where dark modules begin in a row, and how many stand together."""
    found, at = [], 0
    for is_dark, run in groupby(row):
        length = len(list(run))
        if is_dark:
            found.append((at, length))
        at += length
    return found
