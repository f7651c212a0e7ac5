"""A view as Atom 1.0, with a tombstone for each post of the last weeks that is no longer shown.

Source: RFC 4287; RFC 6721 (tombstones); RFC 4151 (`tag:` addresses).
"""

import re
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

from aggregator.item import Precision
from aggregator.settings import Campaign
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address, path_of
from feeds.cards import author_of, warning_of
from feeds.dates import machine
from feeds.feed_xml import MEDIA_NAMESPACE, add, add_picture, written
from feeds.formats import first_words, short_words, thread_html
from feeds.i18n import Words
from feeds.page import Page, finished, readable_anywhere
from feeds.pictures import TYPES, feed_pictures, jpeg_of
from feeds.select import Snapshot
from feeds.texts import followable

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
MINTED = "2026"
"""The year in every `tag:`: never change it, or all readers see all posts anew."""

_NAMESPACES = {
    "xmlns": "http://www.w3.org/2005/Atom",
    "xmlns:at": "http://purl.org/atompub/tombstones/1.0",
    "xmlns:media": MEDIA_NAMESPACE,
}
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_HOST = re.compile(r"[a-z0-9.-]+")


def write(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Give the feed; posts in the order of the view."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    feed = ElementTree.Element("feed", {**_NAMESPACES, "xml:lang": campaign.languages[0]})
    itself = snapshot.public_url + path_of(address)
    add(feed, "id", tag_of(snapshot.public_url, path_of(address).lstrip("/")))
    add(feed, "title", campaign.name, type="text")
    if campaign.about:
        add(feed, "subtitle", campaign.about, type="text")
    add(feed, "updated", _moment(_changed_at(snapshot, campaign)))
    add(feed, "link", rel="self", type="application/atom+xml", href=itself)
    hub = snapshot.public_url + path_of(Address("hub", campaign.slug, language=address.language))
    add(feed, "link", rel="alternate", type="text/html", href=hub)
    add(add(feed, "author"), "name", campaign.name)
    add(feed, "rights", say("feed-rights"), type="text")
    for shown in snapshot.posts:
        _add_entry(feed, shown, snapshot.public_url, campaign, say)
    for gone in snapshot.gone:
        _add_tombstone(feed, gone, snapshot.public_url, campaign)
    text = written(feed)
    return finished(200, CONTENT_TYPE, text, readable_anywhere(), holds_until=snapshot.holds_until)


def tag_of(public_url: str, of: str) -> str:
    """Give an id that stays the same for as long as this installation keeps its host."""
    host = urlsplit(public_url).hostname or ""
    return f"tag:{host if _HOST.fullmatch(host) else 'localhost'},{MINTED}:{of}"


def _entry_id(public_url: str, campaign: Campaign, item: str) -> str:
    return tag_of(public_url, f"{campaign.slug}/p/{item}")


def _changed_at(snapshot: Snapshot, campaign: Campaign) -> datetime | None:
    """Say when what the feed shows last changed: an answer that is only made anew does not move it."""
    moments = [shown.changed_at for shown in snapshot.posts] + [gone.since for gone in snapshot.gone]
    return max(moments, default=campaign.starts_at)


def _add_entry(
    feed: ElementTree.Element, shown: Shown, public_url: str, campaign: Campaign, say: Words
) -> None:
    item, warning = shown.item, warning_of(shown.item, say)
    entry = ElementTree.SubElement(feed, "entry", {"xml:lang": _language(item.language)})
    add(entry, "id", _entry_id(public_url, campaign, shown.id))
    add(entry, "title", first_words(shown, warning, campaign), type="text")
    permalink = public_url + path_of(Address("permalink", campaign.slug, shown.id))
    add(entry, "link", rel="alternate", type="text/html", href=permalink)
    if original := followable(item.url):
        add(entry, "link", rel="via", href=original, title=shown.network)
    add(entry, "published", _moment(item.published_at or shown.sort_at))
    add(entry, "updated", _moment(shown.changed_at))
    if name := author_of(item.author):
        author = add(entry, "author")
        add(author, "name", name)
        if page := followable(item.author.url):
            add(author, "uri", page)
    for tag in item.tags:
        add(entry, "category", term=tag)
    add(entry, "summary", short_words(shown, warning), type="text")
    add(entry, "content", thread_html(shown, warning, say), type="html")
    for picture in () if warning else feed_pictures(shown, campaign):
        add(entry, "link", rel="enclosure", type=TYPES["jpg"], href=jpeg_of(picture, public_url))
        add_picture(entry, picture, public_url)


def _add_tombstone(feed: ElementTree.Element, gone: Gone, public_url: str, campaign: Campaign) -> None:
    """Say that a post is no longer shown, and none of its words."""
    add(
        feed,
        "at:deleted-entry",
        ref=_entry_id(public_url, campaign, gone.id),
        when=_moment(gone.since),
    )


def _language(tag: str) -> str:
    """Give a language as XML knows it; "" says honestly that nobody knows it."""
    return tag if _LANGUAGE.fullmatch(tag) else ""


def _moment(when: datetime | None) -> str:
    return machine(when, Precision.SECOND) if when else f"{MINTED}-01-01T00:00:00Z"
