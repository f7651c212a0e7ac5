"""Rows of subscribers as plain data, for the modules that the door `subscribers` is made of."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, select

from aggregator.store.models import subscriber


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who gets the mail, asked for it, or did once.

    Attributes:
        address: "" once it was erased.
        language, zone: "" where the campaign's own are meant.
        state: one of SUBSCRIBER_STATES.
        key: stands in the links of their mails.
        paused_until: None while paused: until they say otherwise.
        cause: how it ended, such as `one-click`, `bounce` or `complaint`.
        consent: how we know that they want it, in words.
        bounces: soft ones in a row.
    """

    id: int
    campaign: str
    address: str
    language: str
    zone: str
    state: str
    key: str
    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    cause: str
    paused_until: datetime | None
    origin: str
    consent: str
    form_version: str
    bounces: int


SEEN = tuple(subscriber.c[name] for name in Subscriber.__slots__)
"""The columns that a `Subscriber` is made of."""


def found_by(connection: Connection, *conditions: Any) -> Subscriber | None:
    """Give the one subscriber that meets the conditions; None when there is none."""
    row = connection.execute(select(*SEEN).where(*conditions)).mappings().one_or_none()
    return Subscriber(**row) if row else None


def by_name(connection: Connection, slug: str, name: str) -> Subscriber | None:
    """Give the subscriber whose address has this name (see `mail_names`); None when there is none."""
    return found_by(connection, subscriber.c.campaign == slug, subscriber.c.digest == name)


def by_key(connection: Connection, key: str) -> Subscriber | None:
    """Give the subscriber whose mails have this key in their links; None when there is none."""
    return found_by(connection, subscriber.c.key == key)


def new_key() -> str:
    return token_urlsafe(24)
