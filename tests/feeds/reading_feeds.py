"""A view's feeds as the readers people use read them back: what a test compares."""

import json
import re
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any
from xml.etree import ElementTree

import feedparser
from icalendar import Calendar, Event

from aggregator.settings import View
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address, AddressKind
from feeds.page import Page
from feeds.render import render
from feeds.select import Snapshot
from feeds.texts import legible
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, campaign

ATOM = "{http://www.w3.org/2005/Atom}"
XML = "{http://www.w3.org/XML/1998/namespace}"


def feed_of(kind: AddressKind, *posts: Shown, gone: tuple[Gone, ...] = (), language: str = "") -> Page:
    snapshot = Snapshot(PUBLIC_URL, campaign(), view=View(layout="grid"), posts=posts, gone=gone)
    return render(snapshot, Address(kind, SLUG, "wall", language), language or "en", NOW)


def tree(kind: AddressKind, *posts: Shown, gone: tuple[Gone, ...] = ()) -> ElementTree.Element:
    return ElementTree.fromstring(feed_of(kind, *posts, gone=gone).body)


def calendar(*posts: Shown, gone: tuple[Gone, ...] = ()) -> Any:
    return Calendar.from_ical(feed_of("feed-ics", *posts, gone=gone).body)


def events(*posts: Shown, gone: tuple[Gone, ...] = ()) -> list[Event]:
    return list(calendar(*posts, gone=gone).events)


@dataclass(frozen=True)
class Entry:
    """What every form says of a post; None where a form has no place for it."""

    id: str
    title: str | None
    link: str
    published: datetime | None
    changed: datetime | None


def line(words: str) -> str:
    """Give words as readers draw them: markup that only looks so undone, blanks made one."""
    return " ".join(unescape(words).split())


def as_json(*posts: Shown) -> list[Entry]:
    feed = json.loads(feed_of("feed-json", *posts).body)
    return [
        Entry(
            item["id"].rpartition(":")[2],
            line(legible(item.get("title", ""))) or None,
            item["url"],
            datetime.fromisoformat(item["date_published"]),
            datetime.fromisoformat(item["date_modified"]),
        )
        for item in feed["items"]
    ]


def as_xml(kind: AddressKind, *posts: Shown) -> list[Entry]:
    parsed = feedparser.parse(feed_of(kind, *posts).body, sanitize_html=False)
    assert not parsed.bozo
    return [
        Entry(
            re.split("[:/]", entry.id)[-1],
            line(entry.title),
            entry.link,
            _moment(entry.published_parsed),
            _moment(entry.updated_parsed) if kind == "feed-atom" else None,
        )
        for entry in parsed.entries
    ]


def as_ics(*posts: Shown) -> list[Entry]:
    return [
        Entry(
            str(event["uid"]).rpartition(":")[2],
            line(str(event["summary"])),
            str(event["url"]),
            None,
            event["last-modified"].dt,
        )
        for event in events(*posts)
    ]


def wanted_title(post: Shown) -> str:
    return line(legible(post.item.title))


def _moment(parsed: Any) -> datetime:
    return datetime.fromtimestamp(timegm(parsed), UTC)
