"""The door of outgoing mail of the program itself: to confirm an address, to editors, tests.

Unlike an issue, such a mail may come twice after a kill: that harms nobody, and none is lost. What it
says and whom it goes to is forgotten as soon as it left.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, and_, insert, or_, select, true, update

from aggregator.mail_address import compared
from aggregator.store.models import campaign, outgoing, person
from aggregator.store.upsert import insert_missing

Kind = Literal["confirm", "editors", "test"]

LEASE = timedelta(minutes=10)
"""A claimed mail that nobody said anything of for so long is sent by whoever claims it next."""
MOST_TRIES = 6
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
LASTS: Mapping[Kind, timedelta] = {
    "confirm": timedelta(hours=47),  # the link in it works for 48
    "editors": timedelta(days=3),
    "test": timedelta(hours=2),
}
"""A mail that could not be sent for so long is of no use any more."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One mail that may be sent now. `facts` is what its template is filled with, JSON's values."""

    id: int
    campaign: str
    kind: Kind
    address: str
    facts: Mapping[str, Any]
    put_at: datetime
    tries: int


def put(
    connection: Connection,
    slug: str,
    kind: Kind,
    address: str,
    facts: Mapping[str, Any],
    now: datetime,
) -> int:
    """Write down that a mail is to be sent soon, and give its number."""
    insert_missing(connection, campaign, [{"slug": slug, "created_at": now}])
    written = connection.execute(
        insert(outgoing).values(
            campaign=slug,
            kind=kind,
            address=address,
            facts=dict(facts),
            put_at=now,
            next_at=now,
            state="queued",
        )
    )
    return int((written.inserted_primary_key or (0,))[0])


def put_to_editors(connection: Connection, slug: str, facts: Mapping[str, Any], now: datetime) -> int:
    """Write one mail down for each address of editors and admins who may sign in; give how many."""
    asked = select(person.c.email).where(
        person.c.role.in_(["editor", "admin"]), person.c.is_active == true(), person.c.email != ""
    )
    addresses = {compared(address): address for address in connection.scalars(asked)}
    for _, address in sorted(addresses.items()):
        put(connection, slug, "editors", address, facts, now)
    return len(addresses)


def claim(connection: Connection, now: datetime, most: int = 20) -> tuple[Outgoing, ...]:
    """Take the mails that are due, the first first. The caller commits, then sends them."""
    _drop_stale(connection, now)
    abandoned = and_(outgoing.c.state == "claimed", outgoing.c.claimed_at <= now - LEASE)
    rows = connection.execute(
        select(outgoing)
        .where(or_(and_(outgoing.c.state == "queued", outgoing.c.next_at <= now), abandoned))
        .order_by(outgoing.c.put_at, outgoing.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        connection.execute(
            update(outgoing)
            .where(outgoing.c.id.in_([row.id for row in rows]))
            .values(state="claimed", claimed_at=now, tries=outgoing.c.tries + 1)
        )
    return tuple(
        Outgoing(row.id, row.campaign, row.kind, row.address, row.facts, row.put_at, row.tries + 1)
        for row in rows
    )


def fill(connection: Connection, outgoing_id: int, facts: Mapping[str, Any]) -> None:
    """Write down what a claimed mail is filled with, now that it is known."""
    connection.execute(update(outgoing).where(outgoing.c.id == outgoing_id).values(facts=dict(facts)))


def sent(connection: Connection, outgoing_id: int, now: datetime) -> None:
    """Note that a mail left; what it said and to whom is forgotten."""
    gone = {"state": "sent", "sent_at": now, **_EMPTIED}
    connection.execute(update(outgoing).where(outgoing.c.id == outgoing_id).values(**gone))


def failed(
    connection: Connection, outgoing_id: int, words: str, now: datetime, *, for_good: bool = False
) -> datetime | None:
    """Note that a mail did not leave, and give when it is tried again: later each time; None: never."""
    tries = connection.scalar(select(outgoing.c.tries).where(outgoing.c.id == outgoing_id)) or 0
    ours = update(outgoing).where(outgoing.c.id == outgoing_id)
    if for_good or tries >= MOST_TRIES:
        connection.execute(ours.values(state="failed", words=words[:500], **_EMPTIED))
        return None
    again = now + min(FIRST_PAUSE * (1 << max(tries - 1, 0)), LONGEST_PAUSE)
    connection.execute(ours.values(state="queued", next_at=again, words=words[:500]))
    return again


def waiting(connection: Connection, slug: str, kind: Kind) -> int:
    """Say how many mails of a kind wait or are at work."""
    ours = (outgoing.c.campaign == slug, outgoing.c.kind == kind)
    rows = connection.execute(
        select(outgoing.c.id).where(*ours, outgoing.c.state.in_(["queued", "claimed"]))
    )
    return len(rows.all())


_EMPTIED: dict[str, Any] = {"address": "", "facts": {}}


def _drop_stale(connection: Connection, now: datetime) -> None:
    for kind, lasts in LASTS.items():
        stale = (
            outgoing.c.kind == kind,
            outgoing.c.state != "sent",
            outgoing.c.state != "failed",
            outgoing.c.put_at < now - lasts,
        )
        connection.execute(
            update(outgoing).where(*stale).values(state="failed", words="too late", **_EMPTIED)
        )
