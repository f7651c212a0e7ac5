"""Pages are pure, every layout draws every awkward item, and nothing foreign becomes markup."""

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import cast, get_args

import pytest
from bs4 import BeautifulSoup

from aggregator.item import Flag, SafeHtml
from aggregator.settings import View
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address, AddressKind
from feeds.cards import TEXT
from feeds.page import Page
from feeds.render import render
from feeds.select import Snapshot
from feeds.widget import layouts
from tests.feeds.invented import AWKWARD, NOW, PUBLIC_URL, SLUG, campaign, item_id, shown
from tests.shared_folder import shared

KINDS = get_args(AddressKind)
OUR_ELEMENTS = (
    {"html", "head", "meta", "title", "link", "style", "body", "header", "main", "section", "article"}
    | {"footer", "div", "p", "span", "a", "bdi", "h1", "h2", "h3", "ul", "ol", "li", "time"}
    | {"details", "summary", "figure", "picture", "source", "img", "figcaption"}
    | {"button", "h4", "h5", "h6", "noscript", "path", "script", "strong", "svg", "br"}
    | {"label", "textarea", "nav"}
)
OUR_PICTURE = re.compile(r"/i/[0-9a-f]{24}-\d{2,3}\.(avif|webp|jpg)")


def frame_of(layout: str, *posts: Shown, now: datetime = NOW) -> Page:
    snapshot = Snapshot(PUBLIC_URL, campaign(), view=View(layout=layout), posts=posts)
    return render(snapshot, Address("frame", SLUG, "wall"), "en", now)


def page_of(kind: AddressKind, *posts: Shown) -> Page:
    """Draw a page of any kind with these posts on it."""
    snapshot = Snapshot(
        PUBLIC_URL,
        campaign(),
        campaigns=(campaign(),),
        view=View(layout="grid", limit=20),
        featured=posts[0] if posts else None,
        posts=posts if kind != "hub" else posts[1:],
        one=posts[0] if posts else None,
    )
    return render(snapshot, Address(kind, SLUG, item_id(1)), "en", NOW)


def tree(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.body.decode(), "html.parser")


def assert_only_ours(page: Page) -> None:
    """Check that no element, handler or address of a post got into the page."""
    found = tree(page)
    names = [element.name for element in found.find_all(True)]
    assert set(names) <= OUR_ELEMENTS
    assert names.count("style") == 1
    for element in found.find_all(True):
        assert not [
            name for name in element.attrs if name.startswith("on") or name in ("id", "style")
        ] or (element.get("id") in ("posts", "part", "featured", "latest", "thanks"))
        address = str(element.get("href", "https://"))
        assert address.startswith(
            ("https://", "http://", "mailto:", "data:image/svg+xml,", "data:,", "#")
        )
        srcset = str(element.get("srcset", "")).split(", ") if element.get("srcset") else []
        for address in [*(entry.split(" ")[0] for entry in srcset), str(element.get("src", ""))]:
            assert not address or OUR_PICTURE.fullmatch(address)


