"""The door through which moderation reads items: lists by state, and the queues of what waits.

What grows with the store is never counted whole: counts stop at a limit that the caller names, and
pages go on behind an item, so a full queue costs what a short one costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from aggregator.item import Author, Flag, Item, Kind, Precision, State
from aggregator.store.content import CONTENT, NETWORK, from_revision
from aggregator.store.models import CHANGED, item, revision, source

BEGINNING = 240
"""How many characters of a post's text a row of a list carries."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One item with its newest revision, as a moderator needs it.

    Attributes:
        is_changed: it is shown as it was approved, while its origin says something else now.
        is_edited: it was approved once, and its origin says something else now; shown or not.
    """

    id: str
    campaign: str
    state: State
    version: int
    source: str
    network: str
    item: Item
    reasons: tuple[str, ...]
    is_changed: bool
    is_edited: bool
    first_seen_at: datetime

    @property
    def why(self) -> tuple[str, ...]:
        """Why somebody should look: the reasons of the rules, and whether it was edited."""
        return (*self.reasons, "edited") if self.is_edited else self.reasons


def listing(
    connection: Connection,
    *,
    campaign: str | None = None,
    state: State | None = None,
    waiting: bool = False,
    limit: int = 100,
    after: str | None = None,
) -> list[Listed]:
    """Give items, newest first by their date, then by id.

    Args:
        waiting: only what waits for a person: pending, held, or shown and changed at its origin.
        limit: at most so many; 0: all.
        after: go on behind this item id.
    """
    conditions = _conditions(campaign, state, waiting)
    if after is not None:
        place = select(item.c.sort_at, item.c.id).where(item.c.id == after)
        conditions.append(tuple_(item.c.sort_at, item.c.id) < place.scalar_subquery())
    statement = _LISTINGS.where(*conditions).order_by(item.c.sort_at.desc(), item.c.id.desc())
    rows = connection.execute(statement.limit(limit) if limit else statement)
    return [_listed(row) for row in rows]


def listed_of(connection: Connection, slug: str, item_id: str) -> Listed | None:
    """Give one item of a campaign; None when there is none."""
    row = connection.execute(
        _LISTINGS.where(item.c.id == item_id, item.c.campaign == slug)
    ).one_or_none()
    return _listed(row) if row is not None else None


# Made once: to put it together costs more than to run it.
_LISTINGS = (
    select(
        item.c.id,
        item.c.campaign,
        item.c.state,
        item.c.version,
        item.c.revision.label("newest"),
        item.c.approved_revision,
        item.c.reasons,
        item.c.first_seen_at,
        source.c.name.label("source_name"),
        NETWORK,
        *CONTENT,
    )
    .join(revision, (revision.c.item_id == item.c.id) & (revision.c.number == item.c.revision))
    .join(source, source.c.id == item.c.source_id)
)


def _conditions(campaign: str | None, state: State | None, waiting: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if campaign is not None:
        conditions.append(item.c.campaign == campaign)
    if state is not None:
        conditions.append(item.c.state == state)
    if waiting:
        is_changed = and_(item.c.state == State.APPROVED, item.c.approved_revision != item.c.revision)
        conditions.append(or_(item.c.state.in_([State.PENDING, State.HELD]), is_changed))
    return conditions


def _listed(row: Any) -> Listed:
    is_edited = row.approved_revision is not None and row.approved_revision != row.newest
    return Listed(
        id=row.id,
        campaign=row.campaign,
        state=State(row.state),
        version=row.version,
        source=row.source_name,
        network=row.network,
        item=from_revision(row),
        reasons=tuple(row.reasons),
        is_changed=is_edited and row.state == State.APPROVED,
        is_edited=is_edited,
        first_seen_at=row.first_seen_at,
    )


def exists(connection: Connection, ids: Sequence[str], campaign: str | None = None) -> set[str]:
    """Give those of these ids that are items (of a campaign)."""
    found = select(item.c.id).where(item.c.id.in_(ids), *_conditions(campaign, None, False))
    return set(connection.scalars(found))


@dataclass(frozen=True, slots=True)
class Queue:
    """A saved selection of items by state.

    Attributes:
        states: those of its items.
        changed: instead of states: shown as approved, while the origin says something else now.
        oldest_first: by date, then by id; otherwise newest first.
    """

    states: tuple[State, ...] = ()
    changed: bool = False
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: enough to choose by, a few hundred bytes.

    Attributes:
        beginning: the first BEGINNING characters of its text.
        why: as of Listed.
        pictures: how many pictures, films and sounds it has.
    """

    id: str
    version: int
    state: State
    kind: Kind
    title: str
    beginning: str
    author: Author
    network: str
    source: str
    language: str
    direction: str
    published_at: datetime | None
    precision: Precision
    sort_at: datetime
    why: tuple[str, ...]
    flags: frozenset[Flag]
    warning: str
    pictures: int


def count(connection: Connection, slug: str, queue: Queue, at_most: int) -> int:
    """Count a queue's items, but stop at `at_most`: the rest costs nothing and tells nobody more."""
    counted = 0
    for where in _parts(connection, slug, queue):
        some = select(item.c.id).where(*where).limit(at_most - counted).subquery()
        counted += connection.scalar(select(func.count()).select_from(some)) or 0
        if counted >= at_most:
            break
    return counted


