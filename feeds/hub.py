"""The campaign's own pages: the hub and the list of campaigns."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from aggregator.settings import Campaign
from feeds.addresses import Address, mail_path, path_of
from feeds.cards import card, turning_point
from feeds.discovery import forms_of, list_of, oembed_link
from feeds.drawn import HEIGHT, WIDTH
from feeds.i18n import Words
from feeds.other_languages import in_languages
from feeds.page import HTML, PAGE_STYLE, Page, draw, earliest, finished, sheet, unframed
from feeds.select import Snapshot
from feeds.views import featured_name, wall_name
from feeds.widget import style_of, tags_of, via

HUB_STYLE = (*PAGE_STYLE, style_of("featured"), style_of("grid"))


def hub(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw the campaign page."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a hub's address
    shown = (*((snapshot.featured,) if snapshot.featured else ()), *snapshot.posts)
    cards = [
        card(each, snapshot.public_url, campaign, say, now, snapshot.pictures_at, address.language)
        for each in shown
    ]
    style = sheet(*HUB_STYLE)
    text = draw(
        "hub.html",
        **around(snapshot, campaign, say, address),
        style=style.css,
        via=via(campaign),
        tags=tags_of(campaign, say),
        canonical=snapshot.public_url + path_of(address),
        preview=_preview(snapshot, campaign, address, [each.words for each in cards[:1]]),
        featured=cards[:1] if snapshot.featured else [],
        posts=cards[1:] if snapshot.featured else cards,
        letters=letters_of(snapshot, campaign, address.language),
    )
    holds_until = earliest((snapshot.holds_until, turning_point(shown, now)))
    return finished(200, HTML, text, unframed(style), holds_until=holds_until)


def _preview(
    snapshot: Snapshot, campaign: Campaign, address: Address, words: list[str]
) -> dict[str, object]:
    """Give what networks show when somebody shares the campaign's address: its featured post, drawn."""
    picture = replace(address, kind="view-picture", name=featured_name(campaign))
    return {
        "url": snapshot.public_url + path_of(picture),
        "width": WIDTH,
        "height": HEIGHT,
        "alt": " · ".join([campaign.name, *words]),
    }


def letters_of(snapshot: Snapshot, campaign: Campaign, language: str) -> dict[str, str]:
    """Give where the weekly mail can be had: the form while mail leaves, its editions once there are."""
    at = snapshot.public_url
    form = at + mail_path("subscribe", campaign.slug, language)
    archive = at + path_of(Address("highlights", campaign.slug, language=language))
    feed = at + path_of(Address("highlights-feed", campaign.slug, language=language))
    return {
        "subscribe": form if snapshot.takes_subscribers else "",
        "archive": archive if snapshot.issues else "",
        "feed": feed if snapshot.issues else "",
    }


def campaigns(snapshot: Snapshot, say: Words) -> Page:
    """List the campaigns of an installation that has several."""
    style = sheet(*PAGE_STYLE)
    public_url = snapshot.public_url
    there = [
        (
            campaign,
            public_url + path_of(Address("hub", campaign.slug)),
            list_of(campaign, public_url, say),
        )
        for campaign in snapshot.campaigns
    ]
    text = draw("campaigns.html", say=say, style=style.css, campaigns=there, banner=snapshot.notice)
    return finished(200, HTML, text, unframed(style))


def around(snapshot: Snapshot, campaign: Campaign, say: Words, address: Address) -> dict[str, object]:
    """Give what the frame of every page of a campaign shows: names, contact, feeds, other languages."""
    public_url = snapshot.public_url
    wall = Address("feed-rss", campaign.slug, wall_name(campaign))
    return {
        "say": say,
        "banner": snapshot.notice,
        "campaign": campaign,
        "hub": public_url + path_of(Address("hub", campaign.slug, language=address.language)),
        "languages": in_languages(campaign, address, public_url),
        "in_first_language": public_url + path_of(replace(address, language="")),
        "embed": public_url + path_of(Address("embed", campaign.slug, language=address.language)),
        "forms": forms_of(wall, campaign, public_url, say),
        "all_feeds": list_of(campaign, public_url, say),
        "contact": campaign.contact,
        "contact_link": contact_link(campaign.contact),
        "oembed_link": partial(oembed_link, public_url),
    }


def contact_link(contact: str) -> str:
    """Give the address behind a contact: settings let only a mail or a web address through."""
    return contact if contact.startswith(("https://", "http://")) else f"mailto:{contact}"
