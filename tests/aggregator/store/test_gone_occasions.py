"""What is no longer shown leaves its time behind, for calendars to cancel, and nothing else."""

from dataclasses import fields
from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.item import Action, Occasion
from aggregator.store.published import Door, Gone
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish


def test_an_event_that_left_keeps_its_time_and_loses_its_place(
    writer: Engine, reader: Engine, now: datetime
) -> None:
    declare(writer, now, "river")
    when = Occasion(
        now + timedelta(days=1), None, "America/New_York", False, "Room 2", "https://m.example/"
    )
    both = (found(post(1, occasion=when)), found(post(2)))
    ids = publish(writer, claim(writer, now, "river"), now, *both)
    for item_id in ids:
        decide(writer, Action.TAKE_DOWN, item_id, now)
    left = {one.id: one.occasion for one in Door(reader).gone(SLUG, now, 9)}
    assert left == {ids[0]: Occasion(when.starts_at, None, "America/New_York"), ids[1]: None}
    assert [field.name for field in fields(Gone)] == ["id", "since", "occasion"]
