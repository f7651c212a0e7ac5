"""What the settings of a view change: words around posts, what a card shows, which posts there are."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.item import Author
from aggregator.settings import View
from aggregator.store.published import Shown
from feeds.addresses import Address
from feeds.render import render
from feeds.select import Snapshot, snapshot
from feeds.widget import height_of, layouts
from tests.feeds.invented import (
    NOW,
    PUBLIC_URL,
    SLUG,
    a_door,
    campaign,
    item_id,
    pictured,
    settings,
    shown,
)

LAYOUTS = tuple(layouts())


def drawn(layout: str, *posts: Shown, **wishes: object) -> BeautifulSoup:
    view = View.model_validate({"layout": layout} | wishes)
    snapshot = Snapshot(PUBLIC_URL, campaign(), view=view, posts=posts)
    page = render(snapshot, Address("frame", SLUG, "wall"), "en", NOW)
    return BeautifulSoup(page.body.decode(), "html.parser")


def headings(page: BeautifulSoup) -> list[Tag]:
    return page.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])


def taken(*posts: Shown, large: frozenset[str] = frozenset(), **wishes: object) -> Snapshot:
    door = a_door(*posts)
    door.in_slots = large
    door.slot_ends = NOW + timedelta(hours=1)
    views = {"wall": View.model_validate({"layout": "grid"} | wishes)}
    return snapshot(door, settings(campaign(views=views)), Address("frame", SLUG, "wall"), NOW)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_heading_is_the_campaigns_name_or_the_views_own_at_the_level_asked_for(layout: str) -> None:
    first, second, *_ = headings(drawn(layout, shown(1)))
    assert (first.name, first.get_text(strip=True), second.name) == ("h2", "#EngagedLibraries", "h3")
    first, second, *_ = headings(drawn(layout, shown(1), heading="From our town", heading_level=5))
    assert (first.name, first.get_text(strip=True), second.name) == ("h5", "From our town", "h6")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_date_network_and_picture_can_be_left_out(layout: str) -> None:
    post = pictured(shown(1, network="glammr.example"))
    with_all = drawn(layout, post)
    assert layout == "ticker" or "glammr.example" in with_all.get_text()
    assert with_all.find("time")
    without = drawn(layout, post, date=False, network=False, picture=False)
    assert "glammr.example" not in without.get_text()
    assert without.find("time") is None
    assert without.find("img") is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_post_of_nobody_has_a_name_to_follow_even_where_networks_are_left_out(layout: str) -> None:
    article = drawn(layout, shown(1, title="", text="", author=Author()), network=False)
    assert all(
        link.get_text(strip=True) or link.get("aria-label") for link in article.select("article a")
    )


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS) - {"kiosk"}))
def test_the_way_to_the_campaigns_page_can_be_left_out(layout: str) -> None:
    hub = f"{PUBLIC_URL}/{SLUG}/"
    assert drawn(layout, shown(1)).find("a", href=hub)
    assert drawn(layout, shown(1), more=False).find("a", href=hub) is None


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_view_says_its_own_words_or_how_to_take_part(layout: str) -> None:
    assert "add #EngagedLibraries" in drawn(layout).get_text()
    own = drawn(layout, empty="The next round begins in May.").get_text()
    assert "The next round begins in May." in own
    assert "#EngagedLibraries" in own


def test_a_view_is_narrowed_to_what_it_asks_for() -> None:
    posts = (
        shown(1, language="en"),
        shown(2, language="es"),
        shown(3, language="es-mx", tags=("kids",)),
    )
    assert [post.id for post in taken(*posts, languages=["es"]).posts] == [item_id(2), item_id(3)]
    assert [post.id for post in taken(*posts, languages=["es"], tags=["#Kids"]).posts] == [item_id(3)]


def test_featured_posts_come_first_and_twice_as_large_where_the_view_wants_it() -> None:
    posts = tuple(shown(number) for number in (1, 2, 3))
    large = frozenset({item_id(2)})
    found = taken(*posts, large=large, highlight=True)
    assert [post.id for post in found.posts] == [item_id(2), item_id(1), item_id(3)]
    assert found.highlighted == large
    assert found.holds_until == NOW + timedelta(hours=1)
    page = render(found, Address("frame", SLUG, "wall"), "en", NOW).body.decode()
    assert page.count('<li class="large">') == 1
    as_it_is = taken(*posts, large=large)
    assert [post.id for post in as_it_is.posts] == [item_id(1), item_id(2), item_id(3)]
    assert as_it_is.highlighted == frozenset()


def test_a_layout_nobody_knows_is_as_high_as_the_one_that_stands_in_for_it() -> None:
    assert height_of(View(layout="mosaic-of-2026")) == layouts()["featured"]
