"""The door of errands: questions that the public side asks and only the work side may answer.

No page speaks to the network: what needs it is written down here under a token that nobody can guess.
A worker claims it for a while, and whoever knows the token reads the answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from aggregator.errors import TooManyErrands
from aggregator.store.models import errand

MOST_OPEN = 20
"""How many errands of one campaign may wait at once."""

LEASE = timedelta(minutes=2)
"""How long an errand belongs to the worker that claimed it; after that, to whoever claims it next."""

MOST_TRIES = 3
"""An errand that ended so many workers is left alone."""

KEPT = timedelta(days=7)
"""How long an answer can be read."""

GIVEN_UP_AFTER = timedelta(hours=1)
"""Nobody waits longer for an answer: what is older is forgotten, and makes place for others."""


@dataclass(frozen=True, slots=True)
class Errand:
    """A question, and its answer as soon as there is one.

    Attributes:
        kind: what sort of question, such as `check-page`.
        question, answer: JSON's values; the answer is empty until `answered_at`.
    """

    token: str
    campaign: str
    kind: str
    question: Mapping[str, Any]
    asked_at: datetime
    answered_at: datetime | None
    answer: Mapping[str, Any]


def ask(connection: Connection, slug: str, kind: str, question: Mapping[str, Any], now: datetime) -> str:
    """Write a question down and give its token: 32 characters that may stand in an address.

    Raises:
        TooManyErrands: of this campaign so many wait already.
    """
    _forget(connection, now)
    is_open = (errand.c.campaign == slug, errand.c.answered_at.is_(None))
    waiting = connection.scalars(select(func.count()).select_from(errand).where(*is_open)).one()
    if waiting >= MOST_OPEN:
        raise TooManyErrands(f"{waiting} errands of {slug} wait for an answer")
    token = token_urlsafe(24)
    connection.execute(
        insert(errand).values(
            token=token, campaign=slug, kind=kind, question=dict(question), asked_at=now, answer={}
        )
    )
    return token


def _forget(connection: Connection, now: datetime) -> None:
    is_old = errand.c.answered_at < now - KEPT
    is_in_vain = errand.c.answered_at.is_(None) & (errand.c.asked_at < now - GIVEN_UP_AFTER)
    connection.execute(delete(errand).where(or_(is_old, is_in_vain)))


def answer_of(connection: Connection, token: str) -> Errand | None:
    """Give the errand of a token, answered or not; None when there is none, or none any more."""
    row = connection.execute(select(errand).where(errand.c.token == token)).one_or_none()
    return _errand(row) if row else None


def claim(connection: Connection, now: datetime) -> Errand | None:
    """Take the errand that has waited longest and that nobody has at work; None when there is none."""
    until = errand.c.claimed_until
    row = connection.execute(
        select(errand)
        .where(
            errand.c.answered_at.is_(None),
            errand.c.tries < MOST_TRIES,
            errand.c.asked_at >= now - GIVEN_UP_AFTER,
            # A claim that ends much too late was made by a clock that was set back since.
            or_(until.is_(None), until <= now, until > now + 2 * LEASE),
        )
        .order_by(errand.c.asked_at, errand.c.token)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    taken = {"claimed_until": now + LEASE, "tries": row.tries + 1}
    connection.execute(update(errand).where(errand.c.token == row.token).values(**taken))
    return _errand(row)


def settle(connection: Connection, token: str, answer: Mapping[str, Any], now: datetime) -> None:
    """Write an answer down. The first one stands; to a question that is forgotten there is none."""
    connection.execute(
        update(errand)
        .where(errand.c.token == token, errand.c.answered_at.is_(None))
        .values(answer=dict(answer), answered_at=now, claimed_until=None)
    )


def _errand(row: Any) -> Errand:
    return Errand(
        token=row.token,
        campaign=row.campaign,
        kind=row.kind,
        question=row.question,
        asked_at=row.asked_at,
        answered_at=row.answered_at,
        answer=row.answer,
    )
