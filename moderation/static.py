"""Stylesheet, script and icon of the screens, each under an address that changes with its content."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response

from feeds.page import HERE as FEEDS
from moderation.routes import Asked, Desk, Route

HERE = Path(__file__).parent / "static"

# The colours and measures are the public pages' own: one set of tokens.
FILES = {
    "moderation.css": (
        FEEDS / "static" / "tokens.css",
        HERE / "moderation.css",
        HERE / "highlights.css",
    ),
    "page.js": (HERE / "page.js",),
    "queue.js": (HERE / "sending.js", HERE / "queue.js"),
    "issue.js": (HERE / "issue.js",),
    "icon.svg": (HERE / "icon.svg",),
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent. `tag` names its content."""

    data: bytes
    content_type: str
    tag: str


@cache
def file(name: str) -> File:
    """Give one of FILES; what it is made of is read once."""
    data = b"\n".join(path.read_bytes() for path in FILES[name])
    return File(data, f"{_TYPES[Path(name).suffix]}; charset=utf-8", sha256(data).hexdigest()[:16])


def address(name: str) -> str:
    """Give the address under which one of FILES can be kept for ever."""
    return f"/moderate/static/{name}?v={file(name).tag}"


def show(desk: Desk, asked: Asked) -> Response:  # noqa: ARG001 - every row takes both
    """Send a file. Under an old tag it is what it is now, and not kept: releases overlap."""
    name = asked.names["name"]
    if name not in FILES:
        return Response(status=404)
    found = file(name)
    answer = Response(found.data, content_type=found.content_type)
    is_current = asked.query.get("v") == found.tag
    answer.headers["Cache-Control"] = (
        "private, max-age=31536000, immutable" if is_current else "no-store"
    )
    return answer


ROUTES = (Route("/static/<name>", "static", show, role=None),)
