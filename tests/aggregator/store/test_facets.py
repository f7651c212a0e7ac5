"""Posts are found by what they say, whether few or many say it: always as by asking each of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from random import Random

import pytest
from sqlalchemy import Engine, text

from aggregator.item import Action, Found, Kind
from aggregator.store import proof, runs
from aggregator.store.facets import languages_of
from aggregator.store.published import Cursor, Door, Selection, Shown
from aggregator.store.runs import Claim, Declared
from feeds.selected import meets
from tests.aggregator.store.making import SLUG, claim, count, decide, declare, found, post, publish, take

TAGS = ("book", "bücher", "100%", "مكتبة", "strasse")
LANGUAGES = ("", "es", "es-mx", "est", "yo")
KINDS = (Kind.POST, Kind.ARTICLE, Kind.TALK)
LIBRARIES = ("Riverside", "RIVERSIDE ", "Biblioteca Ñandú", "")
PLACES = ("Perth", "perth", "Ìbàdàn")
MANY = 40


@pytest.fixture
def filled(writer: Engine, now: datetime) -> None:
    """Posts of which every value is rare or common, changed in all the ways in which they change."""
    by_chance = Random(5)
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    first = [said(by_chance, number, now) for number in range(MANY)]
    ids = publish(writer, claimed, now, *first)
    edited = [said(by_chance, number, now) for number in range(0, MANY, 4)]
    take(writer, claimed, now, *edited, on_edit="keep")
    for item_id in by_chance.sample(ids, MANY // 2):
        for _ in range(by_chance.randint(1, 3)):
            decide(writer, Action.AMEND, item_id, now, changes=written(by_chance))
        if by_chance.random() < 0.4:
            decide(writer, Action.UNDO, item_id, now)
    for item_id, action in zip(ids, (Action.TAKE_DOWN, Action.REQUEUE, Action.APPROVE), strict=False):
        decide(writer, action, item_id, now)


@pytest.fixture
def elsewhere(writer: Engine, filled: None, now: datetime) -> Claim:
    """Another campaign has such posts too: none of them may come through."""
    with writer.begin() as connection:
        lake = Declared("another", "lake", "feed", "lake.example", "lake")
        runs.declare(connection, ["another"], [lake], now)
        (claimed,) = runs.claim(connection, "w", now, limit=1, named=[("another", "lake")])
    by_chance = Random(7)
    take(writer, claimed, now, *(said(by_chance, number, now) for number in range(10)))
    with writer.connect() as connection:
        ids = list(connection.scalars(text("SELECT id FROM item WHERE campaign = 'another'")))
    for item_id in ids:
        decide(writer, Action.APPROVE, item_id, now)
        decide(writer, Action.AMEND, item_id, now, changes={"library": "Riverside", "kind": "talk"})
    return claimed


def said(by_chance: Random, number: int, now: datetime) -> Found:
    tags = tuple(sorted(by_chance.sample(TAGS, by_chance.randint(0, 2))))
    language, kind = by_chance.choice(LANGUAGES), by_chance.choice(KINDS)
    one = post(number, published_at=now - timedelta(hours=number), language=language, kind=kind)
    return found(replace(one, tags=tags))


def written(by_chance: Random) -> dict[str, str]:
    words = {
        "library": by_chance.choice(LIBRARIES),
        "place": by_chance.choice(PLACES),
        "kind": by_chance.choice(KINDS).value,
        "excerpt": "Riverside",
    }
    return {name: words[name] for name in by_chance.sample(sorted(words), by_chance.randint(1, 4))}


def selections() -> Iterator[Selection]:
    """Give selections of every field, alone and together, for ever."""
    by_chance = Random(6)

    def some(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(by_chance.sample(values, by_chance.choice((0, 0, 1, 1, 2))))

    while True:
        yield Selection(
            tags=some((*TAGS, "nobody")),
            languages=some(("es", "es-mx", "est", "yo", "am")),
            kinds=some(tuple(kind.value for kind in (*KINDS, Kind.WEBINAR))),
            libraries=some(("riverside", "BIBLIOTECA  ÑANDÚ", "Nowhere")),
            places=some(("PERTH", "ìbàdàn")),
        )


def pages(door: Door, selection: Selection) -> list[Shown]:
    """Give all that is chosen, as pages of three that follow each other."""
    all_of_it: list[Shown] = []
    before = None
    while page := door.latest(SLUG, 3, selection, before):
        all_of_it += page
        before = Cursor(page[-1].sort_at, page[-1].id)
    return all_of_it


@pytest.mark.parametrize("few", [0, 3, 200])
def test_pages_are_what_asking_every_post_gives(
    reader: Engine, elsewhere: Claim, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregator.store.selection.FEW", few)
    door = Door(reader)
    everything = door.latest(SLUG, 1000)
    chosen = 0
    for selection in islice(selections(), 60):
        wanted = [one for one in everything if meets(one, selection)]
        assert pages(door, selection) == wanted, selection
        chosen += len(wanted)
    assert len(everything) > MANY / 2
    assert chosen > MANY


def test_what_a_post_is_found_by_goes_with_its_revision(
    writer: Engine, elsewhere: Claim, now: datetime
) -> None:
    for tags in (("seen",), ("seen", "again")):
        take(writer, elsewhere, now, found(replace(post(900, language="es-mx"), tags=tags)))
    with writer.begin() as connection:
        gone = "DELETE FROM revision WHERE number = 1 AND item_id = (SELECT item_id FROM facet "
        before = count(connection, "facet")
        connection.execute(text(gone + "WHERE value = 'again')"))
        assert before - count(connection, "facet") == len(("seen", "post", "es", "es-mx"))
        assert list(proof.broken_promises(connection)) == []


def test_proof_finds_words_that_are_found_by_others(writer: Engine, filled: None) -> None:
    with writer.begin() as connection:
        assert list(proof.broken_promises(connection)) == []
        connection.execute(text("UPDATE amendment SET folded = 'elsewhere' WHERE folded = 'perth'"))
        broken = list(proof.broken_promises(connection))
        assert broken
        assert all("is found by another place" in said for said in broken)


@pytest.mark.parametrize(
    ("language", "also"),
    [("", [""]), ("es", ["es"]), ("zh-hant-tw", ["zh", "zh-hant", "zh-hant-tw"])],
)
def test_a_language_is_the_wider_ones_too(language: str, also: list[str]) -> None:
    assert list(languages_of(language)) == also
