"""Feeds are read back by the readers people use, whatever a post contains."""

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.item import SafeHtml
from aggregator.settings import View
from aggregator.store.published import Shown
from feeds.addresses import Address, AddressKind
from feeds.page import Page
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import AWKWARD, NOW, PUBLIC_URL, SLUG, campaign, shown


def feed_of(kind: AddressKind, *posts: Shown) -> Page:
    snapshot = Snapshot(PUBLIC_URL, campaign(), view=View(layout="grid"), posts=posts)
    return render(snapshot, Address(kind, SLUG, "wall"), "en", NOW)


def rss(*posts: Shown) -> Any:
    parsed = feedparser.parse(feed_of("feed-rss", *posts).body)
    assert not parsed.bozo
    return parsed


def jsonfeed(*posts: Shown) -> dict[str, Any]:
    feed: dict[str, Any] = json.loads(feed_of("feed-json", *posts).body)
    return feed


def test_rss_names_the_campaign_and_itself() -> None:
    feed = rss(shown(1)).feed
    assert (feed.title, feed.link, feed.language) == ("#EngagedLibraries", f"{PUBLIC_URL}/{SLUG}/", "en")
    assert {
        "rel": "self",
        "href": f"{PUBLIC_URL}/{SLUG}/v/wall.rss",
        "type": "application/rss+xml",
    } in feed.links


def test_an_rss_entry_says_who_when_where_and_what() -> None:
    post = shown(1)
    entry = rss(post).entries[0]
    assert entry.title == "Story hour number 1"
    assert entry.link == f"{PUBLIC_URL}/{SLUG}/p/{post.id}"
    assert (entry.id, entry.guidislink) == (f"engaged:{SLUG}:{post.id}", False)
    assert entry.author == "Ana Rivera"
    assert entry.published == "Tue, 19 May 2026 12:00:00 GMT"
    assert entry.content[0].value == "<p>We read to 1 children in the park.</p>"
    assert [tag.term for tag in entry.tags] == ["engagedlibraries"]
    assert entry.source == {"title": "blog.example", "href": "https://blog.example/1/"}


def test_a_json_feed_item_says_who_when_where_and_what() -> None:
    post = shown(1)
    assert jsonfeed(post)["items"] == [
        {
            "id": f"engaged:{SLUG}:{post.id}",
            "url": f"{PUBLIC_URL}/{SLUG}/p/{post.id}",
            "external_url": "https://blog.example/1/",
            "title": "Story hour number 1",
            "content_html": "<p>We read to 1 children in the park.</p>",
            "content_text": "We read to 1 children in the park.",
            "date_published": "2026-05-19T12:00:00Z",
            "date_modified": "2026-05-19T12:00:00Z",
            "authors": [{"name": "Ana Rivera", "url": "https://blog.example/ana"}],
            "tags": ["engagedlibraries"],
            "language": "en",
            "_engaged": {
                "network": "blog.example",
                "dir": "ltr",
                "kind": "post",
                "published": "2026-05-19T12:00:00Z",
                "date": "May 19, 2026",
            },
        }
    ]


def test_an_empty_feed_is_still_a_feed() -> None:
    assert jsonfeed()["items"] == []
    assert rss().entries == []


@pytest.mark.parametrize("name", AWKWARD)
def test_every_awkward_item_is_read_back(name: str) -> None:
    post = AWKWARD[name]
    entry, item = rss(post).entries[0], jsonfeed(post)["items"][0]
    assert entry.title
    assert entry.id == item["id"]
    assert len(item["content_text"]) <= 500
    assert "javascript:" not in str([item.get("external_url"), item.get("authors"), entry.get("source")])


def test_a_title_that_looks_like_markup_stays_text_for_readers_that_draw_markup() -> None:
    entry = rss(AWKWARD["markup-like"]).entries[0]
    assert "<script" not in entry.title
    assert "&lt;script>alert(1)" in entry.title or "&lt;script&gt;alert(1)" in entry.title
    assert "<script" not in entry.summary
    assert jsonfeed(AWKWARD["markup-like"])["items"][0]["title"].startswith("<script>alert(1)")


def test_a_warning_stands_before_the_text() -> None:
    post = shown(1, warning="flashing lights")
    assert (
        rss(post).entries[0].content[0].value.startswith("<p><strong>Content warning: flashing lights")
    )
    assert "We read" not in rss(post).entries[0].summary
    item = jsonfeed(post)["items"][0]
    assert item["content_text"].startswith("Content warning: flashing lights\n\n")
    assert item["_engaged"]["warning"] == "Content warning: flashing lights"


def test_what_moderators_wrote_is_in_the_feeds() -> None:
    post = replace(shown(1), excerpt="Shorter words.", library="Riverside Library", place="Ohio")
    assert rss(post).entries[0].summary == "Shorter words."
    item = jsonfeed(post)["items"][0]
    assert item["summary"] == "Shorter words."
    assert (item["_engaged"]["library"], item["_engaged"]["place"]) == ("Riverside Library", "Ohio")


def test_a_day_stays_a_day_for_readers_of_our_extension() -> None:
    assert jsonfeed(AWKWARD["day-date"])["items"][0]["_engaged"]["published"] == "2026-05-01"


ANYTHING = st.text(st.characters(), max_size=40)  # lone surrogates and control characters too


@given(ANYTHING, ANYTHING)
def test_no_character_breaks_a_feed(title: str, text: str) -> None:
    post = shown(1, title=title, text=text, html=SafeHtml(text.replace("<", "&lt;")), tags=(text,))
    ElementTree.fromstring(feed_of("feed-rss", post).body)
    assert jsonfeed(post)["items"]


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("feed-rss", "application/rss+xml; charset=utf-8"),
        ("feed-json", "application/feed+json; charset=utf-8"),
    ],
)
def test_a_feed_says_its_type_and_may_be_read_from_everywhere(
    kind: AddressKind, content_type: str
) -> None:
    page = feed_of(kind, shown(1))
    assert page.content_type == content_type
    assert ("Access-Control-Allow-Origin", "*") in page.headers
