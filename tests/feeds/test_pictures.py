"""Pictures on cards, on pages and in feeds: ours, described, credited, never before a warning."""

import json
import re
from dataclasses import replace
from typing import Any, cast

import feedparser
import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.item import Flag
from aggregator.settings import View
from aggregator.store.published import Shown
from feeds.addresses import Address, AddressKind, parse_picture, picture_path
from feeds.i18n import words
from feeds.pictures import card_pictures
from feeds.render import render
from feeds.select import Snapshot
from feeds.widget import layouts
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, campaign, picture, pictured, shown


def page(kind: AddressKind, *posts: Shown, layout: str = "grid", **more: Any) -> str:
    snapshot = Snapshot(
        PUBLIC_URL,
        more.pop("campaign", campaign()),
        view=View(layout=layout),
        featured=posts[0] if kind == "hub" else None,
        posts=posts,
        one=posts[0],
        **more,
    )
    return render(snapshot, Address(kind, SLUG, "wall"), "en", NOW).body.decode()


def images(html: str) -> list[Tag]:
    return cast("list[Tag]", BeautifulSoup(html, "html.parser").find_all("img"))


WITHOUT_PICTURES = {"ticker"}
WHOLE_AT_ONCE = {"kiosk", "print"}
"""Nobody scrolls to a picture on a wall or on paper: all of them must be there."""


@pytest.mark.parametrize("layout", sorted(WITHOUT_PICTURES))
def test_a_line_of_headlines_loads_no_picture(layout: str) -> None:
    assert not images(page("frame", pictured(shown(1)), layout=layout))


@pytest.mark.parametrize("layout", sorted(layouts().keys() - WITHOUT_PICTURES))
def test_a_card_offers_the_best_format_first_in_all_its_sizes(layout: str) -> None:
    soup = BeautifulSoup(page("frame", pictured(shown(1)), layout=layout), "html.parser")
    sources = [(str(one["type"]), str(one["srcset"])) for one in soup.find_all("source")]
    key = picture().key
    assert [kind for kind, _ in sources] == ["image/avif", "image/webp"]
    assert sources[0][1] == ", ".join(f"/i/{key}-{width}.avif {width}w" for width in picture().widths)
    (image,) = soup.find_all("img")
    assert image["src"] == f"/i/{key}-640.jpg"
    assert image["srcset"] == ", ".join(f"/i/{key}-{width}.jpg {width}w" for width in picture().widths)
    assert (image["width"], image["height"]) == ("960", "640")
    loading = "eager" if layout in WHOLE_AT_ONCE else "lazy"
    assert (image["loading"], image["decoding"]) == (loading, "async")
    assert image["alt"] == "A bus full of books, number 1"


@pytest.mark.parametrize("alt", [None, ""])
def test_nothing_is_invented_where_nobody_described_a_picture(alt: str | None) -> None:
    (image,) = images(page("frame", pictured(shown(1), picture(alt=alt))))
    assert image["alt"] == ""


@pytest.mark.parametrize(
    ("credit", "licence", "line"),
    [
        ("Photo: Ana Lee", "CC BY 4.0", "Photo: Ana Lee · CC BY 4.0"),
        ("Photo: Ana Lee", "", "Photo: Ana Lee"),
        ("", "CC BY 4.0", "CC BY 4.0"),
    ],
)
@pytest.mark.parametrize(("kind", "times"), [("frame", 1), ("hub", 2), ("permalink", 1)])
def test_credit_and_licence_stand_wherever_the_picture_does(
    kind: AddressKind, times: int, credit: str, licence: str, line: str
) -> None:
    html = page(kind, pictured(shown(1), picture(credit=credit, licence=licence)))
    soup = BeautifulSoup(html, "html.parser")
    assert [one.get_text(strip=True) for one in soup.find_all("figcaption")] == [line] * times


@pytest.mark.parametrize(
    ("licence", "is_whole"),
    [
        ("CC BY-ND 4.0", True),
        ("CC BY-NC-ND", True),
        ("No Derivatives", True),
        ("CC BY 4.0", False),
        ("and", False),
    ],
)
def test_what_may_not_be_changed_is_not_cut(licence: str, is_whole: bool) -> None:
    (one,) = card_pictures(pictured(shown(1), picture(licence=licence)), campaign(), words("en"), "/i")
    assert one.is_whole == is_whole


WARNED = [
    pictured(shown(1, warning="flashing lights")),
    pictured(shown(1, flags=frozenset({Flag.SENSITIVE}))),
]


