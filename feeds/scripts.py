"""The script embed as it is served: `/w/1.js`, which gets our mends, and `/w/HASH.js`, which never does.

There is no build step: what is written in static/embed.js is sent without comments and blanks.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, sha384
from pathlib import Path

from feeds.page import HERE, Page, sheet

SCRIPTS_AT = "/w"
NEWEST = "1.js"
"""The name that stays: 1 is the major version, whose attributes never change their meaning."""

RELEASED = HERE / "static" / "released"
"""Every script we ever gave out, named by its hash: it stands on somebody's page under that name."""

CONTENT_TYPE = "text/javascript; charset=utf-8"
_FOR_AN_HOUR = "public, max-age=3600, stale-while-revalidate=86400"
_FOR_EVER = "public, max-age=31536000, immutable"
_BLANKS = re.compile(
    r"""(?P<kept>"(?:[^"\\\n]|\\.)*"|`[^`]*`|/(?:[^/\\\s]|\\.)+/i?(?=[.,;)]))"""
    r"""|\s*(?P<sign>[=,:;?{}()|&<>*])\s*|\s+"""
)


@dataclass(frozen=True, slots=True)
class Script:
    """One form of the script.

    Attributes:
        name: the hash of its bytes and `.js`: what stands after `/w/`.
        integrity: for pages that want to be sure of every byte (Subresource Integrity).
    """

    name: str
    body: bytes
    integrity: str


@cache
def newest() -> Script:
    """Give the script as it is today."""
    source = (HERE / "static" / "embed.js").read_text("utf-8")
    return script_of(tight(source).replace('"EMBED_CSS"', json.dumps(style())).encode())


def style() -> str:
    """Give what the element wears."""
    return re.sub(r":\s+|;(?=})", lambda found: found[0].strip(" ;"), str(sheet("static/embed.css").css))


def script_of(body: bytes) -> Script:
    """Give a script's name and digest."""
    digest = base64.b64encode(sha384(body).digest()).decode()
    return Script(f"{sha256(body).hexdigest()[:16]}.js", body, f"sha384-{digest}")


def tight(source: str) -> str:
    """Take out lines of comment, and blanks around signs: what stands in quotes stays as it is.

    It reads JavaScript as embed.js is written, not all JavaScript: a comment has its line to itself,
    every statement ends in `;` or `}`, nothing is divided, and a regular expression has no blank.
    """
    code = "\n".join(line for line in source.splitlines() if not line.lstrip().startswith("//"))
    return _BLANKS.sub(lambda found: found["kept"] or found["sign"] or " ", code).strip() + "\n"


@cache
def files() -> Mapping[str, Page]:
    """Give every script that is served, by its path."""
    kept = {file.name: script_of(file.read_bytes()) for file in sorted(RELEASED.glob("*.js"))}
    there = {**kept, newest().name: newest()}
    fixed = {f"{SCRIPTS_AT}/{name}": _page(script, _FOR_EVER) for name, script in there.items()}
    return {**fixed, f"{SCRIPTS_AT}/{NEWEST}": _page(newest(), _FOR_AN_HOUR)}


def at(path: str) -> Page | None:
    """Give the script at a path; None: we never gave one out under that name."""
    return files().get(path)


def keep(folder: Path = RELEASED) -> Path:
    """Write today's script among those that stay, as a release does. Twice changes nothing."""
    file = folder / newest().name
    file.write_bytes(newest().body)
    return file


def _page(script: Script, kept: str) -> Page:
    headers = (
        ("Cache-Control", kept),
        ("Access-Control-Allow-Origin", "*"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    )
    return Page(200, CONTENT_TYPE, script.body, None, f'"{script.name[:16]}"', headers)
