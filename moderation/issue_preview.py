"""How an edition looks: the mail itself, in a frame that runs nothing, and as a file to take along."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from flask import Response

from aggregator.settings import Campaign
from aggregator.store.issues import Issue
from feeds.highlights.letter import Filled, Letter, LetterChanged, in_language_of
from feeds.page import HTML
from moderation.campaigns import nowhere
from moderation.issue_letters import as_sent, letters_of
from moderation.issue_opened import opened
from moderation.routes import Asked, Desk, Role, Route

LOOKS = ("light", "dark", "bare", "text")
_STYLE = re.compile(r"<style\b[^>]*>.*?</style>", re.DOTALL)
# Programs choose the dark colours by themselves; here a person does.
_DARK_ONLY = "(prefers-color-scheme: dark)"
_EITHER = "color-scheme: light dark"


def show(desk: Desk, asked: Asked) -> Response:
    """Show the mail as HTML in light or dark, without its pictures, or as text."""
    try:
        found = _found(desk, asked)
    except LetterChanged:
        return _answer(_page(f"<p>{escape(desk.say('finding-letter-changed'))}</p>"), "'none'")
    if found is None:
        return nowhere(desk, asked)
    campaign, issue, letter = found
    look = asked.query.get("look", "")
    filled = as_sent(desk, campaign, issue, letter)
    if look == "text":
        return _answer(_page(f"<pre>{escape(filled.text)}</pre>"), "'none'")
    if not filled.posts:
        return _answer(_page(f"<p>{escape(desk.say('look-nothing'))}</p>"), "'none'")
    pictures = "'none'" if look == "bare" else f"'self' {desk.settings.public_url}"
    return _answer(_in_colours(filled.html, is_dark=look == "dark"), pictures)


def _found(desk: Desk, asked: Asked) -> tuple[Campaign, Issue, Letter] | None:
    with desk.reader.connect() as connection:
        there = opened(connection, desk, asked)
    if there is None:
        return None
    campaign, issue = there
    first = campaign.languages[0]
    whole = letters_of(desk, campaign, issue)
    if not whole:
        return None
    return campaign, issue, in_language_of(whole, asked.query.get("language", "") or first, first)


def _in_colours(html: str, *, is_dark: bool) -> str:
    """Make the choice between light and dark for the program that draws it."""
    media, scheme = ("all", "dark") if is_dark else ("not all", "light")

    def chosen(style: re.Match[str]) -> str:
        return style[0].replace(_DARK_ONLY, media).replace(_EITHER, f"color-scheme: {scheme}")

    # Its links open beside our screen: nobody loses it by trying one.
    return _STYLE.sub(chosen, html).replace("<head>", '<head><base target="_blank">', 1)


def _page(body: str) -> str:
    of_text = "pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}"
    style = "body{font:15px/1.5 ui-monospace,monospace;margin:16px}" + of_text
    head = f'<meta charset="utf-8"><style>{style}</style>'
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def _answer(html: str, pictures: str) -> Response:
    """Send a mail for our own frame: it runs nothing, leads nowhere by itself, and nobody keeps it."""
    answer = Response(html.encode(), content_type=HTML)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {pictures}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def file(desk: Desk, asked: Asked) -> Response:
    """Give the mail as a file for another program; who reads it is filled in there."""
    found = _found(desk, asked)
    if found is None:
        return nowhere(desk, asked)
    campaign, issue, letter = found
    own: Mapping[str, str] = {name: f"{{{{{name}}}}}" for name in ("unsubscribe", "preferences")}
    filled = as_sent(desk, campaign, issue, letter, **own)
    ending, data, sort = _as_file(filled, asked.query.get("form", ""))
    name = f"{campaign.slug}-highlights-{issue.number}-{letter.language}.{ending}"
    answer = Response(data.encode(), content_type=f"{sort}; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _as_file(filled: Filled, form: str) -> tuple[str, str, str]:
    if form == "text":
        return "txt", f"{filled.subject}\n\n{filled.text}", "text/plain"
    return "html", filled.html, "text/html"


_AT = "/<campaign>/highlights/<number>"
ROUTES: Sequence[Route] = (
    Route(f"{_AT}/preview", "issue-preview", show, role=Role.VIEWER),
    Route(f"{_AT}/file", "issue-file", file, role=Role.VIEWER),
)
