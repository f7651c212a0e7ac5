"""One post walks the whole path, from bytes of a blog to frame, feed and page; only the web is faked."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import feedparser
import pytest
from sqlalchemy import Engine, text

from aggregator.child import Children
from aggregator.item import Action, State
from aggregator.schedule import Ran, collect
from aggregator.settings import Settings
from aggregator.store import published
from feeds.app import create_app
from moderation import actions
from tests.invented_blogs import SLUG, Web, address, configured, feed, for_every

HOUR = timedelta(hours=1)


@pytest.fixture
def children() -> Iterator[Children]:
    limited = Children()
    yield limited
    limited.close()


class House:
    """The whole house on one database: a clock that we move, and one visit at a time."""

    def __init__(self, writer: Engine, reader: Engine, children: Children, now: datetime) -> None:
        self.settings: Settings = configured("river")
        self.web, self.writer, self.now, self.ticks = Web(), writer, now, 0.0
        self.children = children
        door = published.Door(reader)
        self.public = create_app(self.settings, door, lambda: self.now, self.tick).test_client()

    def tick(self) -> float:
        self.ticks += 1
        return self.ticks

    def visit(self, body: bytes) -> Ran:
        self.web.answers[address("river")] = body
        self.now += HOUR
        (ran,) = asyncio.run(
            collect(
                self.settings,
                self.writer,
                names=["river"],
                fetch=for_every(self.web),
                in_child=self.children.run,
                now=lambda: self.now,
                report=lambda _: None,
            )
        )
        return ran

    def decide(self, action: Action, item_id: str) -> None:
        actions.decide(
            self.writer, action, [(item_id, None)], actor="shell", who="shell:ana", now=self.now
        )

    def everywhere(self, item_id: str) -> dict[str, str]:
        """Give every public answer that could show the item."""
        paths = {"hub": f"/{SLUG}/", "page": f"/{SLUG}/p/{item_id}"}
        for view in ("featured", "wall"):
            paths |= {
                f"{view} frame": f"/{SLUG}/e/{view}",
                f"{view} rss": f"/{SLUG}/v/{view}.rss",
                f"{view} json": f"/{SLUG}/v/{view}.json",
            }
        return {name: self.public.get(path).text for name, path in paths.items()}


@pytest.fixture
def house(writer: Engine, reader: Engine, children: Children, now: datetime) -> House:
    return House(writer, reader, children, now)


def test_a_post_walks_the_whole_path(house: House) -> None:
    assert house.visit(feed("A reading <b>bus</b> came")).new == 1
    (waiting,) = actions.listing(house.writer, waiting=True)
    assert waiting.state is State.PENDING
    assert all("reading" not in answer for answer in house.everywhere(waiting.id).values())

    house.decide(Action.APPROVE, waiting.id)
    shown = house.everywhere(waiting.id)
    assert [name for name, answer in shown.items() if "A reading" not in answer] == []
    (entry,) = feedparser.parse(shown["wall rss"].encode()).entries
    assert (entry.title, entry.link) == ("Post 0", f"http://localhost:8000/{SLUG}/p/{waiting.id}")

    house.visit(feed("A reading lorry came"))
    assert all("lorry" not in answer for answer in house.everywhere(waiting.id).values())
    (edited,) = actions.listing(house.writer, waiting=True)
    assert (edited.id, edited.is_changed) == (waiting.id, True)

    house.decide(Action.APPROVE, waiting.id)
    assert all("lorry" in answer for answer in house.everywhere(waiting.id).values())
    house.decide(Action.TAKE_DOWN, waiting.id)
    assert all("lorry" not in answer for answer in house.everywhere(waiting.id).values())
    assert house.public.get(f"/{SLUG}/p/{waiting.id}").status_code == 410
    house.decide(Action.UNDO, waiting.id)
    assert all("lorry" in answer for answer in house.everywhere(waiting.id).values())
    assert actions.verify(house.writer) == []


def test_visit_that_brings_nothing_new_asks_conditionally_and_writes_no_content(house: House) -> None:
    body = feed("One", "Two", "Three")
    house.visit(body)
    before = contents(house.writer)
    ran = house.visit(body)
    (_, asked_back), (_, first) = house.web.asked[-1], house.web.asked[0]
    assert (ran.outcome, bool(asked_back.etag), bool(first.etag)) == ("unchanged", True, False)
    assert contents(house.writer) == before


def contents(engine: Engine) -> list[list[str]]:
    tables = ("item", "revision", "identity", "sighting", "decision", "author", "engagement", "change")
    with engine.connect() as connection:
        return [
            sorted(map(repr, connection.execute(text(f"SELECT * FROM {table}")))) for table in tables
        ]
