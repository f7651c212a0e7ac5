"""The door of deliveries: one row for each mail of an issue, so that nobody gets it twice.

A row is claimed and committed before its mail leaves. Whoever dies in between leaves a claimed row: when
a worker starts, those become uncertain, and only a person settles them, by the Message-ID in the log of
the mail service. (Measured: 25 kills in 3,000 mails, nobody got two.)
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Case, ColumnElement, Connection, and_, case, exists, func, or_, select, update

from aggregator.store import issues, mail_names, mail_pace
from aggregator.store.delivery_rows import Delivery as Delivery
from aggregator.store.delivery_rows import in_state as in_state
from aggregator.store.delivery_rows import is_done as is_done
from aggregator.store.delivery_rows import tally as tally
from aggregator.store.delivery_rows import uncertain as uncertain
from aggregator.store.issues import Issue
from aggregator.store.mail_pace import busy as busy
from aggregator.store.mailings import DELIVERY_STATES as DELIVERY_STATES
from aggregator.store.models import delivery, issue, subscriber
from aggregator.store.upsert import insert_missing

MOST_SOFT_BOUNCES = 5
"""After so many in a row an address is taken for dead."""

_LONGEST_WORDS = 500
_NO_PAUSE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Claimed:
    """One mail that may be sent now, by whoever claimed it. `tries` counts this one."""

    id: int
    subscriber_id: int
    address: str
    domain: str
    language: str
    key: str
    message_id: str
    tries: int


def message_id(slug: str, number: int, key: str, domain: str) -> str:
    """Give the Message-ID of an issue to a subscriber: the same whenever it is made."""
    return f"<{uuid5(NAMESPACE_URL, f'engaged:{slug}/{number}/{key}')}@{domain}>"


def fill(
    connection: Connection,
    issue_id: int,
    now: datetime,
    domain: str,
    send_at: Callable[[str], datetime] | None = None,
) -> int:
    """Write a row for everybody who is subscribed now and has none yet; give how many are new.

    Args:
        domain: of the sender's address; the right half of each Message-ID.
        send_at: from a time zone ("" is the campaign's) to the moment of sending; None: now.
    """
    found = issues.by_id(connection, issue_id)
    _wake(connection, found.campaign, now)
    _forgive(connection, found)
    new = [
        {
            "issue_id": issue_id,
            "subscriber_id": row.id,
            "state": "queued",
            "message_id": message_id(found.campaign, found.number, row.key, domain),
            "language": row.language,
            "send_at": send_at(row.zone) if send_at else now,
            "at": now,
        }
        for row in _without_row(connection, found)
    ]
    insert_missing(connection, delivery, new)
    return len(new)


def _without_row(connection: Connection, found: Issue) -> Sequence[Any]:
    """Give who is subscribed now and has no row of this issue yet."""
    missing = ~exists().where(
        delivery.c.issue_id == found.id, delivery.c.subscriber_id == subscriber.c.id
    )
    return connection.execute(
        select(subscriber.c.id, subscriber.c.key, subscriber.c.language, subscriber.c.zone)
        .where(subscriber.c.campaign == found.campaign, subscriber.c.state == "confirmed", missing)
        .order_by(subscriber.c.id)
    ).all()


def claim(
    connection: Connection, issue_id: int, now: datetime, most: int = 1, pause: timedelta = _NO_PAUSE
) -> tuple[Claimed, ...]:
    """Take mails that are due; the caller commits before the first of them leaves.

    Whoever unsubscribed since is left out here, for good. Nothing is given of an issue that is not
    being sent. Two workers never get the same one.

    Args:
        most: with a pause, one.
        pause: at least so much time lies between two mails to one domain, whoever sends them.
    """
    assert most == 1 or not pause
    busy_domains: Collection[str] = ()
    if pause:
        mail_pace.hold(connection)
        busy_domains = busy(connection, now, pause)
    rows = _due(connection, issue_id, now, most, busy_domains)
    wanted = [row for row in rows if row.their_state == "confirmed"]
    for row in rows:
        if row.their_state != "confirmed":
            _settle(connection, row.id, ("queued",), state="skipped", words=row.their_state, at=now)
    if wanted:
        connection.execute(
            update(delivery)
            .where(delivery.c.id.in_([row.id for row in wanted]))
            .values(state="claimed", claimed_at=now, at=now, tries=delivery.c.tries + 1, next_at=None)
        )
    return tuple(_claimed(row) for row in wanted)


_THEIRS = ("address", "domain", "language", "key", "state")


def _due(
    connection: Connection, issue_id: int, now: datetime, most: int, busy_domains: Collection[str]
) -> Sequence[Any]:
    """Give and lock mails that may leave now, and whom they are for; another worker's are passed by."""
    return connection.execute(
        select(delivery, *(subscriber.c[name].label(f"their_{name}") for name in _THEIRS))
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(
            delivery.c.issue_id == issue_id,
            issue.c.state == "sending",
            *_is_due(now),
            subscriber.c.domain.not_in(list(busy_domains)),
        )
        .order_by(delivery.c.send_at, delivery.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, of=delivery)
    ).all()


def _is_due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        delivery.c.state == "queued",
        delivery.c.send_at <= now,
        or_(delivery.c.next_at.is_(None), delivery.c.next_at <= now),
    )


