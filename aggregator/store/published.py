"""The only door that public output is made from: what was approved, with its amendments.

It is opened on a read-only connection. Nothing here can show a pending, held, rejected, withdrawn or
taken-down item, or a revision that nobody approved.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, false, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import SchemaMismatch, StoreError
from aggregator.item import Item, Kind, Media, State
from aggregator.store.content import CONTENT, NETWORK, from_revision
from aggregator.store.database import check_schema
from aggregator.store.models import (
    amendment,
    campaign,
    change,
    item,
    revision,
    slot,
    source,
    withdrawal,
)


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
    .where(
        item.c.campaign == bindparam("slug"),
        item.c.state == State.APPROVED,
        item.c.id.not_in(select(withdrawal.c.item_id)),
    )
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
_WORDS = (
    select(amendment)
    .where(amendment.c.item_id.in_(bindparam("ids", expanding=True)), amendment.c.is_undone == false())
    .order_by(amendment.c.decision)
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
    """Give items with the words that moderators wrote for them, later ones over earlier ones."""
    words: dict[str, dict[str, str]] = {row.id: {} for row in rows}
    if words:
        for one in connection.execute(_WORDS, {"ids": list(words)}):
            words[one.item_id][one.field] = one.value
    return tuple(_one(row, words[row.id]) for row in rows)


def _one(row: Any, words: Mapping[str, str]) -> Shown:
    content = from_revision(row)
    kind = words.get("kind", content.kind)
    return Shown(
        id=row.id,
        item=replace(
            content,
            kind=Kind(kind) if kind in set(Kind) else content.kind,
            label=words.get("label", content.label),
            media=_described(content.media, words.get("alt")),
        ),
        network=row.network,
        sort_at=row.sort_at,
        shown_since=row.shown_since,
        changed_at=row.public_changed_at,
        excerpt=words.get("excerpt", ""),
        place=words.get("place", ""),
        library=words.get("library", ""),
    )


def _described(media: tuple[Media, ...], alt: str | None) -> tuple[Media, ...]:
    """A moderator's alt text describes the first picture: the one that cards show."""
    if alt is None or not media:
        return media
    return (replace(media[0], alt=alt), *media[1:])
