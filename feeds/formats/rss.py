"""A view as RSS 2.0, written by hand. Source: RSS 2.0.11, its Best Practices Profile, Media RSS."""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree

from aggregator.settings import Campaign
from aggregator.store.published import Picture, Shown
from feeds.addresses import Address, path_of
from feeds.cards import TEXT, author_of, warning_of
from feeds.formats import warned_html
from feeds.i18n import Words
from feeds.page import Page, finished, readable_anywhere
from feeds.pictures import TYPES, feed_pictures, jpeg_of
from feeds.select import Snapshot
from feeds.texts import cut, followable, lead, legible

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
_NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


def write(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Give the feed; posts in the order of the view."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    rss = ElementTree.Element("rss", {"version": "2.0", **_NAMESPACES})
    channel = ElementTree.SubElement(rss, "channel")
    _add(channel, "title", campaign.name)
    _add(channel, "link", snapshot.public_url + path_of(Address("hub", campaign.slug)))
    _add(channel, "description", campaign.about or campaign.name)
    _add(channel, "language", campaign.languages[0])
    itself = {
        "rel": "self",
        "href": snapshot.public_url + path_of(address),
        "type": "application/rss+xml",
    }
    ElementTree.SubElement(channel, "atom:link", itself)
    for shown in snapshot.posts:
        _add_item(channel, shown, snapshot.public_url, campaign, say)
    text = '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(rss, encoding="unicode")
    return finished(200, CONTENT_TYPE, text, readable_anywhere(), holds_until=snapshot.holds_until)


def _add_item(
    channel: ElementTree.Element, shown: Shown, public_url: str, campaign: Campaign, say: Words
) -> None:
    item, warning = shown.item, warning_of(shown.item, say)
    entry = ElementTree.SubElement(channel, "item")
    _add(entry, "title", _plain(item.title or warning or lead(item.text)[0] or campaign.name))
    _add(entry, "link", public_url + path_of(Address("permalink", campaign.slug, shown.id)))
    _add(entry, "guid", f"engaged:{campaign.slug}:{shown.id}", isPermaLink="false")
    _add(entry, "pubDate", _rfc822(item.published_at or shown.sort_at))
    if name := author_of(item.author):
        _add(entry, "dc:creator", name)
    # Readers take a description for markup: a text that only looks like it is escaped once more.
    _add(
        entry,
        "description",
        escape(warning or cut(shown.excerpt or item.text, TEXT) or item.title, quote=False),
    )
    _add(entry, "content:encoded", warned_html(item.html, warning))
    for picture in () if warning else feed_pictures(shown, campaign):
        _add_picture(entry, picture, public_url)
    for tag in item.tags:
        _add(entry, "category", tag)
    if original := followable(item.url):
        _add(entry, "source", shown.network, url=original)


def _add_picture(entry: ElementTree.Element, picture: Picture, public_url: str) -> None:
    """Write one picture with its words. Source: Media RSS 1.5.1."""
    about = {
        "url": jpeg_of(picture, public_url),
        "type": TYPES["jpg"],
        "medium": "image",
        "width": str(picture.width),
        "height": str(picture.height),
    }
    content = ElementTree.SubElement(entry, "media:content", about)
    if picture.alt:
        _add(content, "media:description", picture.alt, type="plain")
    if picture.credit:
        _add(content, "media:credit", picture.credit)
    if picture.licence:
        _add(content, "media:copyright", picture.licence)


def _add(parent: ElementTree.Element, name: str, text: str, **attributes: str) -> None:
    legible_ones = {key: legible(value) for key, value in attributes.items()}
    ElementTree.SubElement(parent, name, legible_ones).text = legible(text)


def _plain(title: str) -> str:
    """Titles are plain text, yet many readers draw them as markup: only `<` is taken from those."""
    return title.replace("<", "&lt;")


def _rfc822(when: datetime) -> str:
    return format_datetime(when.astimezone(UTC), usegmt=True)
