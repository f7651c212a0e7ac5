"""Gives the public copies of pictures: those of posts that are shown at this very moment, and no others.

Which file it is, the pattern of its name says; nothing else of an address ever reaches the disk.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from aggregator.copies import public_file
from aggregator.settings import Settings
from aggregator.store.published import Picture
from feeds.addresses import PictureAddress, parse_picture
from feeds.page import Page
from feeds.pictures import TYPES

# A browser may keep a copy for a week: no page that lacks the post will ask for it again. What stands
# between us and readers (a CDN) asks anew after two minutes: a removed picture does not live on there.
KEPT = "public, max-age=604800, s-maxage=120"


class Door(Protocol):
    """What is asked of the published side of the store. May raise StoreError or SQLAlchemyError."""

    def picture_is_shown(self, key: str, width: int, slugs: Collection[str]) -> bool: ...


class Copies:
    """The public copies of pictures, asked for by path. Safe to ask from many threads."""

    def __init__(self, settings: Settings, door: Door) -> None:
        self._door = door
        self._folder = Path(settings.media)
        self._slugs = tuple(each.slug for each in settings.campaigns if each.shows_pictures)

    def at(self, path: str) -> Page | None:
        """Give the copy at a path, asked anew each time; None: there is nothing to see.

        Raises:
            StoreError, SQLAlchemyError: nobody can say now whether its post is still shown.
        """
        address = parse_picture(path)
        if address is None or not self._is_shown(address):
            return None
        file = public_file(self._folder, address.key, address.width, address.form)
        try:
            data = file.read_bytes()
        except OSError:
            return None
        name = f"{address.key}-{address.width}-{address.form}"
        return Page(200, TYPES[address.form], data, None, f'"{name}"', _headers())

    def _is_shown(self, address: PictureAddress) -> bool:
        return self._door.picture_is_shown(address.key, address.width, self._slugs)


def jpeg_bytes(folder: Path, picture: Picture) -> bytes:
    """Give the largest JPEG of a picture that is shown; b"" when its file is not there."""
    try:
        return public_file(folder, picture.key, picture.widths[-1], "jpg").read_bytes()
    except OSError:
        return b""


def _headers() -> tuple[tuple[str, str], ...]:
    """Give headers under which a picture is a picture, whatever somebody hoped to hide in it."""
    return (
        ("Cache-Control", KEPT),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )
