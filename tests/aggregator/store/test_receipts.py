"""Receipts: a time for each output that a removed item has left, and none that nobody saw."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.item import Action
from aggregator.store import receipts
from aggregator.store.receipts import OUTPUTS, Receipt
from tests.aggregator.store.making import (
    SLUG,
    claim,
    decide,
    declare,
    found,
    post,
    publish,
)


@pytest.fixture
def ids(writer: Engine, now: datetime) -> list[str]:
    declare(writer, now, "river")
    return publish(writer, claim(writer, now, "river"), now, found(post(1)), found(post(2)))


def left(engine: Engine, output: str, at: datetime, *ids: str) -> None:
    with engine.begin() as connection:
        receipts.left(connection, ids, output, at)


def of(engine: Engine, item_id: str) -> tuple[Receipt, ...]:
    with engine.connect() as connection:
        return receipts.of(connection, item_id)


def waiting(engine: Engine, output: str, since: datetime) -> tuple[str, ...]:
    with engine.connect() as connection:
        return receipts.waiting(connection, SLUG, output, since)


def test_every_output_is_named_with_the_first_time_or_none(
    writer: Engine, ids: list[str], now: datetime
) -> None:
    second = timedelta(seconds=1)
    decide(writer, Action.TAKE_DOWN, ids[0], now)
    left(writer, "files", now + second, *ids)
    left(writer, "files", now + 9 * second, *ids)
    left(writer, "pages", now, *ids)
    assert of(writer, ids[0]) == tuple(
        Receipt(output, now, {"pages": now, "files": now + second}.get(output)) for output in OUTPUTS
    )
    assert of(writer, ids[1]) == ()


@pytest.mark.parametrize("action", [Action.WITHDRAW, Action.REQUEUE, Action.REJECT, Action.UNDO])
def test_every_way_out_of_the_public_gets_a_receipt(
    writer: Engine, ids: list[str], now: datetime, action: Action
) -> None:
    decide(writer, action, ids[0], now)
    left(writer, "pages", now, ids[0])
    assert of(writer, ids[0])[0] == Receipt("pages", now, now)


def test_a_second_removal_has_receipts_of_its_own(writer: Engine, ids: list[str], now: datetime) -> None:
    later = now + timedelta(hours=1)
    decide(writer, Action.TAKE_DOWN, ids[0], now)
    left(writer, "pages", now, ids[0])
    decide(writer, Action.RESTORE, ids[0], now)
    assert of(writer, ids[0]) == ()
    decide(writer, Action.TAKE_DOWN, ids[0], later)
    left(writer, "pages", now, ids[0])  # who says this saw the first removal
    assert of(writer, ids[0])[0] == Receipt("pages", later, None)


def test_a_decision_after_the_removal_leaves_the_receipt_alone(
    writer: Engine, ids: list[str], now: datetime
) -> None:
    decide(writer, Action.TAKE_DOWN, ids[0], now)
    left(writer, "pages", now, ids[0])
    decide(writer, Action.WITHDRAW, ids[0], now + timedelta(days=1))
    assert of(writer, ids[0])[0] == Receipt("pages", now, now)


def test_who_was_killed_finds_what_it_has_not_yet_said(
    writer: Engine, ids: list[str], now: datetime
) -> None:
    minute = timedelta(minutes=1)
    decide(writer, Action.TAKE_DOWN, ids[1], now + minute)
    decide(writer, Action.TAKE_DOWN, ids[0], now + 2 * minute)
    assert waiting(writer, "files", now) == (ids[1], ids[0])
    assert waiting(writer, "files", now + 2 * minute) == (ids[0],)
    left(writer, "files", now + 3 * minute, ids[0])
    assert waiting(writer, "files", now) == (ids[1],)
    assert waiting(writer, "pages", now) == (ids[1], ids[0])
