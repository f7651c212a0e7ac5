"""The door through which moderation opens one item: all that a person needs to decide on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, false, func, or_, select

from aggregator.item import Action, Engagement, Item, State
from aggregator.store.content import CONTENT, from_revision
from aggregator.store.models import (
    amendment,
    decision,
    decision_words,
    engagement,
    item,
    revision,
    sighting,
    slot,
    source,
)
from aggregator.store.queue import Listed, listed_of

COUNTED = 1000
"""How many posts of one author are looked at to say how they fared before."""

LOOKED_BACK = 50_000
"""How many decisions back somebody's own last one is looked for."""


@dataclass(frozen=True, slots=True)
class Event:
    """One decision of an item's history.

    Attributes:
        who: a name for people; "" when it was erased or never was.
        version: the item's when it was decided; the decision made it one higher.
        is_undone: a later decision took it back.
    """

    number: int
    item: str
    version: int
    at: datetime
    action: Action
    actor: str
    who: str
    reason: str
    note: str
    revision: int
    state_before: State
    state_after: State
    undoes: int | None
    is_undone: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """One revision: what the post said since `seen_at`."""

    number: int
    seen_at: datetime
    item: Item


@dataclass(frozen=True, slots=True)
class Seen:
    """Where an item was seen, and when first."""

    source: str
    host: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """How an author's other posts fared, at most COUNTED of them.

    Attributes:
        library: what a moderator last wrote as the library of one of them; "" when nobody did.
    """

    shown: int = 0
    not_shown: int = 0
    waiting: int = 0
    library: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """One item as a person looks at it.

    Attributes:
        listed: with its newest wording.
        approved: the wording that was approved, when the newest is another one.
        revision: the number of the newest wording; `approved_revision` that of the approved.
        words: what moderators wrote for it, field → words, later ones over earlier ones.
        is_featured: it has a featured place now.
        history: oldest first.
    """

    listed: Listed
    revision: int
    approved_revision: int | None
    approved: Item | None
    words: dict[str, str]
    is_featured: bool
    shown_since: datetime | None
    engagement: Engagement | None
    seen: tuple[Seen, ...]
    past: Past
    history: tuple[Event, ...]


def opened(connection: Connection, slug: str, item_id: str, now: datetime) -> Opened | None:
    """Give one item of a campaign with its history; None when there is none."""
    listed = listed_of(connection, slug, item_id)
    if listed is None:
        return None
    row = connection.execute(
        select(item.c.revision, item.c.approved_revision, item.c.author_key, item.c.shown_since).where(
            item.c.id == item_id
        )
    ).one()
    return Opened(
        listed=listed,
        revision=row.revision,
        approved_revision=row.approved_revision,
        approved=wording(connection, item_id, row.approved_revision) if listed.is_edited else None,
        words=_words(connection, item_id),
        is_featured=_is_featured(connection, item_id, now),
        shown_since=row.shown_since,
        engagement=_engagement(connection, item_id),
        seen=_seen(connection, item_id),
        past=_past(connection, slug, row.author_key, item_id),
        history=history(connection, item_id),
    )


def wording(connection: Connection, item_id: str, number: int) -> Item | None:
    """Give what an item said at one revision."""
    row = connection.execute(
        select(*CONTENT).where(revision.c.item_id == item_id, revision.c.number == number)
    ).one_or_none()
    return from_revision(row) if row else None


def wordings(connection: Connection, item_id: str, limit: int = 20) -> tuple[Wording, ...]:
    """Give what an item said over time, newest first."""
    rows = connection.execute(
        select(revision.c.number, revision.c.seen_at, *CONTENT)
        .where(revision.c.item_id == item_id)
        .order_by(revision.c.number.desc())
        .limit(limit)
    )
    return tuple(Wording(row.number, row.seen_at, from_revision(row)) for row in rows)


def history(connection: Connection, item_id: str) -> tuple[Event, ...]:
    """Give every decision on an item, oldest first."""
    rows = connection.execute(_EVENTS.where(decision.c.item_id == item_id).order_by(decision.c.number))
    return tuple(_event(row) for row in rows)


def decision_of(connection: Connection, slug: str, number: int) -> tuple[Event, ...]:
    """Give a decision, with the one it was made together with: to feature a post approves it first."""
    own = _EVENTS.where(decision.c.campaign == slug)
    row = connection.execute(own.where(decision.c.number == number)).one_or_none()
    if row is None:
        return ()
    last = _event(row)
    if last.action is not Action.FEATURE:
        return (last,)
    before = connection.execute(own.where(decision.c.number == number - 1)).one_or_none()
    first = _event(before) if before is not None else None
    is_one_click = first is not None and _is_together(first, last)
    return (first, last) if first is not None and is_one_click else (last,)


