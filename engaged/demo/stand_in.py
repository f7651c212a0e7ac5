"""The process behind the invented sites: keeps the world, draws pictures, answers, lets posts appear."""

import json
import logging
import os
import re
import signal
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread

from engaged import lifeline, logs
from engaged.demo import blogs, plan, timeline
from engaged.demo.content import NETWORKS, content
from engaged.demo.journal import Happened, Journal
from engaged.demo.pages import Pages
from engaged.demo.pictures.names import NO_PICTURES, ending_of, is_known
from engaged.demo.plan import Plan
from engaged.demo.post_office import Letters, PostOffice
from engaged.demo.server import Asked, Reply, Site
from engaged.demo.world import World, world
from engaged.terminal import WrongUse

log = logging.getLogger(__name__)

NEW_EVERY_S = 20
STILL = "ENGAGED_DEMO_STILL"
"""When this is in the environment no new posts come: for pictures of the screens."""

MOST_NEW = 2_000
"""Eleven hours of new posts: a demo that somebody forgot does not fill the disk."""

PICTURES_KEPT = 3_000_000  # bytes
QUOTA, QUOTA_LASTS = 3_000, timedelta(minutes=5)
_JSON = "application/json; charset=utf-8"
_KINDS = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def stand_in(folder: Path) -> int:
    """Serve the sites of the demo in `folder` until SIGTERM or Ctrl-C."""
    lifeline.tie_to_supervisor()
    logs.set_up(())
    found = plan.read(folder)
    if found is None:
        raise WrongUse(f"There is no demo in {folder}: `engaged demo` makes it.")
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    sites = open_sites(found, Journal(folder), now=_now)
    ports = (*sites.ports, PostOffice(found.mail, sites.letters, _now))
    for each in ports:
        Thread(target=each.serve_forever, args=(0.2,), daemon=True).start()
    while found.is_ready and STILL not in os.environ and not stopping.wait(NEW_EVERY_S):
        sites.appear()
    stopping.wait()
    for each in ports:
        each.server_close()
    return 0


class Sites:
    """The invented sites over one journal. Answers from any thread."""

    def __init__(self, found: Plan, journal: Journal, now: Callable[[], datetime]) -> None:
        self.plan = found
        self.journal = journal
        self.ports: list[Site] = []
        self.letters = Letters()
        self._now = now
        self._pages = Pages(found)
        self._pictures = _Pictures()
        self._quota = _Quota()
        self._made: tuple[object, World] | None = None

    def world(self) -> World:
        """Give the world as it is; it is put together again when something happened."""
        events, made = self.journal.events, self._made
        if made is None or made[0] is not events:
            self._made = made = (events, world(content(), self.plan, events))
        return made[1]

    def appear(self) -> None:
        """Let the next post of the pool appear."""
        count = sum(event.what == "appear" for event in self.journal.events)
        if count < MOST_NEW:
            self.journal.add(Happened(self._now(), "appear", str(count)))

    def answer(self, asked: Asked) -> Reply:
        """Give the answer to one request: picture, API, feed, or a page for eyes."""
        if asked.path == "/healthz":
            return Reply(200, b"ok\n", "text/plain; charset=utf-8")
        if asked.path.startswith("/media/"):
            return self._picture(asked.path.removeprefix("/media/"))
        if asked.site in NETWORKS and asked.path.startswith("/api/"):
            return self._api(asked)
        if asked.site == "blogs" and (feed := _feed_of(asked.path)):
            return self._feed(feed, asked)
        if asked.site == "mailbox":
            return self._pages.mailbox(asked, self.letters, self._now())
        if asked.method == "POST":
            return self._happen(asked)
        return self._pages.page(asked, self.world(), self._now())

    def _api(self, asked: Asked) -> Reply:
        quota = self._quota.count(asked.site, self._now())
        answer = (
            _api_answer(asked, self.world())
            if quota.is_left
            else timeline.Answer(429, {"error": "Too many requests"})
        )
        headers = (*answer.headers, *quota.headers, ("Cache-Control", "private, no-store"))
        return Reply(answer.code, json.dumps(answer.body, ensure_ascii=False).encode(), _JSON, headers)

    def _feed(self, blog: str, asked: Asked) -> Reply:
        written = asked.query.get("paged", ["1"])[-1]
        page = int(written) if written.isdecimal() and len(written) < 5 else 1
        text = blogs.feed(self.world(), blog, max(page, 1))
        if text is None:
            return self._pages.missing(asked)
        return Reply(200, text.encode(), blogs.TYPES[blog])

    def _picture(self, file: str) -> Reply:
        name, _, ending = file.rpartition(".")
        if ending != ending_of(name) or not (is_known(name) or name in NO_PICTURES):
            return Reply(404, b"There is no such picture.\n", "text/plain; charset=utf-8")
        body = self._pictures.file(name)
        return Reply(200, body, _KINDS[ending], (("Cache-Control", "public, max-age=86400"),))

    def _happen(self, asked: Asked) -> Reply:
        """Let an author edit or delete, then show the page again."""
        event = self._pages.wish(asked, self.world(), self._now())
        if event is None:
            return self._pages.missing(asked)
        self.journal.add(event)
        return Reply(303, b"", headers=(("Location", _place_after(event, asked)),))


