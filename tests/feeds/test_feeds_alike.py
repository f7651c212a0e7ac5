"""All forms of a view say the same, to the readers people use, whatever a post contains."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import Phase, given
from hypothesis import settings as so_often
from hypothesis import strategies as st

from aggregator.item import Author, Kind, Occasion, SafeHtml
from aggregator.store.published import Shown
from feeds.addresses import AddressKind
from tests.feeds.invented import AWKWARD, NOW, PUBLIC_URL, SLUG, picture, pictured, shown
from tests.feeds.reading_feeds import (
    ATOM,
    XML,
    Entry,
    as_ics,
    as_json,
    as_xml,
    feed_of,
    tree,
    wanted_title,
)
from tests.shared_folder import shared

FORMS: tuple[AddressKind, ...] = ("feed-rss", "feed-atom", "feed-json", "feed-ics")
TO_COME = Occasion(NOW + timedelta(days=3), NOW + timedelta(days=3, hours=2), "America/New_York")
ROWS = Path(__file__).parent.parent / "data" / "hostile" / "rows.jsonl"
LOOKS = "Story <b>&amp; ]]> \u202etime\u202c 📚👩🏽‍🚀 \x00\x1b[31m \ud800 \ufffe"


def event(post: Shown) -> Shown:
    return replace(post, item=replace(post.item, occasion=TO_COME))


def assert_alike(*posts: Shown) -> None:
    """Check that every form names the same posts, in the same words and at the same times."""
    posts = tuple(map(event, posts))
    wanted = [
        Entry(
            post.id,
            wanted_title(post) or None,
            f"{PUBLIC_URL}/{SLUG}/p/{post.id}",
            post.item.published_at or post.sort_at,
            post.changed_at,
        )
        for post in posts
    ]
    assert as_json(*posts) == wanted
    for found in (as_xml("feed-rss", *posts), as_xml("feed-atom", *posts), as_ics(*posts)):
        assert len(found) == len(wanted)
        for read, due in zip(found, wanted, strict=True):
            assert (read.id, read.link) == (due.id, due.link)
            assert read.title == due.title if due.title else read.title
            assert read.published in (None, due.published)
            assert read.changed in (None, due.changed)


def test_the_awkward_posts_are_read_back_alike_from_every_form() -> None:
    assert_alike(*AWKWARD.values())


def test_a_title_of_ten_thousand_characters_comes_back_whole() -> None:
    assert_alike(shown(1, title="Bücher für alle " * 625))


def hostile(words: str, number: int) -> Shown:
    return shown(
        number,
        title=words,
        text=words,
        html=SafeHtml("<p>safe</p>"),
        author=Author(words, words),
        tags=(words,) if words.strip() else (),
        warning=words if number % 2 else "",
        language=words,
        label=words,
        network=words,
    )


def test_every_hostile_row_is_read_back_alike_from_every_form() -> None:
    rows = [json.loads(row)["words"] for row in ROWS.read_text("utf-8").splitlines()]
    assert_alike(*(hostile(words, number) for number, words in enumerate([LOOKS, *rows], start=1)))


@pytest.mark.shared
def test_every_hostile_text_of_the_workplace_leaves_all_forms_whole() -> None:
    lines = shared("hostile", "own", "text", "cases.jsonl").read_text("utf-8").splitlines()
    payloads = [json.loads(each)["payload"] for each in lines]
    words = [each if isinstance(each, str) else str(each["repeat"]) * 50 for each in payloads]
    posts = [event(hostile(each, number)) for number, each in enumerate(words, start=1)]
    for form in ("feed-rss", "feed-atom"):
        assert len(list(tree(form, *posts).iter())) > len(posts)
    assert [entry.id for entry in as_json(*posts)] == [entry.id for entry in as_ics(*posts)]


def is_left_alone(words: str) -> bool:
    """Say whether feedparser leaves words as they are: it mends UTF-8 that was taken for Latin-1."""
    try:
        return words.isascii() or not words.encode("latin-1").decode()
    except UnicodeError:
        return True


# Lone surrogates and control characters too. A byte order mark in front is what readers take away.
ANYTHING = st.text(st.characters(exclude_characters="\ufeff"), max_size=20).filter(is_left_alone)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2026, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 - `timezones` makes them aware
POSTS = st.lists(st.tuples(ANYTHING, ANYTHING, MOMENTS, ANYTHING), max_size=3)


# Without shrinking: three readers a try take minutes for it.
@so_often(max_examples=60, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(POSTS)
def test_whatever_was_posted_is_read_back_alike(drawn: list[tuple[str, str, datetime, str]]) -> None:
    assert_alike(
        *(
            shown(
                number,
                title=title,
                text=text,
                published_at=when.replace(microsecond=0),
                warning=warning,
                tags=(text,) if text.strip() else (),
                html=SafeHtml(text.replace("<", "&lt;")),
            )
            for number, (title, text, when, warning) in enumerate(drawn, start=1)
        )
    )


# What the W3C's feed validator asks for, as far as it can concern us.

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
RFC822 = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"\d\d:\d\d:\d\d GMT"
)
LANGUAGE = re.compile(r"(?:[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)?")
SAFE_ONES = [post for name, post in AWKWARD.items() if name != "hostile"]


class Links(HTMLParser):
    """Collects where markup points."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.extend(value or "" for name, value in attrs if name in ("href", "src", "srcset"))


def assert_absolute(urls: list[str]) -> None:
    assert urls
    for url in urls:
        assert re.fullmatch(r"(?:https?://|mailto:)[^\s<>\"]+", url), url