def place(connection: Connection, slug: str, queue: Queue, item_id: str, at_most: int) -> int | None:
    """Say as the how-manieth an item stands in a queue, from 1; None: not in it, or behind `at_most`."""
    before = 0
    is_there = False
    key = _key_of(item_id)
    for where in _parts(connection, slug, queue):
        comes_first = _order < key if queue.oldest_first else _order > key
        some = select(item.c.id).where(*where, comes_first).limit(at_most).subquery()
        before += connection.scalar(select(func.count()).select_from(some)) or 0
        there = select(item.c.id).where(*where, item.c.id == item_id)
        is_there = is_there or connection.scalar(there) is not None
    return before + 1 if is_there and before < at_most else None


def first_date(connection: Connection, slug: str, queue: Queue) -> datetime | None:
    """Give the date of the oldest post of a queue; None when it is empty."""
    dates = [
        connection.scalar(select(item.c.sort_at).where(*where).order_by(item.c.sort_at).limit(1))
        for where in _parts(connection, slug, queue)
    ]
    return min((date for date in dates if date is not None), default=None)


def page(
    connection: Connection, slug: str, queue: Queue, *, limit: int, after: str | None = None
) -> list[Row]:
    """Give some rows of a queue in its order, behind the item `after`, whatever its state is now."""
    parts = [
        _ordered(_ROWS.where(*where), queue, limit, after) for where in _parts(connection, slug, queue)
    ]
    several = [[_row(row) for row in connection.execute(statement)] for statement in parts]
    in_order = merge(*several, key=lambda row: (row.sort_at, row.id), reverse=not queue.oldest_first)
    return list(islice(in_order, limit))


def following(
    connection: Connection, slug: str, queue: Queue, item_id: str, *, back: bool = False
) -> str | None:
    """Give the item behind (or before) one in a queue, whatever that one's state is now; None: none."""
    turned = Queue(queue.states, queue.changed, queue.oldest_first is not back)
    found: list[Any] = []
    for where in _parts(connection, slug, queue):
        statement = _ordered(select(item.c.sort_at, item.c.id).where(*where), turned, 1, item_id)
        found += [tuple(row) for row in connection.execute(statement)]
    if not found:
        return None
    nearest = min(found) if turned.oldest_first else max(found)
    return str(nearest[1])


def is_empty(connection: Connection, slug: str) -> bool:
    """Say whether nothing was ever collected for a campaign."""
    return connection.scalar(select(item.c.id).where(item.c.campaign == slug).limit(1)) is None


_order = tuple_(item.c.sort_at, item.c.id)


def _key_of(item_id: str) -> Any:
    same = item.alias("same")
    return select(same.c.sort_at, same.c.id).where(same.c.id == item_id).scalar_subquery()


def _parts(connection: Connection, slug: str, queue: Queue) -> list[tuple[ColumnElement[bool], ...]]:
    """Give the conditions of each part that one index answers in order."""
    ours = item.c.campaign == slug
    if queue.changed:
        return [(_is_changed(connection, slug),)]
    return [(ours, item.c.state == state) for state in queue.states]


def _is_changed(connection: Connection, slug: str) -> ColumnElement[bool]:
    if connection.dialect.name != "sqlite":
        return and_(
            item.c.campaign == slug,
            item.c.state == literal_column(f"'{State.APPROVED}'"),
            item.c.approved_revision != item.c.revision,
        )
    # Its planner would read all that is shown (14 ms at 23,000 posts): the small index is named for it.
    small = text(f"SELECT id FROM item INDEXED BY ix_item_changed WHERE campaign = :slug AND {CHANGED}")  # noqa: S608 - our own words
    return item.c.id.in_(small.bindparams(slug=slug).columns(item.c.id))


def _ordered(statement: Select[Any], queue: Queue, limit: int, after: str | None) -> Select[Any]:
    if after is not None:
        key = _key_of(after)
        statement = statement.where(_order > key if queue.oldest_first else _order < key)
    if queue.oldest_first:
        return statement.order_by(item.c.sort_at, item.c.id).limit(limit)
    return statement.order_by(item.c.sort_at.desc(), item.c.id.desc()).limit(limit)


_ROWS = (
    select(
        item.c.id,
        item.c.version,
        item.c.state,
        item.c.sort_at,
        item.c.reasons,
        item.c.revision.label("newest"),
        item.c.approved_revision,
        revision.c.kind,
        revision.c.title,
        func.substr(revision.c.text, 1, BEGINNING).label("beginning"),
        revision.c.language,
        revision.c.direction,
        revision.c.published_at,
        revision.c.precision,
        revision.c.facts,
        source.c.name.label("source_name"),
        NETWORK,
    )
    .join(revision, (revision.c.item_id == item.c.id) & (revision.c.number == item.c.revision))
    .join(source, source.c.id == item.c.source_id)
)


def _row(row: Any) -> Row:
    is_edited = row.approved_revision is not None and row.approved_revision != row.newest
    return Row(
        id=row.id,
        version=row.version,
        state=State(row.state),
        kind=Kind(row.kind),
        title=row.title,
        beginning=row.beginning,
        author=Author(**row.facts["author"]),
        network=row.network,
        source=row.source_name,
        language=row.language,
        direction=row.direction,
        published_at=row.published_at,
        precision=Precision(row.precision),
        sort_at=row.sort_at,
        why=(*row.reasons, "edited") if is_edited else tuple(row.reasons),
        flags=frozenset(Flag(flag) for flag in row.facts["flags"]),
        warning=row.facts["warning"],
        pictures=len(row.facts["media"]),
    )
