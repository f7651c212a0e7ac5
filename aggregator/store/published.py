"""The only door that public output is made from: what was approved, with its amendments.

It is opened on a read-only connection. Nothing here can show a pending, held, rejected, withdrawn or
taken-down item, or a revision that nobody approved.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Engine, Select, bindparam, func, or_, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from aggregator.copies import FORMATS
from aggregator.errors import SchemaMismatch, StoreError
from aggregator.item import State
from aggregator.store import changed, sent_issues, tallies
from aggregator.store.changed import OLDEST_CHANGES as OLDEST_CHANGES
from aggregator.store.changed import VERSION, Changes, Touched
from aggregator.store.columns import Moment
from aggregator.store.content import from_revision, times_in
from aggregator.store.content import over_at as over_at  # when an occasion is over, for everybody alike
from aggregator.store.database import check_schema
from aggregator.store.models import engagement, item, media, media_use, occasion, revision, slot, source
from aggregator.store.selection import EVERYTHING, Cursor, Selection, chosen_by, comes_after, few_of
from aggregator.store.sent_issues import Candidate as Candidate  # what the weekly mail is chosen from
from aggregator.store.sent_issues import Sent as Sent
from aggregator.store.shown import IN_PLACE, as_shown, copies_by_item, words_for
from aggregator.store.shown import Picture as Picture  # what feeds see is defined through this door
from aggregator.store.shown import Shown as Shown
from aggregator.store.tallies import Stats
from aggregator.store.threads import STANDS_ALONE, kin_of, parts_of
from aggregator.store.visible import APPROVED, HAS_LEFT, IS_SHOWN, SHOWN, Gone

__all__ = [
    "EVERYTHING",
    "IS_SHOWN",
    "Candidate",
    "Changes",
    "Cursor",
    "Door",
    "Gone",
    "Picture",
    "Selection",
    "Sent",
    "Shown",
    "Stats",
    "Touched",
    "over_at",
]

# Statements are made once: making one costs more than asking it.
_OURS = SHOWN.where(item.c.campaign == bindparam("slug"))
_NEWEST_FIRST = (item.c.sort_at.desc(), item.c.id.desc())
_LATEST = _OURS.where(STANDS_ALONE).order_by(*_NEWEST_FIRST).limit(bindparam("most"))
_ONE = _OURS.where(item.c.id == bindparam("id"))
_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)
_SEVERAL = _OURS.where(item.c.id.in_(_IDS))
# Without the campaign, which these ids have: SQLite would else read all posts, newest first.
_LATEST_AMONG = (
    SHOWN.where(item.c.id.in_(_IDS), STANDS_ALONE).order_by(*_NEWEST_FIRST).limit(bindparam("most"))
)
_IS_OPEN = (
    slot.c.ended_by.is_(None),
    slot.c.from_at <= bindparam("now"),
    or_(slot.c.until_at.is_(None), slot.c.until_at > bindparam("now")),
)
_IN_SLOT = (
    _OURS.join(slot, slot.c.item_id == item.c.id)
    .where(slot.c.slot == bindparam("name"), *_IS_OPEN)
    .order_by(slot.c.decision.desc())
    .limit(1)
)
_HIGHLIGHTED = (
    select(slot.c.item_id)
    .join(item, item.c.id == slot.c.item_id)
    .where(slot.c.campaign == bindparam("slug"), *_IS_OPEN, IS_SHOWN)
)
_OCCASIONS = (
    _OURS.join(
        occasion,
        (occasion.c.item_id == item.c.id) & (occasion.c.revision == item.c.approved_revision),
    )
    .where(occasion.c.campaign == bindparam("slug"), occasion.c.over_at >= bindparam("since"))
    .order_by(occasion.c.starts_at, item.c.id)
    .limit(bindparam("most"))
)
_OCCASIONS_AFTER = _OCCASIONS.where(
    tuple_(occasion.c.starts_at, item.c.id)
    > tuple_(bindparam("after_at", type_=Moment()), bindparam("after_id"))
)
_CANDIDATES = (
    _OURS.add_columns(
        engagement.c.likes, engagement.c.shares, engagement.c.replies, source.c.kind.label("source_kind")
    )
    .outerjoin(engagement, engagement.c.item_id == item.c.id)
    .where(
        STANDS_ALONE,
        or_(
            item.c.sort_at >= bindparam("since"),
            item.c.shown_since >= bindparam("since"),
            item.c.id.in_(_HIGHLIGHTED),
        ),
    )
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("most"))
)
_GONE = (
    select(item.c.id, item.c.public_changed_at, revision.c.facts)
    .outerjoin(revision, APPROVED)
    .where(
        item.c.campaign == bindparam("slug"),
        HAS_LEFT,
        item.c.public_changed_at >= bindparam("since"),
    )
    .order_by(item.c.public_changed_at.desc(), item.c.id.desc())
    .limit(bindparam("most"))
)
_COPIES = (
    IN_PLACE.join(item, item.c.id == media_use.c.item_id)
    .where(
        media_use.c.item_id.in_(_IDS),
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


class Door:
    """Answers from one read-only engine. Every method is one short read; nothing is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self, slug: str) -> int:
        """Give the version of what is public in a campaign; 0 when nothing ever was."""
        with self._engine.connect() as connection:
            version = connection.scalar(VERSION, {"slug": slug})
        return version or 0

    def latest(
        self,
        slug: str,
        limit: int,
        selection: Selection = EVERYTHING,
        before: Cursor | None = None,
    ) -> tuple[Shown, ...]:
        """Give the newest shown items, newest first (then by id).

        A post that stands in the thread of another shown one does not stand here too.

        Args:
            before: the last one of the page before; None: from the newest.
        """
        with self._engine.connect() as connection:
            few = few_of(connection, slug, selection)
            latest: Select[Any] = _LATEST if few is None else _LATEST_AMONG
            if selection != EVERYTHING:
                latest = latest.where(*chosen_by(selection))
            if before is not None:
                latest = latest.where(comes_after(before))
            asked = {"slug": slug, "ids": sorted(few or ()), "most": limit}
            rows = connection.execute(latest, asked).all()
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

    def highlighted(self, slug: str, now: datetime) -> frozenset[str]:
        """Give the ids of shown items that stand in any featured place now."""
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(_HIGHLIGHTED, {"slug": slug, "now": now}))

    def occasions(
        self, slug: str, since: datetime, limit: int, after: Cursor | None = None
    ) -> tuple[Shown, ...]:
        """Give shown items that take place and are not over before `since`, soonest first.

        Args:
            after: the last item of the page before: when it begins, and its id.
        """
        asked: dict[str, Any] = {"slug": slug, "since": since, "most": limit}
        if after is not None:
            asked |= {"after_at": after.sort_at, "after_id": after.id}
        with self._engine.connect() as connection:
            rows = connection.execute(_OCCASIONS if after is None else _OCCASIONS_AFTER, asked)
            return _amended(connection, rows.all())

    def issues(self, slug: str, limit: int) -> tuple[Sent, ...]:
        """Give the newest issues of the weekly mail that were sent, newest first."""
        with self._engine.connect() as connection:
            return self._sent(connection, slug, sent_issues.newest(connection, slug, limit))

    def issue(self, slug: str, number: int) -> Sent | None:
        """Give one issue that was sent, or is being sent; None when there is none."""
        with self._engine.connect() as connection:
            rows = sent_issues.one(connection, slug, number)
            return next(iter(self._sent(connection, slug, rows)), None)

    def issues_with(self, slug: str, items: Collection[str]) -> tuple[int, ...]:
        """Give the numbers of the sent issues in which any of these items stands or stood."""
        with self._engine.connect() as connection:
            return sent_issues.with_items(connection, slug, items)

    def _sent(self, connection: Connection, slug: str, rows: Sequence[Any]) -> tuple[Sent, ...]:
        places = sent_issues.places(connection, rows)
        wanted = {item_id for ids in places.values() for item_id in ids}
        wanted |= {item_id for row in rows for item_id in row.content.get("occasions", ())}
        return sent_issues.put_together(rows, places, _several(connection, slug, wanted))

    def candidates(self, slug: str, since: datetime, now: datetime) -> tuple[Candidate, ...]:
        """Give the posts that a weekly mail may be chosen from, newest first.

        Shown ones, each for itself or with its thread, that are dated, were first shown since then,
        or stand in a featured place now. Of very many the newest.
        """
        asked = {"slug": slug, "since": since, "now": now, "most": sent_issues.MOST_CANDIDATES}
        with self._engine.connect() as connection:
            rows = connection.execute(_CANDIDATES, asked).all()
            shown = _amended(connection, rows)
            pinned = frozenset(connection.scalars(_HIGHLIGHTED, {"slug": slug, "now": now}))
        return sent_issues.as_candidates(rows, shown, pinned)

    def touched(self, slug: str, since: int) -> Touched:
        """Say which items' public face changed after a version."""
        with self._engine.connect() as connection:
            return changed.touched(connection, slug, since)

    def changes(self, slug: str, since: int, limit: int) -> Changes:
        """Give what became of about `limit` items that changed after a version, as they are now."""
        with self._engine.connect() as connection:
            some = changed.stretch(connection, slug, since, limit)
            kin = kin_of(connection, some.ids)
            asked = {"slug": slug, "ids": sorted(kin)}
            rows = connection.execute(_SEVERAL, asked).all() if kin else []
            shown = {one.id: one for one in _amended(connection, rows)}
            return changed.what_became(connection, some, shown, kin)

    def gone(self, slug: str, since: datetime, limit: int) -> tuple[Gone, ...]:
        """Give what was public and left since then, newest first."""
        asked = {"slug": slug, "since": since, "most": limit}
        with self._engine.connect() as connection:
            rows = connection.execute(_GONE, asked)
            return tuple(Gone(row.id, row.public_changed_at, times_in(row.facts)) for row in rows)

    def tags(self, slug: str, limit: int) -> tuple[tuple[str, int], ...]:
        """Give the tags of shown posts and how many have each, most used first."""
        with self._engine.connect() as connection:
            return tallies.tags(connection, slug, limit)

    def stats(self, slug: str) -> Stats:
        """Give what is shown in numbers."""
        with self._engine.connect() as connection:
            return tallies.stats(connection, slug)

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


