"""What pictures are called, how large they are and as which file they come: without drawing one."""

import re
from random import Random
from zlib import crc32

SCENES = (
    *("bars", "bicycle", "boat", "bookhouse", "bookmobile", "chess", "circle", "cups", "desk", "flood"),
    *("garden", "goat", "hands", "kite", "lantern", "maker", "map", "market", "mountain", "music"),
    *("quilt", "shelves", "stars", "storytime", "tree", "umbrella", "window"),
)
NO_PICTURES = {"no-picture": "jpg", "broken": "jpg", "huge": "png"}
"""What authors call pictures, but is a page of HTML, half a file, or larger than anybody should draw."""

FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
_ENDINGS = ("jpg", "jpg", "webp", "png")
_UPRIGHT = re.compile(r"(shelves|bookhouse|umbrella)-.*|window-1")
_SQUARE = re.compile(r"(circle|quilt|cups|music|desk)-.*")
_WIDE = ((1200, 800), (1280, 720), (1200, 900))


def is_known(name: str) -> bool:
    """Say whether there is a picture of this name that can be drawn."""
    scene, _, number = name.rpartition("-")
    return scene in SCENES and re.fullmatch("[1-9]", number) is not None


def address_of(name: str) -> str:
    """Give the path of a picture on any of the invented sites."""
    return f"/media/{name}.{ending_of(name)}"


def ending_of(name: str) -> str:
    return NO_PICTURES.get(name) or _ENDINGS[crc32(name.encode()) % len(_ENDINGS)]


def size_of(name: str) -> tuple[int, int]:
    """Give width and height in pixels."""
    if name in NO_PICTURES:
        return 1200, 800
    if _UPRIGHT.fullmatch(name):
        return 1000, 1250
    return (1080, 1080) if _SQUARE.fullmatch(name) else _WIDE[chance_of(name).randrange(len(_WIDE))]


def chance_of(name: str) -> Random:
    """Give the chance of a picture: always the same."""
    return Random(name)  # noqa: S311 - where a flower stands is no secret
