"""The invented sites as people see them: two networks, three blogs, a library with the widget in it.

Everything is escaped by the templates: what the awkward posts hold is shown as letters.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zlib import crc32

from jinja2 import Environment, PackageLoader

from engaged.demo.blogs import CAN_DELETE, FEEDS, alive
from engaged.demo.content import HASHTAG, NETWORKS, Person, Shot
from engaged.demo.journal import Happened
from engaged.demo.markup import tags_of
from engaged.demo.pictures.names import address_of, size_of
from engaged.demo.plan import Plan
from engaged.demo.post_office import Letters
from engaged.demo.server import Asked, Reply
from engaged.demo.timeline import DOMAINS, NAMES
from engaged.demo.world import Entry, Status, World

A_PAGE = 20
STYLES = ("demo.css", "network.css", "blog.css", "library.css", "mailbox.css")
MENU = (
    ("/", "Home"),
    ("/news", "News"),
    ("/events", "Events"),
    ("/community", "Community"),
    ("/visit", "Visit"),
)
_POLICY = (
    "default-src 'none'; img-src 'self' data: {engaged}; style-src 'self' 'unsafe-inline'; "
    "form-action 'self'"
)
_CSS = "text/css; charset=utf-8"
_POST = re.compile(r"/@(?P<who>[a-z]+)/(?P<id>\d{1,19})(?P<does>/edit|/delete)?")
_PROFILE = re.compile(r"/@(?P<who>[a-z]+)")
_MAIL = re.compile(r"/(?P<how>mail|html)/(?P<number>[1-9]\d{0,5})")
_ARTICLE = re.compile(r"/(?P<blog>[a-z]+)/(?P<key>[a-z0-9-]*)(?P<does>/edit|/delete)?")


class Pages:
    """Draws pages for eyes, and reads what their buttons wish for."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._environment = Environment(
            loader=PackageLoader("engaged.demo"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        # What is embedded comes from Engaged, as a frame or by its script; nothing else from elsewhere.
        embedded = "".join(f"; {what}-src {plan.engaged}" for what in ("frame", "script", "connect"))
        policy = f"{_POLICY.format(engaged=plan.engaged)}{embedded}"
        self._headers = (("Content-Security-Policy", policy),)

    def page(self, asked: Asked, world: World, now: datetime) -> Reply:
        """Give the page at a path of a site."""
        if asked.path.startswith("/style/"):
            return self._style(asked)
        draw = {"blogs": self._blog_page, "library": self._library_page}.get(
            asked.site, self._network_page
        )
        return draw(asked, world, now) or self.missing(asked)

    def mailbox(self, asked: Asked, letters: Letters, now: datetime) -> Reply:
        """Give the list of mails, one mail, or its HTML as it came, for the frame around it."""
        if asked.path.startswith("/style/"):
            return self._style(asked)
        match = _MAIL.fullmatch(asked.path)
        letter = letters.one(int(match["number"])) if match else None
        if asked.method == "POST" or (letter is None and asked.path != "/"):
            return self.missing(asked)
        if letter and match and match["how"] == "html":
            html = letter.html.replace("<head>", '<head><base target="_blank">', 1)
            return Reply(200, html.encode(), headers=self._of_mails("style-src 'unsafe-inline'"))
        page = self._drawn(
            "mailbox.html", "mailbox", title="A mailbox", letter=letter, letters=letters.newest_first(),
            ago_of=lambda one: _ago(now - one.at),
        )  # fmt: skip
        return replace(page, headers=self._of_mails("style-src 'self'; frame-src 'self'"))

    def _of_mails(self, more: str) -> tuple[tuple[str, str], ...]:
        """Mails come from a program: nothing of them runs, whatever it sends."""
        pictures = f"img-src data: {self._plan.engaged}"
        return (("Content-Security-Policy", f"default-src 'none'; {pictures}; {more}"),)

    def missing(self, asked: Asked) -> Reply:
        return self._drawn("missing.html", _style_of(asked.site), code=404, title="Nothing is here")

    def wish(self, asked: Asked, world: World, now: datetime) -> Happened | None:
        """Give what an author does with a button; None when there is no such post."""
        if asked.site in NETWORKS:
            match = _POST.fullmatch(asked.path)
            status = world.status(asked.site, int(match["id"])) if match else None
            if not match or not status or not status.is_local or not match["does"]:
                return None
            return _happened(
                status.key, status.text or _plain(status.post.html), match["does"], asked, now
            )
        match = _ARTICLE.fullmatch(asked.path) if asked.site == "blogs" else None
        if not match or not match["does"] or match["blog"] not in world.entries:
            return None
        entry = world.entry(match["blog"], match["key"])
        if not entry or entry.gone_at or (match["does"] == "/delete" and match["blog"] != CAN_DELETE):
            return None
        return _happened(f"{match['blog']}/{match['key']}", entry.text, match["does"], asked, now)

    def _network_page(self, asked: Asked, world: World, now: datetime) -> Reply | None:
        found = _chosen(asked, world)
        if found is None:
            return None
        heading, about, statuses = found
        shown, older = _paged(statuses, asked)
        is_alone = bool(_POST.fullmatch(asked.path))
        cards = [
            _card(one, world, now, asked.path, is_open=is_alone and _is_named(one, asked))
            for one in shown
        ]
        return self._drawn(
            "network.html", "network", title=f"{heading} – {NAMES[asked.site]}", heading=heading,
            about=about, network=NAMES[asked.site], cards=cards, older=older,
        )  # fmt: skip

    def _blog_page(self, asked: Asked, world: World, now: datetime) -> Reply | None:
        if asked.path == "/":
            return self._drawn(
                "blogs.html", "blog", title="Three blogs", blogs=world.content.blogs.values()
            )
        match = _ARTICLE.fullmatch(asked.path if asked.path.count("/") > 1 else asked.path + "/")
        if not match or match["does"] or match["blog"] not in world.content.blogs:
            return None
        blog, only = world.content.blogs[match["blog"]], bool(match["key"])
        entries = alive(world, blog.key)
        if only:
            entries = [entry for entry in entries if entry.article.key == match["key"]]
            if not entries:
                return None
        return self._drawn(
            "blog.html", "blog", language=blog.language, title=blog.title, blog=blog, only=only,
            can_delete=blog.key == CAN_DELETE, feed=FEEDS[blog.key],
            articles=[_article(entry, now, asked.path) for entry in entries],
        )  # fmt: skip

    def _library_page(self, asked: Asked, world: World, now: datetime) -> Reply | None:
        written = _library_words()
        texts = {text["path"]: text for text in (*written["page"], *written["news"])}
        template = {"/": "library_home.html", "/community": "library_community.html"}.get(asked.path)
        if template is None and asked.path not in texts:
            return None
        text = texts.get(asked.path, {})
        return self._drawn(
            template or "library_words.html", "library", title="Alder Bend Public Library", text=text,
            news=written["news"], menu=MENU, here=asked.path, heights=_heights(),
            hero=address_of("boat-6"), tip=_tip(asked.path),
        )  # fmt: skip

    def _style(self, asked: Asked) -> Reply:
        name = asked.path.removeprefix("/style/")
        if name not in STYLES:
            return self.missing(asked)
        body = (files("engaged.demo") / "static" / name).read_bytes()
        if name == "network.css" and asked.site == "harbour":
            body = body.replace(b"#5a3fb0", b"#0e6471").replace(b"#eeeaf6", b"#e4f0f1")
        return Reply(200, body, _CSS)

    def _drawn(self, template: str, style: str, code: int = 200, **values: Any) -> Reply:
        sites = {name: self._plan.origin(name) for name in self._plan.sites}
        text = self._environment.get_template(template).render(
            sites=sites, engaged=self._plan.engaged, style=style, **values
        )
        return Reply(code, text.encode(), headers=self._headers)


def _chosen(asked: Asked, world: World) -> tuple[str, str, Sequence[Status]] | None:
    """Give heading, a line beneath and the posts of a network's page; None when it has none there."""
    there = world.statuses[asked.site]
    if asked.path == "/" or asked.path.startswith("/tags/"):
        tag = asked.path.removeprefix("/tags/").lower() if asked.path != "/" else ""
        return (
            ("What people post" if not tag else f"#{tag}"),
            "",
            [one for one in there if not tag or tag in tags_of(one)],
        )
    if match := _PROFILE.fullmatch(asked.path):
        person = world.content.people.get(match["who"])
        return (
            (person.name, person.about, world.written_by(asked.site, person.handle)) if person else None
        )
    match = _POST.fullmatch(asked.path)
    status = world.status(asked.site, int(match["id"])) if match and not match["does"] else None
    if status is None:
        return None
    above = world.by_key(asked.site, status.post.answers)
    return "A post and its answers", "", [*([above] if above else []), status, *world.answers_to(status)]


def _paged(statuses: Sequence[Status], asked: Asked) -> tuple[Sequence[Status], str]:
    written = asked.query.get("max_id", ["0"])[-1]
    below = int(written) if written.isdecimal() and len(written) < 20 else 0
    rest = [one for one in statuses if not below or one.id < below]
    older = f"{asked.path}?max_id={rest[A_PAGE - 1].id}" if len(rest) > A_PAGE else ""
    return rest[:A_PAGE], older


def _is_named(status: Status, asked: Asked) -> bool:
    return asked.path.endswith(f"/{status.id}")


def _card(status: Status, world: World, now: datetime, back: str, *, is_open: bool) -> dict[str, Any]:
    answered = world.by_key(status.server, status.post.answers) if status.post.answers else None
    origin = world.plan.origin(status.author.network)
    return {
        "id": status.id,
        "is_open": is_open,
        "is_local": status.is_local,
        "language": status.post.language,
        "name": status.author.name,
        "handle": _handle(status.author),
        "hue": crc32(status.author.handle.encode()) % 360,
        "profile": f"{origin}/@{status.author.handle}",
        "url": status.url,
        "path": f"/@{status.author.handle}/{status.id}",
        "back": back,
        "at": status.at.isoformat(),
        "ago": _ago(now - status.at),
        "edited": _ago(now - status.edited_at) if status.edited_at else "",
        "answers": answered.author.name if answered else "",
        "warning": status.post.warning,
        "text": status.text or status.post.html,
        "parts": (status.text or status.post.html).split("\n\n"),
        "tags": (HASHTAG, *status.post.tags),
        "pictures": _pictures(status.post.pictures),
    }


def _article(entry: Entry, now: datetime, back: str) -> dict[str, Any]:
    path = f"/{entry.article.blog}/{entry.article.key}"
    return {
        "url": path,
        "path": path,
        "back": back,
        "title": entry.article.title,
        "at": entry.at.isoformat(),
        "day": f"{entry.at:%Y-%m-%d}",
        "edited": _ago(now - entry.edited_at) if entry.edited_at else "",
        "text": entry.text,
        "parts": [_rows(part) if part.startswith("- ") else part for part in entry.text.split("\n\n")],
        "tags": entry.article.tags,
        "pictures": _pictures(entry.article.pictures),
    }


def _rows(part: str) -> list[str]:
    return [line.removeprefix("- ") for line in part.splitlines()]


def _pictures(shots: Iterable[Shot]) -> list[dict[str, Any]]:
    return [
        {
            "src": address_of(shot.draw),
            "alt": shot.alt,
            "width": size_of(shot.draw)[0],
            "height": size_of(shot.draw)[1],
        }
        for shot in shots
    ]


def _handle(person: Person) -> str:
    return f"@{person.handle}@{DOMAINS[person.network]}"


def _happened(key: str, text: str, does: str, asked: Asked, now: datetime) -> Happened:
    if does == "/delete":
        return Happened(now, "delete", key)
    how = asked.form.get("how", "text")
    if how == "word":
        return Happened(now, "edit", key, f"{text} Really.")
    if how == "link":
        return Happened(now, "edit", key, f"{text}\n\nhttps://more-about-it.example/{now:%H%M%S}")
    written = asked.form.get("text", "").replace("\r\n", "\n").strip()[:6_000]
    return Happened(now, "edit", key, written or text)


def _plain(html: str) -> str:
    return re.sub(r"<[^>]*>", "", html)


def _ago(span: timedelta) -> str:
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 60 * 24 else f"{minutes // (60 * 24)} d ago"


def _tip(path: str) -> str:
    if path == "/":
        return (
            "Open the story and its original, let its author delete it, look here again a minute later."
        )
    if path == "/events":
        return "Here the posts are a part of the page: no frame, its own fonts, one line of script."
    return "Approve a post in moderation, then look at the community wall again."


def _style_of(site: str) -> str:
    return {"blogs": "blog", "library": "library", "mailbox": "mailbox"}.get(site, "network")


@cache
def _library_words() -> dict[str, Any]:
    return tomllib.loads((files("engaged.demo") / "campaign" / "library.toml").read_text("utf-8"))


@cache
def _heights() -> dict[str, int]:
    """Give each layout's height as its file declares it: the same that embedders are told."""
    folder = files("feeds") / "layouts"
    found = {}
    for layout in ("featured", "grid", "carousel"):
        text = (folder / layout / "layout.html").read_text("utf-8")
        match = re.search(r"set height = (\d+)", text)
        found[layout] = int(match[1]) if match else 480
    return found
