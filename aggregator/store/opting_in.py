"""Double opt-in: somebody asks, a mail goes to the address they gave, and only its link makes it count.

Asking writes down a wish, the same rows whoever is meant, and looks no address up: how long it takes
tells nobody who gets the mail. The worker answers the wish, where nobody can measure it.

Anybody can ask for any address, so asking again spoils no link that is under way: a link is made of what
all links of one round share (`token_digest`), of its own end, and of a mark under the campaign's key.

Part of the door `subscribers`.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from aggregator.mail_address import domain_of
from aggregator.store import mail_names, outgoing
from aggregator.store.mail_names import ERASED, Names
from aggregator.store.models import subscriber
from aggregator.store.outgoing import Outgoing
from aggregator.store.subscriber_rows import Subscriber, by_key, by_name, found_by, new_key

TOKEN_LASTS = timedelta(hours=48)
NETWORK_KEPT = timedelta(days=30)
_TOKEN = re.compile(r"([0-9a-f]{24,64})-([0-9a-f]{8,10})-([0-9a-f]{32})")

Outcome = Literal["mail", "already", "limited", "suppressed"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a wish came to. The public never hears of it.

    `token` stands in the link of the mail to confirm; only when the outcome is "mail". It lasts for
    TOKEN_LASTS, whatever is asked for meanwhile, and once one of a round is used, none is of use.
    """

    outcome: Outcome
    token: str | None = None


def wish(
    connection: Connection,
    slug: str,
    address: str,
    language: str,
    network: str,
    now: datetime,
    *,
    form_version: str = "",
) -> bool:
    """Write down that somebody wants the mail; False: too much was asked for from there, or in all.

    Args:
        address: readable, see `aggregator.mail_address`.
        network: where the request came from, such as `192.0.2.0/24`; only a digest of it is kept.
    """
    place = Names(connection, slug, now).of_network(network)
    if mail_names.is_too_much_from(connection, slug, place, now):
        return False
    facts = {"language": language, "network": place, "form_version": form_version}
    outgoing.put(connection, slug, "confirm", address, facts, now)
    return True


def is_wish(mail: Outgoing) -> bool:
    """Say whether a mail to confirm is still to be decided on."""
    return mail.kind == "confirm" and "token" not in mail.facts


def answer(connection: Connection, mail: Outgoing, now: datetime) -> Asked:
    """Decide on a wish that was claimed: its mail has a link from now on, or is over and forgotten."""
    slug, facts = mail.campaign, mail.facts
    name = Names(connection, slug, now).of_address(mail.address)
    found = by_name(connection, slug, name)
    if refused := _refused(connection, slug, found, name, now):
        outgoing.sent(connection, mail.id, now)
        return Asked(refused)
    token = _asked(connection, mail, name, found, now)
    outgoing.fill(connection, mail.id, {"token": token, "language": facts["language"]})
    return Asked("mail", token)


def _asked(
    connection: Connection, mail: Outgoing, name: str, found: Subscriber | None, now: datetime
) -> str:
    """Write down who asked, and give a token."""
    slug = mail.campaign
    shared = _round_of(connection, found, now) or token_hex(12)
    asked: dict[str, Any] = {
        "address": mail.address,
        "domain": domain_of(mail.address),
        "language": mail.facts["language"],
        "zone": "",
        "state": "asked",
        "token_digest": shared,
        "token_until": now + TOKEN_LASTS,
        "asked_at": mail.put_at,
        "origin": "form",
        "form_version": mail.facts["form_version"],
        "network_digest": mail.facts["network"],
        "network_until": now + NETWORK_KEPT,
    }
    if found:
        connection.execute(update(subscriber).where(subscriber.c.id == found.id).values(**asked))
    else:
        connection.execute(insert(subscriber).values(campaign=slug, digest=name, key=new_key(), **asked))
    return _token(connection, slug, shared, now + TOKEN_LASTS)


def _refused(
    connection: Connection, slug: str, found: Subscriber | None, name: str, now: datetime
) -> Outcome | None:
    """Say why no mail goes out; None: one does."""
    if found and found.state in ("confirmed", "paused"):
        return "already"
    if mail_names.reason(connection, slug, name) not in ("", ERASED):
        return "suppressed"
    return "limited" if mail_names.is_too_much_to(connection, slug, name, now) else None


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