def _claimed(row: Any) -> Claimed:
    return Claimed(
        id=row.id,
        subscriber_id=row.subscriber_id,
        address=row.their_address,
        domain=row.their_domain,
        language=row.their_language,
        key=row.their_key,
        message_id=row.message_id,
        tries=row.tries + 1,
    )


def is_due(
    connection: Connection, issue_id: int, now: datetime, busy_domains: Collection[str] = ()
) -> bool:
    """Say whether `claim` would find a mail: before that, the line to the server is opened.

    Args:
        busy_domains: those that have had enough mail for the moment.
    """
    asked = (
        select(delivery.c.id)
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .join(issue, issue.c.id == delivery.c.issue_id)
        .where(
            delivery.c.issue_id == issue_id,
            issue.c.state == "sending",
            *_is_due(now),
            subscriber.c.domain.not_in(list(busy_domains)),
        )
        .limit(1)
    )
    return connection.execute(asked).first() is not None


def sent(connection: Connection, delivery_id: int, now: datetime, words: str = "") -> bool:
    """Note that a mail was taken by the other server, in its words; False: it was not at work."""
    return _settle(connection, delivery_id, AT_WORK, state="sent", words=_said(words), at=now)


def failed(
    connection: Connection, delivery_id: int, words: str, now: datetime, next_at: datetime | None = None
) -> bool:
    """Note that a mail surely did not leave.

    Args:
        next_at: when it is tried again; None: never by itself.
    """
    state = "queued" if next_at else "failed"
    return _settle(
        connection, delivery_id, AT_WORK, state=state, words=_said(words), at=now, next_at=next_at
    )


def skipped(connection: Connection, delivery_id: int, words: str, now: datetime) -> bool:
    """Note that a mail is not to be sent after all, and why, such as `nothing-left`."""
    return _settle(
        connection, delivery_id, AT_WORK, state="skipped", words=words[:_LONGEST_WORDS], at=now
    )


def doubted(connection: Connection, delivery_id: int, words: str, now: datetime) -> bool:
    """Note that nobody can say whether a mail left: the other server fell silent after all of it."""
    return _settle(connection, delivery_id, AT_WORK, state="uncertain", words=_said(words), at=now)


AT_WORK = ("claimed", "uncertain")
"""A worker that was taken for dead may still say what became of the mail it had in hand."""


def strand(connection: Connection, now: datetime) -> int:
    """At a worker's start: doubt every mail that was at work when the one before ended."""
    doubt = {"state": "uncertain", "at": now, "words": "the program ended while this was being sent"}
    return connection.execute(
        update(delivery).where(delivery.c.state == "claimed").values(**doubt)
    ).rowcount


def settle(
    connection: Connection, delivery_id: int, what: Literal["sent", "again"], by: str, now: datetime
) -> bool:
    """Write down what a person found out about a mail in doubt; False: it is in doubt no more."""
    state = "sent" if what == "sent" else "queued"
    found = connection.scalar(select(delivery.c.issue_id).where(delivery.c.id == delivery_id))
    done = _settle(
        connection, delivery_id, ("uncertain",), state=state, at=now, settled_by=by, next_at=None
    )
    if done and what == "again" and found is not None:
        issues.open_again(connection, found, now)
    return done


