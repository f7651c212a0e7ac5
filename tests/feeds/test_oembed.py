"""An address of ours, asked about: a frame and a link, never a word of a post."""

import json
import re
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from aggregator.settings import Campaign, Settings
from aggregator.store.published import Shown
from feeds import oembed
from feeds.addresses import Address
from feeds.drawn import HEIGHT, WIDTH
from feeds.page import Page
from feeds.render import language_of, render
from feeds.select import snapshot
from feeds.widget import layouts
from tests.feeds.invented import (
    AWKWARD,
    MARKUP,
    NOW,
    PUBLIC_URL,
    SLUG,
    FakeDoor,
    a_door,
    campaign,
    item_id,
    settings,
    shown,
)

HERE = f"{PUBLIC_URL}/{SLUG}"
POST = item_id(1)


def asked(
    url: str, configured: Settings | None = None, door: FakeDoor | None = None, **more: str
) -> Page:
    given = {"url": url, **more}
    return oembed.answer(configured or settings(), door or a_door(shown(1)), given)


def facts(url: str, configured: Settings | None = None, **more: str) -> dict[str, object]:
    page = asked(url, configured, **more)
    assert page.status == 200
    read: dict[str, object] = json.loads(page.body)
    return read


def frame_in(answer: dict[str, object]) -> dict[str, str]:
    frame = BeautifulSoup(str(answer["html"]), "html.parser").iframe
    assert frame
    return {name: str(value) for name, value in frame.attrs.items()}


KNOWN = [
    (HERE, f"{HERE}/e/featured"),
    (f"{HERE}/", f"{HERE}/e/featured"),
    (PUBLIC_URL, f"{HERE}/e/featured"),
    (f"{HERE}/e/wall", f"{HERE}/e/wall"),
    (f"{HERE}/e/spring-of-2024", f"{HERE}/e/featured"),
    (f"{HERE}/v/wall.json", f"{HERE}/e/wall"),
    (f"{HERE}/p/{POST}", f"{HERE}/f/{POST}"),
    (f"{HERE}/f/{POST}", f"{HERE}/f/{POST}"),
    (f"{HERE}/es/e/wall", f"{HERE}/es/e/wall"),
    (f"{HERE}/es/p/{POST}", f"{HERE}/es/f/{POST}"),
    (f"{HERE}/es/", f"{HERE}/es/e/featured"),
    (f"http{HERE[5:]}/e/wall?utm_source=mail#top", f"{HERE}/e/wall"),
    (f"  HTTPS://POSTS.Library.example:443/{SLUG}/e/wall ", f"{HERE}/e/wall"),
    (f"{HERE}/e/w%61ll", f"{HERE}/e/wall"),
]


@pytest.mark.parametrize(("url", "frame"), KNOWN)
def test_an_address_of_ours_becomes_its_frame(url: str, frame: str) -> None:
    assert frame_in(facts(url, settings(campaign(languages=("en", "es")))))["src"] == frame


UNKNOWN = [
    "https://www.posts.library.example/engagedlibraries/",
    "https://posts.library.example.evil.example/engagedlibraries/",
    "https://posts.library.example@evil.example/engagedlibraries/",
    "https://me@posts.library.example/engagedlibraries/",
    "https://posts.library.example:8443/engagedlibraries/",
    "https://posts.library.example:x/engagedlibraries/",
    "ftp://posts.library.example/engagedlibraries/",
    "javascript:alert(1)//posts.library.example/engagedlibraries/",
    "//posts.library.example/engagedlibraries/",
    "/engagedlibraries/",
    "https://[posts.library.example/engagedlibraries/",
    f"{PUBLIC_URL}/nobody/",
    f"{PUBLIC_URL}/nobody/e/featured",
    f"{HERE}/p/{item_id(9)}",
    f"{HERE}/p/short",
    f"{HERE}/moderate/",
    f"{HERE}/og/{POST}.png",
    f"{PUBLIC_URL}/moderate/",
    f"{HERE}/" + "a" * 3000,
]


@pytest.mark.parametrize("url", UNKNOWN)
def test_what_is_not_ours_is_404_without_an_echo(url: str) -> None:
    page = asked(url)
    assert page.status == 404
    assert json.loads(page.body) == {"status": 404, "title": "Nothing of ours is at this url."}


def test_several_campaigns_have_no_frame_for_the_front_page() -> None:
    assert asked(f"{PUBLIC_URL}/", settings(campaign(), campaign(slug="other"))).status == 404


@pytest.mark.parametrize("at", ["p", "f"])
def test_a_removed_post_is_410(at: str) -> None:
    door = a_door(shown(1))
    door.take_down(shown(1))
    assert asked(f"{HERE}/{at}/{POST}", door=door).status == 410


def test_other_formats_are_501_and_no_address_is_400() -> None:
    assert asked(f"{HERE}/", format="yaml").status == 501
    assert oembed.answer(settings(), a_door(), {}).status == 400


def test_parameters_of_consumers_are_ignored() -> None:
    assert asked(f"{HERE}/", dnt="1", theme="dark", maxwidth="wide", maxheight="-1").status == 200


