"""The door through which moderation reads items: lists by state, and the queue of what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, tuple_

from aggregator.item import Item, State
from aggregator.store.content import CONTENT, from_revision
from aggregator.store.models import item, revision, source


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
    statement = (
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
            source.c.host,
            *CONTENT,
        )
        .join(revision, (revision.c.item_id == item.c.id) & (revision.c.number == item.c.revision))
        .join(source, source.c.id == item.c.source_id)
        .where(*conditions)
        .order_by(item.c.sort_at.desc(), item.c.id.desc())
    )
    rows = connection.execute(statement.limit(limit) if limit else statement)
    return [_listed(row) for row in rows]


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
        network=row.host,
        item=from_revision(row),
        reasons=tuple(row.reasons),
        is_changed=is_edited and row.state == State.APPROVED,
        is_edited=is_edited,
        first_seen_at=row.first_seen_at,
    )


def exists(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Give those of these ids that are items."""
    return set(connection.scalars(select(item.c.id).where(item.c.id.in_(ids))))
