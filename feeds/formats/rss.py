"""A view as RSS 2.0, written by hand. Source: RSS 2.0.11, its Best Practices Profile, Media RSS."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from xml.etree import ElementTree

from aggregator.item import Occasion, Precision
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from feeds.addresses import Address, path_of
from feeds.cards import author_of, warning_of
from feeds.dates import machine, on_the_clock
from feeds.feed_xml import MEDIA_NAMESPACE, add, add_picture, written
from feeds.formats import first_words, short_words, thread_html
from feeds.i18n import Words
from feeds.page import Page, finished, readable_anywhere
from feeds.pictures import feed_pictures
from feeds.select import Snapshot
from feeds.texts import followable

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
_NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:ev": "http://purl.org/rss/1.0/modules/event/",
    "xmlns:media": MEDIA_NAMESPACE,
}


def write(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Give the feed; posts in the order of the view."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    rss = ElementTree.Element("rss", {"version": "2.0", **_NAMESPACES})
    channel = ElementTree.SubElement(rss, "channel")
    hub = Address("hub", campaign.slug, language=address.language)
    add(channel, "title", campaign.name)
    add(channel, "link", snapshot.public_url + path_of(hub))
    add(channel, "description", campaign.about or campaign.name)
    add(channel, "language", campaign.languages[0])
    itself = {
        "rel": "self",
        "href": snapshot.public_url + path_of(address),
        "type": "application/rss+xml",
    }
    ElementTree.SubElement(channel, "atom:link", itself)
    for shown in snapshot.posts:
        _add_item(channel, shown, snapshot.public_url, campaign, say)
    return finished(
        200, CONTENT_TYPE, written(rss), readable_anywhere(), holds_until=snapshot.holds_until
    )


def _add_item(
    channel: ElementTree.Element, shown: Shown, public_url: str, campaign: Campaign, say: Words
) -> None:
    item, warning = shown.item, warning_of(shown.item, say)
    entry = ElementTree.SubElement(channel, "item")
    add(entry, "title", _plain(first_words(shown, warning, campaign)))
    add(entry, "link", public_url + path_of(Address("permalink", campaign.slug, shown.id)))
    add(entry, "guid", f"engaged:{campaign.slug}:{shown.id}", isPermaLink="false")
    add(entry, "pubDate", _rfc822(item.published_at or shown.sort_at))
    if name := author_of(item.author):
        add(entry, "dc:creator", name)
    # Readers take a description for markup: a text that only looks like it is escaped once more.
    add(entry, "description", escape(short_words(shown, warning), quote=False))
    add(entry, "content:encoded", thread_html(shown, warning, say))
    for picture in () if warning else feed_pictures(shown, campaign):
        add_picture(entry, picture, public_url)
    for tag in item.tags:
        add(entry, "category", tag)
    if item.occasion:
        _add_occasion(entry, item.occasion)
    if original := followable(item.url):
        add(entry, "source", shown.network, url=original)


def _add_occasion(entry: ElementTree.Element, occasion: Occasion) -> None:
    """Write when and where; of whole days the first and the last. Source: RSS 1.0 Modules: Event."""
    form = Precision.DAY if occasion.is_all_day else Precision.SECOND
    starts, ends = on_the_clock(occasion)
    add(entry, "ev:startdate", machine(starts, form))
    if ends:
        add(
            entry, "ev:enddate", machine(ends - timedelta(days=1) if occasion.is_all_day else ends, form)
        )
    if occasion.location:
        add(entry, "ev:location", occasion.location)


def _plain(title: str) -> str:
    """Titles are plain text, yet many readers draw them as markup: only `<` is taken from those."""
    return title.replace("<", "&lt;")


def _rfc822(when: datetime) -> str:
    return format_datetime(when.astimezone(UTC), usegmt=True)
