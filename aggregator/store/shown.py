"""An item as readers see it: how content, moderators' words and copies of pictures come together.

What may be seen, by whom, is not decided here: `published` and `preview` ask for what they may show.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, false, select

from aggregator.item import Item, Kind, Media
from aggregator.store.content import described, pictures_in
from aggregator.store.models import amendment, media, media_use


@dataclass(frozen=True, slots=True)
class Picture:
    """One of an item's pictures, as copies of our own.

    Attributes:
        key: 24 hexadecimal digits that name the copies: `KEY-WIDTH.FORMAT`.
        widths: of the copies, in pixels, ascending, at least one.
        formats: their file endings, best first, such as ("avif", "webp", "jpg").
        width, height: of the largest copy, upright.
        colour: `#rrggbb`, its average, for the place before it has come.
        alt: None: nobody wrote one; "": decorative.
        number: which of the post's pictures it is, from 1: amending `alt-2` describes number 2.
        film: the place among the item's media of the film that it stands for; None: a picture itself.
    """

    key: str
    widths: tuple[int, ...]
    formats: tuple[str, ...]
    width: int
    height: int
    colour: str
    alt: str | None = None
    credit: str = ""
    licence: str = ""
    number: int = 1
    film: int | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One item as the public sees it.

    Attributes:
        id: 12 characters of lower-case base32, the same everywhere.
        item: the approved revision with its amendments.
        network: where it stands, for readers: a blog's host such as `blog.example`, later `mastodon` …
        sort_at: aware UTC, the earlier of its own date and the time we first saw it.
        shown_since: aware UTC, when it was first approved.
        changed_at: aware UTC, when what is shown of it last changed.
        excerpt: a moderator's shorter words for cards; empty: the text itself.
        place, library: as a moderator wrote them.
        pictures: those of which there are copies, in the order of the post.
        thread: its author's own answers to it that are shown too, oldest first, each without one.
    """

    id: str
    item: Item
    network: str
    sort_at: datetime
    shown_since: datetime
    changed_at: datetime
    excerpt: str = ""
    place: str = ""
    library: str = ""
    pictures: tuple[Picture, ...] = ()
    thread: tuple["Shown", ...] = ()


_WORDS = (
    select(amendment)
    .where(amendment.c.item_id.in_(bindparam("ids", expanding=True)), amendment.c.is_undone == false())
    .order_by(amendment.c.decision)
)
IN_PLACE = select(
    media_use.c.item_id,
    media_use.c.place,
    media.c.key,
    media.c.width,
    media.c.height,
    media.c.colour,
    media.c.widths,
).join(media, media.c.id == media_use.c.media_id)
"""Pictures at their places among an item's media, for `Copies`."""


def words_for(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    """Give what moderators wrote about items, later words over earlier ones."""
    words: dict[str, dict[str, str]] = {item_id: {} for item_id in ids}
    if words:
        for one in connection.execute(_WORDS, {"ids": list(words)}):
            words[one.item_id][one.field] = one.value
    return words


@dataclass(frozen=True, slots=True)
class Copies:
    """The files there are of the picture that stands at `place` among an item's media."""

    place: int
    key: str
    widths: tuple[int, ...]
    formats: tuple[str, ...]
    width: int
    height: int
    colour: str


def copies_by_item(
    rows: Iterable[Any], widths: Callable[[Any], tuple[int, ...]], formats: tuple[str, ...]
) -> dict[str, list[Copies]]:
    """Give the files of each item's pictures, from rows of `IN_PLACE`."""
    found: dict[str, list[Copies]] = {}
    for row in rows:
        one = Copies(row.place, row.key, widths(row), formats, row.width, row.height, row.colour)
        found.setdefault(row.item_id, []).append(one)
    return found


def as_shown(row: Any, content: Item, words: Mapping[str, str], copies: Sequence[Copies]) -> Shown:
    """Give an item as readers see it. `row` has what stands beside the content."""
    kind = words.get("kind", content.kind)
    media = described(content.media, words)
    return Shown(
        id=row.id,
        item=replace(
            content,
            kind=Kind(kind) if kind in set(Kind) else content.kind,
            label=words.get("label", content.label),
            media=media,
        ),
        network=row.network,
        sort_at=row.sort_at,
        shown_since=row.shown_since,
        changed_at=row.public_changed_at,
        excerpt=words.get("excerpt", ""),
        place=words.get("place", ""),
        library=words.get("library", ""),
        pictures=_pictures(media, copies),
    )


def _pictures(media: Sequence[Media], copies: Sequence[Copies]) -> tuple[Picture, ...]:
    numbers = {place: number for number, (place, _) in enumerate(pictures_in(media), start=1)}
    return tuple(
        Picture(
            key=one.key,
            widths=one.widths,
            formats=one.formats,
            width=one.width,
            height=one.height,
            colour=one.colour,
            alt=media[one.place].alt,
            credit=media[one.place].credit,
            licence=media[one.place].licence,
            number=numbers[one.place],
            film=None if media[one.place].type == "image" else one.place,
        )
        for one in copies
        if one.place in numbers
    )
