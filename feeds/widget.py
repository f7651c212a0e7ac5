"""A view as a page of its own: the frame that stands on a library's site, and the screen on a wall."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from aggregator.settings import Campaign, View
from feeds.addresses import Address, path_of
from feeds.cards import Card, card, turning_point
from feeds.discovery import Offered, forms_of, oembed_link
from feeds.i18n import Words
from feeds.page import (
    FRAME_STYLE,
    HERE,
    HTML,
    Page,
    Script,
    Sheet,
    draw,
    earliest,
    environment,
    finished,
    framed,
    script,
    sheet,
)
from feeds.qr import Code, code
from feeds.select import Snapshot

FALLBACK = "featured"
FRAME_SCRIPT = "static/frame.js"
# A frame that a page keeps in a sandbox has no site of its own: it reads itself as a stranger does.
READABLE = ("Access-Control-Allow-Origin", "*")
KIOSK_STYLE = (*FRAME_STYLE, "layouts/kiosk/layout.css", "static/kiosk.css")


@cache
def layouts() -> dict[str, int]:
    """Give each layout's name and the height in CSS pixels it declares, from its own file."""
    names = sorted(path.parent.name for path in HERE.glob("layouts/*/layout.html"))
    return {name: int(_said_by(name).height) for name in names}


@cache
def fills_its_frame(layout: str) -> bool:
    """Say whether a layout is as high as its frame, so that it has no height of its own to report."""
    return bool(_said_by(layout).fills)


def _said_by(layout: str) -> Any:
    return environment().get_template(template_of(layout)).module


def template_of(layout: str) -> str:
    return f"layouts/{layout}/layout.html"


def style_of(layout: str) -> str:
    return f"layouts/{layout}/layout.css"


def scripts_of(layout: str) -> tuple[str, ...]:
    """Give the scripts of a frame: what speaks with the page around it, and the layout's own, if any."""
    own = f"layouts/{layout}/layout.js"
    return (FRAME_SCRIPT, own) if (HERE / own).is_file() else (FRAME_SCRIPT,)


def known_layout(view: View) -> str:
    """Give a view's layout, or the one that stands in for a layout that is not there (any more)."""
    return view.layout if view.layout in layouts() else FALLBACK


def height_of(view: View) -> int:
    """Give the height in CSS pixels to give a frame of this view."""
    return layouts()[known_layout(view)]


def via(campaign: Campaign) -> str:
    """Give the hashtag with its sign, or the campaign's name when it has none."""
    return f"#{campaign.hashtags[0]}" if campaign.hashtags else campaign.name


def tags_of(campaign: Campaign, say: Words) -> str:
    """Give "#One or #Two" in the page's language; "" when the campaign has no hashtag."""
    return say.any_of([f"#{tag}" for tag in campaign.hashtags]) if campaign.hashtags else ""


@dataclass(frozen=True)
class Box:
    """What stands around the posts of a view.

    Attributes:
        level: of the heading; posts have the next one.
        via, tags: as the functions of these names give them.
        hub: the campaign's page, absolute, and its `code` for telephones.
        more: whether that page is linked as "More at …".
        empty: the view's own words for when there is nothing; "": ours.
    """

    campaign: Campaign
    heading: str
    level: int
    via: str
    tags: str
    hub: str
    more: bool
    empty: str

    @property
    def about(self) -> str:
        return self.campaign.about

    @property
    def code(self) -> Code:
        return code(self.hub)


def box_of(snapshot: Snapshot, address: Address, say: Words) -> Box:
    """Give what stands around a view's posts, in the page's language."""
    campaign, view = snapshot.campaign, snapshot.view
    assert campaign  # select.snapshot gives both for a view's address
    assert view
    hub = Address("hub", campaign.slug, language=address.language)
    return Box(
        campaign=campaign,
        heading=view.heading or campaign.name,
        level=view.heading_level,
        via=via(campaign),
        tags=tags_of(campaign, say),
        hub=snapshot.public_url + path_of(hub),
        more=view.more,
        empty=view.empty,
    )


def cards_of(snapshot: Snapshot, say: Words, now: datetime, language: str = "") -> list[Card]:
    """Give the cards of a view, with what the view hides left out.

    Args:
        language: as in an address: it is kept in every link.
    """
    campaign, view = snapshot.campaign, snapshot.view
    assert campaign  # select.snapshot gives both for a view's address
    assert view
    drawn = (
        card(shown, snapshot.public_url, campaign, say, now, snapshot.pictures_at, language)
        for shown in snapshot.posts
    )
    return [
        _as_wished(each, view, post.id in snapshot.highlighted)
        for each, post in zip(drawn, snapshot.posts, strict=True)
    ]


def _as_wished(drawn: Card, view: View, is_highlighted: bool) -> Card:
    return replace(
        drawn,
        date=drawn.date if view.date else "",
        moment=drawn.moment if view.date else "",
        network=drawn.network if view.network else "",
        picture=drawn.picture if view.picture else None,
        is_highlighted=is_highlighted,
    )


def frame(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw a view. Without anything to show it says how to take part: it is never a blank box."""
    assert snapshot.view  # select.snapshot gives it for a view's address
    layout = known_layout(snapshot.view)
    has_own_height = snapshot.posts and not fills_its_frame(layout)
    style = sheet(*FRAME_STYLE, style_of(layout))
    runs = script(*scripts_of(layout))
    headers = (*framed(style, snapshot.public_url, runs, asks=True), READABLE)
    height = 0 if has_own_height else layouts()[layout]
    about = {"height": height, "forms": _forms(snapshot, address, say)}
    text = _drawn("frame.html", snapshot, address, say, now, layout, style, runs, **about)
    return finished(200, HTML, _marked(text), headers, holds_until=_holds_until(snapshot, now))


def _marked(text: str) -> str:
    """Write a digest of the page into it: by that an open frame knows whether it is still the newest."""
    digest = sha256(text.encode()).hexdigest()[:16]
    return text.replace('data-made=""', f'data-made="{digest}"', 1)


def _forms(snapshot: Snapshot, address: Address, say: Words) -> tuple[Offered, ...]:
    """Give a view's feeds; one post alone has none."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    if address.kind != "frame":
        return ()
    view = Address("feed-rss", campaign.slug, address.name)
    return forms_of(view, campaign, snapshot.public_url, say)


def kiosk(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw a view for a screen on a wall: one post after another, with a code for telephones."""
    style, runs = sheet(*KIOSK_STYLE), script("static/kiosk.js")
    headers = framed(style, snapshot.public_url, runs, asks=True)
    text = _drawn("kiosk.html", snapshot, address, say, now, "kiosk", style, runs)
    return finished(200, HTML, text, headers, holds_until=_holds_until(snapshot, now))


def _drawn(
    template: str,
    snapshot: Snapshot,
    address: Address,
    say: Words,
    now: datetime,
    layout: str,
    style: Sheet,
    runs: Script,
    **more: object,
) -> str:
    return draw(
        template,
        say=say,
        style=style.css,
        script=runs.code,
        layout=template_of(layout),
        canonical=snapshot.public_url + path_of(address),
        oembed=oembed_link(snapshot.public_url, snapshot.public_url + path_of(address)),
        box=box_of(snapshot, address, say),
        cards=cards_of(snapshot, say, now, address.language),
        **more,
    )


def _holds_until(snapshot: Snapshot, now: datetime) -> datetime | None:
    return earliest((snapshot.holds_until, turning_point(snapshot.posts, now)))
