"""Who gets the weekly mail, as the public pages write it down: always one transaction of the store."""

from datetime import datetime

from sqlalchemy import Connection, Engine

from aggregator.store import deliveries, subscribers
from aggregator.store.subscribers import Subscriber
from feeds.highlights.bounces import Returned

FORM_VERSION = "1"
"""Which words stood on the form that somebody agreed to; raised when these promise something else."""


class Subscriptions:
    """What `feeds.highlights.mail_pages.Subscribers` describes, bound to a database."""

    def __init__(self, reader: Engine, writer: Engine) -> None:
        self._reader = reader
        self._writer = writer

    def ask(self, slug: str, address: str, language: str, network: str, now: datetime) -> None:
        with self._writer.begin() as connection:
            subscribers.wish(
                connection, slug, address, language, network, now, form_version=FORM_VERSION
            )

    def may_confirm(self, slug: str, token: str, now: datetime) -> bool:
        with self._reader.connect() as connection:
            return subscribers.by_token(connection, slug, token, now) is not None

    def confirm(self, slug: str, token: str, now: datetime) -> Subscriber | None:
        with self._writer.begin() as connection:
            return subscribers.confirm(connection, slug, token, now)

    def of_key(self, slug: str, key: str) -> Subscriber | None:
        with self._reader.connect() as connection:
            return _of(connection, slug, key)

    def prefer(
        self, slug: str, key: str, language: str, zone: str, paused_until: datetime | None
    ) -> Subscriber | None:
        with self._writer.begin() as connection:
            if _of(connection, slug, key) is None:
                return None
            return subscribers.prefer(connection, key, language, zone, paused_until)

    def unsubscribe(self, slug: str, key: str, cause: str, now: datetime) -> Subscriber | None:
        with self._writer.begin() as connection:
            if _of(connection, slug, key) is None:
                return None
            return subscribers.unsubscribe(connection, key, cause, now)

    def returned(self, slug: str, report: Returned, now: datetime) -> None:
        """Many services name a mail in their own way: then a hard report counts for its address."""
        with self._writer.begin() as connection:
            is_known = report.message_id and _noted(connection, report, now)
            if not is_known and report.is_hard and report.address:
                subscribers.suppress(connection, slug, report.address, report.what, now)


def _noted(connection: Connection, report: Returned, now: datetime) -> bool:
    """Note a report with the mail that it is about; False: that is none of ours."""
    if report.what == "complaint":
        return deliveries.complained(connection, report.message_id, now)
    return deliveries.bounced(connection, report.message_id, report.is_hard, report.words, now)


def _of(connection: Connection, slug: str, key: str) -> Subscriber | None:
    """Give the subscriber of a key, if it is one of this campaign: each has pages of its own."""
    found = subscribers.by_key(connection, key)
    return found if found and found.campaign == slug else None
