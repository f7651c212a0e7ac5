"""Short ways to subscribers, issues and their mails, for tests."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from aggregator.store import deliveries, issues, subscribers
from aggregator.store.deliveries import Claimed
from aggregator.store.issues import Issue
from aggregator.store.subscribers import Row, Subscriber
from tests.aggregator.store.making import SLUG

WEEK = date(2026, 10, 5)
SENDER = "mail.library.example"


def begin(engine: Engine, now: datetime, week: date = WEEK, items: tuple[str, ...] = ()) -> Issue | None:
    content: dict[str, Any] = {"subject": {"en": "The week"}, "picks": [{"item": one} for one in items]}
    due = now + timedelta(hours=2)
    with engine.begin() as connection:
        return issues.begin(
            connection, SLUG, week, due, due + timedelta(hours=6), content, items, "", now
        )


def approve(engine: Engine, issue: Issue, now: datetime, by: str = "Ana", second: bool = False) -> Issue:
    with engine.begin() as connection:
        return issues.approve(
            connection, issue.id, issue.version, {"en": "x"}, "d" * 64, by, second, now
        )


def sending(engine: Engine, now: datetime, *items: str, week: date = WEEK) -> Issue:
    """Give an issue that is being sent."""
    begun = begin(engine, now, week, items)
    assert begun
    approve(engine, begun, now)
    with engine.begin() as connection:
        return issues.start(connection, begun.id, now)


def readers(engine: Engine, now: datetime, *addresses: str, **more: str) -> list[Subscriber]:
    """Give subscribers who confirmed."""
    with engine.begin() as connection:
        rows = [Row(address, **more) for address in addresses]
        subscribers.bring_in(connection, SLUG, rows, "asked at the desk", "Ana", now)
        known = {one.address: one for one in subscribers.all_of(connection, SLUG)}
    return [known[address] for address in addresses]


def fill(engine: Engine, issue: Issue, now: datetime) -> int:
    with engine.begin() as connection:
        return deliveries.fill(connection, issue.id, now, SENDER)


def claim(
    engine: Engine, issue: Issue, now: datetime, most: int = 10, pause: timedelta = timedelta(0)
) -> list[Claimed]:
    with engine.begin() as connection:
        return list(deliveries.claim(connection, issue.id, now, most, pause))


def tally(engine: Engine, issue: Issue) -> dict[str, int]:
    """Give how many mails are in each state that has any."""
    with engine.begin() as connection:
        return {state: many for state, many in deliveries.tally(connection, issue.id).items() if many}
