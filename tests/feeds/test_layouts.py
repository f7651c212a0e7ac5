"""What every layout promises: a height, one small request, and the same posts for everybody."""

import re
from functools import cache
from typing import Any

import brotli
import pytest
import segno
from bs4 import BeautifulSoup

from aggregator.settings import View
from aggregator.store.published import Shown
from feeds.addresses import Address
from feeds.page import HERE, Page, script
from feeds.qr import code
from feeds.render import render
from feeds.select import Snapshot
from feeds.widget import fills_its_frame, layouts, scripts_of
from tests.feeds.invented import AWKWARD, NOW, PUBLIC_URL, SLUG, campaign, pictured, shown

LAYOUTS = tuple(layouts())
FRAME_OF_SIX = 8 * 1024
SCRIPTS = 4 * 1024


@cache
def page_of(layout: str, kind: Any = "frame") -> Page:
    """Draw six posts as long as posts are, half of them with a picture."""
    posts = [shown(number, text="We read to the children in the park. " * 9) for number in range(1, 7)]
    return drawn(
        layout, *(pictured(post) if at % 2 else post for at, post in enumerate(posts)), kind=kind
    )


def drawn(layout: str, *posts: Shown, kind: Any = "frame") -> Page:
    snapshot = Snapshot(PUBLIC_URL, campaign(), view=View(layout=layout, limit=20), posts=posts)
    return render(snapshot, Address(kind, SLUG, "wall"), "en", NOW)


def tree(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.body.decode(), "html.parser")


def policy(page: Page) -> str:
    return dict(page.headers)["Content-Security-Policy"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_frame_of_six_posts_is_one_small_request_before_its_pictures(layout: str) -> None:
    page = page_of(layout)
    assert len(brotli.compress(page.body)) <= FRAME_OF_SIX
    found = tree(page)
    assert not found.select("script[src], link[rel=stylesheet], link[rel=preload], iframe")
    assert [str(link["href"]) for link in found.select("link[rel=icon]")] == ["data:,"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_runs_in_a_frame_is_named_in_its_policy_and_small(layout: str) -> None:
    runs = script(*scripts_of(layout))
    page = page_of(layout)
    assert f"script-src {runs.policy};" in policy(page)
    assert [element.string for element in tree(page).find_all("script")] == [str(runs.code)]
    assert len(brotli.compress(str(runs.code).encode())) <= SCRIPTS
    assert f"connect-src 'self' {PUBLIC_URL};" in policy(page)


def test_no_script_of_ours_writes_markup_keeps_anything_or_evaluates_text() -> None:
    for path in (*HERE.glob("layouts/*/*.js"), HERE / "static/frame.js", HERE / "static/kiosk.js"):
        code_of = path.read_text("utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|localStorage|cookie", code_of
        ), path


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_frame_says_its_height_only_where_its_content_does_not(layout: str) -> None:
    stated = tree(page_of(layout)).body["data-height"] if fills_its_frame(layout) else None  # type: ignore[index] # there is one
    assert stated == (str(layouts()[layout]) if fills_its_frame(layout) else None)
    assert tree(drawn(layout)).body["data-height"] == str(layouts()[layout])  # type: ignore[index] # there is one


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS) - {"featured"}))
def test_every_post_is_there_once_in_reading_order(layout: str) -> None:
    posts = tuple(AWKWARD.values())
    links = [str(link["href"]) for link in tree(drawn(layout, *posts)).select("article a")]
    ours = [link for link in dict.fromkeys(links) if "/p/" in link]
    assert ours == [f"{PUBLIC_URL}/{SLUG}/p/{post.id}" for post in posts]


def test_each_card_of_the_row_says_its_place_and_no_label_repeats_what_the_row_is() -> None:
    found = tree(page_of("carousel"))
    carousel = found.select_one("[aria-roledescription=carousel]")
    assert carousel
    assert "carousel" not in str(carousel["aria-label"]).lower()
    slides = carousel.select("[role=group][aria-roledescription=slide]")
    assert [slide["aria-label"] for slide in slides] == [f"{at} of 6" for at in range(1, 7)]


def test_a_printed_sheet_shows_the_address_of_every_post() -> None:
    text = tree(page_of("print")).get_text()
    assert text.count(f"{PUBLIC_URL}/{SLUG}/p/") == 6
    assert f"{PUBLIC_URL}/{SLUG}/" in text


def test_a_screen_may_ask_its_own_site_shows_every_post_and_last_an_invitation() -> None:
    page = page_of("grid", "kiosk")
    assert f"connect-src 'self' {PUBLIC_URL};" in policy(page)
    assert "frame-ancestors *" in policy(page)
    *posts, last = tree(page).select(".screen")
    assert [post.name for post in posts] == ["article"] * 6
    assert "add #EngagedLibraries" in last.get_text()
    refresh = tree(page).select_one("noscript meta[http-equiv=refresh]")
    assert refresh
    assert refresh["content"] == "300"


def test_a_screen_without_posts_is_the_invitation_alone() -> None:
    (only,) = tree(drawn("grid", kind="kiosk")).select(".screen")
    assert "#EngagedLibraries" in only.get_text()


@pytest.mark.parametrize(
    "address", ["https://a.example/", f"{PUBLIC_URL}/{SLUG}/p/postaaaaaaab", "x" * 300]
)
def test_a_code_is_drawn_module_by_module(address: str) -> None:
    drawn_code = code(address)
    dark = {
        (int(x) + step, int(y))
        for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", drawn_code.path)
        for step in range(int(length))
    }
    rows = segno.make(address, error="m", micro=False, boost_error=False).matrix
    assert drawn_code.size == len(rows)
    assert dark == {(x, y) for y, row in enumerate(rows) for x, module in enumerate(row) if module}
