"""Campaigns full of hostile posts, stored as collecting stores them, on both real applications.

Nothing stands between a row and the screens but the product: RawItem, clean, intake, decisions.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any

from PIL import Image
from sqlalchemy import Engine, insert, select, update
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

import feeds.app
import moderation.app
from aggregator.clean import clean
from aggregator.copies import FORMATS, held_file, public_file
from aggregator.item import Action, Author, Found, Kind, Media, RawHtml, RawItem
from aggregator.settings import Campaign, Settings, Source, View
from aggregator.stages import Known, Screened
from aggregator.store import intake, people, runs
from aggregator.store.intake import Intake
from aggregator.store.models import item, media
from aggregator.store.published import Door
from aggregator.store.runs import Claim, Declared, Ending
from engaged.serve import side_by_side
from moderation import actions, sessions
from moderation.drawing import speech
from moderation.routes import Desk
from tests.browser.hostile_rows import Packs
from tests.moderation.house import STORED, Clock

DESK = "desk"
"""The campaign whose posts wait for moderators."""
HUB = 13
"""How many posts a hub shows."""
PICTURE = "https://pictures.example/bus.jpg"
KEY, WIDTH = "ab" * 12, 160
OURS = ("river.example", "Published")
VIEWS = {"featured": View(layout="featured", slot="post"), "wall": View(layout="grid", limit=20)}
EVIL = "https://evil.example/"


@dataclass(frozen=True)
class Site:
    """Both sides of an installation, as they run.

    Attributes:
        walls: the campaigns whose posts are all shown.
        posts: (campaign, id) of what they show.
        gone: (campaign, id) of what was shown once.
        waiting: ids in the campaign `desk`, by state.
        token: what the browser of a signed-in admin holds.
    """

    url: str
    desk: Desk
    walls: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]
    gone: tuple[str, str]
    waiting: dict[str, list[str]]
    token: str


@dataclass
class Texts:
    """For each field its own way through all rows."""

    rows: Sequence[str]

    def __post_init__(self) -> None:
        self._packs: dict[str, Packs] = {}

    def __call__(self, name: str, length: int) -> str:
        if name not in self._packs:
            self._packs[name] = Packs(self.rows, length)
        return self._packs[name]()

    def missing(self) -> list[str]:
        """Give the fields that have not had every row."""
        return [name for name, pack in self._packs.items() if not pack.is_through]


@dataclass(frozen=True)
class Builder:
    """What fills one installation."""

    texts: Texts
    writer: Engine
    now: datetime

    def slugs(self) -> tuple[str, ...]:
        shown = len(self.texts.rows) + len(self.texts.rows) // 7
        return tuple(f"wall-{number}" for number in range(-(-shown // HUB)))


def settings(build: Builder, url: str, folder: Path) -> Settings:
    """Give settings in which every text that an operator writes is hostile as far as it is accepted."""
    rows = build.texts.rows
    tags = [row for row in rows if _is_accepted(lambda row=row: _campaign("x", hashtags=(row,)))]
    contacts = [row for row in rows if _is_accepted(lambda row=row: _campaign("x", contact=row))]
    return Settings(
        public_url=url,
        media=str(folder),
        notice=build.texts("notice", 300)[:300],
        campaigns=tuple(
            _campaign(
                slug,
                name=build.texts("campaign name", 100)[:100] or "Story time",
                about=build.texts("about", 1000)[:1000],
                hashtags=tuple(tags[number % len(tags) :][:1]),
                contact=next(iter(contacts[number % max(1, len(contacts)) :]), ""),
            )
            for number, slug in enumerate((DESK, *build.slugs()))
        ),
    )


def _campaign(slug: str, **more: Any) -> Campaign:
    return Campaign(
        **{"slug": slug, "name": "Story time", "sources": (Source(name="river", kind="feed"),), "views": VIEWS, **more}
    )


def _is_accepted(make: Callable[[], object]) -> bool:
    try:
        make()
    except ValueError:
        return False
    return True


def fill(build: Builder, folder: Path) -> None:
    """Let sources bring every row in every field of a post, and people decide with rows in their words."""
    claims = _declared(build)
    for number, slug in enumerate(build.slugs()):
        found = [_shown(build, number * HUB + at) for at in range(HUB)]
        _take(build, claims[slug], found, passing)
        _finish(build, claims[slug])
    _fill_desk(build, claims[DESK])
    _draw(build.writer, folder)
    _approve_walls(build)
    missing = [name for name in build.texts.missing() if name not in ("notice", "campaign name")]
    assert missing == [], "some rows never stood in these fields"


def passing(_: Found, __: Known) -> Screened:
    return Screened("pass")


def _declared(build: Builder) -> dict[str, Claim]:
    slugs = (DESK, *build.slugs())
    declared = [
        Declared(slug, "river", "feed", "river.example", "x", label=build.texts("label of a source", 100)[:100])
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
    return RawHtml(f'{row}<p title="{row}"><a href="{row}">{row}</a> <a href=\'{row}\'>x</a> <img src="{row}" alt="{row}"></p>')


def _media(texts: Texts, row: str, length: int) -> tuple[Media, ...]:
    return (
        Media(PICTURE, "image", alt=texts("alt", 1500), credit=texts("credit", length), licence=texts("licence", length)),
        Media(f"{EVIL}{row}", "image", mime=row, alt=row, credit=row),
        Media(f"{EVIL}film?{row}", "video", poster=row, alt=row),
        Media(row, row, alt=row),
    )


def _cleaned(build: Builder, name: str, row: str, **more: Any) -> Found:
    texts = build.texts
    raw = RawItem(
        (f"guid:river.example:{name}", row),
        kind=Kind.POST,
        url=(row, f"{EVIL}{row}", f"{EVIL}{name}")[len(name) % 3],
        base=EVIL,
        tags=(row, *texts("tag", 100).split()),
        language=row,
        in_reply_to=row,
        label=texts("label", 500),
        native=row,
        **more,
    )
    return clean(raw, home="river.example", now=build.now)


def _take(build: Builder, claim: Claim, found: Sequence[Found], screen: intake.Screen) -> None:
    page = Intake(claim, tuple(found), (), {"row": 1}, screen, "keep", build.now)
    with build.writer.begin() as connection:
        intake.take(connection, page)


def _finish(build: Builder, claim: Claim) -> None:
    """End a visit that skipped rows, and broke off with one."""
    skipped = tuple((build.texts("why skipped", 40)[:40], build.texts("skipped", 300)[:300]) for _ in range(20))
    ending = Ending(
        "soft-failure", build.now, build.now, build.now, skipped=skipped, detail=build.texts("detail", 500)[:500],
        error=build.texts("error", 40)[:40],
    )  # fmt: skip
    with build.writer.begin() as connection:
        runs.finish(connection, claim, ending)


def _fill_desk(build: Builder, claim: Claim) -> None:
    """Fill the queue until every row has stood in a name; some posts wait, some are edited, some decided."""
    found: list[Found] = []
    while len(found) < 20 or {"name", "held handle"} & set(build.texts.missing()):
        found.append(_held(build, len(found)))
    held = [one for number, one in enumerate(found) if number % 5 == 2]
    _take(build, claim, [one for number, one in enumerate(found) if number % 5 != 2], passing)
    _take(build, claim, held, _holding(build))
    _decide_desk(build, _ids_of(build, found))
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
        author=Author(texts("name", 200), texts("held handle", 200), f"{EVIL}?{row}"),
        warning=texts("long warning", 500) if number % 3 == 0 else "",
        media=_media(texts, row, 500),
        published=build.now - timedelta(minutes=number),
        **({"html": RawHtml(text)} if number % 2 else {"text": text}),
    )


def _holding(build: Builder) -> intake.Screen:
    def held(_: Found, __: Known) -> Screened:
        return Screened("hold", (f"rule-failed:{build.texts('rule', 28)}"[:40],))

    return held


def _ids_of(build: Builder, found: Sequence[Found]) -> list[str]:
    from aggregator.store import lookup

    values = [one.identities[0] for one in found]
    with build.writer.connect() as connection:
        owners = lookup.owners(connection, DESK, set(values))
    return [owners[value] for value in values]


def _decide_desk(build: Builder, ids: Sequence[str]) -> None:
    def decide(action: Action, item_id: str, **more: Any) -> None:
        actions.decide(
            build.writer, action, [(item_id, None)], actor="person", who=build.texts("who", 100)[:100], now=build.now,
            note=build.texts("note", 2000)[:2000], **more,
        )  # fmt: skip

    for number, item_id in enumerate(ids):
        if number % 5 == 3:
            decide(Action.APPROVE, item_id)
        elif number % 5 == 4:
            decide(Action.REJECT, item_id, reason="spam")
        decide(Action.AMEND, item_id, changes=_own_words(build, "kept", 2000))


def _own_words(build: Builder, name: str, length: int) -> dict[str, str]:
    fields = ("library", "place", "excerpt", "label", "alt", "credit", "licence")
    return {field: build.texts(f"{name} {field}", length)[:length] for field in fields}


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
    ready = {"state": "ready", "key": KEY, "width": WIDTH, "height": 120, "colour": "#2878a0", "widths": str(WIDTH)}
    with writer.begin() as connection:
        connection.execute(update(media).where(media.c.address == PICTURE).values(**ready))
        connection.execute(
            update(media).where(media.c.address != PICTURE, media.c.id % 2 == 0).values(state="refused", error="damaged")
        )


def _approve_walls(build: Builder) -> None:
    with build.writer.connect() as connection:
        ids = list(connection.scalars(select(item.c.id).where(item.c.campaign != DESK).order_by(item.c.id)))
    everything = [(item_id, None) for item_id in ids]
    actions.decide(build.writer, Action.APPROVE, everything, actor="shell", who="shell:ana", now=build.now)
    for item_id, _ in everything[::4]:
        # Half of them keep the author's own words on the card and its picture.
        words = _own_words(build, "shown", 200)
        actions.decide(
            build.writer, Action.AMEND, [(item_id, None)], actor="shell", who="shell:ana", now=build.now, changes=words
        )


def _people(build: Builder) -> int:
    """Let people with hostile names be there, signed in with hostile browsers and invited by mail."""
    texts, now = build.texts, build.now
    with build.writer.begin() as connection:
        admin = people.add(connection, name="Amina Yusuf", email="", role="admin", password=STORED, now=now)
        names = dict.fromkeys(texts("person", 100)[:100] for _ in range(60))
        for name in names:
            people.add(connection, name=name, email=texts("mail", 200), role="viewer", password=STORED, now=now)
        for number in range(20):
            people.open_session(connection, f"{number:064x}", admin.id, texts("browser", 200)[:200], now)
            people.add_invite(connection, _invite(build, number))
    return admin.id


def _invite(build: Builder, number: int) -> people.Invite:
    return people.Invite(
        f"{number:064x}", "viewer", build.texts("invited", 200)[:200], None, build.texts("inviter", 100)[:100],
        build.now, build.now + timedelta(days=1),
    )  # fmt: skip


class Quiet(WSGIRequestHandler):
    """Serves without a line for each request."""

    def log(self, *_: Any) -> None:
        pass


@contextmanager
def hostile_site(rows: Sequence[str], writer: Engine, reader: Engine, folder: Path, now: datetime) -> Iterator[Site]:
    """Serve an installation full of these rows on 127.0.0.1."""
    build = Builder(Texts(rows), writer, now)
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True, request_handler=Quiet)
    url = f"http://localhost:{server.server_port}"
    configured = settings(build, url, folder)
    fill(build, folder)
    desk = Desk(configured, reader, writer, folder, Clock(now), speech())
    token = sessions.open_for(writer, _people(build), "Chromium", now)
    public = feeds.app.create_app(configured, Door(reader), desk.now)
    server.app = side_by_side(public, moderation.app.create_app(desk))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield _site(build, desk, token)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _site(build: Builder, desk: Desk, token: str) -> Site:
    rows = actions.listing(desk.reader, limit=0)
    shown = [(one.campaign, one.id) for one in rows if one.campaign != DESK]
    waiting: dict[str, list[str]] = {}
    for one in rows:
        if one.campaign == DESK:
            waiting.setdefault("changed" if one.is_changed else one.state.value, []).append(one.id)
    gone = shown.pop()
    actions.decide(desk.writer, Action.TAKE_DOWN, [(gone[1], None)], actor="shell", who="shell:ana", now=desk.now())
    return Site(desk.settings.public_url, desk, build.slugs(), tuple(shown), gone, waiting, token)
