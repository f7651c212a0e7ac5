"""The only door that public output is made from: what was approved, with its amendments.

It is opened on a read-only connection. Nothing here can show a pending, held, rejected, withdrawn or
taken-down item, or a revision that nobody approved.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from aggregator.copies import FORMATS
from aggregator.errors import SchemaMismatch, StoreError
from aggregator.item import State
from aggregator.store.content import CONTENT, NETWORK, from_revision
from aggregator.store.database import check_schema
from aggregator.store.models import (
    campaign,
    change,
    item,
    media,
    media_use,
    revision,
    slot,
    source,
    withdrawal,
)
from aggregator.store.shown import IN_PLACE, as_shown, copies_by_item, words_for
from aggregator.store.shown import Picture as Picture  # what feeds see is defined through this door
from aggregator.store.shown import Shown as Shown


@dataclass(frozen=True, slots=True)
class Gone:
    """An item that was public and is no longer: its address answers 410."""

    id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Touched:
    """What changed in public after some version of a campaign.

    `everything` is True when that version is too old, or unknown: then all must be made again.
    """

    version: int
    items: frozenset[str]
    everything: bool = False


OLDEST_CHANGES = 10_000
"""How many versions back `touched` can answer; beyond that everything is made again."""


# The one place that says what is public. Statements are made once: making one costs more than asking it.
IS_SHOWN = and_(item.c.state == State.APPROVED, item.c.id.not_in(select(withdrawal.c.item_id)))
_SHOWN = (
    select(
        item.c.id,
        item.c.sort_at,
        item.c.shown_since,
        item.c.public_changed_at,
        NETWORK,
        *CONTENT,
    )
    .join(
        revision,
        (revision.c.item_id == item.c.id) & (revision.c.number == item.c.approved_revision),
    )
    .join(source, source.c.id == item.c.source_id)
    .where(item.c.campaign == bindparam("slug"), IS_SHOWN)
)
_LATEST = _SHOWN.order_by(item.c.sort_at.desc(), item.c.id.desc()).limit(bindparam("most"))
_ONE = _SHOWN.where(item.c.id == bindparam("id"))
_IN_SLOT = (
    _SHOWN.join(slot, slot.c.item_id == item.c.id)
    .where(
        slot.c.slot == bindparam("name"),
        slot.c.ended_by.is_(None),
        slot.c.from_at <= bindparam("now"),
        or_(slot.c.until_at.is_(None), slot.c.until_at > bindparam("now")),
    )
    .order_by(slot.c.decision.desc())
    .limit(1)
)
_COPIES = (
    IN_PLACE.join(item, item.c.id == media_use.c.item_id)
    .where(
        media_use.c.item_id.in_(bindparam("ids", expanding=True)),
        media_use.c.revision == item.c.approved_revision,
        media.c.widths != "",
    )
    .order_by(media_use.c.item_id, media_use.c.place)
)
_COPIES_OF = (
    select(media.c.widths)
    .join(media_use, media_use.c.media_id == media.c.id)
    .join(item, item.c.id == media_use.c.item_id)
    .where(
        media.c.key == bindparam("key"),
        media.c.widths != "",
        media_use.c.revision == item.c.approved_revision,
        item.c.campaign.in_(bindparam("slugs", expanding=True)),
        IS_SHOWN,
    )
    .distinct()
)
_VERSION = select(campaign.c.published_version).where(campaign.c.slug == bindparam("slug"))


class Door:
    """Answers from one read-only engine. Every method is one short read; nothing is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self, slug: str) -> int:
        """Give the version of what is public in a campaign; 0 when nothing ever was."""
        with self._engine.connect() as connection:
            version = connection.scalar(_VERSION, {"slug": slug})
        return version or 0

    def latest(self, slug: str, limit: int) -> tuple[Shown, ...]:
        """Give the newest shown items, newest first (then by id)."""
        with self._engine.connect() as connection:
            rows = connection.execute(_LATEST, {"slug": slug, "most": limit}).all()
            return _amended(connection, rows)

    def one(self, slug: str, item_id: str) -> Shown | Gone | None:
        """Give one shown item; Gone when it was public and was taken away for good; None otherwise."""
        with self._engine.connect() as connection:
            rows = connection.execute(_ONE, {"slug": slug, "id": item_id}).all()
            if rows:
                return _amended(connection, rows)[0]
            gone = connection.execute(
                select(item.c.public_changed_at).where(
                    item.c.campaign == slug,
                    item.c.id == item_id,
                    item.c.shown_since.is_not(None),
                    item.c.state.in_([State.TAKEN_DOWN, State.WITHDRAWN]),
                )
            ).one_or_none()
        return Gone(item_id, gone.public_changed_at) if gone else None

    def in_slot(self, slug: str, name: str, now: datetime) -> Shown | None:
        """Give what stands in a featured place: the latest choice still shown, else the newest post."""
        with self._engine.connect() as connection:
            rows = connection.execute(_IN_SLOT, {"slug": slug, "name": name, "now": now}).all()
            chosen = _amended(connection, rows)
        return next(iter(chosen or self.latest(slug, 1)), None)

    def slot_changes_at(self, slug: str, now: datetime) -> datetime | None:
        """Say when a featured place next ends by itself; None when none does."""
        with self._engine.connect() as connection:
            until: datetime | None = connection.scalar(
                select(func.min(slot.c.until_at)).where(
                    slot.c.campaign == slug, slot.c.ended_by.is_(None), slot.c.until_at > now
                )
            )
        return until

    def touched(self, slug: str, since: int) -> Touched:
        """Say which items' public face changed after a version."""
        with self._engine.connect() as connection:
            version = connection.scalar(_VERSION, {"slug": slug})
            if version is None or since > version or version - since > OLDEST_CHANGES:
                return Touched(version or 0, frozenset(), everything=True)
            ids = connection.scalars(
                select(change.c.item_id).where(
                    change.c.campaign == slug,
                    change.c.version > since,
                    change.c.version <= version,
                )
            )
            return Touched(version, frozenset(ids))

    def picture_is_shown(self, key: str, width: int, slugs: Collection[str]) -> bool:
        """Say whether this copy of a picture belongs to a post that these campaigns show now."""
        with self._engine.connect() as connection:
            widths = connection.scalars(_COPIES_OF, {"key": key, "slugs": list(slugs)})
            return any(str(width) in each.split(",") for each in widths)

    def problems(self) -> tuple[str, ...]:
        """Give codes of what keeps us from serving: empty when all is well."""
        try:
            check_schema(self._engine)
        except SchemaMismatch:
            return ("schema",)
        except (StoreError, SQLAlchemyError):
            return ("database",)
        return ()


def _amended(connection: Connection, rows: Sequence[Any]) -> tuple[Shown, ...]:
    """Give shown items with the words that moderators wrote, and the pictures that have copies."""
    contents = {row.id: from_revision(row) for row in rows}
    words = words_for(connection, list(contents))
    with_media = [key for key, content in contents.items() if content.media]
    found = connection.execute(_COPIES, {"ids": with_media}) if with_media else ()
    copies = copies_by_item(found, _public_widths, FORMATS)
    return tuple(as_shown(row, contents[row.id], words[row.id], copies.get(row.id, ())) for row in rows)


def _public_widths(row: Any) -> tuple[int, ...]:
    return tuple(int(width) for width in row.widths.split(","))
