"""Double opt-in: somebody asks, a mail goes to the address they gave, and only its link makes it count.

Part of the door `subscribers`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Literal

from sqlalchemy import Connection, insert, update

from aggregator.mail_address import domain_of
from aggregator.store import mail_names
from aggregator.store.mail_names import ERASED, Names
from aggregator.store.models import subscriber
from aggregator.store.subscriber_rows import Subscriber, by_key, by_name, found_by, new_key

TOKEN_LASTS = timedelta(hours=48)
NETWORK_KEPT = timedelta(days=30)

Outcome = Literal["mail", "already", "limited", "suppressed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to. The public hears the same words whatever it was.

    `token` stands in the link of the mail to confirm; only when the outcome is "mail".
    """

    outcome: Outcome
    token: str | None = None


def ask(
    connection: Connection,
    slug: str,
    address: str,
    language: str,
    network: str,
    now: datetime,
    *,
    zone: str = "",
    form_version: str = "",
) -> Asked:
    """Write down that somebody wants the mail, who must confirm it by a mail that the caller sends.

    Args:
        address: readable, see `aggregator.mail_address`.
        network: where the request came from, such as `192.0.2.0/24`; only a digest of it is kept.
    """
    names = Names(connection, slug, now)
    name, place = names.of_address(address), names.of_network(network)
    found = by_name(connection, slug, name)
    if found and found.state in ("confirmed", "paused"):
        return Asked("already")
    if mail_names.reason(connection, slug, name) not in ("", ERASED):
        return Asked("suppressed")
    if mail_names.is_too_much(connection, slug, name, place, now):
        return Asked("limited")
    token = token_urlsafe(24)
    asked = {
        "address": address,
        "domain": domain_of(address),
        "language": language,
        "zone": zone,
        "state": "asked",
        "token_digest": sha256(token.encode()).hexdigest(),
        "token_until": now + TOKEN_LASTS,
        "asked_at": now,
        "origin": "form",
        "form_version": form_version,
        "network_digest": place,
        "network_until": now + NETWORK_KEPT,
    }
    if found:
        connection.execute(update(subscriber).where(subscriber.c.id == found.id).values(**asked))
    else:
        connection.execute(insert(subscriber).values(campaign=slug, digest=name, key=new_key(), **asked))
    return Asked("mail", token)


def by_token(connection: Connection, slug: str, token: str, now: datetime) -> Subscriber | None:
    """Give who may confirm with this token; None: it was used, has run out, or never was."""
    return found_by(
        connection,
        subscriber.c.campaign == slug,
        subscriber.c.token_digest == sha256(token.encode()).hexdigest(),
        subscriber.c.token_until > now,
        subscriber.c.state == "asked",
    )


def confirm(connection: Connection, slug: str, token: str, now: datetime) -> Subscriber | None:
    """Make a subscriber of whoever holds the token, once; None: it is of no use any more."""
    found = by_token(connection, slug, token, now)
    if found is None:
        return None
    confirmed = {
        "state": "confirmed",
        "token_digest": "",
        "token_until": None,
        "confirmed_at": now,
        "ended_at": None,
        "cause": "",
        "paused_until": None,
        "bounces": 0,
        "consent": "confirmed by mail",
    }
    still_asked = (subscriber.c.id == found.id, subscriber.c.state == "asked")
    done = connection.execute(update(subscriber).where(*still_asked).values(**confirmed))
    if not done.rowcount:
        return None
    name = Names(connection, slug, now).of_address(found.address)
    mail_names.release(connection, slug, name, only=ERASED)
    return by_key(connection, found.key)
