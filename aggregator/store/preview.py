"""The door to what an item would look like if it were approved as it is now. For who is signed in only.

Nothing public may ever be made from it: it shows what nobody has approved yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, select

# Moderation serves masters to who is signed in: it finds their files through this door.
from aggregator.copies import held_file as held_file
from aggregator.store.content import CONTENT, NETWORK, from_revision
from aggregator.store.models import item, media, media_use, revision, source
from aggregator.store.shown import IN_PLACE, Shown, as_shown, copies_by_item, words_for

MASTER_FORMATS = ("webp",)

_SEVERAL: BindParameter[list[str]] = bindparam("ids", expanding=True)
_NEWEST = (
    select(
        item.c.id,
        item.c.sort_at,
        func.coalesce(item.c.shown_since, item.c.first_seen_at).label("shown_since"),
        func.coalesce(item.c.public_changed_at, item.c.first_seen_at).label("public_changed_at"),
        NETWORK,
        *CONTENT,
    )
    .join(revision, (revision.c.item_id == item.c.id) & (revision.c.number == item.c.revision))
    .join(source, source.c.id == item.c.source_id)
    .where(item.c.id.in_(_SEVERAL))
)
_MASTERS = (
    IN_PLACE.join(item, item.c.id == media_use.c.item_id)
    .where(
        media_use.c.item_id.in_(_SEVERAL),
        media_use.c.revision == item.c.revision,
        media.c.state == "ready",
    )
    .order_by(media_use.c.item_id, media_use.c.place)
)


@dataclass(frozen=True, slots=True)
class Master:
    """A picture as moderators see it; its file is `held_file(folder, key, width)`."""

    key: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class NoPicture:
    """A picture of a post that we have no copy of.

    Attributes:
        address: where it stands.
        state: `wanted`: it is still fetched; `refused`: it is not, because of `code`.
        sentence: why, in English, for who looks into it.
    """

    address: str
    state: str
    code: str
    sentence: str


def shown_as_if_approved(connection: Connection, item_id: str) -> Shown | None:
    """Give an item as readers would see it: its newest words, what moderators wrote, our masters."""
    return several(connection, [item_id]).get(item_id)


def several(connection: Connection, ids: Sequence[str]) -> dict[str, Shown]:
    """Give items as readers would see them, by id; one that is not there is left out."""
    rows = connection.execute(_NEWEST, {"ids": list(ids)}).all()
    contents = {row.id: from_revision(row) for row in rows}
    words = words_for(connection, list(contents))
    with_media = [key for key, content in contents.items() if content.media]
    found = connection.execute(_MASTERS, {"ids": with_media}) if with_media else ()
    masters = copies_by_item(found, _own_width, MASTER_FORMATS)
    return {
        row.id: as_shown(row, contents[row.id], words[row.id], masters.get(row.id, ())) for row in rows
    }


def master_of(connection: Connection, key: str) -> Master | None:
    """Give the master of that key; None when there is none (any more)."""
    row = connection.execute(
        select(media.c.key, media.c.width, media.c.height)
        .where(media.c.key == key, media.c.state == "ready")
        .limit(1)
    ).one_or_none()
    return Master(row.key, row.width, row.height) if row else None


def missing_pictures(connection: Connection, item_id: str) -> tuple[NoPicture, ...]:
    """Give the pictures of an item's newest words that cannot be seen, and why."""
    rows = connection.execute(
        select(media.c.address, media.c.state, media.c.error, media.c.detail)
        .join(media_use, media_use.c.media_id == media.c.id)
        .join(item, (item.c.id == media_use.c.item_id) & (item.c.revision == media_use.c.revision))
        .where(item.c.id == item_id, media.c.state != "ready")
        .order_by(media_use.c.place)
    )
    return tuple(NoPicture(row.address, row.state, row.error, row.detail) for row in rows)


def _own_width(row: Any) -> tuple[int, ...]:
    return (row.width,)
