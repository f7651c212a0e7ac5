"""One post's page, the frame of one post, and what both say when the post is no longer shown."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from aggregator.item import Flag, Item, Precision
from aggregator.settings import Campaign
from aggregator.store.published import Gone, Shown
from feeds import posters, widget
from feeds.addresses import Address, path_of
from feeds.aloud import readable, readable_markup, without_last_tags
from feeds.cards import Card, card, turning_point, warning_of, with_capitals
from feeds.dates import changes_at, written
from feeds.drawn import HEIGHT, WIDTH
from feeds.hub import around
from feeds.i18n import Words
from feeds.jsonld import about_post
from feeds.notices import notice
from feeds.page import HTML, PAGE_STYLE, Page, draw, earliest, finished, framed, script, sheet, unframed
from feeds.recordings import pictures_alone, recordings
from feeds.select import Snapshot
from feeds.texts import cut, followable, host_of

STYLE = (*PAGE_STYLE, "static/post.css")
SCRIPT = "static/copy.js"
LINKS = 20


def permalink(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw one post's page, or say kindly that it is no longer shown."""
    shown = snapshot.one
    if not isinstance(shown, Shown):
        status = 410 if isinstance(shown, Gone) else 404
        return notice(status, snapshot.public_url, snapshot.campaign, say, language=address.language)
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a permalink
    style, runs = sheet(*STYLE), script(SCRIPT)
    page = snapshot.public_url + path_of(address)
    drawn = card(shown, snapshot.public_url, campaign, say, now, snapshot.pictures_at, address.language)
    text = draw(
        "permalink.html",
        **around(snapshot, campaign, say, address),
        **_about(shown, drawn, snapshot, campaign, address, say, now),
        style=style.css,
        script=runs.code,
        canonical=page,
        id=shown.id,
        card=drawn,
        **_body(shown, shown, snapshot, campaign, say),
        item=shown.item,
        title=readable(shown.item.title),
        tags=with_capitals(shown.item.tags, shown.item, campaign),
        parts=_parts(shown, snapshot, campaign, address, say, now),
        calendar=_calendar(shown, snapshot.public_url, address),
        original=followable(shown.item.url),
        original_host=host_of(shown.item.url),
        links=_other_links(shown.item),
        chosen_on=_chosen_on(shown, campaign, say, now),
        thanks=_thanks(drawn, campaign, page, say),
        is_yours=_contact(campaign, page, say),
    )
    turns = (
        turning_point((shown, *shown.thread), now),
        changes_at(shown.shown_since, Precision.SECOND, now),
    )
    return finished(200, HTML, text, unframed(style, runs), holds_until=earliest(turns))


def _body(
    shown: Shown, first: Shown, snapshot: Snapshot, campaign: Campaign, say: Words
) -> dict[str, object]:
    """Give what stands between a post's head and foot; hashtags that the page lists are left out."""
    at = snapshot.pictures_at
    return {
        "body": readable_markup(without_last_tags(shown.item.html, first.item.tags)),
        "pictures": pictures_alone(shown, campaign, say, at),
        "recordings": recordings(shown, campaign, say, at),
    }


def _parts(
    shown: Shown, snapshot: Snapshot, campaign: Campaign, address: Address, say: Words, now: datetime
) -> Sequence[Mapping[str, object]]:
    """Give the later posts of a thread in order, each with what its author put before it."""
    public_url, at = snapshot.public_url, snapshot.pictures_at
    count = len(shown.thread) + 1
    return [
        {
            "name": say("thread-part", place=say.number(place), count=say.number(count)),
            "card": card(part, public_url, campaign, say, now, at, address.language),
            "original": followable(part.item.url),
            "is_whole": part.item.full,
            **_body(part, shown, snapshot, campaign, say),
        }
        for place, part in enumerate(shown.thread, start=2)
    ]


def post_frame(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Draw one post as a frame for somebody's site, or say in it that the post is no longer shown."""
    if isinstance(snapshot.one, Shown):
        return widget.frame(snapshot, address, say, now)
    status = 410 if isinstance(snapshot.one, Gone) else 404
    return notice(status, snapshot.public_url, snapshot.campaign, say, framed, address.language)


def _about(
    shown: Shown,
    drawn: Card,
    snapshot: Snapshot,
    campaign: Campaign,
    address: Address,
    say: Words,
    now: datetime,
) -> Mapping[str, object]:
    """Give what networks and search engines read: the drawn picture, a summary, and data."""
    picture = snapshot.public_url + path_of(replace(address, kind="post-picture"))
    page = snapshot.public_url + path_of(address)
    is_findable = Flag.NOT_INDEXABLE not in shown.item.flags
    warning = warning_of(shown.item, say)
    data = about_post(shown, page, picture, campaign.name, warning) if is_findable else ""
    return {
        "preview": {
            "url": picture,
            "width": WIDTH,
            "height": HEIGHT,
            "alt": posters.words_on(shown, snapshot, campaign, say, now),
        },
        "summary": warning or cut(shown.excerpt or shown.item.text, 200) or drawn.words,
        "is_findable": is_findable,
        "data": data,
    }


def _chosen_on(shown: Shown, campaign: Campaign, say: Words, now: datetime) -> str:
    day = written(shown.shown_since, Precision.SECOND, campaign.timezone, say.language, now)
    return say("why-text", campaign=campaign.name, date=day)


def _thanks(drawn: Card, campaign: Campaign, page: str, say: Words) -> str:
    """Give words that a library can send to who wrote the post."""
    if not drawn.author:
        return say("thanks-unnamed", campaign=campaign.name, address=page)
    return say("thanks-named", author=drawn.author, campaign=campaign.name, address=page)


def _calendar(shown: Shown, public_url: str, address: Address) -> str:
    """Give where an event can be taken into a calendar; "" for what is no event, or was called off."""
    occasion = shown.item.occasion
    is_on = occasion is not None and not occasion.is_cancelled
    return public_url + path_of(replace(address, kind="post-ics")) if is_on else ""


def _contact(campaign: Campaign, page: str, say: Words) -> str:
    """Give where the author of a post can write to: a mail that already says which post it is about."""
    if not campaign.contact or campaign.contact.startswith(("https://", "http://")):
        return campaign.contact
    subject = quote(say("yours-subject", campaign=campaign.name), safe="")
    return f"mailto:{quote(campaign.contact, safe='@')}?subject={subject}&body={quote(page, safe='')}"


def _other_links(item: Item) -> list[tuple[str, str]]:
    """Give where the text points, each with its true domain: link texts can say anything."""
    there = (followable(url) for url in item.links[:LINKS] if url != item.url)
    return [(url, host_of(url)) for url in there if url and host_of(url)]