def _several(connection: Connection, slug: str, ids: Collection[str]) -> dict[str, Shown]:
    rows = connection.execute(_SEVERAL, {"slug": slug, "ids": sorted(ids)}).all() if ids else []
    return {one.id: one for one in _amended(connection, rows)}


def _amended(connection: Connection, rows: Sequence[Any]) -> tuple[Shown, ...]:
    """Give shown items with the words that moderators wrote, their pictures, and their threads."""
    parts = parts_of(connection, [row.id for row in rows])
    faces = {row.id: row for row in (*rows, *(part for some in parts.values() for part in some))}
    shown = _one_by_one(connection, faces)
    return tuple(
        replace(shown[row.id], thread=tuple(shown[part.id] for part in parts.get(row.id, ())))
        for row in rows
    )


def _one_by_one(connection: Connection, faces: Mapping[str, Any]) -> dict[str, Shown]:
    contents = {key: from_revision(row) for key, row in faces.items()}
    words = words_for(connection, list(contents))
    with_media = [key for key, content in contents.items() if content.media]
    found = connection.execute(_COPIES, {"ids": with_media}) if with_media else ()
    copies = copies_by_item(found, _public_widths, FORMATS)
    return {
        key: as_shown(row, contents[key], words[key], copies.get(key, ())) for key, row in faces.items()
    }


def _public_widths(row: Any) -> tuple[int, ...]:
    return tuple(int(width) for width in row.widths.split(","))
