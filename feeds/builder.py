"""The page that hands out the line to paste: what to show, where it goes, one line and its steps.

One page for everybody: what somebody chooses is never told to us. Style sheets alone show the line that
was chosen; a script of ours only adds buttons to copy. The displays on it are the real ones.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from babel import Locale
from markupsafe import Markup

from aggregator.item import Kind
from aggregator.settings import Campaign, View
from aggregator.store.published import Shown
from feeds import snippets
from feeds.addresses import Address, path_of
from feeds.hub import around
from feeds.i18n import BABEL_FAILS, Words
from feeds.page import HTML, PAGE_STYLE, Page, Script, Sheet, draw, finished, script, sheet
from feeds.scripts import newest
from feeds.select import Snapshot
from feeds.snippets import Line, Way
from feeds.views import featured_name, view_of
from feeds.widget import FALLBACK, height_of, known_layout, layouts

STYLE = (*PAGE_STYLE, "static/builder.css")
SCRIPT = "static/builder.js"
WAYS: tuple[Way, ...] = ("script", "frame", "address", "picture", "feed")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line can go: the way that place lets through, and how many steps it takes."""

    name: str
    way: Way
    steps: int


NAMED_BY_LAYOUT = ("grid", "list", "carousel", "ticker")
"""Displays of the latest posts that stand beside one another: how they look tells them apart."""

PLACES = (
    Place("wordpress-author", "address", 3),
    Place("wordpress-admin", "frame", 3),
    Place("libguides", "frame", 4),
    Place("drupal", "frame", 3),
    Place("site-maker", "frame", 3),
    Place("html", "script", 3),
    Place("screen", "screen", 3),
)
"""What each lets through was tried, or read in its maker's words."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to show.

    Attributes:
        number: from 1; style sheets and labels know it by that.
        title, more: in the page's words; a heading that the campaign wrote stands as it is.
        lines: what is pasted, by way.
        preview: the path of its frame, and its height in CSS pixels.
        post: the id of the one post that it shows, which the script can exchange for another.
    """

    number: int
    title: str
    more: str
    lines: Mapping[Way, str]
    preview: str
    height: int
    post: str = ""


def builder(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Draw the page."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for this address
    found = choices(snapshot, campaign, say, address.language)
    # Also for the one post that may not be there yet: the policy stands in rules of web servers, which
    # nobody reads again because a post came.
    style, code = style_for(len(campaign.shown_views) + 1), script(SCRIPT)
    text = draw(
        "embed.html",
        **around(snapshot, campaign, say, address),
        style=style.css,
        script=code.code,
        canonical=snapshot.public_url + path_of(address),
        choices=found,
        places=PLACES,
        ways=WAYS,
        tried=WAYS,
        listener=snippets.listener(snapshot.public_url),
        fixed=_fixed(snapshot.public_url, campaign, say, address.language),
        check=f"{path_of(address)}/check",
        it=snapshot.public_url + path_of(Address("it", campaign.slug, language=address.language)),
    )
    return finished(200, HTML, text, headers(style, code, snapshot.public_url))


def _fixed(public_url: str, campaign: Campaign, say: Words, language: str) -> str:
    """Give the line whose script can never change, for the featured display."""
    name = featured_name(campaign)
    height = height_of(view_of(campaign, name))
    line = Line(public_url, campaign, name, say("show-post"), height, language=language)
    today = newest()
    return snippets.fixed_script(line, today.name, today.integrity)


def choices(
    snapshot: Snapshot, campaign: Campaign, say: Words, language: str = ""
) -> tuple[Choice, ...]:
    """Give every display of the campaign, the featured one first, and the newest post by itself.

    Args:
        language: as in the address of the page: the lines keep it.
    """
    first = featured_name(campaign)
    views = sorted(campaign.shown_views.items(), key=lambda each: each[0] != first)
    found = [
        _of_view(number, name, view, snapshot, campaign, say, language)
        for number, (name, view) in enumerate(views, start=1)
    ]
    newest = next(iter(snapshot.posts), None)
    if newest is not None:
        found.append(_of_post(len(found) + 1, newest, snapshot, campaign, say, language))
    return tuple(found)


def _of_view(
    number: int,
    name: str,
    view: View,
    snapshot: Snapshot,
    campaign: Campaign,
    say: Words,
    language: str,
) -> Choice:
    title = title_of(view, say)
    about = f"{campaign.name}: {title}"
    line = Line(snapshot.public_url, campaign, name, about, height_of(view), language=language)
    preview = path_of(Address("frame", campaign.slug, name, language))
    return Choice(number, title, more_of(view, say), snippets.lines(line), preview, line.height)


def _of_post(
    number: int,
    shown: Shown,
    snapshot: Snapshot,
    campaign: Campaign,
    say: Words,
    language: str,
) -> Choice:
    title, height = say("show-one"), layouts()[FALLBACK]
    about = f"{campaign.name}: {title}"
    line = Line(snapshot.public_url, campaign, "", about, height, post=shown.id, language=language)
    preview = path_of(Address("post-frame", campaign.slug, shown.id, language))
    return Choice(
        number, title, say("show-one-more"), snippets.lines(line), preview, height, post=shown.id
    )


def title_of(view: View, say: Words) -> str:
    """Say what a display shows: in the campaign's words where it has some, else what it is narrowed to.

    A display that is narrowed in two ways is named by the first of them.
    """
    if view.heading:
        return view.heading
    if Kind.OCCASION in view.kinds and len(view.kinds) == 1:
        return say("show-events")
    narrowed = {
        "show-library": view.libraries,
        "show-language": tuple(_language(each, say) for each in view.languages),
        "show-place": view.places,
        "show-tag": tuple(f"#{tag}" for tag in view.tags),
    }
    for key, values in narrowed.items():
        if values:
            return say(key, what=say.any_of(values))
    if view.slot:
        return say(f"show-{view.slot}")
    layout = known_layout(view)
    return say(f"show-latest-{layout}" if layout in NAMED_BY_LAYOUT else "show-latest")


def more_of(view: View, say: Words) -> str:
    """Say how a display looks, and how many posts it holds."""
    look = say(f"layout-{known_layout(view)}")
    return look if view.slot else f"{look} {say('show-most', number=str(view.limit))}"


def _language(code: str, say: Words) -> str:
    """Give a language's name in the page's language, or its code when nobody knows one."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(say.language.replace("-", "_"))
    except BABEL_FAILS:
        name = None
    return str(name or code)


@cache
def style_for(count: int) -> Sheet:
    """Give the page's style for so many choices: the rules that show what was chosen, by number."""
    shown = ",".join(f".builder:has(#w{n}:checked) .w{n}" for n in range(1, count + 1))
    there = ",".join(f".builder:has(#p{n}:checked) .p{n}" for n in range(1, len(PLACES) + 1))
    rules = f"@supports selector(:has(a)){{.for{{display:none}}{shown},{there}{{display:block}}}}"
    css = str(sheet(*STYLE).css) + rules
    digest = base64.b64encode(sha256(css.encode()).digest()).decode()
    return Sheet(Markup(css), f"'sha256-{digest}'")  # noqa: S704 - our own files and numbers, no data in them


def headers(style: Sheet, code: Script, public_url: str) -> tuple[tuple[str, str], ...]:
    """Give the headers of a page with a form: its own frames, and one script known by its digest."""
    policy = (
        f"default-src 'none'; style-src {style.policy}; script-src {code.policy}; connect-src 'self'; "
        f"frame-src 'self' {public_url}; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'"
    )
    return (("Content-Security-Policy", policy),)
