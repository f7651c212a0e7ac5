"""Posts for the screens of moderation: taken in as a source would bring them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO

from PIL import Image
from sqlalchemy import insert, select, text, update

from aggregator.copies import held_file
from aggregator.item import Author, Found, Item, Media, SafeHtml
from aggregator.stages import Known, Screened
from aggregator.store import runs
from aggregator.store.models import media, media_use
from aggregator.store.runs import Ending
from tests.aggregator.store import making
from tests.moderation.house import SLUG, House

Screening = Callable[[Found, Known], Screened]


def a_post(number: int = 1, words: str = "", **more: object) -> Item:
    """Give a post; one with a higher number is younger."""
    said = words or f"We read to {number} children on the bus. #EngagedLibraries"
    values: dict[str, object] = {
        "url": f"https://glammr.example/@ana/{number}",
        "text": said,
        "html": SafeHtml("<p>We read.</p>"),
        "author": Author(
            "Ana Lee", "@ana@glammr.example", "https://glammr.example/@ana", "mastodon:ana"
        ),
        "tags": ("engagedlibraries",),
        "language": "en",
    }
    return Item(**(values | more))  # type: ignore[arg-type] # the caller names fields of Item


def bring(house: House, *items: Item, screen: Screening = making.passing) -> list[str]:
    """Let the source `river` bring posts, and give their ids. The same address is the same post."""
    now = house.clock()
    making.declare(house.desk.writer, now, "river", "lake")
    claimed = making.claim(house.desk.writer, now, "river")
    dated = [
        replace(one, published_at=one.published_at or now - timedelta(hours=9, minutes=-number))
        for number, one in enumerate(items)
    ]
    taken = making.take(
        house.desk.writer, claimed, now, *(making.found(one) for one in dated), screen=screen
    )
    ending = Ending("ok", now, now, now + timedelta(minutes=30), new=taken.new, changed=taken.changed)
    with house.desk.writer.begin() as connection:
        runs.finish(connection, claimed, ending)
    return [id_of(house, one.url) for one in items]


def id_of(house: House, url: str) -> str:
    value = f"guid:river.example:{url}"
    with house.desk.reader.connect() as connection:
        found = connection.execute(
            text("SELECT item_id FROM identity WHERE value = :value"), {"value": value}
        )
        return str(found.scalar_one())


def version_of(house: House, item: str) -> int:
    with house.desk.reader.connect() as connection:
        found = connection.execute(text("SELECT version FROM item WHERE id = :id"), {"id": item})
        return int(found.scalar_one())


def state_of(house: House, item: str) -> str:
    with house.desk.reader.connect() as connection:
        found = connection.execute(text("SELECT state FROM item WHERE id = :id"), {"id": item})
        return str(found.scalar_one())


def draw_pictures(house: House, item: str, revision: int = 1) -> None:
    """Let there be a master of each picture of an item."""
    with house.desk.writer.begin() as connection:
        uses = connection.execute(
            select(media_use.c.place, media_use.c.media_id).where(
                media_use.c.item_id == item, media_use.c.revision == revision
            )
        ).all()
        for use in uses:
            connection.execute(
                update(media).where(media.c.id == use.media_id).values(**_master(house, item, use.place))
            )


def use_pictures(house: House, item: str, *pictures: Media) -> None:
    """Write down that pictures stand in a post, as the intake does, when it did not."""
    now = house.clock()
    with house.desk.writer.begin() as connection:
        there = connection.scalar(
            select(media_use.c.item_id).where(media_use.c.item_id == item).limit(1)
        )
        for place, picture in enumerate(pictures if there is None else ()):
            digest = sha256(picture.url.encode()).hexdigest()
            written = connection.execute(
                insert(media).values(
                    campaign=SLUG, digest=digest, address=picture.url, state="wanted", due_at=now
                )
            )
            number = (written.inserted_primary_key or (0,))[0]
            connection.execute(
                insert(media_use).values(item_id=item, revision=1, place=place, media_id=number)
            )


def _master(house: House, item: str, place: int) -> dict[str, object]:
    key = sha256(f"{item} {place}".encode()).hexdigest()[:24]
    file = held_file(house.desk.media, key, 320)
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn = BytesIO()
    Image.new("RGB", (320, 240), (40 + 60 * place, 120, 160)).save(drawn, "WEBP")
    file.write_bytes(drawn.getvalue())
    return {"state": "ready", "key": key, "width": 320, "height": 240, "colour": "#2878a0"}
