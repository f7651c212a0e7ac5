"""How fast one domain is written to: whoever sends faster is taken for a spammer.

One pace for the database, however many workers send: it is read from the rows that they claimed.

Part of the door `deliveries`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from aggregator.store.models import delivery, issue, subscriber

_MAY_HAVE_SENT = ("sending", "paused", "late")


def hold(connection: Connection) -> None:
    """Let one worker at a time look and claim, till the end of its transaction.

    Two who looked at once would both find a domain free. (SQLite lets one write at a time anyhow.)
    """
    all_sent = select(issue.c.id).where(issue.c.state == "sending")
    connection.execute(all_sent.order_by(issue.c.id).with_for_update())


def busy(connection: Connection, now: datetime, pause: timedelta) -> Mapping[str, datetime]:
    """Give the domains that are not to be written to, and when each of them is free again.

    Args:
        pause: between two mails to one domain. A claim that lies further ahead was made by a clock that
            was set back since; one that lies ahead a little, by a machine whose clock is fast.
    """
    since = now - pause
    some = select(issue.c.id).where(or_(issue.c.state.in_(_MAY_HAVE_SENT), issue.c.ended_at > since))
    rows = connection.execute(
        select(subscriber.c.domain, func.max(delivery.c.claimed_at).label("last"))
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(
            delivery.c.issue_id.in_(some),
            delivery.c.claimed_at > since,
            delivery.c.claimed_at < now + pause,
        )
        .group_by(subscriber.c.domain)
    )
    return {row.domain: row.last + pause for row in rows}
