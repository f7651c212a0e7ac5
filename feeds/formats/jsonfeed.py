"""A view as JSON Feed 1.1 with the extension `_engaged`. Source: https://www.jsonfeed.org/version/1.1/"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aggregator.item import Occasion, Precision
from aggregator.settings import Campaign
from aggregator.store.published import Picture, Shown
from feeds import extension
from feeds.addresses import Address, path_of
from feeds.cards import TEXT, author_of, card, turning_point, warning_of
from feeds.dates import machine, on_the_clock
from feeds.formats import thread_html
from feeds.i18n import Words
from feeds.page import Page, earliest, finished, readable_anywhere
from feeds.pictures import TYPES, feed_pictures, jpeg_of
from feeds.select import Snapshot
from feeds.texts import cut, followable

MARKUP = 3000
"""A post with more markup than this comes as text, cut: browsers on library pages load this feed."""

CONTENT_TYPE = "application/feed+json; charset=utf-8"


def write(snapshot: Snapshot, address: Address, say: Words, now: datetime) -> Page:
    """Give the feed; posts in the order of the view."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    hub = Address("hub", campaign.slug, language=address.language)
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": campaign.name,
        "home_page_url": snapshot.public_url + path_of(hub),
        "feed_url": snapshot.public_url + path_of(address),
        "description": campaign.about,
        "language": campaign.languages[0],
        "items": [_item(shown, snapshot.public_url, campaign, say, now) for shown in snapshot.posts],
        "_engaged": extension.of_view(snapshot, say),
    }
    text = json.dumps(_without_empty(feed), ensure_ascii=False, separators=(",", ":"))
    holds_until = earliest((snapshot.holds_until, turning_point(snapshot.posts, now)))
    return finished(200, CONTENT_TYPE, text, readable_anywhere(), holds_until=holds_until)


def _item(
    shown: Shown, public_url: str, campaign: Campaign, say: Words, now: datetime
) -> dict[str, Any]:
    item, warning = shown.item, warning_of(shown.item, say)
    # Cut for widgets and tickers; whoever wants all of it follows its address, or reads our RSS.
    text = cut("\n\n".join(part for part in (warning, item.text) if part), TEXT)
    on_cards = extension.of_post(card(shown, public_url, campaign, say, now), text)
    markup = thread_html(shown, warning, say)
    name = author_of(item.author)
    pictures = () if warning else feed_pictures(shown, campaign)
    return _without_empty(
        {
            "id": f"engaged:{campaign.slug}:{shown.id}",
            "url": public_url + path_of(Address("permalink", campaign.slug, shown.id)),
            "external_url": followable(item.url),
            "title": item.title,
            "content_html": markup if len(markup) <= MARKUP else "",
            "content_text": text,
            "summary": "" if warning else shown.excerpt,
            "date_published": machine(item.published_at or shown.sort_at, Precision.SECOND),
            "date_modified": machine(shown.changed_at, Precision.SECOND),
            "authors": [_without_empty({"name": name, "url": followable(item.author.url)})]
            if name
            else [],
            "image": jpeg_of(pictures[0], public_url) if pictures else "",
            "attachments": [_attachment(each, public_url) for each in pictures],
            "tags": list(item.tags),
            "language": item.language,
            "_engaged": _extension(shown, warning) | on_cards,
        }
    )


def _attachment(picture: Picture, public_url: str) -> dict[str, Any]:
    """Give one picture. `alt` is left out when nobody wrote one; "" says that it is decorative."""
    about = {"width": picture.width, "height": picture.height, "colour": picture.colour}
    words = _without_empty({"credit": picture.credit, "licence": picture.licence})
    alt = {} if picture.alt is None else {"alt": picture.alt}
    return {
        "url": jpeg_of(picture, public_url),
        "mime_type": TYPES["jpg"],
        "_engaged": {**alt, **about, **words, **extension.of_picture(picture, public_url)},
    }


def _extension(shown: Shown, warning: str) -> dict[str, Any]:
    item = shown.item
    return _without_empty(
        {
            "network": shown.network,
            "dir": item.direction,
            "kind": str(item.kind),
            # RFC 3339 has no day without an hour: readers of this see how much of it is known.
            "published": machine(item.published_at, item.precision) if item.published_at else "",
            "warning": warning,
            "library": shown.library,
            "place": shown.place,
            "occasion": _occasion(item.occasion) if item.occasion else {},
        }
    )


def _occasion(occasion: Occasion) -> dict[str, Any]:
    """Give when and where it takes place; of whole days the first, and the day after the last."""
    form = Precision.DAY if occasion.is_all_day else Precision.SECOND
    starts, ends = on_the_clock(occasion)
    return _without_empty(
        {
            "starts": machine(starts, form),
            "ends": machine(ends, form) if ends else "",
            "zone": occasion.zone,
            "location": occasion.location,
            "joining_url": followable(occasion.joining_url),
            "cancelled": occasion.is_cancelled,
        }
    )


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what is not known, but never `items` and `content_text`, which readers require."""
    needed = ("items", "content_text")
    return {key: value for key, value in values.items() if value or key in needed}
