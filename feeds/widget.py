"""The frame: a view as a page of its own, to be put in an `<iframe>` on a library's site."""

from datetime import datetime
from functools import cache

from aggregator.settings import Campaign
from feeds.addresses import Address, path_of
from feeds.cards import card, turning_point
from feeds.i18n import Words
from feeds.page import (
    FRAME_STYLE,
    HERE,
    HTML,
    Page,
    draw,
    earliest,
    environment,
    finished,
    framed,
    sheet,
)
from feeds.select import Snapshot


@cache
def layouts() -> dict[str, int]:
    """Give each layout's name and the height in CSS pixels it declares, from its own file."""
    names = sorted(path.parent.name for path in HERE.glob("layouts/*/layout.html"))
    return {name: int(environment().get_template(template_of(name)).module.height) for name in names}  # type: ignore[attr-defined] # set in the template


def template_of(layout: str) -> str:
    return f"layouts/{layout}/layout.html"


def style_of(layout: str) -> str:
    return f"layouts/{layout}/layout.css"


def via(campaign: Campaign) -> str:
    """Give the hashtag with its sign, or the campaign's name when it has none."""
    return f"#{campaign.hashtags[0]}" if campaign.hashtags else campaign.name


def tags_of(campaign: Campaign, say: Words) -> str:
    """Give "#One or #Two" in the page's language; "" when the campaign has no hashtag."""
    return say.any_of([f"#{tag}" for tag in campaign.hashtags]) if campaign.hashtags else ""


def frame(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw a view. Without anything to show it says how to take part: it is never a blank box."""
    campaign, view = snapshot.campaign, snapshot.view
    assert campaign  # select.snapshot gives both for a view's address
    assert view
    layout = view.layout if view.layout in layouts() else "featured"
    style = sheet(*FRAME_STYLE, style_of(layout))
    text = draw(
        "frame.html",
        say=say,
        style=style.css,
        layout=template_of(layout),
        campaign=campaign,
        via=via(campaign),
        tags=tags_of(campaign, say),
        canonical=snapshot.public_url + path_of(address),
        hub=snapshot.public_url + path_of(Address("hub", campaign.slug)),
        cards=[
            card(shown, snapshot.public_url, campaign, say, now, snapshot.pictures_at)
            for shown in snapshot.posts
        ],
    )
    holds_until = earliest((snapshot.holds_until, turning_point(snapshot.posts, now)))
    return finished(200, HTML, text, framed(style, snapshot.public_url), holds_until=holds_until)
