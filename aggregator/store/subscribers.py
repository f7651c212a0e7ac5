"""The door of subscribers: who gets the weekly mail, and how they came, changed and left.

Addresses are compared by names made with a key of the campaign's own (`mail_names`); so an erased
address is known again when somebody imports it, and cannot be read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Literal

from sqlalchemy import Connection, and_, delete, func, insert, or_, select, update

from aggregator.mail_address import compared, domain_of, readable
from aggregator.store import mail_names
from aggregator.store.mail_names import ERASED, Names
from aggregator.store.mailings import SUBSCRIBER_STATES as SUBSCRIBER_STATES
from aggregator.store.models import delivery, opt_in, outgoing, subscriber
from aggregator.store.opting_in import TOKEN_LASTS as TOKEN_LASTS
from aggregator.store.opting_in import Asked as Asked
from aggregator.store.opting_in import answer as answer
from aggregator.store.opting_in import by_token as by_token
from aggregator.store.opting_in import confirm as confirm
from aggregator.store.opting_in import is_wish as is_wish
from aggregator.store.opting_in import wish as wish
from aggregator.store.subscriber_rows import SEEN, by_name, new_key
from aggregator.store.subscriber_rows import Subscriber as Subscriber
from aggregator.store.subscriber_rows import by_key as by_key

UNCONFIRMED_KEPT = timedelta(days=7)
"""After its link has run out, an address that nobody confirmed is forgotten."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an import."""

    address: str
    language: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Brought:
    """What an import came to: `unreadable` are the addresses that are none, as they were written."""

    added: int
    already: int
    left: int
    suppressed: int
    unreadable: tuple[str, ...] = ()


def prefer(
    connection: Connection, key: str, language: str, zone: str, paused_until: datetime | None
) -> Subscriber | None:
    """Write a subscriber's own wishes; None when the key is nobody's who gets the mail.

    Args:
        paused_until: aware UTC; None: no pause, or its end.
    """
    wanted = {
        "language": language,
        "zone": zone,
        "paused_until": paused_until,
        "state": "paused" if paused_until else "confirmed",
    }
    gets_it = (subscriber.c.key == key, subscriber.c.state.in_(["confirmed", "paused"]))
    done = connection.execute(update(subscriber).where(*gets_it).values(**wanted))
    return by_key(connection, key) if done.rowcount else None


def unsubscribe(connection: Connection, key: str, cause: str, now: datetime) -> Subscriber | None:
    """Send somebody nothing more, from the next message on. Twice is once; None: the key is nobody's."""
    ended = {"state": "unsubscribed", "ended_at": now, "cause": cause, "paused_until": None}
    spent = {"token_digest": "", "token_until": None}
    gets_it = (subscriber.c.key == key, subscriber.c.state.in_(["asked", "confirmed", "paused"]))
    connection.execute(update(subscriber).where(*gets_it).values(**ended, **spent))
    return by_key(connection, key)


def bring_in(
    connection: Connection, slug: str, rows: Sequence[Row], consent: str, by: str, now: datetime
) -> Brought:
    """Import people who agreed elsewhere. Who left, or must never be mailed, stays away.

    Args:
        consent: how they agreed, in the importer's words; kept with each of them.
        by: who imported.
    """
    names = Names(connection, slug, now)
    brought, unreadable = Brought(0, 0, 0, 0), []
    for written in rows:
        address = readable(written.address)
        if not address:
            unreadable.append(written.address)
            continue
        row = replace(written, address=address)
        name = names.of_address(address)
        what = _bring_one(connection, slug, name, row, f"{consent} ({by})", now)
        brought = replace(brought, **{what: getattr(brought, what) + 1})
    return replace(brought, unreadable=tuple(unreadable))


def _bring_one(
    connection: Connection, slug: str, name: str, row: Row, consent: str, now: datetime
) -> Literal["added", "already", "left", "suppressed"]:
    if mail_names.reason(connection, slug, name):
        return "suppressed"
    found = by_name(connection, slug, name)
    if found and found.state in ("confirmed", "paused"):
        return "already"
    # Anybody may have asked for somebody who had left: only their own confirming takes that back.
    if found and (found.state != "asked" or found.ended_at is not None):
        return "left"
    brought = {
        "address": row.address,
        "domain": domain_of(row.address),
        "language": row.language,
        "zone": row.zone,
        "state": "confirmed",
        "asked_at": now,
        "confirmed_at": now,
        "token_digest": "",
        "token_until": None,
        "origin": "import",
        "consent": consent[:500],
    }
    if found:
        connection.execute(update(subscriber).where(subscriber.c.id == found.id).values(**brought))
    else:
        connection.execute(
            insert(subscriber).values(campaign=slug, digest=name, key=new_key(), **brought)
        )
    return "added"


