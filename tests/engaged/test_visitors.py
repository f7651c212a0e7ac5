"""What visitors leave in the store: counts for thirteen months, wishes until they are answered."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.store import counts
from aggregator.store.counts import Counted
from engaged.visitors import COUNTS_KEPT, CountBook, Errands

SLUG = "engagedlibraries"


def hosts(reader: Engine, now: datetime) -> list[str]:
    with reader.connect() as connection:
        return [one.host for one in counts.appearances(connection, SLUG, now)]


def test_counts_are_written_and_after_thirteen_months_forgotten(
    reader: Engine, writer: Engine, now: datetime
) -> None:
    moment = [now]
    book = CountBook(writer, lambda: moment[0])
    book.write([Counted(SLUG, now, "view", "featured", host="old.example")])
    assert hosts(reader, now) == ["old.example"]

    moment[0] = now + COUNTS_KEPT + timedelta(days=1)
    book.write([Counted(SLUG, moment[0], "view", "featured", host="new.example")])

    assert hosts(reader, moment[0]) == ["new.example"]


@pytest.mark.parametrize("wish", [{"address": "https://riverside.example/", "tried": ""}])
def test_a_wish_is_found_again_by_its_token_alone(
    reader: Engine, writer: Engine, now: datetime, wish: dict[str, str]
) -> None:
    errands = Errands(reader, writer)
    token = errands.ask(SLUG, "check-page", wish, now)

    found = errands.answer_of(token)

    assert found
    assert (found.question, found.answered_at) == (wish, None)
    assert errands.answer_of("no-such-token") is None
