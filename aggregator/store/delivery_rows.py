"""Rows of deliveries as plain data: how many mails of an issue are in which state, and which.

Part of the door `deliveries`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from aggregator.store.mailings import DELIVERY_STATES
from aggregator.store.models import delivery, subscriber


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one mail; `address` is "" once its reader was erased."""

    id: int
    address: str
    state: str
    message_id: str
    language: str
    tries: int
    claimed_at: datetime | None
    at: datetime
    words: str
    settled_by: str


def tally(connection: Connection, issue_id: int) -> Mapping[str, int]:
    """Give how many mails of an issue are in each state, none left out."""
    rows = connection.execute(
        select(delivery.c.state, func.count().label("many"))
        .where(delivery.c.issue_id == issue_id)
        .group_by(delivery.c.state)
    )
    return {**dict.fromkeys(DELIVERY_STATES, 0), **{row.state: row.many for row in rows}}


def is_done(connection: Connection, issue_id: int) -> bool:
    """Say whether nothing of an issue waits or is at work any more."""
    busy = (delivery.c.issue_id == issue_id, delivery.c.state.in_(["queued", "claimed"]))
    return connection.execute(select(delivery.c.id).where(*busy).limit(1)).first() is None


def uncertain(connection: Connection, issue_id: int) -> tuple[Delivery, ...]:
    """Give the mails of an issue of which nobody can say whether they left."""
    return in_state(connection, issue_id, "uncertain")


def in_state(
    connection: Connection, issue_id: int, state: str, limit: int | None = None
) -> tuple[Delivery, ...]:
    """Give the mails of an issue that are in a state, in the order they were written down."""
    asked = _DELIVERIES.where(delivery.c.issue_id == issue_id, delivery.c.state == state)
    rows = connection.execute(asked.order_by(delivery.c.id).limit(limit))
    return tuple(Delivery(**row) for row in rows.mappings())


_DELIVERIES = select(
    subscriber.c.address,
    *(delivery.c[name] for name in Delivery.__slots__ if name != "address"),
).join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