def all_of(
    connection: Connection,
    slug: str,
    *,
    state: str = "",
    words: str = "",
    after: int = 0,
    limit: int | None = None,
) -> tuple[Subscriber, ...]:
    """Give subscribers in the order they came, without those who were erased.

    Args:
        state: only those in it; "": in any.
        words: a part of the address.
        after: the id of the last one of the page before.
    """
    asked = select(*SEEN).where(
        subscriber.c.campaign == slug, subscriber.c.id > after, subscriber.c.address != ""
    )
    if state:
        asked = asked.where(subscriber.c.state == state)
    if words:
        asked = asked.where(subscriber.c.address.icontains(words, autoescape=True))
    rows = connection.execute(asked.order_by(subscriber.c.id).limit(limit))
    return tuple(Subscriber(**row) for row in rows.mappings())


def erase(connection: Connection, slug: str, address: str, now: datetime) -> bool:
    """Forget an address and all that stands with it; False when nothing was known of it.

    A digest stays, so that no import brings it back. Whoever it belongs to may subscribe again.
    """
    name = Names(connection, slug, now).of_address(address)
    waiting = delete(outgoing).where(
        outgoing.c.campaign == slug, func.lower(outgoing.c.address) == compared(address)
    )
    was_written_to = connection.execute(waiting).rowcount > 0
    connection.execute(delete(opt_in).where(opt_in.c.campaign == slug, opt_in.c.digest == name))
    mail_names.suppress(connection, slug, name, ERASED, now)
    found = by_name(connection, slug, name)
    if found is None:
        return was_written_to
    connection.execute(
        update(subscriber)
        .where(subscriber.c.id == found.id)
        .values(
            address="",
            domain="",
            digest=token_hex(32),
            language="",
            zone="",
            state="unsubscribed",
            key=new_key(),
            token_digest="",
            token_until=None,
            ended_at=found.ended_at or now,
            cause=found.cause or "erased",
            consent="",
            network_digest="",
            network_until=None,
        )
    )
    # What another mail server answered may name the address.
    connection.execute(update(delivery).where(delivery.c.subscriber_id == found.id).values(words=""))
    return True


def suppress(connection: Connection, slug: str, address: str, reason: str, now: datetime) -> None:
    """Never mail this address again, whoever asks or imports it.

    Args:
        reason: `bounce`, `complaint` or `person`.
    """
    name = Names(connection, slug, now).of_address(address)
    mail_names.suppress(connection, slug, name, reason, now)
    connection.execute(
        update(subscriber)
        .where(subscriber.c.campaign == slug, subscriber.c.digest == name)
        .values(state="suppressed", ended_at=now, cause=reason, paused_until=None)
    )


def release(connection: Connection, slug: str, address: str, now: datetime) -> bool:
    """Let an address subscribe again; False when it was not suppressed. It is mailed nothing by this."""
    name = Names(connection, slug, now).of_address(address)
    done = mail_names.release(connection, slug, name)
    again = (
        subscriber.c.campaign == slug,
        subscriber.c.digest == name,
        subscriber.c.state == "suppressed",
    )
    connection.execute(update(subscriber).where(*again).values(state="unsubscribed", bounces=0))
    return done


def counts(connection: Connection, slug: str) -> Mapping[str, int]:
    """Give how many subscribers are in each state, none left out, erased ones not counted."""
    rows = connection.execute(
        select(subscriber.c.state, func.count().label("many"))
        .where(subscriber.c.campaign == slug, subscriber.c.address != "")
        .group_by(subscriber.c.state)
    )
    return {**dict.fromkeys(SUBSCRIBER_STATES, 0), **{row.state: row.many for row in rows}}


def left_between(connection: Connection, slug: str, since: datetime, until: datetime | None) -> int:
    """Say how many unsubscribed themselves from `since` on and before `until` (None: till now)."""
    asked = select(func.count()).where(
        subscriber.c.campaign == slug,
        subscriber.c.state == "unsubscribed",
        subscriber.c.ended_at >= since,
    )
    if until is not None:
        asked = asked.where(subscriber.c.ended_at < until)
    return connection.scalar(asked) or 0


def zones(connection: Connection, slug: str) -> frozenset[str]:
    """Give the time zones in which somebody wants the mail; "" is the campaign's own."""
    ours = (subscriber.c.campaign == slug, subscriber.c.state == "confirmed")
    return frozenset(connection.scalars(select(subscriber.c.zone).where(*ours).distinct()))


def forget(connection: Connection, now: datetime) -> None:
    """Drop what is kept for a time only: digests of networks, addresses that nobody confirmed."""
    connection.execute(
        update(subscriber)
        .where(subscriber.c.network_until <= now)
        .values(network_digest="", network_until=None)
    )
    never = and_(
        subscriber.c.state == "asked",
        subscriber.c.token_until < now - UNCONFIRMED_KEPT,
    )
    # Somebody who had left and asked again without confirming is one who has left.
    connection.execute(
        update(subscriber)
        .where(never, or_(subscriber.c.confirmed_at.is_not(None), subscriber.c.ended_at.is_not(None)))
        .values(state="unsubscribed", token_digest="", token_until=None)
    )
    connection.execute(delete(subscriber).where(never))
    mail_names.forget_counts(connection, now)
