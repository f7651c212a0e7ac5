"""Fills an installation with hostile posts, as collecting, moderating and signing in store them.

Nothing stands between a row and the screens but the product: RawItem, clean, intake, decisions.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from PIL import Image
from sqlalchemy import Engine, update

from aggregator.clean import clean
from aggregator.copies import FORMATS, held_file, public_file
from aggregator.errors import NameTaken
from aggregator.item import Action, Author, Found, Item, Kind, Media, RawHtml, RawItem, SafeHtml
from aggregator.stages import Known, Screened
from aggregator.store import intake, lookup, people, runs
from aggregator.store.intake import Intake
from aggregator.store.models import media
from aggregator.store.runs import Claim, Declared, Ending
from moderation import actions
from tests.browser.hostile.rows import Texts
from tests.moderation.house import STORED

DESK = "desk"
"""The campaign whose posts wait for moderators."""
HUB = 13
"""How many posts a hub shows."""
PICTURE = "https://pictures.example/bus.jpg"
KEY, WIDTH = "ab" * 12, 160
FEW = frozenset({"notice", "campaign name", "label of a source", "detail", "error", "who"})
"""Fields of which an installation has too few for every row: the rows take turns in them."""
EVIL = "https://evil.example/"


class Clean(Protocol):
    """What clean.py does, or what stands in its place where it is taken away."""

    def __call__(self, raw: RawItem, *, home: str, now: datetime) -> Found: ...


@dataclass(frozen=True)
class Builder:
    """What fills one installation.

    Attributes:
        at_desk: how many posts moderators have before them, at least.
    """

    texts: Texts
    writer: Engine
    now: datetime
    clean: Clean = clean
    at_desk: int = 20

    def slugs(self) -> tuple[str, ...]:
        shown = len(self.texts.rows) + len(self.texts.rows) // 7
        return tuple(f"wall-{number}" for number in range(-(-shown // HUB)))


def fill(build: Builder, folder: Path) -> None:
    """Let sources bring every row in every field of a post, and people decide in such words."""
    claims, shown = _declared(build), []
    for number, slug in enumerate(build.slugs()):
        found = [_shown(build, number * HUB + at) for at in range(HUB)]
        _take(build, claims[slug], found, passing)
        _finish(build, claims[slug])
        shown += _ids_of(build, slug, found)
    _fill_desk(build, claims[DESK])
    _draw(build.writer, folder)
    _approve_walls(build, shown)
    missing = [name for name in build.texts.missing() if name not in FEW]
    assert missing == [], f"some rows never stood in these fields: {missing}"


def passing(_: Found, __: Known) -> Screened:
    return Screened("pass")


def _declared(build: Builder) -> dict[str, Claim]:
    slugs = (DESK, *build.slugs())
    declared = [
        Declared(
            slug,
            "river",
            "feed",
            "river.example",
            "x",
            label=build.texts.typed("label of a source", 100),
        )
        if number % 2
        else Declared(slug, "river", "feed", "river.example", "x")
        for number, slug in enumerate(slugs)
    ]
    with build.writer.begin() as connection:
        runs.declare(connection, slugs, declared, build.now)
        claims = runs.claim(connection, "worker", build.now, limit=len(slugs))
    return {claim.campaign: claim for claim in claims}


def _shown(build: Builder, number: int) -> Found:
    """Give a post for the public: in each field as much as a card shows of it."""
    texts, rows = build.texts, build.texts.rows
    row = rows[number % len(rows)]
    # Every row once as the whole body; the last posts hold them as plain text, several in each.
    is_text = number >= len(rows)
    words: dict[str, Any] = {"text": texts("text", 500)} if is_text else {"html": _body(row)}
    how = "as markup" if number % 2 else "as text"
    return _cleaned(
        build,
        f"shown {number}",
        row,
        title="" if number % 5 == 4 else texts(f"title {how}", 200),
        title_is_html=number % 2 == 1,
        author=Author(row, texts("handle", 60), (row, f"{EVIL}?{row}")[number % 2]),
        warning=texts("warning", 200) if number % 3 == 0 else "",
        media=_media(texts, row, 200),
        published=row if number % 10 == 0 else build.now - timedelta(minutes=number),
        **words,
    )


def _body(row: str) -> RawHtml:
    links = f'<a href="{row}">{row}</a> <a href=\'{row}\'>x</a> <img src="{row}" alt="{row}">'
    return RawHtml(f'{row}<p title="{row}">{links}</p>')


def _media(texts: Texts, row: str, length: int) -> tuple[Media, ...]:
    return (
        Media(
            PICTURE,
            "image",
            alt=texts("alt", 1500),
            credit=texts("credit", length),
            licence=texts("licence", length),
        ),
        Media(f"{EVIL}{row}", "image", mime=row, alt=row, credit=row),
        Media(f"{EVIL}film?{row}", "video", poster=row, alt=row),
        Media(row, row, alt=row),
    )


def _cleaned(build: Builder, name: str, row: str, **more: Any) -> Found:
    texts = build.texts
    raw = RawItem(
        (f"guid:river.example:{name}", f"{row} {name}"),
        kind=Kind.POST,
        url=(row, f"{EVIL}{row}")[int(name.split()[1]) // 2 % 2],
        base=EVIL,
        tags=(row, *texts("tag", 100).split()),
        language=row,
        in_reply_to=row,
        label=texts("label", 500),
        native=row,
        **more,
    )
    return build.clean(raw, home="river.example", now=build.now)


def unclean(raw: RawItem, *, home: str, now: datetime) -> Found:
    """Give an item with everything as it came: as if the first wall let all of it through."""
    whole = str(raw.html) or raw.text
    item = Item(
        url=raw.url,
        title=raw.title,
        html=SafeHtml(whole),
        text=whole,
        author=replace(raw.author, key=raw.identities[1]),
        links=(raw.url, raw.author.url, raw.language),
        media=tuple(_of_our_types(raw.media)),
        tags=raw.tags,
        language=raw.language,
        in_reply_to=raw.in_reply_to,
        warning=raw.warning,
        label=raw.label,
        published_at=now,
    )
    return Found(item, (raw.identities[0],))


def _of_our_types(media: Sequence[Media]) -> Iterator[Media]:
    """Give media of the types there are: a type is a word of ours, and was never a text of theirs."""
    for each in media:
        yield replace(each, type=each.type if each.type in ("image", "video") else "file")


def _take(build: Builder, claim: Claim, found: Sequence[Found], screen: intake.Screen) -> None:
    page = Intake(claim, tuple(found), (), {"row": 1}, screen, "keep", build.now)
    with build.writer.begin() as connection:
        intake.take(connection, page)


def _finish(build: Builder, claim: Claim) -> None:
    """End a visit that skipped rows, and broke off with one."""
    skipped = tuple(
        (build.texts.typed("why skipped", 40), build.texts.typed("skipped", 300)) for _ in range(20)
    )
    ending = Ending(
        "soft-failure",
        build.now,
        build.now,
        build.now,
        skipped=skipped,
        detail=build.texts.typed("detail", 500),
        error=build.texts.typed("error", 40),
    )
    with build.writer.begin() as connection:
        runs.finish(connection, claim, ending)


def _fill_desk(build: Builder, claim: Claim) -> None:
    """Fill the queue until every row has stood in a name; some wait, some are edited or decided."""
    found: list[Found] = []
    while len(found) < build.at_desk or {"name", "held handle"} & set(build.texts.missing()):
        found.append(_held(build, len(found)))
    held = [one for number, one in enumerate(found) if number % 5 == 2]
    _take(build, claim, [one for number, one in enumerate(found) if number % 5 != 2], passing)
    _take(build, claim, held, _holding(build))
    _decide_desk(build, _ids_of(build, DESK, found))
    edited = [_held(build, number) for number in range(len(found)) if number % 5 in (1, 3)]
    _take(build, claim, edited, passing)
    _finish(build, claim)


def _held(build: Builder, number: int) -> Found:
    """Give a post for the queue: in each field as much as is kept of it."""
    texts, rows = build.texts, build.texts.rows
    row = rows[number % len(rows)]
    text = texts("long text", 2000)
    return _cleaned(
        build,
        f"desk {number}",
        row,
        title=texts("long title", 500) if number % 3 else "",
        title_is_html=number % 2 == 1,
        author=Author(texts("name", 200), texts("held handle", 200), (row, f"{EVIL}?{row}")[number % 2]),
        warning=texts("long warning", 500) if number % 3 == 0 else "",
        media=_media(texts, row, 500),
        published=build.now - timedelta(minutes=number),
        **({"html": RawHtml(text)} if number % 2 else {"text": text}),
    )


def _holding(build: Builder) -> intake.Screen:
    def held(_: Found, __: Known) -> Screened:
        return Screened(
            "hold", tuple(f"rule-failed:{build.texts.typed('rule', 100)}" for _ in range(16))
        )

    return held


def _ids_of(build: Builder, slug: str, found: Sequence[Found]) -> list[str]:
    """Give the ids in the order of the posts: ids of one moment are in any order."""
    values = [one.identities[0] for one in found]
    with build.writer.connect() as connection:
        owners = lookup.owners(connection, slug, set(values))
    return [owners[value] for value in values]


def _decide_desk(build: Builder, ids: Sequence[str]) -> None:
    def decide(action: Action, item_id: str, **more: Any) -> None:
        actions.decide(
            build.writer,
            action,
            [(item_id, None)],
            actor="person",
            who=build.texts.typed("who", 100),
            now=build.now,
            note=build.texts.typed("note", 2000),
            **more,
        )

    for number, item_id in enumerate(ids):
        if number % 5 == 3:
            decide(Action.APPROVE, item_id)
        elif number % 5 == 4:
            decide(Action.REJECT, item_id, reason="spam")
        decide(Action.AMEND, item_id, changes=_own_words(build, "kept", 2000))


def _own_words(build: Builder, name: str, length: int) -> dict[str, str]:
    fields = ("library", "place", "excerpt", "label", "alt", "credit", "licence")
    return {field: build.texts.typed(f"{name} {field}", length) for field in fields}


def _draw(writer: Engine, folder: Path) -> None:
    """Let there be copies of one picture; the others are refused, with the words of a row."""
    drawn = Image.new("RGB", (WIDTH, 120), (40, 120, 160))
    for form in FORMATS:
        made = BytesIO()
        drawn.save(made, {"jpg": "JPEG"}.get(form, form.upper()))
        for file in (public_file(folder, KEY, WIDTH, form), held_file(folder, KEY, WIDTH)):
            if file.suffix == f".{form}":
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(made.getvalue())
    ready = {
        "state": "ready",
        "key": KEY,
        "width": WIDTH,
        "height": 120,
        "colour": "#2878a0",
        "widths": str(WIDTH),
    }
    with writer.begin() as connection:
        connection.execute(update(media).where(media.c.address == PICTURE).values(**ready))
        connection.execute(
            update(media)
            .where(media.c.address != PICTURE, media.c.id % 2 == 0)
            .values(state="refused", error="damaged")
        )


def _approve_walls(build: Builder, ids: Sequence[str]) -> None:
    actions.decide(
        build.writer,
        Action.APPROVE,
        [(item_id, None) for item_id in ids],
        actor="shell",
        who="shell:ana",
        now=build.now,
    )
    for item_id in ids[::3]:  # the others keep their authors' own words
        words = _own_words(build, "shown", 450)
        actions.decide(
            build.writer,
            Action.AMEND,
            [(item_id, None)],
            actor="shell",
            who="shell:ana",
            now=build.now,
            changes=words,
        )


def admit_people(build: Builder) -> int:
    """Let people with hostile names be there, signed in with hostile browsers and invited by mail."""
    texts, now = build.texts, build.now
    with build.writer.begin() as connection:
        admin = people.add(
            connection, name="Amina Yusuf", email="", role="admin", password=STORED, now=now
        )
        for _ in range(60):
            name, email = texts.typed("person", 100), texts.typed("mail", 200)
            with suppress(NameTaken):  # some rows differ in nothing that tells people apart
                people.add(connection, name=name, email=email, role="viewer", password=STORED, now=now)
        for number in range(20):
            people.open_session(connection, f"{number:064x}", admin.id, texts.typed("browser", 200), now)
            people.add_invite(connection, _invite(build, number))
    return admin.id


def _invite(build: Builder, number: int) -> people.Invite:
    return people.Invite(
        f"{number:064x}",
        "viewer",
        build.texts.typed("invited", 200),
        None,
        build.texts.typed("inviter", 100),
        build.now,
        build.now + timedelta(days=1),
    )
