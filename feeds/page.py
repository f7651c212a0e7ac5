"""A finished page or feed, and how a template becomes one. No clock, no store; files are read once."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from feeds.texts import legible

HERE = Path(__file__).parent
HTML = "text/html; charset=utf-8"
FRAME_STYLE = ("static/tokens.css", "static/pieces.css")
PAGE_STYLE = (*FRAME_STYLE, "static/pages.css")

# 60 + 30 seconds: a removed post may not live on in a browser for minutes.
FOR_READERS = "public, max-age=60, stale-while-revalidate=30, stale-if-error=300"
NOT_KEPT = "no-store"


@dataclass(frozen=True)
class Page:
    """One answer, whole.

    Attributes:
        holds_until: when it must be made again though nothing changed; None: never.
        etag: quoted, strong; over status, type and body.
        headers: all others, without length.
    """

    status: int
    content_type: str
    body: bytes
    holds_until: datetime | None
    etag: str
    headers: tuple[tuple[str, str], ...]

    # Written once for each page, not for each of its readers.

    @cached_property
    def line(self) -> str:
        """Give the status as HTTP writes it."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"

    @cached_property
    def all_headers(self) -> list[tuple[str, str]]:
        """Give the headers of an answer with a body. Nobody adds to this list."""
        about_body = (("Content-Type", self.content_type), ("Content-Length", str(len(self.body))))
        return [("ETag", self.etag), *self.headers, *about_body]


@dataclass(frozen=True)
class Sheet:
    """One stylesheet to be written into a page.

    Attributes:
        css: without comments and spare blanks, our own words only.
        policy: its hash, as a Content-Security-Policy names it.
    """

    css: Markup
    policy: str


@dataclass(frozen=True)
class Script:
    """One script to be written into a page: our own words only, and its hash for the policy."""

    code: Markup
    policy: str


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in moments if moment), default=None)


def finished(
    status: int,
    content_type: str,
    text: str,
    headers: Iterable[tuple[str, str]],
    *,
    holds_until: datetime | None = None,
    kept: str = FOR_READERS,
) -> Page:
    """Give a page with the headers that every public answer has."""
    return of_bytes(
        status, content_type, legible(text).encode(), headers, holds_until=holds_until, kept=kept
    )


def of_bytes(
    status: int,
    content_type: str,
    body: bytes,
    headers: Iterable[tuple[str, str]],
    *,
    holds_until: datetime | None = None,
    kept: str = FOR_READERS,
) -> Page:
    """Give what is no text, such as a picture, with the same headers."""
    digest = sha256(f"{status} {content_type}\n".encode() + body).hexdigest()
    common = (
        ("Cache-Control", kept),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Page(status, content_type, body, holds_until, f'"{digest[:24]}"', (*common, *headers))


def framed(
    style: Sheet, own_site: str = "", script: Script | None = None, *, asks: bool = False
) -> tuple[tuple[str, str], ...]:
    """Give the headers of a page that any site may put in a frame.

    Args:
        own_site: named beside 'self' as where pictures come from: to some browsers a frame in a sandbox
            has no self. Without it the page shows no picture, only its icon: a `data:` address.
        script: written into the page.
        asks: whether the script may ask our own site for news.
    """
    pictures = f"; img-src 'self' {own_site} data:" if own_site else "; img-src data:"
    runs = f"; script-src {script.policy}" if script else ""
    asking = f"; connect-src 'self' {own_site}".rstrip() if asks else ""
    policy = f"{_closed(style)}{runs}{asking}{pictures}; frame-ancestors *"
    return (("Content-Security-Policy", policy), ("Cross-Origin-Resource-Policy", "cross-origin"))


def unframed(style: Sheet, script: Script | None = None) -> tuple[tuple[str, str], ...]:
    """Give the headers of a page of our own site. Its icon is a `data:` address."""
    runs = f"; script-src {script.policy}" if script else ""
    policy = f"{_closed(style)}{runs}; img-src 'self' data:; frame-ancestors 'none'"
    return (("Content-Security-Policy", policy),)


def readable_anywhere() -> tuple[tuple[str, str], ...]:
    """Give the headers of a feed: scripts of every site may read it, none runs in it."""
    return (
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Access-Control-Allow-Origin", "*"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )


def draw(template: str, **values: Any) -> str:
    """Fill a template; everything in it is escaped unless clean.py made it safe."""
    return environment().get_template(template).render(**values)


@cache
def environment() -> Environment:
    """Give the one set of templates: `templates/` and `layouts/<name>/`."""
    return Environment(
        loader=FileSystemLoader([HERE / "templates", HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def sheet(*names: str) -> Sheet:
    """Join stylesheets of ours, written into the page so that it is one request."""
    css = "".join(_tight((HERE / name).read_text("utf-8")) for name in names)
    return Sheet(Markup(css), _hash(css))  # noqa: S704 - our own files, no data in them


@cache
def script(*names: str) -> Script:
    """Join scripts of ours, written into the page so that it is one request."""
    code = "".join(_without_remarks((HERE / name).read_text("utf-8")) for name in names)
    return Script(Markup(code), _hash(code))  # noqa: S704 - our own files, no data in them


def _hash(text: str) -> str:
    """Give the name of an inline text as a Content-Security-Policy knows it."""
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _closed(style: Sheet) -> str:
    return f"default-src 'none'; style-src {style.policy}; base-uri 'none'; form-action 'none'"


def _tight(css: str) -> str:
    without_comments = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,>])\s*", r"\1", re.sub(r"\s+", " ", without_comments)).strip()


def _without_remarks(code: str) -> str:
    """Leave out lines that are remarks, and what lines are indented by: no more, no parser is here."""
    return re.sub(r"^[ \t]*(?://.*)?\n?", "", code, flags=re.MULTILINE)
