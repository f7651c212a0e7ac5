"""Which characters a font has shapes for, read from its own table. Nothing is drawn here.

Source: OpenType 1.9, chapters "otff" and "cmap", formats 4 and 12.
"""

import struct
from typing import Any, BinaryIO


def characters(file: BinaryIO) -> frozenset[int]:
    """Read which characters a font has shapes for.

    Raises:
        OSError, struct.error, ValueError: it is no font that we can read.
    """
    start = 0
    if file.read(4) == b"ttcf":  # several fonts in one file: Pillow takes the first
        start = _numbers(file, 12, ">I")[0]
    cmap = _table(file, start, b"cmap")
    (maps,) = _numbers(file, cmap + 2, ">H")
    found: set[int] = set()
    for at in range(maps):
        platform, encoding, offset = _numbers(file, cmap + 4 + 8 * at, ">HHI")
        if (platform, encoding) in ((0, 3), (0, 4), (3, 1), (3, 10)):
            found |= _mapped(file, cmap + offset)
    return frozenset(found)


def _table(file: BinaryIO, start: int, name: bytes) -> int:
    """Give where a table of the font begins."""
    (tables,) = _numbers(file, start + 4, ">H")
    for number in range(tables):
        tag, _, offset, _ = _numbers(file, start + 12 + 16 * number, ">4sIII")
        if tag == name:
            return int(offset)
    raise ValueError("it has no such table")


def _mapped(file: BinaryIO, at: int) -> set[int]:
    (form,) = _numbers(file, at, ">H")
    if form == 4:
        return _format_4(file, at)
    return _format_12(file, at) if form == 12 else set()


def _format_4(file: BinaryIO, at: int) -> set[int]:
    length, _, twice = _numbers(file, at + 2, ">HHH")
    count = twice // 2
    file.seek(at + 14)
    data = file.read(length - 14)
    words = struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])
    ends, starts = words[:count], words[count + 1 : 2 * count + 1]
    deltas, ranges = words[2 * count + 1 : 3 * count + 1], words[3 * count + 1 : 4 * count + 1]
    found: set[int] = set()
    for segment, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code + deltas[segment]
            if ranges[segment]:
                place = 3 * count + 1 + segment + ranges[segment] // 2 + code - first
                glyph = words[place] if place < len(words) else 0
            if glyph & 0xFFFF:
                found.add(code)
    return found


def _format_12(file: BinaryIO, at: int) -> set[int]:
    (groups,) = _numbers(file, at + 12, ">I")
    file.seek(at + 16)
    data = file.read(12 * min(groups, 0x10000))
    found: set[int] = set()
    for first, last, glyph in struct.iter_unpack(">III", data[: len(data) // 12 * 12]):
        found.update(range(first if glyph else first + 1, min(last, 0x10FFFF) + 1))
    return found


def _numbers(file: BinaryIO, at: int, form: str) -> tuple[Any, ...]:
    file.seek(at)
    return struct.unpack(form, file.read(struct.calcsize(form)))
