"""Double opt-in: somebody asks, a mail goes to the address they gave, and only its link makes it count.

Anybody can ask for any address, so asking again spoils no link that is under way: a link is made of what
all links of one round share (`token_digest`), of its own end, and of a mark under the campaign's key.

Part of the door `subscribers`.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Literal

from sqlalchemy import Connection, insert, select, update

from aggregator.mail_address import domain_of
from aggregator.store import mail_names
from aggregator.store.mail_names import ERASED, Names
from aggregator.store.models import subscriber
from aggregator.store.subscriber_rows import Subscriber, by_key, by_name, found_by, new_key

TOKEN_LASTS = timedelta(hours=48)
NETWORK_KEPT = timedelta(days=30)
_TOKEN = re.compile(r"([0-9a-f]{24,64})-([0-9a-f]{8,10})-([0-9a-f]{32})")

Outcome = Literal["mail", "already", "limited", "suppressed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to. The public hears the same words whatever it was.

    `token` stands in the link of the mail to confirm; only when the outcome is "mail". It lasts for
    TOKEN_LASTS, whatever is asked for meanwhile, and once one of a round is used, none is of use.
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
    if refused := _refused(connection, slug, found, name, place, now):
        return Asked(refused)
    shared = _round_of(connection, found, now) or token_hex(12)
    asked = {
        "address": address,
        "domain": domain_of(address),
        "language": language,
        "zone": zone,
        "state": "asked",
        "token_digest": shared,
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
    return Asked("mail", _token(connection, slug, shared, now + TOKEN_LASTS))


def _refused(
    connection: Connection, slug: str, found: Subscriber | None, name: str, place: str, now: datetime
) -> Outcome | None:
    """Say why no mail goes out; None: one does."""
    if found and found.state in ("confirmed", "paused"):
        return "already"
    if mail_names.reason(connection, slug, name) not in ("", ERASED):
        return "suppressed"
    return "limited" if mail_names.is_too_much(connection, slug, name, place, now) else None


def _round_of(connection: Connection, found: Subscriber | None, now: datetime) -> str:
    """Give what the links share that are under way to somebody; "" when none is."""
    if found is None:
        return ""
    waits = (subscriber.c.id == found.id, subscriber.c.state == "asked", subscriber.c.token_until > now)
    return connection.scalar(select(subscriber.c.token_digest).where(*waits)) or ""


def _token(connection: Connection, slug: str, shared: str, until: datetime) -> str:
    end = f"{int(until.timestamp()):08x}"
    return f"{shared}-{end}-{mail_names.seal(connection, slug, f'confirm {shared} {end}')}"


def _read(connection: Connection, slug: str, token: str) -> tuple[str, datetime] | None:
    """Give what a token shares with others of its round, and its end; None: it is none of ours."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    shared, end, mark = found.groups()
    known = mail_names.seal(connection, slug, f"confirm {shared} {end}")
    if not hmac.compare_digest(mark, known):
        return None
    return shared, datetime.fromtimestamp(int(end, 16), UTC)


def by_token(connection: Connection, slug: str, token: str, now: datetime) -> Subscriber | None:
    """Give who may confirm with this token; None: it was used, has run out, or never was."""
    known = _read(connection, slug, token)
    if known is None or known[1] <= now:
        return None
    return found_by(
        connection,
        subscriber.c.campaign == slug,
        subscriber.c.token_digest == known[0],
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
