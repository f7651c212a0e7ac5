"""`<engaged-feed>` as it looks and reads: narrow, dark, in a page's dress, in Arabic, by keyboard."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.accessible import found_by_axe
from tests.browser.script.libraries import (
    NEXT_FRAMES,
    Site,
    cards,
    tall,
    visit,
)
from tests.browser.test_public_pages import DESK, NARROWEST, PHONE, SHIFTS
from tests.feeds.invented import (
    AWKWARD,
    SLUG,
)

pytestmark = pytest.mark.browser


def test_a_featured_post_never_needs_more_than_the_height_that_is_kept_for_it(
    context: BrowserContext, site: Site
) -> None:
    slugs = [*AWKWARD, "empty"]
    made = visit(context, site, f"put=featured&slugs={','.join(slugs)}", tall)
    assert made.page.evaluate(SHIFTS) < 0.01
    for width in (280, NARROWEST, 559, 560, DESK):
        made.page.set_viewport_size({"width": width + 16, "height": 9000})
        made.page.evaluate(NEXT_FRAMES)
        heights = made.page.locator("engaged-feed").evaluate_all(
            "all => all.map(one => one.offsetHeight)"
        )
        assert dict(zip(slugs, heights, strict=True)) == dict.fromkeys(slugs, 420), width
        assert made.page.evaluate("document.documentElement.scrollWidth") <= width + 16
    assert made.said == []


def test_no_post_is_wider_than_its_place(context: BrowserContext, site: Site) -> None:
    made = visit(context, site, "put=wall,stories&slugs=all", tall)
    for width in (DESK, PHONE, NARROWEST):
        made.page.set_viewport_size({"width": width, "height": 900})
        made.page.evaluate(NEXT_FRAMES)
        assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    assert cards(made.page) > len(AWKWARD)
    assert made.said == []


def test_attributes_choose_what_is_drawn_and_may_change(context: BrowserContext, site: Site) -> None:
    made = visit(context, site, 'put=wall&more=limit="2" layout="list" heading="4"')
    feed = made.page.locator("engaged-feed")
    assert feed.locator("h4").inner_text() == "#EngagedLibraries"
    assert feed.locator("h5").count() == cards(made.page) == 2
    assert "list" in (feed.locator(".feed").get_attribute("class") or "")
    feed.evaluate("each => { each.setAttribute('limit', 1); each.setAttribute('lang', 'es') }")
    expect(feed.locator("article")).to_have_count(1)
    assert [url for url in made.requests if url.endswith(f"/{SLUG}/es/v/wall.json")]


def test_a_page_dresses_it_by_parts_and_properties(context: BrowserContext, site: Site) -> None:
    made = visit(context, site, "put=wall")
    made.page.add_style_tag(
        content="body { font: 20px serif; color: rgb(10, 20, 30) }"
        " engaged-feed { --engaged-surface: rgb(1, 2, 3) }"
        " engaged-feed::part(card) { border-radius: 3px } engaged-feed::part(meta) { display: none }"
    )
    style = """each => { const is = getComputedStyle(each);
    return [is.fontSize, is.color, is.backgroundColor, is.borderRadius] }"""
    assert made.page.locator("engaged-feed article").first.evaluate(style) == [
        "20px", "rgb(10, 20, 30)", "rgb(1, 2, 3)", "3px",
    ]  # fmt: skip
    assert not made.page.locator("engaged-feed .meta").first.is_visible()
    parts = made.page.locator("engaged-feed [part]").evaluate_all(
        "all => all.map(each => each.part.value)"
    )
    assert {"card pictured", "image", "text", "meta", "heading", "more", "title"} <= set(parts)


def test_a_post_in_arabic_reads_from_the_right_and_a_warned_one_is_closed(
    context: BrowserContext, site: Site
) -> None:
    made = visit(context, site, "put=wall&slugs=all", tall)
    text = made.page.locator("engaged-feed .text[lang=ar]")
    assert text.evaluate("each => getComputedStyle(each).direction") == "rtl"
    assert made.page.locator("engaged-feed time").first.get_attribute("dir") == "ltr"
    hidden = made.page.get_by_text("HIDDEN BY ITS AUTHOR")
    assert not hidden.is_visible()
    made.page.get_by_text("flashing lights").first.click()
    assert hidden.is_visible()
    assert made.said == []


AT = "each => [Math.abs(each.scrollLeft), each.scrollWidth - each.clientWidth].map(Math.round)"


@pytest.mark.parametrize("more", ["", 'lang="ar"'])
def test_a_row_moves_by_its_buttons_and_behind_the_last_post_is_the_first(
    context: BrowserContext, site: Site, more: str
) -> None:
    made = visit(context, site, f"put=row&more={more}")
    made.page.set_viewport_size({"width": PHONE, "height": 900})
    made.page.evaluate(NEXT_FRAMES)
    row = made.page.locator("engaged-feed .posts")
    back, on = made.page.locator("engaged-feed").get_by_role("button").all()
    stops = [row.evaluate(AT)[0]]
    for button in (on, on, on, back):
        button.press("Enter")
        made.page.evaluate(NEXT_FRAMES)
        stops.append(row.evaluate(AT)[0])
    end = row.evaluate(AT)[1]
    assert (stops[0], *stops[2:]) == (0, end, 0, end)
    assert 0 < stops[1] < end
    assert made.page.locator("engaged-feed .feed").get_attribute("aria-roledescription")
    made.page.set_viewport_size({"width": DESK, "height": 900})
    expect(back).to_be_hidden()  # all of them are in sight
    assert made.said == []


def test_a_row_of_another_view_is_a_row_and_one_post_needs_no_buttons(
    context: BrowserContext, site: Site
) -> None:
    made = visit(context, site, 'put=wall,row&more=layout="carousel" limit="1"')
    assert made.page.locator("engaged-feed .row").count() == 2
    assert made.page.locator("engaged-feed button").count() == 0


LOOKS: dict[str, tuple[dict[str, Any], str]] = {
    "light": ({"color_scheme": "light"}, "rgb(255, 255, 255)"),
    "dark": ({"color_scheme": "dark"}, "rgb(29, 33, 40)"),
    "forced": ({"color_scheme": "light", "forced_colors": "active"}, "rgb(255, 255, 255)"),
}


@pytest.mark.parametrize("page_of", ["lang=en", "lang=ar&dir=rtl"])
def test_axe_finds_nothing_in_any_layout(context: BrowserContext, site: Site, page_of: str) -> None:
    asked = f'put=wall,stories,featured,row&slugs=fair&more=theme="auto" limit="9"&{page_of}'
    made = visit(context, site, asked, tall)
    first = made.page.locator("engaged-feed article").first
    for look, (media, surface) in LOOKS.items():
        made.page.emulate_media(**media)
        assert found_by_axe(made.page, on="engaged-feed") == [], look
        style = "each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).borderTopStyle]"
        assert first.evaluate(style) == [surface, "solid"], look


def test_every_stop_of_the_keyboard_can_be_seen_and_is_large_enough(
    context: BrowserContext, site: Site
) -> None:
    made = visit(context, site, "put=wall&slugs=warned")
    stops = []
    for _ in range(3):
        made.page.keyboard.press("Tab")
        stops.append(
            made.page.evaluate(
                """() => { const at = document.activeElement.shadowRoot.activeElement;
                const box = at.getBoundingClientRect();
                const ring = [null, '::after'].map(part => getComputedStyle(at, part).outlineStyle);
                return [at.localName, ring.some(style => style !== 'none'),
                ring[1] !== 'none' || box.height >= 24] }"""
            )
        )
    assert stops == [["a", True, True], ["summary", True, True], ["a", True, True]]
