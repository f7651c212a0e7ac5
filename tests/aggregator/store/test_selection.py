"""What a view is narrowed to, and paging through it: the same on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from aggregator.item import Action, Item, Kind
from aggregator.store.published import Cursor, Door, Selection
from aggregator.store.runs import Claim
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish


@pytest.fixture
def claimed(writer: Engine, now: datetime) -> Claim:
    declare(writer, now, "river")
    return claim(writer, now, "river")


def at(now: datetime, number: int, **more: object) -> Item:
    return post(number, published_at=now - timedelta(days=number), **more)


def titles(reader: Engine, *asked: object) -> list[str]:
    return [one.item.title for one in Door(reader).latest(SLUG, 20, *asked)]  # type: ignore[arg-type]


@pytest.fixture
def ids(writer: Engine, claimed: Claim, now: datetime) -> list[str]:
    """Three posts, the first the newest, each of another language, kind and tags."""
    items = [
        at(now, 1, language="es-mx", kind=Kind.ARTICLE),
        at(now, 2, language="es"),
        at(now, 3, language="est"),
    ]
    tags = [("100%", "strasse"), ("it's",), ("library",)]
    tagged = [
        found(Item(**{**_fields(one), "tags": each})) for one, each in zip(items, tags, strict=True)
    ]
    return publish(writer, claimed, now, *tagged)


def _fields(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__slots__}


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(tags=("100%",)), [1]),
        (Selection(tags=("#Straße", "it's")), [1, 2]),
        (Selection(tags=("10%",)), []),
        (Selection(languages=("es",)), [1, 2]),
        (Selection(languages=("ES-MX",)), [1]),
        (Selection(languages=("e_",)), []),
        (Selection(kinds=("article",)), [1]),
        (Selection(kinds=("article", "post")), [1, 2, 3]),
        (Selection(languages=("es",), kinds=("post",)), [2]),
        (Selection(libraries=("Riverside",)), []),
    ],
)
def test_view_shows_what_it_is_narrowed_to(
    reader: Engine, ids: list[str], selection: Selection, numbers: list[int]
) -> None:
    assert titles(reader, selection) == [f"Post {number}" for number in numbers]


def test_moderators_last_word_counts_until_it_is_undone(
    writer: Engine, reader: Engine, ids: list[str], now: datetime
) -> None:
    first, second, _ = ids
    decide(writer, Action.AMEND, first, now, changes={"library": "Biblioteca Ñandú", "kind": "talk"})
    decide(writer, Action.AMEND, second, now, changes={"library": "Riverside", "place": "Perth"})
    assert titles(reader, Selection(libraries=("BIBLIOTECA  ÑANDÚ",))) == ["Post 1"]
    assert titles(reader, Selection(kinds=("article",))) == []
    decide(writer, Action.AMEND, first, now, changes={"library": "riverside"})
    assert titles(reader, Selection(libraries=("biblioteca ñandú",))) == []
    assert titles(reader, Selection(libraries=("RIVERSIDE",))) == ["Post 1", "Post 2"]
    assert titles(reader, Selection(libraries=("riverside",), places=("perth",))) == ["Post 2"]
    decide(writer, Action.UNDO, first, now)
    assert titles(reader, Selection(libraries=("biblioteca ñandú",))) == ["Post 1"]
    decide(writer, Action.UNDO, first, now)
    assert titles(reader, Selection(kinds=("article",))) == ["Post 1"]


def test_pages_follow_each_other_without_gap_or_repeat(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    same_time = [found(post(number, published_at=now)) for number in range(7)]
    publish(writer, claimed, now, *same_time)
    door, seen, before = Door(reader), [], None
    while page := door.latest(SLUG, 3, before=before):
        seen += [one.id for one in page]
        before = Cursor(page[-1].sort_at, page[-1].id)
    assert seen == [one.id for one in door.latest(SLUG, 20)]
    assert len(seen) == 7


def test_only_open_places_of_shown_posts_are_highlighted(
    writer: Engine, reader: Engine, ids: list[str], now: datetime
) -> None:
    first, second, third = ids
    decide(writer, Action.FEATURE, first, now, slot="post")
    decide(writer, Action.FEATURE, second, now, slot="story", until=now + timedelta(days=1))
    decide(writer, Action.FEATURE, third, now, slot="post")
    decide(writer, Action.TAKE_DOWN, third, now)
    door = Door(reader)
    assert door.highlighted(SLUG, now) == {first, second}
    assert door.highlighted(SLUG, now + timedelta(days=2)) == {first}


# SQLite says how it would look; PostgreSQL decides by what it has counted.
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_newest_and_removed_posts_are_found_by_an_index(
    writer: Engine, ids: list[str], now: datetime
) -> None:
    door = Door(writer)
    newest = plan_of(writer, lambda: door.latest(SLUG, 12))
    page = plan_of(writer, lambda: door.latest(SLUG, 12, before=Cursor(now, "x")))
    gone = plan_of(writer, lambda: door.gone(SLUG, now, 12))
    assert "SEARCH item USING INDEX ix_item_newest (campaign=? AND state=?)" in newest
    assert "SEARCH item USING INDEX ix_item_newest" in page
    assert "SEARCH item USING INDEX ix_item_left (campaign=? AND public_changed_at>?)" in gone
    assert "FOR ORDER BY" not in newest + page


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("selection", "index"),
    [
        (Selection(tags=("it's",)), "ix_facet_value (campaign=? AND name=? AND value=?)"),
        (Selection(languages=("es",)), "ix_facet_value (campaign=? AND name=? AND value=?)"),
        (Selection(kinds=("talk",)), "ix_facet_value (campaign=? AND name=? AND value=?)"),
        (Selection(libraries=("Riverside",)), "ix_amendment_folded (field=? AND folded=?)"),
        (Selection(places=("Perth",)), "ix_amendment_folded (field=? AND folded=?)"),
    ],
)
def test_what_few_posts_have_is_found_by_an_index(
    writer: Engine, ids: list[str], now: datetime, selection: Selection, index: str
) -> None:
    door = Door(writer)
    asking = [
        lambda: door.latest(SLUG, 12, selection),
        lambda: door.latest(SLUG, 12, selection, Cursor(now, "x")),
    ]
    for ask in asking:
        found, page = plan_of(writer, ask), plan_of(writer, ask, 1)
        assert f"USING COVERING INDEX {index}" in found
        assert "SEARCH item USING INDEX sqlite_autoindex_item_1 (id=?)" in page
        assert "SCAN item" not in found + page
        assert "ix_item_newest" not in found + page


def plan_of(engine: Engine, ask: Callable[[], object], number: int = 0) -> str:
    """Give how one of the questions that this asks, the first, would be answered."""
    asked: list[tuple[str, Any]] = []

    def listen(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    ask()
    event.remove(engine, "before_cursor_execute", listen)
    statement, parameters = asked[number]
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row.detail for row in plan)