def test_the_folder_of_layouts_is_their_register() -> None:
    assert layouts() == {
        "carousel": 480,
        "featured": 420,
        "grid": 720,
        "kiosk": 720,
        "list": 640,
        "print": 720,
        "ticker": 116,
    }


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("layout", layouts())
def test_every_layout_draws_every_awkward_item(layout: str, name: str) -> None:
    page = frame_of(layout, AWKWARD[name])
    assert page.status == 200
    assert_only_ours(page)
    links = [str(link["href"]) for link in tree(page).article.find_all("a")]  # type: ignore[union-attr] # there is one
    assert f"{PUBLIC_URL}/{SLUG}/p/{AWKWARD[name].id}" in links


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("kind", ["hub", "permalink"])
def test_the_campaigns_own_pages_draw_every_awkward_item(kind: AddressKind, name: str) -> None:
    assert_only_ours(page_of(kind, AWKWARD[name], shown(1)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_arguments_give_the_same_bytes(kind: AddressKind) -> None:
    assert page_of(kind, *AWKWARD.values()) == page_of(kind, *AWKWARD.values())


@pytest.mark.parametrize("layout", layouts())
def test_markup_in_a_text_is_shown_as_text(layout: str) -> None:
    text = tree(frame_of(layout, AWKWARD["markup-like"])).get_text()
    assert "<script>alert(1)</script>" in text


@pytest.mark.parametrize("layout", layouts())
def test_every_link_in_a_frame_opens_outside_it_and_leads_to_us(layout: str) -> None:
    links = tree(frame_of(layout, shown(1), shown(2))).find_all("a")
    assert links
    for link in links:
        assert str(link["href"]).startswith(f"{PUBLIC_URL}/{SLUG}/")
        assert (link["target"], link["rel"]) == ("_blank", ["noopener"])


@pytest.mark.parametrize("layout", layouts())
def test_a_frame_without_posts_says_how_to_take_part(layout: str) -> None:
    text = tree(frame_of(layout)).get_text()
    assert "#EngagedLibraries" in text
    assert "Write on your own network or blog, and add #EngagedLibraries." in text


def test_the_featured_layout_shows_one_post_and_the_grid_all_in_order() -> None:
    posts = (shown(1), shown(2), shown(3))
    assert len(tree(frame_of("featured", *posts)).find_all("article")) == 1
    titles = [heading.get_text(strip=True) for heading in tree(frame_of("grid", *posts)).select("h3")]
    assert titles == [post.item.title for post in posts]


def test_a_layout_that_is_not_there_any_more_falls_back_to_featured() -> None:
    assert "featured" in str(tree(frame_of("carousel-of-2026", shown(1))).article)


def test_headings_go_down_by_one() -> None:
    for first, page in (
        (1, page_of("hub", shown(1), shown(2))),
        *((View(layout=name).heading_level, frame_of(name, shown(1))) for name in layouts()),
    ):
        levels = [int(heading.name[1]) for heading in tree(page).find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == first
        assert levels.count(first) == 1
        assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_a_post_keeps_its_own_language_and_direction_on_any_page() -> None:
    for page in (frame_of("grid", AWKWARD["arabic"]), frame_of("featured", AWKWARD["arabic"])):
        article = tree(page).article
        assert article
        assert article["dir"] == "rtl"
        assert article.find(lang="ar")
        assert article.find("bdi", string="ليلى حداد")


def test_an_unknown_language_is_said_to_be_unknown() -> None:
    page = tree(frame_of("grid", shown(1, language="")))
    assert page.find("p", class_="text")["lang"] == ""  # type: ignore[index] # there is one


def test_a_text_behind_a_warning_is_on_no_card_and_folded_on_its_page() -> None:
    warned = AWKWARD["warned"]
    for page in (frame_of("grid", warned), frame_of("featured", warned), page_of("hub", warned, warned)):
        assert "HIDDEN" not in page.body.decode()
        assert "Content warning: flashing lights" in page.body.decode()
    permalink = page_of(
        "permalink", replace(warned, item=replace(warned.item, html=SafeHtml("<p>HIDDEN</p>")))
    )
    details = tree(permalink).details
    assert details
    assert "HIDDEN" in details.get_text()
    assert permalink.body.decode().count("HIDDEN") == 1


def test_a_post_marked_sensitive_without_a_reason_is_covered_too() -> None:
    post = shown(1, flags=frozenset({Flag.SENSITIVE}), text="HIDDEN", html=SafeHtml("HIDDEN"))
    assert "HIDDEN" not in frame_of("grid", post).body.decode()


def test_a_moderators_excerpt_stands_on_cards_and_the_whole_text_on_its_page() -> None:
    post = replace(shown(1), excerpt="Shorter words.", library="Riverside Library", place="Ohio")
    for layout in layouts().keys() - {"ticker"}:  # a bar of headlines has no room for texts
        page = frame_of(layout, post).body.decode()
        assert "Shorter words." in page
        assert "We read to" not in page
        assert "Riverside Library, Ohio" in page
    assert "We read to 1 children" in page_of("permalink", post).body.decode()


def test_a_huge_text_is_cut_in_a_card() -> None:
    page = frame_of("featured", AWKWARD["huge"])
    text = tree(page).find("p", class_="text")
    assert text
    assert len(text.get_text()) <= TEXT
    assert len(page.body) < 16_000


def test_the_permalink_leads_to_the_original_with_its_true_domain() -> None:
    page = tree(page_of("permalink", shown(1)))
    link = page.find("a", class_="to-original")
    assert link
    assert (link["href"], link["rel"]) == ("https://blog.example/1/", ["noopener", "nofollow", "ugc"])
    assert "on blog.example" in page.get_text()


def test_a_link_that_says_another_domain_is_shown_with_the_true_one() -> None:
    post = shown(
        1,
        html=SafeHtml('<p><a href="https://evil.example/">library.example</a></p>'),
        links=("https://evil.example/",),
    )
    page = tree(page_of("permalink", post))
    assert [link.get_text() for link in page.select(".list a")] == ["evil.example"]


def test_a_post_that_is_gone_says_so_kindly_and_shows_nothing_of_it() -> None:
    snapshot = Snapshot(PUBLIC_URL, campaign(), one=Gone(item_id(1), NOW))
    page = render(snapshot, Address("permalink", SLUG, item_id(1)), "en", NOW)
    assert page.status == 410
    assert "no longer shown" in page.body.decode()


def test_a_post_that_never_was_is_not_found() -> None:
    page = render(Snapshot(PUBLIC_URL, campaign()), Address("permalink", SLUG, item_id(1)), "en", NOW)
    assert page.status == 404


@pytest.mark.parametrize("kind", ["hub", "frame", "permalink"])
def test_a_page_holds_until_its_first_date_reads_differently(kind: AddressKind) -> None:
    post = shown(1)
    assert post.item.published_at
    assert page_of(kind, post).holds_until == post.item.published_at + timedelta(days=60)


def test_a_page_without_changing_dates_holds_for_ever() -> None:
    assert frame_of("grid", shown(1, published_at=NOW - timedelta(days=90))).holds_until is None


def test_the_hub_names_contact_feeds_and_how_posts_get_there() -> None:
    page = tree(page_of("hub", shown(1), shown(2)))
    addresses = {str(link["href"]) for link in page.find_all("a")}
    assert {
        "mailto:campaign@library.example",
        f"{PUBLIC_URL}/{SLUG}/v/wall.rss",
        f"{PUBLIC_URL}/{SLUG}/v/wall.json",
    } <= addresses
    assert "How posts get here" in page.get_text()


@pytest.mark.parametrize("contact", ["", "https://library.example/contact"])
def test_the_hub_takes_every_form_of_contact(contact: str) -> None:
    snapshot = Snapshot(PUBLIC_URL, campaign(contact=contact, hashtags=(), about=""))
    page = render(snapshot, Address("hub", SLUG), "en", NOW)
    assert (contact in page.body.decode()) == ("Is one of these" in page.body.decode()) or not contact
    assert_only_ours(page)


def test_the_first_campaign_language_without_a_file_gives_an_english_page() -> None:
    snapshot = Snapshot(PUBLIC_URL, campaign(languages=("hmn", "en")))
    page = tree(render(snapshot, Address("hub", SLUG), "hmn", NOW))
    assert page.html
    assert (page.html["lang"], page.html["dir"]) == ("en", "ltr")
    name = page.find("bdi", lang="hmn")
    assert name
    assert name.get_text() == "#EngagedLibraries"


def vectors() -> list[str]:
    lines = shared("hostile", "own", "xss", "vectors.jsonl").read_text("utf-8").splitlines()
    return [str(json.loads(line)["payload"]) for line in lines]


@pytest.mark.shared
@pytest.mark.parametrize("kind", ["hub", "frame", "permalink"])
def test_no_vector_in_any_text_becomes_markup(kind: str) -> None:
    for number, vector in enumerate(vectors()):
        hostile = AWKWARD["hostile"]
        author = replace(hostile.item.author, name=vector, handle=vector, url=vector)
        item = replace(
            hostile.item,
            title=vector if number % 2 else "",
            text=vector,
            author=author,
            tags=(vector,),
            url=vector,
            links=(vector,),
            warning=vector if number % 3 == 0 else "",
            language=vector,
            direction=vector,
        )
        assert_only_ours(page_of(cast("AddressKind", kind), replace(hostile, item=item, network=vector)))


@pytest.mark.parametrize("kind", ["hub", "permalink", "campaigns"])
def test_the_operator_s_notice_stands_on_our_own_pages_and_is_escaped(kind: AddressKind) -> None:
    snapshot = Snapshot(
        PUBLIC_URL,
        None if kind == "campaigns" else campaign(),
        campaigns=(campaign(),),
        one=shown(1),
        notice="Test <b>installation</b>",
    )
    page = tree(render(snapshot, Address(kind, SLUG, item_id(1)), "en", NOW))
    (banner,) = page.select(".banner")
    assert banner.get_text() == "Test <b>installation</b>"


def test_a_page_whose_author_does_not_want_to_be_found_asks_search_engines_to_stay_away() -> None:
    quiet = replace(shown(1).item, flags=frozenset({Flag.NOT_INDEXABLE}))
    for post, robots in ((shown(1), []), (replace(shown(1), item=quiet), ["noindex"])):
        page = tree(page_of("permalink", post))
        assert [tag["content"] for tag in page.select("meta[name=robots]")] == robots