@pytest.mark.parametrize("post", WARNED)
def test_behind_a_warning_no_card_and_no_feed_shows_a_picture(post: Shown) -> None:
    for layout in layouts():
        assert images(page("frame", post, layout=layout)) == []
    assert images(page("hub", post)) == []
    for kind in ("feed-rss", "feed-json"):
        assert "/i/" not in page(cast("AddressKind", kind), post)


@pytest.mark.parametrize("post", WARNED)
def test_on_its_own_page_a_picture_stands_behind_the_warning_with_the_words(post: Shown) -> None:
    html = page("permalink", post)
    (image,) = images(html)
    assert image.find_parent("details")
    soup = BeautifulSoup(html, "html.parser")
    assert soup.details
    soup.details.decompose()
    assert "/i/" not in str(soup)
    assert "A bus full of books" not in str(soup)


def test_the_own_page_shows_all_pictures_and_tells_networks_of_the_one_we_draw() -> None:
    html = page("permalink", pictured(shown(1), picture(1), picture(2), picture(3)))
    assert len(images(html)) == 3
    soup = BeautifulSoup(html, "html.parser")
    told = {str(one["property"]): str(one["content"]) for one in soup.find_all("meta", property=True)}
    assert told["og:image"] == f"{PUBLIC_URL}/{SLUG}/og/{told['og:url'].rpartition('/')[2]}.png"
    assert told["og:image:alt"].endswith("A bus full of books, number 1")


def test_a_campaign_that_hides_pictures_has_none_on_any_page_or_feed() -> None:
    hiding = campaign(policy={"pictures_without_consent": "hide"})
    for kind in ("frame", "hub", "permalink", "feed-rss", "feed-json"):
        html = page(cast("AddressKind", kind), pictured(shown(1)), campaign=hiding)
        assert "/i/" not in html


def test_before_approval_pictures_come_from_where_moderation_keeps_them() -> None:
    master = picture(widths=(640,), formats=("webp",), width=640, height=480)
    for kind in ("frame", "permalink"):
        html = page(cast("AddressKind", kind), pictured(shown(1), master), pictures_at="/moderate/i")
        assert images(html)[0]["src"] == f"/moderate/i/{master.key}-640.webp"
        assert '"/i/' not in html
        assert "<source" not in html


def test_rss_gives_the_picture_with_its_words() -> None:
    post = pictured(shown(1), picture(credit="Ana Lee", licence="CC BY 4.0"))
    parsed = feedparser.parse(page("feed-rss", post).encode())
    assert not parsed.bozo
    (content,) = parsed.entries[0].media_content
    assert content["url"] == f"{PUBLIC_URL}/i/{picture().key}-960.jpg"
    assert (content["type"], content["width"], content["height"]) == ("image/jpeg", "960", "640")
    assert "A bus full of books, number 1</media:description>" in page("feed-rss", post)
    assert "<media:credit>Ana Lee</media:credit>" in page("feed-rss", post)
    assert "<media:copyright>CC BY 4.0</media:copyright>" in page("feed-rss", post)


def test_json_feed_gives_the_picture_and_tells_no_description_from_none_needed() -> None:
    post = pictured(shown(1), picture(1), picture(2, alt=""), picture(3, alt=None))
    (entry,) = json.loads(page("feed-json", post))["items"]
    assert entry["image"] == f"{PUBLIC_URL}/i/{picture().key}-960.jpg"
    assert [one["mime_type"] for one in entry["attachments"]] == ["image/jpeg"] * 3
    first, second, third = (one["_engaged"] for one in entry["attachments"])
    assert first == {
        "alt": "A bus full of books, number 1",
        "width": 960,
        "height": 640,
        "colour": "#5f7382",
        "base": f"{PUBLIC_URL}/i/{picture().key}",
        "widths": [160, 320, 640, 960],
        "formats": ["avif", "webp", "jpg"],
    }
    assert second["alt"] == ""
    assert "alt" not in third


def test_every_address_on_a_page_is_one_that_is_served() -> None:
    html = page("hub", pictured(shown(1)), pictured(shown(2), picture(2, widths=(48,), width=48)))
    found = set(re.findall(r"/i/[^\s\",]+", html))
    assert len(found) == 12 + 3
    assert all(parse_picture(path) for path in found)


def test_an_address_is_read_as_it_was_written() -> None:
    path = picture_path("/i", picture().key, 320, "webp")
    read = parse_picture(path)
    assert read
    assert (read.key, read.width, read.form) == (picture().key, 320, "webp")
    assert parse_picture(f"{path}x") is None
    assert parse_picture(f"/j{path}") is None


def test_the_colour_of_a_picture_is_where_a_style_can_read_it() -> None:
    (image,) = images(page("frame", replace(pictured(shown(1)))))
    assert "style" not in image.attrs
