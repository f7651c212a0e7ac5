"""The door for visits to sources: what is due, who has taken it, how it went.

A source is claimed by a worker for a while (a lease). Whatever is stored for it must still hold the
claim, so a source never runs twice at once, and a dead worker's sources are taken up again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    tuple_,
    update,
)

from aggregator.errors import LostClaim, Outcome
from aggregator.store.models import campaign, run, skip, source
from aggregator.store.upsert import insert_missing

LEASE = timedelta(minutes=2)
"""How long a claim holds unless it is renewed; workers renew every half minute."""

FARTHEST = timedelta(hours=27)
"""No source waits longer than a day and its jitter: a due time beyond this: the clock was moved."""

SKIPS_KEPT = 200
"""How many skipped entries of one run are written down one by one; their count is always whole."""

WAITING_FOR_KEY = "waiting-for-key"
"""Why a source is paused whose secret is not set: the one pause that no person can end by asking."""

BY_PERSON = "by-person"
"""Why a source is paused that somebody paused: it rests until somebody lets it go on."""

# Statements of every visit are made once: to put one together costs more than to run it.
_IS_OURS = and_(source.c.id == bindparam("its_id"), source.c.claimed_by == bindparam("its_worker"))
_MOVE = update(source).where(_IS_OURS).values(mark=bindparam("its_mark"))
_GIVE_BACK = (
    update(source)
    .where(_IS_OURS)
    .values(
        claimed_by=None,
        claimed_until=None,
        due_at=bindparam("is_due_at"),
        not_before=bindparam("rests_until"),
        outcome=bindparam("ended_as"),
        error=bindparam("failed_by"),
        failures=bindparam("failed"),
        failing_since=bindparam("fails_since"),
        # Whoever pauses a source in the middle of a visit means it.
        paused=case((source.c.paused == BY_PERSON, BY_PERSON), else_=bindparam("is_paused")),
        visited_at=bindparam("was_visited"),
    )
)
_WRITE_RUN = insert(run)


@dataclass(frozen=True, slots=True)
class Declared:
    """One source of the configuration, as the store keeps it.

    Attributes:
        fingerprint: changes with the source's options.
        label: what readers see as where its posts stand; "": the host.
        paused: a code when it cannot be visited at all, such as `waiting-for-key`.
    """

    campaign: str
    name: str
    kind: str
    host: str
    fingerprint: str
    paused: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A source taken by a worker, with the mark to resume from and its history of failures."""

    source_id: int
    campaign: str
    name: str
    worker: str
    mark: Mapping[str, Any]
    failures: int
    failing_since: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How one visit went.

    Attributes:
        due_at: aware UTC, when to look again.
        not_before: aware UTC, the server's own wish; holds even when a person asks.
        paused: a code such as `gone`; a paused source waits until a person wakes it.
        skipped: (reason, what) of everything that was not taken.
    """

    outcome: Outcome
    started_at: datetime
    ended_at: datetime
    due_at: datetime
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: Sequence[tuple[str, str]] = ()
    error: str = ""
    detail: str = ""
    not_before: datetime | None = None
    whole_host: bool = False
    paused: str = ""


def fingerprint(*parts: str) -> str:
    return sha256("\x00".join(parts).encode()).hexdigest()


def declare(
    connection: Connection, slugs: Sequence[str], declared: Sequence[Declared], now: datetime
) -> None:
    """Bring campaigns and sources of the configuration into the store.

    A source that left the configuration becomes inactive and keeps its history. One whose options
    changed is due at once and is awake again.
    """
    there = set(connection.scalars(select(campaign.c.slug)))
    fresh = [{"slug": slug, "created_at": now} for slug in slugs if slug not in there]
    insert_missing(connection, campaign, fresh)
    known = {
        (row.campaign, row.name): row
        for row in connection.execute(
            select(
                source.c.id,
                source.c.campaign,
                source.c.name,
                source.c.fingerprint,
                source.c.is_active,
                source.c.label,
            )
        )
    }
    for one in declared:
        row = known.pop((one.campaign, one.name), None)
        if row is None:
            insert_missing(connection, source, [{**_new_source(one), "mark": {}, "due_at": now}])
        elif row.fingerprint != one.fingerprint or not row.is_active:
            connection.execute(
                update(source)
                .where(source.c.id == row.id)
                .values(**_new_source(one), is_active=True, due_at=now, failures=0)
            )
        elif row.label != one.label:
            connection.execute(update(source).where(source.c.id == row.id).values(label=one.label))
    left = [row.id for row in known.values() if row.is_active]
    if left:
        connection.execute(update(source).where(source.c.id.in_(left)).values(is_active=False))


def _new_source(one: Declared) -> dict[str, Any]:
    return {
        "campaign": one.campaign,
        "name": one.name,
        "kind": one.kind,
        "host": one.host,
        "label": one.label,
        "fingerprint": one.fingerprint,
        "paused": one.paused,
    }


def claim(
    connection: Connection,
    worker: str,
    now: datetime,
    *,
    limit: int,
    named: Sequence[tuple[str, str]] | None = None,
) -> list[Claim]:
    """Take sources that are due, or the named ones (campaign, name); longest waiting first.

    A server's own wish for patience is obeyed in both cases, and without its key no source can be asked.
    A claim left behind by a dead worker is written down as an interrupted run and taken over.
    """
    impatient = or_(source.c.due_at <= now, source.c.due_at > now + FARTHEST)
    is_due = and_(impatient, source.c.paused == "")
    is_named = tuple_(source.c.campaign, source.c.name).in_(named or [])
    wanted = is_due if named is None else and_(is_named, source.c.paused != WAITING_FOR_KEY)
    rows = connection.execute(
        select(source)
        .where(source.c.is_active == true(), wanted, _is_allowed(now), _is_free(now))
        .order_by(source.c.due_at, source.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    _write_interrupted(connection, rows, now)
    if rows:
        connection.execute(
            update(source)
            .where(source.c.id.in_([row.id for row in rows]))
            .values(claimed_by=worker, claimed_until=now + LEASE)
        )
    return [
        Claim(
            row.id,
            row.campaign,
            row.name,
            worker,
            row.mark,
            row.failures,
            row.failing_since,
            row.error,
        )
        for row in rows
    ]


def _is_allowed(now: datetime) -> Any:
    wish = source.c.not_before
    return or_(wish.is_(None), wish <= now, wish > now + FARTHEST)


def _is_free(now: datetime) -> Any:
    until = source.c.claimed_until
    return or_(until.is_(None), until <= now, until > now + 2 * LEASE)


def _write_interrupted(connection: Connection, rows: Sequence[Any], now: datetime) -> None:
    broken_off = [
        {
            "source_id": row.id,
            "started_at": row.claimed_until - LEASE,
            "ended_at": now,
            "outcome": "soft-failure",
            "error": "interrupted",
            "detail": f"the worker {row.claimed_by} ended in the middle",
        }
        for row in rows
        if row.claimed_by is not None
    ]
    if broken_off:
        connection.execute(insert(run), broken_off)


def renew(connection: Connection, worker: str, now: datetime) -> None:
    """Hold every claim of this worker for another lease."""
    connection.execute(
        update(source).where(source.c.claimed_by == worker).values(claimed_until=now + LEASE)
    )


def release(connection: Connection, worker: str) -> None:
    """Give back what this worker holds: it is stopping."""
    connection.execute(
        update(source).where(source.c.claimed_by == worker).values(claimed_by=None, claimed_until=None)
    )


def claimants(connection: Connection) -> list[str]:
    """Give the workers that hold a source."""
    held = select(source.c.claimed_by).where(source.c.claimed_by.is_not(None)).distinct()
    return list(connection.scalars(held))


def give_up(connection: Connection, dead: Sequence[str], now: datetime) -> None:
    """Let the claims of dead workers end now; whoever claims next writes the interruption down."""
    connection.execute(update(source).where(source.c.claimed_by.in_(dead)).values(claimed_until=now))


def advance(connection: Connection, claimed: Claim, mark: Mapping[str, Any]) -> None:
    """Move the mark, in the transaction that stores what lies before it.

    Raises:
        LostClaim: another worker has the source now; nothing may be stored.
    """
    moved = connection.execute(_MOVE, {**_claimed(claimed), "its_mark": dict(mark)})
    if moved.rowcount != 1:
        raise LostClaim(f"{claimed.name} belongs to another worker now")


def must_hold(connection: Connection, claimed: Claim) -> None:
    """Make sure that a source is still this worker's.

    Raises:
        LostClaim: another worker has it now; nothing may be stored.
    """
    ours = select(source.c.id).where(
        source.c.id == claimed.source_id, source.c.claimed_by == claimed.worker
    )
    if connection.execute(ours).first() is None:
        raise LostClaim(f"{claimed.name} belongs to another worker now")


def _claimed(claimed: Claim) -> dict[str, Any]:
    return {"its_id": claimed.source_id, "its_worker": claimed.worker}


def finish(connection: Connection, claimed: Claim, ending: Ending) -> None:
    """Write the run down, with everything that was skipped, and give the source back.

    Raises:
        LostClaim: another worker has the source now.
    """
    has_failed = ending.outcome in ("soft-failure", "hard-failure", "gone")
    given_back = connection.execute(
        _GIVE_BACK,
        {
            **_claimed(claimed),
            "is_due_at": ending.due_at,
            "rests_until": ending.not_before,
            "ended_as": ending.outcome,
            "failed_by": ending.error,
            "failed": claimed.failures + 1 if has_failed else 0,
            "fails_since": (claimed.failing_since or ending.started_at) if has_failed else None,
            "is_paused": ending.paused,
            "was_visited": ending.ended_at,
        },
    )
    if given_back.rowcount != 1:
        raise LostClaim(f"{claimed.name} belongs to another worker now")
    if ending.whole_host and ending.not_before is not None:
        _ask_host_for_patience(connection, claimed, ending.not_before)
    _write_run(connection, claimed, ending)


def _ask_host_for_patience(connection: Connection, claimed: Claim, until: datetime) -> None:
    host = select(source.c.host).where(source.c.id == claimed.source_id).scalar_subquery()
    connection.execute(
        update(source).where(source.c.host == host, source.c.host != "").values(not_before=until)
    )


def _write_run(connection: Connection, claimed: Claim, ending: Ending) -> None:
    written = connection.execute(
        _WRITE_RUN,
        {
            "source_id": claimed.source_id,
            "started_at": ending.started_at,
            "ended_at": ending.ended_at,
            "outcome": ending.outcome,
            "new": ending.new,
            "changed": ending.changed,
            "unchanged": ending.unchanged,
            "skipped": len(ending.skipped),
            "error": ending.error,
            "detail": ending.detail[:500],
        },
    )
    number = (written.inserted_primary_key or (None,))[0]
    rows = [
        {"run_id": number, "reason": reason[:40], "what": what[:300]}
        for reason, what in ending.skipped[:SKIPS_KEPT]
    ]
    if rows:
        connection.execute(insert(skip), rows)


def patience(connection: Connection, slug: str, name: str, now: datetime) -> datetime | None:
    """Say until when a source's server asked to be left alone; None when it may be asked."""
    wish = connection.scalar(
        select(source.c.not_before).where(
            source.c.campaign == slug, source.c.name == name, source.c.is_active == true()
        )
    )
    return wish if wish is not None and now < wish <= now + FARTHEST else None


def next_due(connection: Connection) -> datetime | None:
    """Say when the next source is due; None when there is none."""
    due: datetime | None = connection.scalar(
        select(func.min(source.c.due_at)).where(
            source.c.is_active == true(), source.c.paused == "", source.c.claimed_by.is_(None)
        )
    )
    return due


def tidy(connection: Connection, before: datetime) -> int:
    """Forget runs that ended before a moment, but each source's last one; give how many."""
    last = select(func.max(run.c.id)).group_by(run.c.source_id)
    old = select(run.c.id).where(run.c.ended_at < before, run.c.id.not_in(last))
    connection.execute(delete(skip).where(skip.c.run_id.in_(old)))
    return connection.execute(delete(run).where(run.c.id.in_(old))).rowcount