def last_by(connection: Connection, slug: str, who: str) -> int | None:
    """Give the number of a person's last decision that still stands; None when there is none."""
    undone = select(decision.c.undoes).where(decision.c.campaign == slug, decision.c.undoes.is_not(None))
    newest = select(func.max(decision.c.number)).where(decision.c.campaign == slug).scalar_subquery()
    number: int | None = connection.scalar(
        select(decision.c.number)
        .join(decision_words, _SAME)
        .where(
            decision.c.campaign == slug,
            decision.c.number > newest - LOOKED_BACK,
            decision.c.actor == "person",
            decision.c.action != Action.UNDO,
            decision_words.c.who == who,
            decision.c.number.not_in(undone),
        )
        .order_by(decision.c.number.desc())
        .limit(1)
    )
    return number


def last_standing(events: tuple[Event, ...]) -> Event | None:
    """Give the last of an item's decisions that nobody took back: what undoing it would undo."""
    standing = (event for event in reversed(events) if event.action is not Action.UNDO)
    return next((event for event in standing if not event.is_undone), None)


def _is_together(first: Event, last: Event) -> bool:
    return (first.item, first.at, first.who, first.action) == (
        last.item,
        last.at,
        last.who,
        Action.APPROVE,
    )


_SAME = (decision_words.c.campaign == decision.c.campaign) & (
    decision_words.c.number == decision.c.number
)


_LATER = decision.alias("later")
# Made once: to put it together costs more than to run it.
_EVENTS = (
    select(decision, decision_words.c.who, decision_words.c.note, _LATER.c.number.label("undone_by"))
    .join(decision_words, _SAME)
    .outerjoin(
        _LATER, (_LATER.c.campaign == decision.c.campaign) & (_LATER.c.undoes == decision.c.number)
    )
)


def _event(row: Any) -> Event:
    return Event(
        number=row.number,
        item=row.item_id,
        version=row.item_version,
        at=row.at,
        action=Action(row.action),
        actor=row.actor,
        who=row.who,
        reason=row.reason,
        note=row.note,
        revision=row.revision,
        state_before=State(row.state_before),
        state_after=State(row.state_after),
        undoes=row.undoes,
        is_undone=row.undone_by is not None,
    )


def _words(connection: Connection, item_id: str) -> dict[str, str]:
    rows = connection.execute(
        select(amendment)
        .where(amendment.c.item_id == item_id, amendment.c.is_undone == false())
        .order_by(amendment.c.decision)
    )
    return {row.field: row.value for row in rows}


def _is_featured(connection: Connection, item_id: str, now: datetime) -> bool:
    place = select(slot.c.decision).where(
        slot.c.item_id == item_id,
        slot.c.ended_by.is_(None),
        or_(slot.c.until_at.is_(None), slot.c.until_at > now),
    )
    # By its own index the table is small: one row for each time that something was featured.
    return connection.scalar(place.limit(1)) is not None


def _engagement(connection: Connection, item_id: str) -> Engagement | None:
    row = connection.execute(select(engagement).where(engagement.c.item_id == item_id)).one_or_none()
    return Engagement(row.likes, row.shares, row.replies) if row else None


def _seen(connection: Connection, item_id: str) -> tuple[Seen, ...]:
    rows = connection.execute(
        select(source.c.name, source.c.host, sighting.c.first_seen_at)
        .join(source, source.c.id == sighting.c.source_id)
        .where(sighting.c.item_id == item_id)
        .order_by(sighting.c.first_seen_at, source.c.name)
    )
    return tuple(Seen(row.name, row.host, row.first_seen_at) for row in rows)


def _past(connection: Connection, slug: str, author_key: str, item_id: str) -> Past:
    """Say how an author's other posts fared. Without an author there is no past."""
    if not author_key:
        return Past()
    others = (
        select(item.c.id, item.c.state)
        .where(item.c.campaign == slug, item.c.author_key == author_key, item.c.id != item_id)
        .limit(COUNTED)
        .subquery()
    )
    counts: dict[str, int] = {
        row.state: row.number
        for row in connection.execute(
            select(others.c.state, func.count().label("number")).group_by(others.c.state)
        )
    }
    library: str | None = connection.scalar(
        select(amendment.c.value)
        .join(others, others.c.id == amendment.c.item_id)
        .where(amendment.c.field == "library", amendment.c.is_undone == false())
        .order_by(amendment.c.decision.desc())
        .limit(1)
    )
    return Past(
        shown=counts.get(State.APPROVED, 0),
        not_shown=counts.get(State.REJECTED, 0) + counts.get(State.TAKEN_DOWN, 0),
        waiting=counts.get(State.PENDING, 0) + counts.get(State.HELD, 0),
        library=library or "",
    )
