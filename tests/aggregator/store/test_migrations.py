"""What a migration makes of what is stored already."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from alembic import command
from sqlalchemy import Engine, text

from aggregator.item import Action, Kind
from aggregator.store import proof
from aggregator.store.database import upgrade
from aggregator.store.migrations import migrate
from aggregator.store.published import Door, Selection
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, id_of, post, publish, take


def test_answers_that_are_stored_already_find_their_posts(
    writer: Engine, database: str, now: datetime
) -> None:
    declare(writer, now, "river")
    said = post(2, in_reply_to="mastodon:river.example/1")
    items = [found(post(1), "https://river.example/o/1"), found(said, "https://river.example/o/2")]
    take(writer, claim(writer, now, "river"), now, *items)
    first, second = (id_of(writer, one) for one in items)
    with writer.begin() as connection:
        connection.execute(text("UPDATE source SET kind = 'mastodon'"))
        for one, native in ((first, "1"), (second, "2")):
            its = {"native": native, "id": one}
            connection.execute(text("UPDATE sighting SET native = :native WHERE item_id = :id"), its)
    with writer.connect() as connection:
        command.downgrade(migrate.configuration(connection), "0002")
    upgrade(database)
    with writer.connect() as connection:
        answers = connection.execute(text("SELECT item_id, value FROM answer")).all()
        named = connection.execute(
            text("SELECT item_id FROM identity WHERE value = 'mastodon:river.example/1'")
        ).scalars()
        assert [tuple(row) for row in answers] == [(second, "mastodon:river.example/1")]
        assert list(named) == [first]


def test_what_is_stored_already_is_found_as_before(
    writer: Engine, reader: Engine, database: str, now: datetime
) -> None:
    declare(writer, now, "river")
    many = [found(post(number)) for number in range(1_100)]  # more than the migration takes at a time
    rare = replace(post(2_000, language="es-mx", kind=Kind.TALK), tags=("rare", "straße"))
    claimed = claim(writer, now, "river")
    (item_id,) = publish(writer, claimed, now, found(rare))
    take(writer, claimed, now, *many)
    changes = {"library": "Biblioteca  Ñandú", "place": "PERTH", "kind": "webinar", "excerpt": "Perth"}
    decide(writer, Action.AMEND, item_id, now, changes=changes)
    before = what_is_found_by(writer)
    with writer.connect() as connection:
        command.downgrade(migrate.configuration(connection), "0004")
    upgrade(database)
    assert what_is_found_by(writer) == before
    assert len(before[0]) > 3_000
    for selection in (
        Selection(tags=("rare",), languages=("es",)),
        Selection(kinds=("webinar",), libraries=("biblioteca ñandú",), places=("perth",)),
    ):
        assert [one.id for one in Door(reader).latest(SLUG, 9, selection)] == [item_id]
    with writer.connect() as connection:
        assert list(proof.broken_promises(connection)) == []


def what_is_found_by(engine: Engine) -> tuple[list[Any], list[Any]]:
    """Give the rows of `facet`, and the words of moderators as they are compared."""
    with engine.connect() as connection:
        facets = connection.execute(text("SELECT * FROM facet ORDER BY item_id, revision, name, value"))
        words = connection.execute(text("SELECT field, folded FROM amendment ORDER BY field"))
        return [tuple(row) for row in facets], [tuple(row) for row in words]
