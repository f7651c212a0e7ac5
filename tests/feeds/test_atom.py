"""Atom: ids for ever, dates that move only when something moved, and tombstones."""

import re
from dataclasses import replace
from datetime import timedelta

import feedparser
import pytest

from aggregator.store.published import Gone
from feeds.addresses import Address
from feeds.formats.atom import tag_of
from feeds.select import REMEMBERED, snapshot
from tests.feeds.invented import (
    NOW,
    PUBLIC_URL,
    SLUG,
    a_door,
    item_id,
    picture,
    pictured,
    settings,
    shown,
)
from tests.feeds.reading_feeds import ATOM, XML, feed_of, tree

TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
MEDIA = "{http://search.yahoo.com/mrss/}"


def test_an_entry_says_who_when_where_and_what() -> None:
    post = pictured(shown(1))
    (entry,) = feedparser.parse(feed_of("feed-atom", post).body).entries
    assert entry.id == f"tag:posts.library.example,2026:{SLUG}/p/{post.id}"
    assert entry.title == "Story hour number 1"
    assert entry.link == f"{PUBLIC_URL}/{SLUG}/p/{post.id}"
    assert (entry.author, entry.author_detail.href) == ("Ana Rivera", "https://blog.example/ana")
    assert (entry.published, entry.updated) == ("2026-05-19T12:00:00Z",) * 2
    assert entry.content[0].value == "<p>We read to 1 children in the park.</p>"
    assert entry.content[0].type == "text/html"
    assert [tag.term for tag in entry.tags] == ["engagedlibraries"]
    assert {"rel": "via", "href": "https://blog.example/1/", "title": "blog.example"}.items() <= dict(
        entry.links[1]
    ).items()
    (enclosure,) = entry.enclosures
    assert enclosure.href == f"{PUBLIC_URL}/i/{picture().key}-960.jpg"
    assert entry.media_content[0]["width"] == "960"


def test_a_picture_has_its_words() -> None:
    post = pictured(shown(1), picture(alt="A bus", credit="Ana", licence="CC BY 4.0"))
    (content,) = tree("feed-atom", post).iter(f"{MEDIA}content")
    words = [content.findtext(f"{MEDIA}{name}") for name in ("description", "credit", "copyright")]
    assert words == ["A bus", "Ana", "CC BY 4.0"]


def test_updated_moves_when_a_post_changes_and_not_when_the_feed_is_made_again() -> None:
    post = shown(1)
    changed = replace(post, changed_at=NOW)
    assert tree("feed-atom", post).findtext(f"{ATOM}updated") == "2026-05-19T12:00:00Z"
    assert tree("feed-atom", changed).findtext(f"{ATOM}updated") == "2026-05-20T12:00:00Z"
    (entry,) = tree("feed-atom", changed).iter(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}published") == "2026-05-19T12:00:00Z"
    gone = (Gone(item_id(9), NOW + timedelta(hours=1)),)
    assert tree("feed-atom", changed, gone=gone).findtext(f"{ATOM}updated") == "2026-05-20T13:00:00Z"


def test_an_empty_feed_has_a_date_that_never_moves() -> None:
    assert tree("feed-atom").findtext(f"{ATOM}updated") == "2026-01-01T00:00:00Z"


def test_each_entry_says_its_language_and_one_that_nobody_knows_is_empty() -> None:
    posts = (shown(1, language="es"), shown(2, language=""), shown(3, language='en"><b>'))
    root = tree("feed-atom", *posts)
    assert root.get(f"{XML}lang") == "en"
    assert [entry.get(f"{XML}lang") for entry in root.iter(f"{ATOM}entry")] == ["es", "", ""]


def test_what_left_is_a_tombstone_without_a_word_of_it() -> None:
    gone = (Gone(item_id(9), NOW),)
    (tombstone,) = tree("feed-atom", shown(1), gone=gone).iter(TOMBSTONE)
    assert tombstone.attrib == {
        "ref": f"tag:posts.library.example,2026:{SLUG}/p/{item_id(9)}",
        "when": "2026-05-20T12:00:00Z",
    }
    assert list(tombstone) == []
    assert not tombstone.text


def test_a_post_that_is_taken_down_becomes_a_tombstone_for_thirty_days() -> None:
    door, post = a_door(shown(1), shown(2)), shown(1)
    door.take_down(post)
    address = Address("feed-atom", SLUG, "wall")
    found = snapshot(door, settings(), address, NOW)
    assert [one.id for one in found.gone] == [post.id]
    assert found.holds_until == NOW + REMEMBERED
    later = snapshot(door, settings(), address, NOW + REMEMBERED + timedelta(seconds=1))
    assert later.gone == ()


@pytest.mark.parametrize(
    ("public_url", "host"),
    [
        ("https://posts.library.example", "posts.library.example"),
        ("https://Posts.Library.example:8443", "posts.library.example"),
        ("http://[2001:db8::1]:8000", "localhost"),
    ],
)
def test_an_id_is_a_tag_of_the_host_without_a_port(public_url: str, host: str) -> None:
    assert tag_of(public_url, "a/p/b") == f"tag:{host},2026:a/p/b"


def test_ids_are_the_same_in_every_language_and_feeds_lead_to_pages_in_their_own() -> None:
    english, spanish = (
        feed_of("feed-atom", shown(1), language=each).body.decode() for each in ("", "es")
    )
    ids = [re.findall(r"<id>(tag:[^<]*/p/[^<]*)</id>", each) for each in (english, spanish)]
    assert ids[0] == ids[1]
    assert f'href="{PUBLIC_URL}/{SLUG}/es/"' in spanish
    assert f'href="{PUBLIC_URL}/{SLUG}/es/v/wall.atom"' in spanish
