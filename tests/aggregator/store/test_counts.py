"""Counting by the hour, where we stand, and what a flood of inventions cannot do."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aggregator.store import counts
from aggregator.store.counts import Appearance, Counted

HOST = "riverside.example"
Seen = Callable[..., None]


@pytest.fixture
def seen(writer: Engine) -> Seen:
    def add(at: datetime, **more: object) -> None:
        values = {"view": "wall", "host": HOST, **more}
        with writer.begin() as connection:
            counts.add(connection, [Counted("c", at, "view", **values)])  # type: ignore[arg-type]

    return add


def rows(engine: Engine, what: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(what))]


def appearances(engine: Engine, now: datetime) -> tuple[Appearance, ...]:
    with engine.connect() as connection:
        return counts.appearances(connection, "c", now)


def test_the_same_thing_within_an_hour_is_one_row_that_grows(
    writer: Engine, seen: Seen, now: datetime
) -> None:
    for minutes in (0, 59, 60):
        seen(now + timedelta(minutes=minutes), amount=2)
    with writer.begin() as connection:
        same = Counted("c", now, "view", "wall", host=HOST)
        counts.add(connection, [same, same, Counted("c", now, "permalink", item="abcdefghijkl")])
    assert rows(writer, "SELECT what, amount FROM counter ORDER BY hour, what, amount") == [
        ("permalink", 1),
        ("view", 6),
        ("view", 2),
    ]


@pytest.mark.parametrize(
    ("first", "last", "state"),
    [
        (1, 1, "new"),
        (7, 0, "new"),
        (8, 14, "alive"),
        (8, 1, "alive"),
        (20, 15, "gone"),
        (15, 15, "gone"),
    ],
)
def test_a_host_is_new_alive_or_gone(
    writer: Engine, seen: Seen, now: datetime, first: int, last: int, state: str
) -> None:
    seen(now - timedelta(days=first))
    seen(now - timedelta(days=min(first, last)))
    (one,) = appearances(writer, now)
    assert one.state == state


def test_where_it_appears_names_hosts_and_views_and_no_small_number(
    writer: Engine, seen: Seen, now: datetime
) -> None:
    seen(now - timedelta(days=20), host="old.example", amount=100)
    seen(now, amount=9)
    seen(now, host="big.example", view="featured", amount=8)
    seen(now - timedelta(days=10), host="big.example", amount=5)
    seen(now - timedelta(days=1), host="big.example", amount=2)
    seen(now, host="", amount=50)
    big, river, old = appearances(writer, now)
    assert (big.host, big.views, big.views_7d) == ("big.example", ("featured", "wall"), 10)
    assert (big.first_seen, big.last_seen) == (now - timedelta(days=10), now)
    assert (river.host, river.views_7d) == (HOST, None)
    assert (old.host, old.state, old.views_7d) == ("old.example", "gone", None)


def test_late_counts_never_move_a_host_back(writer: Engine, seen: Seen, now: datetime) -> None:
    for days in (3, 1, 9, 2):
        seen(now - timedelta(days=days))
    (one,) = appearances(writer, now)
    assert (one.first_seen, one.last_seen) == (now - timedelta(days=9), now - timedelta(days=1))


def test_what_cannot_be_stored_is_left_out(writer: Engine, seen: Seen, now: datetime) -> None:
    for odd in ({"view": "v" * 61}, {"host": "h" * 261}, {"item": "i" * 13}, {"amount": 0}):
        seen(now, **odd)
    seen(now, amount=10**12)
    seen(now, amount=10**12)
    assert rows(writer, "SELECT amount FROM counter") == [(2 * 10**6,)]


def test_a_flood_of_invented_hosts_fills_neither_an_hour_nor_the_list(
    writer: Engine, seen: Seen, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "ROWS_AN_HOUR", 5)
    monkeypatch.setattr(counts, "MOST_HOSTS", 3)
    for number in range(20):
        seen(now, host=f"h{number:02}.example")
    assert rows(writer, "SELECT count(*), sum(amount) FROM counter") == [(6, 20)]
    assert [one.host for one in appearances(writer, now)] == [f"h0{n}.example" for n in range(3)]
    seen(now + timedelta(hours=1), host="h01.example")
    assert appearances(writer, now)[1].last_seen == now + timedelta(hours=1)


def test_old_counts_are_forgotten(writer: Engine, seen: Seen, now: datetime) -> None:
    seen(now - timedelta(days=400), host="old.example")
    seen(now)
    with writer.begin() as connection:
        counts.forget_old(connection, now - timedelta(days=395))
    assert rows(writer, "SELECT host FROM counter") == [(HOST,)]
    assert [one.host for one in appearances(writer, now)] == [HOST]
