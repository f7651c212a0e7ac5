"""All feeds of a campaign as one list, which readers take in at once. Source: OPML 2.0."""

from dataclasses import replace
from xml.etree import ElementTree

from aggregator.settings import Campaign
from feeds.addresses import Address, AddressKind, path_of
from feeds.feed_xml import add, written
from feeds.i18n import Words
from feeds.page import Page, finished, readable_anywhere
from feeds.select import Snapshot
from feeds.texts import legible

CONTENT_TYPE = "text/x-opml; charset=utf-8"
_FORMS: tuple[tuple[AddressKind, str, str], ...] = (
    ("feed-rss", "RSS", "RSS2"),
    ("feed-atom", "Atom", "ATOM1"),
    ("feed-json", "JSON Feed", "JSON1"),
)


def write(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Give for each view its feeds, and its calendar of events."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for every address of a campaign
    opml = ElementTree.Element("opml", {"version": "2.0"})
    head = add(opml, "head")
    add(head, "title", say("feeds-of", campaign=campaign.name))
    if campaign.contact:
        is_mail = "://" not in campaign.contact
        add(head, "ownerEmail" if is_mail else "ownerId", campaign.contact)
    add(head, "docs", "http://opml.org/spec2.opml")
    body = add(opml, "body")
    for name in campaign.shown_views:
        _add_view(body, replace(address, name=name), campaign, snapshot.public_url, say)
    return finished(200, CONTENT_TYPE, written(opml), readable_anywhere())


def _add_view(
    body: ElementTree.Element, view: Address, campaign: Campaign, public_url: str, say: Words
) -> None:
    title = campaign.shown_views[view.name].heading or f"{campaign.name}: {view.name}"
    group = _outline(body, title)
    hub = public_url + path_of(replace(view, kind="hub", name=""))
    for kind, form, version in _FORMS:
        feed = public_url + path_of(replace(view, kind=kind))
        _outline(group, f"{title} ({form})", type="rss", version=version, xmlUrl=feed, htmlUrl=hub)
    events = public_url + path_of(replace(view, kind="feed-ics"))
    _outline(group, say("calendar-name", campaign=title), type="link", url=events)


def _outline(parent: ElementTree.Element, title: str, **about: str) -> ElementTree.Element:
    """Put a line there. Its words are attributes, which readers require in both names."""
    words = legible(title)
    return ElementTree.SubElement(parent, "outline", {"text": words, "title": words, **about})
