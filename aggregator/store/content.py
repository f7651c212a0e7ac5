"""How an item becomes a stored revision, and a stored revision an equal item. Shared by the doors."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func

from aggregator.item import Item, Kind, Media, Occasion, Precision, SafeHtml, as_facts, from_facts
from aggregator.store.models import revision, source


def as_revision(item: Item) -> dict[str, Any]:
    """Give the columns of `revision` that hold an item's content."""
    return {
        "hash": item.hash,
        "kind": item.kind.value,
        "url": item.url,
        "title": item.title,
        "html": item.html,
        "text": item.text,
        "language": item.language,
        "direction": item.direction,
        "published_at": item.published_at,
        "precision": item.precision.value,
        "updated_at": item.updated_at,
        "tags": list(item.tags),
        "facts": as_facts(item),
    }


def from_revision(row: Any) -> Item:
    """Give the item that one row of `revision` holds. Its HTML was made safe by clean.py."""
    return Item(
        kind=Kind(row.kind),
        url=row.url,
        title=row.title,
        html=SafeHtml(row.html),
        text=row.text,
        tags=tuple(row.tags),
        language=row.language,
        direction=row.direction,
        published_at=row.published_at,
        precision=Precision(row.precision),
        updated_at=row.updated_at,
        **from_facts(row.facts),
    )


IDENTITY_LIMIT = 500


def answered_by(item: Item) -> tuple[str, ...]:
    """Give the identity of what an item answers; nothing when it answers nothing that has one."""
    return (item.in_reply_to,) if 0 < len(item.in_reply_to) <= IDENTITY_LIMIT else ()


def over_at(occasion: Occasion) -> datetime:
    """Give the moment an occasion is over, aware UTC.

    Where nobody says when it ends, a whole day ends with that day, and anything else where it begins.

    Source: RFC 5545, section 3.6.1.
    """
    if occasion.ends_at is not None:
        return max(occasion.starts_at, occasion.ends_at)
    if not occasion.is_all_day:
        return occasion.starts_at
    first = occasion.starts_at.astimezone(_zone(occasion.zone))
    return (first + timedelta(days=1)).astimezone(UTC)  # of a wall clock: such a day may have 23 hours


def times_in(facts: Mapping[str, Any] | None) -> Occasion | None:
    """Give when something takes place, of the facts of a revision, and not where."""
    occasion: Occasion | None = from_facts(facts)["occasion"] if facts else None
    return replace(occasion, location="", joining_url="") if occasion else None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


CONTENT = [column for column in revision.columns if column.name not in ("item_id", "number", "seen_at")]
"""The columns that `from_revision` reads."""

NETWORK = func.coalesce(func.nullif(source.c.label, ""), source.c.host).label("network")
"""Where an item stands, for readers: its source's own name, or else the host."""

PICTURES = 4
"""How many pictures of one post we keep: as many as a post on most networks has."""

_TOO_SMALL = 16  # in pixels; what says that it is smaller counts readers


def pictures_in(media: Sequence[Media]) -> list[tuple[int, str]]:
    """Give place and address of a post's pictures, in order: its images, and posters of its films."""
    addresses = [(place, _picture_of(each)) for place, each in enumerate(media)]
    return [(place, address) for place, address in addresses if address][:PICTURES]


def _picture_of(media: Media) -> str:
    if media.type != "image":
        return media.poster
    sizes = [size for size in (media.width, media.height) if size is not None]
    return "" if sizes and min(sizes) < _TOO_SMALL else media.url


def described(media: Sequence[Media], words: Mapping[str, str]) -> tuple[Media, ...]:
    """Give media with the words that moderators wrote for the pictures among them.

    Args:
        words: `alt` describes the first picture, `alt-2` the second …; `credit` and `licence` are all's.
    """
    after = list(media)
    for number, (place, _) in enumerate(pictures_in(media), start=1):
        one = media[place]
        after[place] = replace(
            one,
            alt=words.get("alt" if number == 1 else f"alt-{number}", one.alt),
            credit=words.get("credit", one.credit),
            licence=words.get("licence", one.licence),
        )
    return tuple(after)
