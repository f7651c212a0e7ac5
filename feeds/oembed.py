"""The oEmbed provider: an address of ours, pasted into WordPress and the like, becomes our frame.

What a site keeps of an answer, no takedown can reach: so it holds the campaign's name and addresses,
and no word of a post. Source: https://oembed.com/ (version 1.0).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from markupsafe import escape

from aggregator.settings import Campaign, Settings
from aggregator.store.published import Gone, Shown
from feeds.addresses import VIEW_KINDS, Address, AddressKind, parse, path_of, settle
from feeds.drawn import HEIGHT, WIDTH
from feeds.i18n import words
from feeds.page import Page, finished, readable_anywhere
from feeds.select import ALONE
from feeds.texts import legible
from feeds.views import featured_name, view_of
from feeds.widget import height_of

OF_ONE_POST: tuple[AddressKind, ...] = ("permalink", "post-frame")
WIDEST = 600
"""How wide a frame is when nobody says, in CSS pixels. Every layout takes any width from 280 on."""
# A day of no answer harms nobody: what is kept holds no post, and the frame itself says 410 at once.
CACHE_AGE_S = 3600
LONGEST_URL = 2000

# The specification asks for these two in answers (2.3.4); `+oembed` stands in links only (section 4).
_JSON, _XML = "application/json; charset=utf-8", "text/xml; charset=utf-8"
_PORTS = {"https": 443, "http": 80}
_SAID = {
    400: "The parameter url is missing.",
    404: "Nothing of ours is at this url.",
    410: "This post is no longer shown.",
    501: "The formats are json and xml.",
}


class Door(Protocol):
    """What is asked of the published side of the store. May raise StoreError or SQLAlchemyError."""

    def one(self, slug: str, item: str) -> Shown | Gone | None: ...


@dataclass(frozen=True, slots=True)
class _Room:
    """How much room the asking site has, in CSS pixels; None: it does not say."""

    width: int | None
    height: int | None

    def has(self, width: int, height: int) -> bool:
        return width <= (self.width or width) and height <= (self.height or height)


def answer(settings: Settings, door: Door, query: Mapping[str, str]) -> Page:
    """Answer a question about one address.

    Parameters that we do not know are ignored: consumers add their own.
    """
    form = query.get("format", "json")
    if form not in ("json", "xml"):
        return _refused(501)
    if not query.get("url"):
        return _refused(400)
    address = _address(settings, query["url"])
    campaign = settings.campaign(address.campaign) if address else None
    if address is None or campaign is None:
        return _refused(404)
    if address.kind == "post-frame":
        one = door.one(campaign.slug, address.name)
        if not isinstance(one, Shown):
            return _refused(410 if isinstance(one, Gone) else 404)
    room = _Room(_pixels(query.get("maxwidth", "")), _pixels(query.get("maxheight", "")))
    facts = _facts(settings.public_url, campaign, address, room)
    text, content_type = (_as_json(facts), _JSON) if form == "json" else (_as_xml(facts), _XML)
    return finished(200, content_type, text, readable_anywhere())


def _address(settings: Settings, url: str) -> Address | None:
    """Give the frame that shows what a pasted address does; None: it is none of ours.

    http and https, any query and any fragment are the same to us: people paste what they see.
    """
    path = _our_path(settings.public_url, url)
    found = parse(path) or parse(f"{path}/") if path else None  # "/campaign" leads to "/campaign/"
    settled = settle(settings, found) if found else None
    if settled is None:
        return None
    if settled.kind in OF_ONE_POST:
        return Address("post-frame", settled.campaign, settled.name, settled.language)
    if settled.kind in VIEW_KINDS:
        return Address("frame", settled.campaign, settled.name, settled.language)
    campaign = settings.campaign(settled.campaign)
    if settled.kind != "hub" or campaign is None:
        return None
    return Address("frame", settled.campaign, featured_name(campaign), settled.language)


def _our_path(public_url: str, url: str) -> str:
    """Give the path of an address on exactly our host; "" for every other."""
    if len(url) > LONGEST_URL:
        return ""
    try:
        ours, theirs = urlsplit(public_url), urlsplit(url.strip())
        is_ours = theirs.hostname == ours.hostname and _port(theirs.port) == _port(ours.port)
    except ValueError:
        return ""
    if theirs.scheme not in _PORTS or not is_ours or theirs.username is not None:
        return ""
    return unquote(theirs.path) or "/"


def _port(port: int | None) -> int | None:
    return None if port in _PORTS.values() else port


def _facts(public_url: str, campaign: Campaign, address: Address, room: _Room) -> dict[str, str | int]:
    say = words(address.language or campaign.languages[0])
    is_one = address.kind == "post-frame"
    tall = height_of(ALONE if is_one else view_of(campaign, address.name))
    shown_at = _kind(address, "permalink" if is_one else "hub")
    picture = _kind(address, "post-picture" if is_one else "view-picture")
    drawn: dict[str, str | int] = {
        "thumbnail_url": public_url + path_of(picture),
        "thumbnail_width": WIDTH,
        "thumbnail_height": HEIGHT,
    }
    width, height = min(WIDEST, room.width or WIDEST), min(tall, room.height or tall)
    name = legible(campaign.name)
    title = say("oembed-one" if is_one else "frame-posts", campaign=name)
    frame, page = (public_url + path_of(each) for each in (address, shown_at))
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": name,
        "provider_url": public_url + path_of(_kind(address, "hub")),
        "cache_age": CACHE_AGE_S,
        "width": width,
        "height": height,
        "html": _html(name, title, frame, page, (width, height)),
        **(drawn if room.has(WIDTH, HEIGHT) else {}),
    }


def _kind(address: Address, kind: AddressKind) -> Address:
    """Give what belongs to an address, in the same language: its hub, its picture, its page."""
    return replace(address, kind=kind, name="" if kind == "hub" else address.name)


def _html(name: str, title: str, frame: str, page: str, size: tuple[int, int]) -> str:
    """Give a link in a quotation, and the frame.

    In this order, and the frame's border and margins as attributes: so WordPress lets both through. It
    shows the quotation until the frame has spoken, and throws the style away.
    """
    width, height = size
    return (
        f'<blockquote><a href="{escape(page)}">{escape(name)}</a></blockquote>'
        f'<iframe src="{escape(frame)}" title="{escape(title)}" width="100%" height="{height}" '
        'frameborder="0" marginwidth="0" marginheight="0" scrolling="auto" loading="lazy" '
        f'referrerpolicy="no-referrer" style="border:0;max-width:{width}px"></iframe>'
    )


def _as_json(facts: Mapping[str, str | int]) -> str:
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def _as_xml(facts: Mapping[str, str | int]) -> str:
    root = ElementTree.Element("oembed")
    for name, value in facts.items():
        ElementTree.SubElement(root, name).text = str(value)
    declaration = '<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
    return declaration + ElementTree.tostring(root, encoding="unicode")


def _pixels(text: str) -> int | None:
    """Read a number of pixels; what is none counts as not said."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) else None


def _refused(status: int) -> Page:
    """Say why there is no answer, for who builds something with us. Source: RFC 9457."""
    text = json.dumps({"status": status, "title": _SAID[status]})
    return finished(status, "application/problem+json", text, readable_anywhere())