def test_the_answer_has_what_the_specification_asks_for() -> None:
    page = asked(f"{HERE}/e/featured")
    assert page.content_type == "application/json; charset=utf-8"
    assert ("Access-Control-Allow-Origin", "*") in page.headers
    read = json.loads(page.body)
    html = read.pop("html")
    assert read == {
        "version": "1.0",
        "type": "rich",
        "title": "#EngagedLibraries: posts",
        "provider_name": "#EngagedLibraries",
        "provider_url": f"{HERE}/",
        "cache_age": 3600,
        "width": 600,
        "height": layouts()["featured"],
        "thumbnail_url": f"{HERE}/v/featured.png",
        "thumbnail_width": WIDTH,
        "thumbnail_height": HEIGHT,
    }
    assert html.startswith(f'<blockquote><a href="{HERE}/">#EngagedLibraries</a></blockquote><iframe ')
    assert html.endswith("></iframe>")


def test_what_wordpress_lets_through_is_the_link_and_the_frame() -> None:
    """Its expression and its attributes, from wp_filter_oembed_result of WordPress 6.1.9."""
    answer = facts(f"{HERE}/e/wall")
    html = re.fullmatch(r"(<blockquote>.*?</blockquote>)?.*(<iframe.*?></iframe>)", str(answer["html"]))
    assert html
    assert html[1]
    kept = {"src", "width", "height", "frameborder", "marginwidth", "marginheight", "scrolling", "title"}
    assert kept <= frame_in(answer).keys()


def test_xml_says_the_same_as_json() -> None:
    page = asked(f"{HERE}/e/wall", format="xml")
    assert page.content_type == "text/xml; charset=utf-8"
    read = {each.tag: each.text for each in ElementTree.fromstring(page.body)}
    assert read == {name: str(value) for name, value in facts(f"{HERE}/e/wall").items()}


@pytest.mark.parametrize(
    ("room", "width", "height"),
    [
        ({}, 600, 720),
        ({"maxwidth": "320"}, 320, 720),
        ({"maxwidth": "4000", "maxheight": "4000"}, 600, 720),
        ({"maxwidth": "500", "maxheight": "300"}, 500, 300),
        ({"maxwidth": "0"}, 600, 720),
    ],
)
def test_the_room_a_site_has_is_kept_to(room: dict[str, str], width: int, height: int) -> None:
    answer = facts(f"{HERE}/e/wall", **room)
    frame = frame_in(answer)
    assert (answer["width"], answer["height"]) == (width, height)
    assert (frame["width"], frame["height"]) == ("100%", str(height))
    assert frame["style"] == f"border:0;max-width:{width}px"
    fits = int(room.get("maxwidth") or 9999) >= WIDTH and int(room.get("maxheight") or 9999) >= HEIGHT
    assert ("thumbnail_url" in answer) == (fits or room.get("maxwidth") == "0")


def test_no_word_of_a_post_stands_in_what_a_site_keeps() -> None:
    for post in AWKWARD.values():
        body = asked(f"{HERE}/p/{post.id}", door=a_door(post)).body.decode()
        for words in (post.item.title, post.item.text, post.item.author.name):
            assert len(words) < 4 or words not in body
    assert facts(f"{HERE}/p/{POST}")["title"] == "#EngagedLibraries: a post"


@pytest.mark.parametrize("name", ["</script>\"><b>&amp; ' ]]>", MARKUP[:90], "مكتبات #1", "\x01\ufffe&"])
def test_a_hostile_name_breaks_neither_json_nor_xml_nor_html(name: str) -> None:
    configured = settings(campaign(name=name))
    answer = facts(f"{HERE}/e/wall", configured)
    html = BeautifulSoup(str(answer["html"]), "html.parser")
    assert [each.name for each in html.find_all(True)] == ["blockquote", "a", "iframe"]
    xml = ElementTree.fromstring(asked(f"{HERE}/e/wall", configured, format="xml").body)
    title = "".join(character for character in name if character not in "\x01\ufffe")
    assert xml.findtext("provider_name") == answer["provider_name"] == title
    assert frame_in(answer)["title"] == f"{title}: posts"


def page_at(address: Address, configured: Campaign | None = None, *posts: Shown) -> Page:
    here = settings(configured or campaign())
    found = snapshot(a_door(*(posts or (shown(1),))), here, address, NOW)
    return render(found, address, language_of(found, address), NOW)


@pytest.mark.parametrize(
    "address",
    [
        Address("hub", SLUG),
        Address("frame", SLUG, "wall"),
        Address("permalink", SLUG, POST),
        Address("post-frame", SLUG, POST),
        Address("permalink", SLUG, POST, "es"),
    ],
)
def test_a_page_says_where_its_oembed_answer_is(address: Address) -> None:
    head = BeautifulSoup(page_at(address, campaign(languages=("en", "es"))).body, "html.parser").head
    assert head
    link = head.find("link", type="application/json+oembed")
    assert link
    at, _, asked_about = str(link["href"]).partition("?url=")
    canonical = head.find("link", rel="canonical")
    assert canonical
    assert at == f"{PUBLIC_URL}/oembed"
    assert oembed._our_path(PUBLIC_URL, str(canonical["href"]))
    assert asked_about == str(canonical["href"]).replace(":", "%3A").replace("/", "%2F")
    assert link["rel"] == ["alternate"]


def test_the_frame_of_one_post_shows_it_alone_and_then_says_that_it_is_gone() -> None:
    address = Address("post-frame", SLUG, POST)
    door = a_door(shown(1), shown(2))
    for status, said in ((200, "Story hour number 1"), (410, "This post is no longer shown")):
        found = snapshot(door, settings(), address, NOW)
        page = render(found, address, "en", NOW)
        assert page.status == status
        assert said in page.body.decode()
        assert "number 2" not in page.body.decode()
        assert "frame-ancestors *" in dict(page.headers)["Content-Security-Policy"]
        if status == 200:
            door.take_down(shown(1))
