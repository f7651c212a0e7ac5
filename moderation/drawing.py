"""How a screen becomes an answer: one set of templates, one way to draw, one way to send on.

Headers, cookies and walls are added by app.py; nothing here looks at who may see what.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from flask import Response, url_for
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from feeds.i18n import Words, words
from feeds.page import HERE as FEEDS
from feeds.page import HTML
from feeds.texts import legible
from moderation import static
from moderation.routes import Asked, Desk
from moderation.times import Moment, moment

HERE = Path(__file__).parent
LOCALES = HERE / "locales"
HOME = "/moderate/"


def draw(desk: Desk, asked: Asked, template: str, status: int = 200, **values: Any) -> Response:
    """Give a whole page: a template that extends `page.html`.

    Templates know, besides `values`: say, person, csrf, campaigns, notice, warnings, public_url,
    link(name, **names) and asked.
    """
    return _answer(_fill(desk, asked, template, values), status)


def part(desk: Desk, asked: Asked, template: str, status: int = 200, **values: Any) -> Response:
    """Give a fragment, for our script (`asked.wants_part`): a template that extends nothing."""
    return _answer(_fill(desk, asked, template, values), status)


def go(name: str, **names: str | int) -> Response:
    """Send the browser on to a row of ours; names that its address lacks become the query."""
    return go_to(link(name, **names))


def go_to(path: str) -> Response:
    """Send the browser on to a path that this program built.

    303, so that a form is not sent twice. The address stays relative: no Host header gets into it.
    """
    answer = Response(status=303)
    answer.headers["Location"] = path
    return answer


def link(name: str, **names: Any) -> str:
    """Give the path of a row by its name; names that its address lacks become the query."""
    return url_for(name, **names)


def at(desk: Desk, when: datetime) -> Moment:
    """Give a time for people, in the zone of the (first) campaign."""
    return moment(when, desk.settings.campaigns[0].timezone, desk.say.language)


def speech(language: str = "en") -> Words:
    """Give the words of the screens."""
    return words(language, LOCALES)


@cache
def environment() -> Environment:
    """Give the one set of templates: ours, then those of the public pages."""
    made = Environment(
        loader=FileSystemLoader([HERE / "templates", FEEDS / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["link"] = link
    made.globals["static"] = static.address
    return made


def _fill(desk: Desk, asked: Asked, template: str, values: dict[str, Any]) -> str:
    known = {
        "say": desk.say,
        "asked": asked,
        "person": asked.person,
        "csrf": asked.csrf,
        "warnings": asked.warnings,
        "campaigns": desk.settings.campaigns,
        "notice": desk.settings.notice,
        "public_url": desk.settings.public_url,
    }
    return environment().get_template(template).render(known | values)


def _answer(text: str, status: int) -> Response:
    return Response(legible(text).encode(), status=status, content_type=HTML)
