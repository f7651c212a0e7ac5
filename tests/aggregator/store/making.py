"""Short ways to a filled store, for tests."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from aggregator.item import Action, Author, Flag, Found, Item, SafeHtml
from aggregator.stages import Known, Screened
from aggregator.store import decisions, intake, lookup, runs
from aggregator.store.decisions import Decided, Wanted
from aggregator.store.intake import Intake, Taken
from aggregator.store.runs import Claim, Declared

SLUG = "engagedlibraries"


def declare(engine: Engine, now: datetime, *names: str) -> None:
    declared = [Declared(SLUG, name, "feed", f"{name}.example", name) for name in names]
    with engine.begin() as connection:
        runs.declare(connection, [SLUG], declared, now)


def claim(engine: Engine, now: datetime, name: str, worker: str = "w") -> Claim:
    with engine.begin() as connection:
        (claimed,) = runs.claim(connection, worker, now, limit=1, named=[(SLUG, name)])
    return claimed


def post(number: int = 1, text: str = "Story time on the bus #EngagedLibraries", **more: Any) -> Item:
    return Item(
        title=f"Post {number}",
        text=text,
        html=SafeHtml(f"<p>{text}</p>"),
        url=f"https://river.example/{number}",
        author=more.pop("author", Author(name="Ana", key="feed:river.example/ana")),
        tags=("engagedlibraries",),
        **more,
    )


def found(item: Item, *identities: str) -> Found:
    return Found(item, identities or (f"guid:river.example:{item.url}",))


def passing(_: Found, known: Known) -> Screened:
    return Screened("reject", ("objection",)) if known.has_objected else Screened("pass")


def holding(_: Found, __: Known) -> Screened:
    return Screened("hold", ("off-hashtag",))


def take(
    engine: Engine, claimed: Claim, now: datetime, *items: Found, gone: tuple[str, ...] = (), **more: Any
) -> Taken:
    page = Intake(
        claim=claimed,
        found=items,
        gone=gone,
        mark=more.get("mark", {"seen": len(items)}),
        screen=more.get("screen", passing),
        on_edit=more.get("on_edit", "hide"),
        now=now,
        home=more.get("home", ""),
    )
    with engine.begin() as connection:
        return intake.take(connection, page)


def decide(engine: Engine, action: Action, item: str, now: datetime, **more: Any) -> Decided:
    wanted = Wanted(item, action, more.pop("actor", "shell"), more.pop("who", "shell:ana"), **more)
    with engine.begin() as connection:
        (decided,) = decisions.decide(connection, [wanted], now)
    return decided


def publish(engine: Engine, claimed: Claim, now: datetime, *items: Found, **more: Any) -> list[str]:
    """Store items and approve them; give their ids in the same order."""
    take(engine, claimed, now, *items, **more)
    ids = [id_of(engine, one) for one in items]
    for one in ids:
        decide(engine, Action.APPROVE, one, now)
    return ids


def id_of(engine: Engine, item: Found) -> str:
    with engine.connect() as connection:
        (owner,) = set(lookup.owners(connection, SLUG, item.identities).values())
    return owner


def count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


PROTECTED = frozenset({Flag.PROTECTED})