class _Pictures:
    """Draws one picture at a time, so that one is in memory, and keeps some files."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def file(self, name: str) -> bytes:
        from engaged.demo.pictures import scenes  # Pillow: nobody may ever ask for a picture

        with self._lock:
            if name not in self._files:
                self._files[name] = (
                    scenes.no_picture(name)
                    if name in NO_PICTURES
                    else scenes.as_file(name, ending_of(name))
                )
            self._files.move_to_end(name)
            while len(self._files) > 1 and sum(map(len, self._files.values())) > PICTURES_KEPT:
                self._files.popitem(last=False)
            return self._files[name]


class _Left:
    """How many questions a server still answers, as Mastodon's headers say it."""

    def __init__(self, left: int, until: datetime) -> None:
        self.is_left = left >= 0
        reset = until.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        self.headers = (
            ("X-RateLimit-Limit", str(QUOTA)),
            ("X-RateLimit-Remaining", str(max(left, 0))),
            ("X-RateLimit-Reset", reset),
        )


class _Quota:
    """Counts questions to each server, five minutes at a time."""

    def __init__(self) -> None:
        self._counts: dict[str, tuple[datetime, int]] = {}
        self._lock = Lock()

    def count(self, server: str, now: datetime) -> _Left:
        with self._lock:
            until, count = self._counts.get(server, (now, 0))
            if now >= until:
                until, count = now + QUOTA_LASTS, 0
            self._counts[server] = (until, count + 1)
        return _Left(QUOTA - count - 1, until)


def open_sites(found: Plan, journal: Journal, now: Callable[[], datetime]) -> Sites:
    """Open the ports of a plan; each is then to be served on a thread.

    Raises:
        WrongUse: another program has one of them.
    """
    sites = Sites(found, journal, now)
    for name, port in found.sites.items():
        try:
            sites.ports.append(Site(name, port, sites.answer))
        except OSError as error:
            raise WrongUse(
                f"Port {port} of the demo's {name} cannot be used: {error.strerror}."
            ) from error
    return sites


def _api_answer(asked: Asked, world: World) -> timeline.Answer:
    tag, status = "/api/v1/timelines/tag/", "/api/v1/statuses/"
    if asked.method == "POST":
        return timeline.Answer(405, {"error": "This server is read-only"})
    if asked.path == "/api/v2/instance":
        return timeline.about(world, asked.site)
    if asked.path.startswith(tag):
        return timeline.by_hashtag(world, asked.site, asked.path.removeprefix(tag), asked.query)
    if asked.path.rstrip("/") == status.rstrip("/"):
        return timeline.by_ids(world, asked.site, asked.query)
    if asked.path.startswith(status):
        return timeline.by_id(world, asked.site, asked.path.removeprefix(status))
    return timeline.Answer(404, {"error": "Not Found"})


def _place_after(event: Happened, asked: Asked) -> str:
    """Give where to look after a button: the page it stood on, unless that went with its post."""
    back = asked.form.get("back", "/")
    is_gone = event.what == "delete" and asked.path == f"{back}/delete"
    is_ours = re.fullmatch(r"/(?!/)[@\w./?=-]*", back, re.ASCII) is not None
    return back if is_ours and not is_gone else "/"


def _feed_of(path: str) -> str:
    return next((blog for blog, address in blogs.FEEDS.items() if path == address), "")


def _now() -> datetime:
    return datetime.now(UTC)
