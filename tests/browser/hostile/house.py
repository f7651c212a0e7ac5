"""Both real applications, served with an installation full of hostile posts behind them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any, Protocol

from sqlalchemy import Engine
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.test import Client
from werkzeug.wrappers import Response

import feeds.app
import moderation.app
from aggregator.clean import clean
from aggregator.item import Action
from aggregator.settings import Campaign, Settings, Source, View
from aggregator.store.published import Door
from engaged.application import side_by_side
from moderation import actions, cookies, sessions
from moderation.drawing import speech
from moderation.routes import Desk
from tests.browser.hostile.filling import DESK, Builder, Clean, admit_people, fill
from tests.moderation.house import Clock

VIEWS = {"featured": View(layout="featured", slot="post"), "wall": View(layout="grid", limit=20)}


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

    desk: Desk
    walls: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]
    gone: tuple[str, str]
    waiting: dict[str, list[str]]
    token: str
    server: BaseWSGIServer

    @property
    def url(self) -> str:
        return self.desk.settings.public_url

    @property
    def is_large(self) -> bool:
        return len(self.walls) > 20

    def open(self) -> None:
        """Let both applications answer that have kept nothing, not even a finished page."""
        public = feeds.app.create_app(self.desk.settings, Door(self.desk.reader), self.desk.now)
        self.server.app = side_by_side(public, moderation.app.create_app(self.desk))

    def visitor(self) -> Client:
        """Give somebody who asks without a browser, and is not signed in."""
        return Client(self.server.app)

    def moderator(self) -> Client:
        """Give an admin who asks without a browser."""
        asked = self.visitor()
        name = cookies.name_for(self.desk.settings)
        asked.set_cookie(name, self.token, domain="localhost", path="/moderate")
        return asked


class Serve(Protocol):
    """Serves an installation full of these rows, until the end of the run."""

    def __call__(self, rows: Sequence[str], clean: Clean = clean, *, at_desk: int = 20) -> Site: ...


def settings(build: Builder, url: str, folder: Path) -> Settings:
    """Give settings in which every text that an operator writes is hostile as far as it is accepted."""
    rows = [row.encode("utf-8", "replace").decode() for row in build.texts.rows]
    tags = [row for row in rows if _is_accepted(hashtags=(row,))]
    contacts = [row for row in rows if _is_accepted(contact=row)] or [""]
    return Settings(
        public_url=url,
        media=str(folder),
        notice=build.texts.typed("notice", 300),
        campaigns=tuple(
            _campaign(
                slug,
                name=build.texts.typed("campaign name", 100) or "Story time",
                about=build.texts.typed("about", 1000),
                hashtags=(tags[number % len(tags)],),
                contact=contacts[number % len(contacts)],
            )
            for number, slug in enumerate((DESK, *build.slugs()))
        ),
    )


def _campaign(slug: str, **more: Any) -> Campaign:
    return Campaign(
        **{
            "slug": slug,
            "name": "Story time",
            "sources": (Source(name="river", kind="feed"),),
            "views": VIEWS,
            **more,
        }
    )


def _is_accepted(**more: Any) -> bool:
    try:
        _campaign("story-time", **more)
    except ValueError:
        return False
    return True


class Quiet(WSGIRequestHandler):
    """Serves without a line for each request."""

    def log(self, *_: Any) -> None:
        pass


@contextmanager
def hostile_site(build: Builder, reader: Engine, folder: Path) -> Iterator[Site]:
    """Fill an installation and serve it on 127.0.0.1."""
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True, request_handler=Quiet)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        configured = settings(build, f"http://localhost:{server.server_port}", folder)
        fill(build, folder)
        desk = Desk(configured, reader, build.writer, folder, Clock(build.now), speech())
        site = _site(desk, build, server)
        site.open()
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _site(desk: Desk, build: Builder, server: BaseWSGIServer) -> Site:
    rows = actions.listing(desk.reader, limit=0)
    shown = [(one.campaign, one.id) for one in rows if one.campaign != DESK]
    waiting: dict[str, list[str]] = {}
    for one in rows:
        if one.campaign == DESK:
            waiting.setdefault("changed" if one.is_changed else one.state.value, []).append(one.id)
    gone = shown.pop()
    actions.decide(
        desk.writer, Action.TAKE_DOWN, [(gone[1], None)], actor="shell", who="shell:ana", now=desk.now()
    )
    token = sessions.open_for(desk.writer, admit_people(build), "Chromium", desk.now())
    return Site(desk, build.slugs(), tuple(shown), gone, waiting, token, server)
