"""Numbers about what is shown, and about nothing else."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from aggregator.item import Action, Author
from aggregator.store.published import Door, Stats
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish, take


def test_only_what_is_shown_is_counted(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    ben = Author(name="Ben", key="feed:river.example/ben")
    items = [
        found(post(1, published_at=now - timedelta(days=1), language="es")),
        found(post(2, published_at=now - timedelta(days=2), language="es", author=ben)),
        found(post(3, published_at=now - timedelta(days=3), language="en", author=Author())),
        found(post(4, published_at=now, language="fr")),
    ]
    *_, removed = publish(writer, claimed, now, *items)
    take(writer, claimed, now, found(post(5)))
    decide(writer, Action.TAKE_DOWN, removed, now)
    shown = Door(reader).latest(SLUG, 5)
    for one, library in zip(shown, ("Ñandú Library", "ñandú  library", ""), strict=True):
        decide(writer, Action.AMEND, one.id, now, changes={"library": library})
    assert Door(reader).stats(SLUG) == Stats(
        posts=3,
        authors=2,
        libraries=1,
        languages=(("es", 2), ("en", 1)),
        networks=(("river.example", 3),),
        newest=now - timedelta(days=1),
    )
    assert Door(reader).tags(SLUG, 5) == (("engagedlibraries", 3),)


def test_nothing_shown_counts_nothing(writer: Engine, reader: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    assert Door(reader).stats(SLUG) == Stats(0, 0, 0)
    assert Door(reader).tags(SLUG, 5) == ()
