"""What a migration makes of what is stored already."""

from datetime import datetime

from alembic import command
from sqlalchemy import Engine, text

from aggregator.store.database import upgrade
from aggregator.store.migrations import migrate
from tests.aggregator.store.making import claim, declare, found, id_of, post, take


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