def retry_failed(connection: Connection, issue_id: int, now: datetime) -> int:
    """Queue again what failed, and nothing else; give how many mails that are."""
    again = connection.execute(
        update(delivery)
        .where(delivery.c.issue_id == issue_id, delivery.c.state == "failed")
        .values(state="queued", at=now, next_at=None, tries=0)
    ).rowcount
    if again:
        issues.open_again(connection, issue_id, now)
    return again


def bounced(connection: Connection, message_id: str, hard: bool, words: str, now: datetime) -> bool:
    """Note that a mail came back; False: it is none of ours, or was noted already.

    Args:
        hard: the address is dead: it is never mailed again. Soft ones count; five in a row are hard.
    """
    row = _by_message(connection, message_id)
    if row is None or row.state == "bounced":
        return False
    _settle(connection, row.id, (row.state,), state="bounced", words=_said(words), at=now, next_at=None)
    counted = update(subscriber).where(subscriber.c.id == row.subscriber_id)
    connection.execute(counted.values(bounces=subscriber.c.bounces + 1))
    if hard or row.bounces + 1 >= MOST_SOFT_BOUNCES:
        _suppress(connection, row, "bounce", now)
    return True


def complained(connection: Connection, message_id: str, now: datetime) -> bool:
    """Note that somebody called a mail unwanted: they are never mailed again. False: none of ours."""
    row = _by_message(connection, message_id)
    if row is None:
        return False
    _settle(connection, row.id, (row.state,), words=COMPLAINT)
    _suppress(connection, row, "complaint", now)
    return True


COMPLAINT = "complaint"
"""The words of a delivery whose reader complained: results count them."""


def complaints(connection: Connection, issue_id: int) -> int:
    """Say how many readers of an issue complained."""
    ours = (delivery.c.issue_id == issue_id, delivery.c.words == COMPLAINT)
    return connection.scalar(select(func.count()).where(*ours)) or 0


def _suppress(connection: Connection, row: Any, reason: str, now: datetime) -> None:
    if not row.address:  # erased since
        return
    mail_names.suppress(connection, row.campaign, row.digest, reason, now)
    left = and_(subscriber.c.id == row.subscriber_id, subscriber.c.state != "suppressed")
    connection.execute(
        update(subscriber)
        .where(left)
        .values(state="suppressed", ended_at=now, cause=reason, paused_until=None)
    )


def _by_message(connection: Connection, name: str) -> Any:
    asked = (
        select(
            delivery.c.id,
            delivery.c.state,
            delivery.c.subscriber_id,
            subscriber.c.address,
            subscriber.c.campaign,
            subscriber.c.digest,
            subscriber.c.bounces,
        )
        .join(subscriber, subscriber.c.id == delivery.c.subscriber_id)
        .where(delivery.c.message_id == f"<{name.strip().strip('<>')}>")
    )
    return connection.execute(asked).one_or_none()


def _said(words: str) -> Case[str]:
    """Give a server's words as they are kept: none about somebody erased, whom they may name."""
    is_erased = (
        exists()
        .where(subscriber.c.id == delivery.c.subscriber_id, subscriber.c.address == "")
        .correlate(delivery)
    )
    return case((is_erased, ""), else_=words[:_LONGEST_WORDS])


def _settle(connection: Connection, delivery_id: int, states: Collection[str], **values: Any) -> bool:
    still = (delivery.c.id == delivery_id, delivery.c.state.in_(list(states)))
    return connection.execute(update(delivery).where(*still).values(**values)).rowcount == 1


def _wake(connection: Connection, slug: str, now: datetime) -> None:
    """End the pauses that are over."""
    is_over = (subscriber.c.state == "paused", subscriber.c.paused_until <= now)
    awake = {"state": "confirmed", "paused_until": None}
    connection.execute(update(subscriber).where(subscriber.c.campaign == slug, *is_over).values(**awake))


def _forgive(connection: Connection, found: issues.Issue) -> None:
    """Count soft bounces anew for those whom the issue before reached."""
    before = (
        select(issue.c.id)
        .where(
            issue.c.campaign == found.campaign,
            issue.c.number < found.number,
            issue.c.started_at.is_not(None),
        )
        .order_by(issue.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    reached = select(delivery.c.subscriber_id).where(
        delivery.c.issue_id == before, delivery.c.state == "sent"
    )
    ours = (subscriber.c.campaign == found.campaign, subscriber.c.bounces > 0)
    connection.execute(update(subscriber).where(*ours, subscriber.c.id.in_(reached)).values(bounces=0))
