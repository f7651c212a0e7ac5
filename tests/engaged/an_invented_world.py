"""A demo of fixed times and ports for tests: nothing is started, nothing is read from a clock."""

from datetime import UTC, datetime, timedelta

from engaged.demo.content import content
from engaged.demo.journal import Happened
from engaged.demo.plan import Plan
from engaged.demo.world import World, world

BEGAN = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


def a_plan(first: int = 4001, began: datetime = BEGAN) -> Plan:
    return Plan(
        began=began,
        port=first - 1,
        lamplight=first,
        harbour=first + 1,
        blogs=first + 2,
        library=first + 3,
        mailbox=first + 4,
        mail=first + 5,
        password="otter-teapot-fern-ferry-42",
        is_ready=True,
    )


def a_world(*happened: Happened) -> World:
    return world(content(), a_plan(), happened)


def after(minutes: int) -> datetime:
    return BEGAN + timedelta(minutes=minutes)
