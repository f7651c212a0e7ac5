"""Names of addresses and networks that say nothing of them, and what is known of those names:
who must never be mailed, and how often confirming was asked for of late.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_hex

from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.mail_address import compared
from aggregator.store.models import campaign, opt_in, suppressed
from aggregator.store.upsert import insert_missing

MOST_FOR_AN_ADDRESS = 3
"""Confirmation mails to one address within a day: it is used to bomb people (listmonk #3170)."""
MOST_FROM_A_NETWORK = 20
"""Wishes for the mail from one network within an hour, whomever they name."""
MOST_OF_A_CAMPAIGN = 200
"""Wishes for the mail of one campaign within an hour, whoever asks."""
COUNTED_FOR = timedelta(days=1)

ERASED = "erased"
"""Why an address is not imported again. Its owner, unlike with other reasons, may subscribe again."""


class Names:
    """Makes the names of one campaign. Making one holds the campaign's row: limits count one by one."""

    def __init__(self, connection: Connection, slug: str, now: datetime) -> None:
        insert_missing(connection, campaign, [{"slug": slug, "created_at": now}])
        ours = campaign.c.slug == slug
        key = connection.scalars(select(campaign.c.mail_key).where(ours).with_for_update()).one()
        if not key:
            key = token_hex(32)
            connection.execute(update(campaign).where(ours).values(mail_key=key))
        self._key = key.encode()

    def of_address(self, address: str) -> str:
        return self._of(f"address {compared(address)}")

    def of_network(self, network: str) -> str:
        return self._of(f"network {network}")

    def _of(self, what: str) -> str:
        return hmac.digest(self._key, what.encode(), "sha256").hex()


def seal(connection: Connection, slug: str, what: str) -> str:
    """Give the mark that only this campaign's key makes under these words; reads only.

    Returns:
        "" while the campaign has no key: then nothing was ever sealed.
    """
    key = connection.scalar(select(campaign.c.mail_key).where(campaign.c.slug == slug))
    return hmac.digest(key.encode(), f"seal {what}".encode(), "sha256").hex()[:32] if key else ""


def reason(connection: Connection, slug: str, name: str) -> str:
    """Say why a name must never be mailed; "" when it may be."""
    ours = (suppressed.c.campaign == slug, suppressed.c.digest == name)
    return connection.scalar(select(suppressed.c.reason).where(*ours)) or ""


def suppress(connection: Connection, slug: str, name: str, why: str, now: datetime) -> None:
    """Remember that a name must never be mailed. A stronger reason replaces that it was erased."""
    if why != ERASED:
        release(connection, slug, name, only=ERASED)
    row = {"campaign": slug, "digest": name, "reason": why, "at": now}
    insert_missing(connection, suppressed, [row])


def release(connection: Connection, slug: str, name: str, only: str = "") -> bool:
    """Let a name be mailed again; False when it might be already."""
    gone = delete(suppressed).where(suppressed.c.campaign == slug, suppressed.c.digest == name)
    if only:
        gone = gone.where(suppressed.c.reason == only)
    return connection.execute(gone).rowcount > 0


def is_too_much_from(connection: Connection, slug: str, network: str, now: datetime) -> bool:
    """Say whether so much was asked for from a network, or in all, that no more is; if not, count it.

    Args:
        network: its name.
    """
    hour = now - timedelta(hours=1)
    limits = ((network, hour, MOST_FROM_A_NETWORK), ("", hour, MOST_OF_A_CAMPAIGN))
    return _is_too_much(connection, slug, limits, now)


def is_too_much_to(connection: Connection, slug: str, address: str, now: datetime) -> bool:
    """Say whether an address was asked to confirm so often that it is not mailed; if not, count it.

    Args:
        address: its name.
    """
    return _is_too_much(connection, slug, ((address, now - COUNTED_FOR, MOST_FOR_AN_ADDRESS),), now)


def _is_too_much(
    connection: Connection, slug: str, limits: Sequence[tuple[str, datetime, int]], now: datetime
) -> bool:
    for whose, since, most in limits:
        asked = select(func.count()).where(
            opt_in.c.campaign == slug, opt_in.c.digest == whose, opt_in.c.at > since
        )
        if (connection.scalar(asked) or 0) >= most:
            return True
    rows = [{"campaign": slug, "digest": whose, "at": now} for whose, _, _ in limits]
    connection.execute(insert(opt_in), rows)
    return False


def forget_counts(connection: Connection, now: datetime) -> None:
    """Forget what counts no more, also what a clock counted that was set back since."""
    is_over = (opt_in.c.at < now - COUNTED_FOR) | (opt_in.c.at > now + COUNTED_FOR)
    connection.execute(delete(opt_in).where(is_over))