def test_atom_holds_to_what_the_validator_asks() -> None:
    root = tree("feed-atom", *(event(post) for post in AWKWARD.values()))
    assert root.tag == f"{ATOM}feed"
    for parent in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"{ATOM}{name}")) == 1
        assert len(
            {link.get("rel") for link in parent.findall(f"{ATOM}link") if link.get("rel") != "enclosure"}
        ) == len([link for link in parent.findall(f"{ATOM}link") if link.get("rel") != "enclosure"])
    ids = [element.text for element in root.iter(f"{ATOM}id")]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"tag:[a-z0-9.-]+,\d{4}:[\w/.-]+", str(one)) for one in ids)
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    dates = [each.text for name in ("updated", "published") for each in root.iter(f"{ATOM}{name}")]
    assert all(RFC3339.fullmatch(str(date)) for date in dates)
    assert all(LANGUAGE.fullmatch(each.get(f"{XML}lang", "")) for each in root.iter())
    assert_absolute([each.get("href", "") for each in root.iter(f"{ATOM}link")])
    assert all(each.get("term") for each in root.iter(f"{ATOM}category"))
    (itself,) = [each for each in root.findall(f"{ATOM}link") if each.get("rel") == "self"]
    assert itself.get("href") == f"{PUBLIC_URL}/{SLUG}/v/wall.atom"


def test_rss_holds_to_what_the_validator_asks() -> None:
    root = tree("feed-rss", *(event(post) for post in AWKWARD.values()))
    channel = root.find("channel")
    assert channel is not None
    for name in ("title", "link", "description"):
        assert channel.findtext(name)
    guids = [each.text for each in channel.iter("guid")]
    assert len(set(guids)) == len(guids) == len(AWKWARD)
    assert all(RFC822.fullmatch(str(each.text)) for each in channel.iter("pubDate"))
    assert_absolute([str(each.text) for each in channel.iter("link")])
    assert_absolute([str(each.get("url")) for each in channel.iter("source")])
    assert LANGUAGE.fullmatch(str(channel.findtext("language")))
    for entry in channel.iter("item"):
        assert entry.findtext("title")
        for name in ("title", "link", "guid", "pubDate", "description", "source"):
            assert len(entry.findall(name)) <= 1
    (itself,) = channel.findall(f"{ATOM}link")
    assert itself.get("href") == f"{PUBLIC_URL}/{SLUG}/v/wall.rss"


def test_no_markup_in_a_feed_points_to_somewhere_relative() -> None:
    html = SafeHtml(
        '<p><a href="https://blog.example/a">a</a><img src="https://blog.example/b.jpg"></p>'
    )
    posts = (shown(1, html=html), *AWKWARD.values())
    bodies = [str(each.text) for each in tree("feed-atom", *posts).iter(f"{ATOM}content") if each.text]
    items = json.loads(feed_of("feed-json", *posts).body)["items"]
    links = Links()
    for body in (*bodies, *(item.get("content_html", "") for item in items)):
        links.feed(body)
    assert_absolute(links.found)


def test_every_form_says_its_type_and_may_be_read_by_scripts_of_every_site() -> None:
    types = {
        "feed-rss": "application/rss+xml; charset=utf-8",
        "feed-atom": "application/atom+xml; charset=utf-8",
        "feed-json": "application/feed+json; charset=utf-8",
        "feed-ics": "text/calendar; charset=utf-8",
        "outline": "text/x-opml; charset=utf-8",
    }
    for form, content_type in types.items():
        page = feed_of(form, shown(1))  # type: ignore[arg-type] # keys of the dictionary above
        assert page.content_type == content_type
        assert ("Access-Control-Allow-Origin", "*") in page.headers


def test_all_forms_keep_a_warned_picture_to_themselves() -> None:
    post = event(pictured(shown(1, warning="flashing lights"), picture(5)))
    for form in FORMS:
        body = feed_of(form, post).body.decode()
        assert "flashing lights" in body
        assert picture(5).key not in body


def test_the_same_posts_give_the_same_bytes() -> None:
    for form in FORMS:
        posts = [event(post) for post in SAFE_ONES]
        assert feed_of(form, *posts) == feed_of(form, *posts)


def test_an_event_in_rss_is_read_back_as_one_by_our_own_collector() -> None:
    from aggregator.parse import parse_feed

    timed = event(shown(1, kind=Kind.OCCASION))
    days = Occasion(
        datetime(2026, 6, 3, 4, tzinfo=UTC),
        datetime(2026, 6, 5, 4, tzinfo=UTC),
        "America/New_York",
        True,
    )
    page = feed_of("feed-rss", timed, shown(2, occasion=replace(days, location="Room 2")))
    first, second = parse_feed(page.body, "", f"{PUBLIC_URL}/x.rss", "posts.library.example").items
    assert (first.kind, first.occasion) == (Kind.OCCASION, replace(TO_COME, zone=""))
    assert second.occasion
    assert (second.occasion.starts_at, second.occasion.ends_at) == (
        datetime(2026, 6, 3),  # noqa: DTZ001 - a day has no zone
        datetime(2026, 6, 5),  # noqa: DTZ001 - a day has no zone
    )
    assert (second.occasion.is_all_day, second.occasion.location) == (True, "Room 2")


def test_what_breaks_xml_is_nowhere_in_it() -> None:
    for form in ("feed-rss", "feed-atom"):
        body = feed_of(form, hostile(LOOKS, 2)).body
        ElementTree.fromstring(body)
        assert b"\x00" not in body
        assert b"]]>" not in body
