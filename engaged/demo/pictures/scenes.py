"""Draws a picture by its name. The same name is the same picture, wherever and whenever it is drawn.

Its number chooses the variant; name and number decide the papers and where chance puts things.
"""

import io
import re
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from engaged.demo.pictures import indoors, outdoors, tables, water
from engaged.demo.pictures.names import FORMATS, chance_of, size_of
from engaged.demo.pictures.paper import DAYS, NIGHTS, Sheet

Scene = Callable[[Sheet, int], None]

_SCENES: dict[str, Scene] = {
    "bars": tables.bars,
    "bicycle": outdoors.bicycle,
    "boat": water.boat,
    "bookhouse": outdoors.book_house,
    "bookmobile": outdoors.bookmobile,
    "chess": tables.chess,
    "circle": tables.circle,
    "cups": tables.cups,
    "desk": indoors.desk,
    "flood": indoors.flood,
    "garden": outdoors.garden,
    "goat": outdoors.goat,
    "hands": tables.hands,
    "kite": outdoors.kites,
    "lantern": water.lanterns,
    "maker": indoors.maker,
    "map": tables.town_map,
    "market": outdoors.market,
    "mountain": outdoors.mountain,
    "music": indoors.music,
    "quilt": tables.quilt,
    "shelves": indoors.shelves,
    "stars": outdoors.starry_roof,
    "storytime": indoors.storytime,
    "tree": outdoors.trees,
    "umbrella": indoors.umbrellas,
    "window": indoors.window,
}
_AT_NIGHT = re.compile(r"boat-[14]|(lantern|stars|window)-.*")
_HUGE = 30_000


def drawn(name: str) -> Image.Image:
    """Draw a picture whose name is known."""
    scene, _, number = name.rpartition("-")
    papers = NIGHTS if _AT_NIGHT.fullmatch(name) else DAYS
    # The variants of one scene go through the papers in turn, so that no two neighbours look alike.
    first = sum(map(ord, scene))
    sheet = Sheet(size_of(name), papers[(first + int(number)) % len(papers)], chance_of(name))
    if name == "window-2":
        water.storm(sheet)
    else:
        _SCENES[scene](sheet, int(number))
    return sheet.finished()


def as_file(name: str, ending: str) -> bytes:
    """Give a picture as the bytes of a file of one of `FORMATS`."""
    file = io.BytesIO()
    drawn(name).save(file, FORMATS[ending], quality=86)
    return file.getvalue()


def no_picture(name: str) -> bytes:
    """Give what is sent for one of `NO_PICTURES`."""
    if name == "no-picture":
        return b"<!doctype html><title>Not here</title><p>The photo did not arrive.</p>"
    if name == "broken":
        whole = as_file("market-1", "jpg")
        return whole[: len(whole) // 3]
    return _huge()


def _huge() -> bytes:
    """Give a small PNG that claims 30,000 by 30,000 pixels.

    Source: PNG specification, third edition, sections 11.2.1 (IHDR) and 5.3 (chunks).
    """
    header = struct.pack(">IIBBBBB", _HUGE, _HUGE, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(_HUGE * 3 + 1))
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
