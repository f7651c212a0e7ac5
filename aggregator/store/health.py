"""The door through which people see how sources fare, and steer them: collect soon, rest, go on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, true, update

from aggregator.store.models import run, sighting, skip, source
from aggregator.store.runs import BY_PERSON, WAITING_FOR_KEY

# Whoever hastens a source wants to know whether its server asked for patience.
from aggregator.store.runs import patience as patience


@dataclass(frozen=True, slots=True)
class Health:
    """How a source fares, for people.

    Attributes:
        is_visited: a worker is at it now.
    """

    campaign: str
    name: str
    kind: str
    host: str
    is_active: bool
    outcome: str
    error: str
    failures: int
    paused: str
    visited_at: datetime | None
    due_at: datetime
    not_before: datetime | None
    failing_since: datetime | None = None
    is_visited: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit that ended, for people.

    Attributes:
        skipped: how many entries were not taken; `skips` holds the first of them as (reason, what).
    """

    started_at: datetime
    ended_at: datetime
    outcome: str
    new: int
    changed: int
    unchanged: int
    skipped: int
    error: str
    detail: str
    skips: tuple[tuple[str, str], ...]


def health(connection: Connection) -> list[Health]:
    """Give every active source with how it fares, by campaign and name."""
    rows = connection.execute(
        select(source).where(source.c.is_active == true()).order_by(source.c.campaign, source.c.name)
    )
    return [
        Health(
            row.campaign,
            row.name,
            row.kind,
            row.host,
            row.is_active,
            row.outcome,
            row.error,
            row.failures,
            row.paused,
            row.visited_at,
            row.due_at,
            row.not_before,
            row.failing_since,
            row.claimed_by is not None,
        )
        for row in rows
    ]


def has_brought(connection: Connection, slug: str, name: str) -> bool:
    """Say whether a source ever brought a post."""
    found = (
        select(sighting.c.item_id)
        .join(source, source.c.id == sighting.c.source_id)
        .where(source.c.campaign == slug, source.c.name == name)
    )
    return connection.scalar(found.limit(1)) is not None


def recent(connection: Connection, slug: str, name: str, limit: int = 5) -> tuple[Visit, ...]:
    """Give the last visits to a source, newest first, with what was skipped."""
    rows = connection.execute(
        select(run)
        .join(source, source.c.id == run.c.source_id)
        .where(*_is_named(slug, name))
        .order_by(run.c.id.desc())
        .limit(limit)
    ).all()
    skips: dict[int, list[tuple[str, str]]] = {row.id: [] for row in rows}
    for one in connection.execute(
        select(skip).where(skip.c.run_id.in_(list(skips))).order_by(skip.c.id)
    ):
        skips[one.run_id].append((one.reason, one.what))
    return tuple(
        Visit(
            row.started_at,
            row.ended_at,
            row.outcome,
            row.new,
            row.changed,
            row.unchanged,
            row.skipped,
            row.error,
            row.detail,
            tuple(skips[row.id]),
        )
        for row in rows
    )


def hasten(connection: Connection, slug: str, name: str, now: datetime) -> bool:
    """Collect soon, and wake the source if it is paused. The server's own wish still holds.

    Returns:
        False when there is no such source, or when it cannot be asked because its key is not set.
    """
    woken = connection.execute(
        update(source)
        .where(*_is_named(slug, name), source.c.paused != WAITING_FOR_KEY)
        .values(due_at=now, paused="")
    )
    return woken.rowcount == 1


def pause_by_person(connection: Connection, slug: str, name: str) -> bool:
    """Let a source rest until somebody wakes it; False when there is none, or its key is not set."""
    paused = connection.execute(
        update(source)
        .where(*_is_named(slug, name), source.c.paused != WAITING_FOR_KEY)
        .values(paused=BY_PERSON)
    )
    return paused.rowcount == 1


def wake(connection: Connection, slug: str, name: str, now: datetime) -> bool:
    """Let a paused source go on, now; False when it does not rest, or waits for its key."""
    rests = source.c.paused.not_in(("", WAITING_FOR_KEY))
    woken = connection.execute(
        update(source).where(*_is_named(slug, name), rests).values(due_at=now, paused="")
    )
    return woken.rowcount == 1


def _is_named(slug: str, name: str) -> tuple[Any, ...]:
    return source.c.campaign == slug, source.c.name == name, source.c.is_active == true()
