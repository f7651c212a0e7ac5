"""The editions of the weekly mail as RSS 2.0: one item each, whole, for Mailchimp and the like.

Such services put the fields of an item into a mail of their own, and an item that lacks one breaks it:
every field stands on every item. A post that was removed is not in it; what was sent from it elsewhere
is no longer ours to take back.

Source: RSS 2.0.11; RSS Best Practices Profile; Media RSS 1.5.1.
"""

from datetime import UTC
from email.utils import format_datetime
from xml.etree import ElementTree

from aggregator.settings import Campaign
from aggregator.store.published import Sent, Shown
from feeds.addresses import Address, path_of
from feeds.drawn import HEIGHT, WIDTH
from feeds.feed_xml import MEDIA_NAMESPACE, add, add_picture, written
from feeds.highlights.archive import Edition, edition
from feeds.highlights.faces import Event, Face, event, face, link_to
from feeds.highlights.wording import Words as OwnWords
from feeds.i18n import Words
from feeds.page import Page, draw, finished, readable_anywhere
from feeds.pictures import feed_pictures
from feeds.select import Snapshot
from feeds.views import featured_name

CONTENT_TYPE = "application/rss+xml; charset=utf-8"
_NAMESPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": MEDIA_NAMESPACE,
}
_NOTHING = OwnWords("", "", "ltr")


def write(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Give the feed, the newest edition first."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for this address
    rss = ElementTree.Element("rss", {"version": "2.0", **_NAMESPACES})
    channel = ElementTree.SubElement(rss, "channel")
    archive = Address("highlights", campaign.slug, language=address.language)
    add(channel, "title", f"{campaign.name}: {say('letters-title')}")
    add(channel, "link", snapshot.public_url + path_of(archive))
    add(channel, "description", say("letters-text"))
    add(channel, "language", address.language or campaign.languages[0])
    for newest in snapshot.issues[:1]:
        add(channel, "lastBuildDate", format_datetime(newest.sent_at.astimezone(UTC), usegmt=True))
    itself = {
        "rel": "self",
        "href": snapshot.public_url + path_of(address),
        "type": "application/rss+xml",
    }
    ElementTree.SubElement(channel, "atom:link", itself)
    for sent in snapshot.issues:
        _add_issue(channel, sent, snapshot.public_url, campaign, say, address.language)
    return finished(200, CONTENT_TYPE, written(rss), readable_anywhere())


def _add_issue(
    channel: ElementTree.Element,
    sent: Sent,
    public_url: str,
    campaign: Campaign,
    say: Words,
    language: str,
) -> None:
    told = edition(sent, public_url, campaign, say, language)
    entry = ElementTree.SubElement(channel, "item")
    add(entry, "title", told.title.text.replace("<", "&lt;"))  # many readers draw it as markup
    add(entry, "link", told.link)
    add(entry, "guid", f"engaged:{campaign.slug}:issue:{sent.number}", isPermaLink="false")
    add(entry, "pubDate", format_datetime(sent.sent_at.astimezone(UTC), usegmt=True))
    add(entry, "dc:creator", campaign.name)
    add(entry, "description", _summary(told, sent, say).replace("<", "&lt;"))
    add(entry, "content:encoded", content(sent, told, public_url, campaign, say, language))
    for tag in campaign.hashtags or (campaign.name.lstrip("#"),):
        add(entry, "category", tag)
    _add_image(entry, sent, public_url, campaign, language, told)


def _summary(told: Edition, sent: Sent, say: Words) -> str:
    if told.summary.text:
        return told.summary.text
    return told.posts if sent.items else say("issue-none-left")


def _add_image(
    entry: ElementTree.Element,
    sent: Sent,
    public_url: str,
    campaign: Campaign,
    language: str,
    told: Edition,
) -> None:
    """Give the first picture that was described, else one that we draw: every item has one."""
    there = (picture for each in sent.items for picture in feed_pictures(each, campaign)[:1])
    if picture := next((each for each in there if each.alt), None):
        add_picture(entry, picture, public_url)
        return
    name = sent.items[0].id if sent.items else featured_name(campaign)
    kind = Address("post-picture" if sent.items else "view-picture", campaign.slug, name, language)
    about = {"url": public_url + path_of(kind), "type": "image/png", "medium": "image"}
    size = {"width": str(WIDTH), "height": str(HEIGHT)}
    drawn = ElementTree.SubElement(entry, "media:content", {**about, **size})
    add(drawn, "media:description", told.title.text, type="plain")


def content(
    sent: Sent, told: Edition, public_url: str, campaign: Campaign, say: Words, language: str
) -> str:
    """Give an edition as markup that stands in somebody else's mail: no style, no script, JPEG only."""

    def link(shown: Shown) -> str:
        return link_to(shown, campaign, public_url, language, sent.number)

    def faced(shown: Shown) -> Face:
        blurb = told.blurbs.get(shown.id, _NOTHING)
        return face(shown, campaign, public_url, say, link(shown), blurb, sent.sent_at)

    def taking_place(shown: Shown) -> Event | None:
        return event(shown, public_url, campaign, say, link(shown), sent.sent_at)

    return draw(
        "highlights-feed.html",
        say=say,
        edition=told,
        faces=[faced(each) for each in sent.items],
        events=[each for shown in sent.occasions if (each := taking_place(shown))],
        hub=public_url + path_of(Address("hub", campaign.slug, language=language)),
    )
