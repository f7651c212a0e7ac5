"""The campaign's own pages: the hub, one post's page, and the list of campaigns."""

from datetime import datetime

from aggregator.item import Flag, Item
from aggregator.settings import Campaign
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address, path_of
from feeds.cards import card, turning_point, warning_of
from feeds.i18n import Words
from feeds.notices import notice
from feeds.page import HTML, PAGE_STYLE, Page, draw, earliest, finished, sheet, unframed
from feeds.pictures import card_pictures, feed_pictures, jpeg_of
from feeds.select import Snapshot
from feeds.texts import cut, followable, host_of
from feeds.views import wall_name
from feeds.widget import style_of, tags_of, via

HUB_STYLE = (*PAGE_STYLE, style_of("featured"), style_of("grid"))
LINKS = 20


def hub(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw the campaign page."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a hub's address
    shown = (*((snapshot.featured,) if snapshot.featured else ()), *snapshot.posts)
    cards = [card(each, snapshot.public_url, campaign, say, now, snapshot.pictures_at) for each in shown]
    style = sheet(*HUB_STYLE)
    text = draw(
        "hub.html",
        **around(snapshot, campaign, say),
        style=style.css,
        via=via(campaign),
        tags=tags_of(campaign, say),
        canonical=snapshot.public_url + path_of(address),
        featured=cards[:1] if snapshot.featured else [],
        posts=cards[1:] if snapshot.featured else cards,
    )
    holds_until = earliest((snapshot.holds_until, turning_point(shown, now)))
    return finished(200, HTML, text, unframed(style), holds_until=holds_until)


def permalink(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw one post's page, or say kindly that it is no longer shown."""
    shown = snapshot.one
    if not isinstance(shown, Shown):
        status = 410 if isinstance(shown, Gone) else 404
        return notice(status, snapshot.public_url, snapshot.campaign, say)
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a permalink
    style = sheet(*PAGE_STYLE)
    item = shown.item
    warning = warning_of(item, say)
    text = draw(
        "permalink.html",
        **around(snapshot, campaign, say),
        style=style.css,
        canonical=snapshot.public_url + path_of(address),
        card=card(shown, snapshot.public_url, campaign, say, now, snapshot.pictures_at),
        pictures=card_pictures(shown, campaign, say, snapshot.pictures_at),
        preview=None if warning else _preview(shown, campaign, snapshot.public_url),
        item=item,
        original=followable(item.url),
        original_host=host_of(item.url),
        links=_other_links(item),
        summary=warning or cut(shown.excerpt or item.text, 200),
        is_findable=Flag.NOT_INDEXABLE not in item.flags,
    )
    return finished(200, HTML, text, unframed(style), holds_until=turning_point((shown,), now))


def campaigns(snapshot: Snapshot, say: Words) -> Page:
    """List the campaigns of an installation that has several."""
    style = sheet(*PAGE_STYLE)
    there = [
        (campaign, snapshot.public_url + path_of(Address("hub", campaign.slug)))
        for campaign in snapshot.campaigns
    ]
    text = draw("campaigns.html", say=say, style=style.css, campaigns=there, banner=snapshot.notice)
    return finished(200, HTML, text, unframed(style))


def around(snapshot: Snapshot, campaign: Campaign, say: Words) -> dict[str, object]:
    """Give what the frame of every page of a campaign shows: names, contact, feeds."""
    public_url, wall = snapshot.public_url, wall_name(campaign)
    return {
        "say": say,
        "banner": snapshot.notice,
        "campaign": campaign,
        "hub": public_url + path_of(Address("hub", campaign.slug)),
        "rss": public_url + path_of(Address("feed-rss", campaign.slug, wall)),
        "json": public_url + path_of(Address("feed-json", campaign.slug, wall)),
        "contact": campaign.contact,
        "contact_link": contact_link(campaign.contact),
    }


def contact_link(contact: str) -> str:
    """Give the address behind a contact: settings let only a mail or a web address through."""
    return contact if contact.startswith(("https://", "http://")) else f"mailto:{contact}"


def _preview(shown: Shown, campaign: Campaign, public_url: str) -> dict[str, object] | None:
    """Give what a network shows of the page when somebody shares its address; None without a picture."""
    first = next(iter(feed_pictures(shown, campaign)), None)
    if first is None:
        return None
    return {
        "url": jpeg_of(first, public_url),
        "width": first.width,
        "height": first.height,
        "alt": first.alt or "",
    }


def _other_links(item: Item) -> list[tuple[str, str]]:
    """Give where the text points, each with its true domain: link texts can say anything."""
    there = (followable(url) for url in item.links[:LINKS] if url != item.url)
    return [(url, host_of(url)) for url in there if url and host_of(url)]
