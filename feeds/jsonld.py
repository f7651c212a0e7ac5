"""What a post's page says to machines that read pages: schema.org in JSON-LD, and nothing that readers
do not see on it.

Source: https://schema.org/SocialMediaPosting, /BlogPosting, /Event; HTML 4.12.1.1 (data blocks).
"""

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from aggregator.item import Item, Kind, Occasion, Precision
from aggregator.store.published import Shown
from feeds.cards import TEXT, TITLE, author_of
from feeds.dates import machine
from feeds.texts import cut, followable, legible

_TYPES = {
    Kind.ARTICLE: "BlogPosting",
    Kind.STORY: "BlogPosting",
    Kind.TALK: "CreativeWork",
    Kind.RESOURCE: "CreativeWork",
}
# In a data block, `</script` ends it and `<!--` changes how the rest is read: neither can stand there.
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def about_post(shown: Shown, page: str, picture: str, campaign: str, warning: str) -> Markup:
    """Give the data block about one post, escaped for a `<script>` element.

    Args:
        page, picture: absolute addresses of its page and of the picture we drew of it.
        campaign: the campaign's name.
        warning: what stands instead of its words; "" when nothing covers them.
    """
    item = shown.item
    known = {
        "@context": "https://schema.org",
        "@type": "Event" if item.occasion else _TYPES.get(item.kind, "SocialMediaPosting"),
        "@id": page,
        "url": page,
        "image": picture,
        "inLanguage": item.language,
        "isBasedOn": followable(item.url),
        **_words(item, warning),
        **(_occasion(item.occasion) if item.occasion else _origin(shown, campaign)),
    }
    written = json.dumps(_known(known), ensure_ascii=False, separators=(",", ":"))
    return Markup(legible(written).translate(_ESCAPED))  # noqa: S704 - no < > & is left in it


def _words(item: Item, warning: str) -> dict[str, Any]:
    """Give title and text under the names that their type has."""
    text = "" if warning else cut(item.text, TEXT)
    title = cut(item.title, TITLE) or warning or cut(item.text, 110)
    if item.occasion:
        return {"name": title, "description": text}
    return {"headline": title, "text": text, "keywords": ", ".join(item.tags)}


def _origin(shown: Shown, campaign: str) -> dict[str, Any]:
    """Give who wrote it and when, and who shows it."""
    item = shown.item
    name = author_of(item.author)
    author = {"@type": "Person", "name": name, "url": followable(item.author.url)}
    is_day = item.precision in (Precision.SECOND, Precision.DAY)  # schema.org knows no mere month
    return {
        "author": _known(author) if name else {},
        "datePublished": machine(item.published_at, item.precision)
        if item.published_at and is_day
        else "",
        "publisher": {"@type": "Organization", "name": campaign},
    }


def _occasion(occasion: Occasion) -> dict[str, Any]:
    """Give when and where something takes place."""
    precision = Precision.DAY if occasion.is_all_day else Precision.SECOND
    online = {"@type": "VirtualLocation", "url": followable(occasion.joining_url)}
    place = {"@type": "Place", "name": occasion.location}
    places = [
        where for where, is_there in ((place, occasion.location), (online, online["url"])) if is_there
    ]
    both = len(places) == 2
    mode = "Mixed" if both else "Online" if places == [online] else "Offline" if places else ""
    state = "EventCancelled" if occasion.is_cancelled else "EventScheduled"
    return {
        "startDate": machine(occasion.starts_at, precision),
        "endDate": machine(occasion.ends_at, precision) if occasion.ends_at else "",
        "eventStatus": f"https://schema.org/{state}",
        "eventAttendanceMode": f"https://schema.org/{mode}EventAttendanceMode" if mode else "",
        "location": places if both else places[0] if places else {},
    }


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}
