"""`<engaged-feed>` on other people's pages: strict, dark, narrow, offline, or refusing us."""

import json
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped] # publishes no types
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.script.libraries import (
    ARE_DRAWN,
    BAD_DAYS,
    CHUNKS,
    SNIPPETS,
    Site,
    cards,
    links,
    photo,
    shows,
    tall,
    visit,
)
from tests.browser.test_public_pages import DESK, NARROWEST
from tests.feeds.invented import (
    SLUG,
    item_id,
    shown,
)

pytestmark = pytest.mark.browser

AGAIN_MS, FIRST_MS = 90_000, 25_000


@pytest.mark.parametrize(
    ("ask", "count"),
    [
        ("put=featured", 1),
        ("put=wall&policy=ours alone", 3),
        ("put=wall&policy=trusted types", 3),
        ("put=stories&lang=ar&dir=rtl", 3),
        ("put=featured,wall", 4),
        ("put=featured,frame,stories", 4),
        ("put=wall&policy=no pictures", 3),
    ],
)
def test_the_posts_show_and_nothing_is_said_kept_or_asked_elsewhere(
    context: BrowserContext, site: Site, ask: str, count: int
) -> None:
    made = visit(context, site, ask)
    expect(made.page.locator("engaged-feed article")).to_have_count(count)
    assert made.said == []
    assert links(made.page) == 0
    assert {url.split("/")[2] for url in made.requests} <= {site.url[7:], site.library[7:], ""}
    kept = "[document.cookie, localStorage.length, sessionStorage.length]"
    assert made.page.evaluate(kept) == ["", 0, 0]
    assert context.cookies() == []
    assert made.page.locator("engaged-feed img").evaluate_all(
        "images => images.filter(image => image.complete && !image.naturalWidth).length"
    ) in (0, 2)


def test_the_posts_show_in_a_page_in_a_sandbox(context: BrowserContext, site: Site) -> None:
    made = visit(context, site, "put=sandbox", until="")
    expect(made.page.frame_locator("iframe").locator("engaged-feed article")).to_have_count(1)
    assert made.said == []


@pytest.mark.parametrize(
    "ask", ["put=wall&policy=no scripts", "put=wall&policy=no data", "put=featured,wall"]
)
def test_without_our_script_or_its_answer_the_link_shows(browser: Browser, site: Site, ask: str) -> None:
    with browser.new_context(java_script_enabled="policy" in ask) as context:
        made = visit(context, site, ask, until="quiet")
        assert links(made.page) == (1 if "policy" in ask else 2)
        assert made.said == []


def test_whatever_our_server_answers_the_page_is_untouched_and_the_link_shows(
    context: BrowserContext, site: Site
) -> None:
    days = [day for day in BAD_DAYS if day != "slow"]

    def with_all_the_time(page: Page) -> None:
        tall(page)
        page.clock.install(time=0)
        page.clock.pause_at(1_000)

    made = visit(context, site, f"days={','.join(days)}", with_all_the_time, until="quiet")
    assert links(made.page) == len(days)
    assert cards(made.page) == 0
    assert made.said == []
    assert len(site.sent) < CHUNKS


HOSTILE = {
    "home_page_url": "javascript:alert(1)",
    "items": [
        {
            "url": "javascript:alert(2)",
            "title": "<img src=x onerror=alert(3)>",
            "content_text": {"not": "words"},
            "authors": [{"name": ["not words"]}],
            "attachments": [
                {
                    "url": "data:text/html,x",
                    "_engaged": {"base": "data:x", "widths": [9], "formats": ["avif"]},
                }
            ],
            "_engaged": {"dir": '"><script>alert(4)</script>', "date": 5},
        }
    ],
    "_engaged": {
        "more": "More",
        "picture": True,
        "heading": "<b>Bold</b>",
        "layout": "a-layout-of-2036",
    },
}


def test_an_answer_can_bring_words_and_nothing_that_acts(context: BrowserContext, site: Site) -> None:
    def answer(page: Page) -> None:
        page.route(
            "**/v/*.json",
            lambda route: route.fulfill(json=HOSTILE, headers={"Access-Control-Allow-Origin": "*"}),
        )

    made = visit(context, site, "put=wall", answer)
    feed = made.page.locator("engaged-feed .feed")
    assert feed.locator("h2, h3").count() == 2
    assert feed.locator("a").count() == 0
    assert "<img src=x onerror=alert(3)>" in feed.inner_text()
    assert "<b>Bold</b>" in feed.inner_text()
    assert feed.locator("script, b").count() == 0
    assert made.said == []


def test_who_answers_too_slowly_is_not_waited_for(context: BrowserContext, site: Site) -> None:
    made = visit_at_a_clock(context, site, "days=slow&put=wall")
    with made.page.expect_event("requestfailed") as failed:
        made.page.clock.fast_forward(5_000)
    assert "/slow/" in failed.value.url
    assert (links(made.page), cards(made.page)) == (1, 3)
    assert made.said == []


def test_a_page_that_was_left_without_an_answer_asks_again(context: BrowserContext, site: Site) -> None:
    def refuse(page: Page) -> None:
        page.clock.install()
        page.route("**/v/*.json", lambda route: route.abort())

    made = visit(context, site, "put=wall", refuse, until="quiet")
    assert (links(made.page), cards(made.page)) == (1, 0)
    made.page.unroute("**/v/*.json")
    made.page.clock.fast_forward(AGAIN_MS)
    expect(made.page.locator("engaged-feed article")).to_have_count(3)


def visit_at_a_clock(context: BrowserContext, site: Site, ask: str) -> Any:
    """Open a page whose clock we hold."""

    def install(page: Page) -> None:
        page.clock.install()

    made = visit_without_waiting(context, site, ask, install)
    expect(made.page.locator("engaged-feed article").first).to_be_visible()
    return made


def visit_without_waiting(context: BrowserContext, site: Site, ask: str, prepare: Any) -> Any:
    return visit(context, site, ask, prepare, until="")


def test_one_script_and_one_answer_serve_twenty_elements(context: BrowserContext, site: Site) -> None:
    made = visit(context, site, "put=" + ",".join(["featured"] * 20), tall)
    assert cards(made.page) == 20
    ours = [url for url in made.requests if url.startswith(site.url) and "/i/" not in url]
    assert ours == [f"{site.url}/w/1.js", f"{site.url}/{SLUG}/v/featured.json"]


def test_it_asks_for_posts_only_when_a_reader_comes_near(context: BrowserContext, site: Site) -> None:
    made = visit(context, site, "put=space,wall", until="quiet")
    assert not [url for url in made.requests if url.endswith(".json")]
    made.page.locator("#after").scroll_into_view_if_needed()
    expect(made.page.locator("engaged-feed article")).to_have_count(3)


def test_a_taken_down_post_leaves_an_open_page_and_the_reader_keeps_their_place(
    context: BrowserContext, site: Site
) -> None:
    made = visit_at_a_clock(context, site, "put=wall&slugs=leaving")
    assert cards(made.page) == 2
    made.page.locator("engaged-feed article a").last.focus()
    site.door.take_down(shown(1), slug="leaving")
    site.clock.at += 1
    made.page.clock.fast_forward(AGAIN_MS)
    expect(made.page.locator("engaged-feed article")).to_have_count(1)
    assert made.page.locator("engaged-feed article a").evaluate(
        "link => link === link.getRootNode().activeElement"
    )
    site.door.take_down(shown(2), slug="leaving")
    site.clock.at += 1
    made.page.clock.fast_forward(AGAIN_MS)
    expect(made.page.locator("engaged-feed .empty")).to_contain_text("add #EngagedLibraries")
    assert made.said == []


def test_an_answer_that_the_browser_may_have_kept_is_soon_asked_about(
    context: BrowserContext, site: Site
) -> None:
    made = visit_at_a_clock(context, site, "put=wall")
    with made.page.expect_response("**/v/wall.json"):
        made.page.clock.fast_forward(FIRST_MS)


def test_a_hidden_page_asks_nothing_and_asks_at_once_when_it_is_seen(
    context: BrowserContext, site: Site
) -> None:
    made = visit_at_a_clock(context, site, "put=wall")
    hide = "is => { Object.defineProperty(document, 'hidden', {value: is, configurable: true}) }"
    made.page.evaluate(hide, True)
    asked = len(made.requests)
    made.page.clock.fast_forward(AGAIN_MS * 3)
    assert len(made.requests) == asked
    made.page.evaluate(hide, False)
    with made.page.expect_response("**/v/wall.json") as answer:
        made.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert answer.value.status in (200, 304)


def test_posts_nobody_can_vouch_for_give_way_to_the_link(context: BrowserContext, site: Site) -> None:
    made = visit_at_a_clock(context, site, "put=wall")
    made.page.route("**/v/*.json", lambda route: route.abort())
    with made.page.expect_event("requestfailed"):
        made.page.clock.fast_forward(AGAIN_MS)
    assert cards(made.page) == 3
    made.page.clock.fast_forward(1_800_000)
    expect(made.page.locator("engaged-feed article")).to_have_count(0)
    assert links(made.page) == 1


@pytest.mark.parametrize(
    ("wish", "told"),
    [("", [{"view": "wall", "host": "localhost", "n": 3}]), ("globalPrivacyControl: {value: true}", []),
     ("doNotTrack: {value: '1'}", []), ("stats=off", [])],
)  # fmt: skip
def test_what_was_seen_is_counted_once_and_only_where_nobody_minds(
    context: BrowserContext, site: Site, wish: str, told: list[Any]
) -> None:
    site.told.clear()
    if "value" in wish:
        context.add_init_script(f"Object.defineProperties(Navigator.prototype, {{{wish}}})")
    made = visit_at_a_clock(context, site, f"put=wall&more={'' if 'value' in wish else wish}")
    expect(made.page.locator("engaged-feed article").last).to_be_in_viewport()
    made.page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    made.page.clock.run_for(1_500)
    href = made.page.locator("engaged-feed article a").first.get_attribute("href") or ""
    assert href.endswith("?v=wall") == bool(told)
    if told:
        with made.page.expect_event("request", lambda request: request.method == "POST"):
            made.page.evaluate("dispatchEvent(new Event('pagehide'))")
        made.page.wait_for_load_state("networkidle")
    made.page.goto("about:blank")
    assert [json.loads(request.get_data()) for request in site.told] == told
    for request in site.told:
        assert request.path == f"/{SLUG}/count"
        assert not {"Cookie", "Referer"} & set(request.headers.keys())
        assert len(request.get_data()) <= 100


def test_a_card_opens_our_page_of_the_post_and_tells_it_nothing(
    context: BrowserContext, site: Site
) -> None:
    made = visit(context, site, "put=wall")
    with context.expect_page() as opened:
        made.page.locator("engaged-feed article").first.click()
    assert opened.value.url == f"{site.url}/{SLUG}/p/{item_id(1)}?v=wall"
    assert opened.value.evaluate("[window.opener, document.referrer]") == [None, ""]


def test_a_featured_post_with_its_picture_weighs_little(browser: Browser, site: Site) -> None:
    for width, widest, most in ((DESK, 640, 35_000), (NARROWEST, 320, 15_000 + 8_000)):
        with browser.new_context(viewport={"width": width, "height": 900}) as context:
            answers: list[Any] = []
            context.on("response", lambda answer, heard=answers: heard.append(answer))
            visit(context, site, "put=featured", until="quiet")
            ours = [answer for answer in answers if answer.url.startswith(site.url)]
            script, feed, image = ours
            assert image.url == f"{site.url}/i/{photo().key}-{widest}.avif"
            words = sum(len(brotli.compress(each.body(), quality=11)) for each in (script, feed))
            assert words + len(image.body()) <= most
            if width == NARROWEST:
                assert len(image.body()) <= 15_000


LONG_US = 50_000
SLOWER = 4


def long_tasks(browser: Browser, site: Site, ask: str) -> int:
    """Count what would hold up a page for more than 50 ms where everything takes four times as long.

    By the work of the page's own thread: other programs of this machine are not in it, which a throttled
    browser's clock would count as ours.
    """
    with browser.new_context(viewport={"width": DESK, "height": 900}) as context:
        page = context.new_page()
        browser.start_tracing(page=page, categories=["toplevel"])
        page.goto(f"{site.library}/?{ask}")
        page.wait_for_function(ARE_DRAWN)
        trace = json.loads(browser.stop_tracing())["traceEvents"]
    pages = {
        (each["pid"], each["tid"])
        for each in trace
        if each.get("args", {}).get("name") == "CrRendererMain"
    }
    tasks = [each.get("tdur", 0) for each in trace if (each["pid"], each["tid"]) in pages]
    assert len(tasks) > 20
    return sum(took * SLOWER > LONG_US for took in tasks)


def test_a_slow_machine_has_no_more_long_tasks_with_us_than_without(
    browser: Browser, site: Site
) -> None:
    without = max(long_tasks(browser, site, "") for _ in range(2))
    assert min(long_tasks(browser, site, "put=featured,wall") for _ in range(3)) <= without


@pytest.mark.parametrize("file", SNIPPETS, ids=lambda file: file.stem)
def test_a_line_that_was_pasted_years_ago_still_works(
    context: BrowserContext, site: Site, file: Path
) -> None:
    expected = shows(file)
    made = visit(context, site, f"snippet={file.stem}", until="" if "framed" in expected else "drawn")
    if "posts" in expected:
        expect(made.page.locator("engaged-feed article")).to_have_count(expected["posts"])
        assert expected["layout"] in (
            made.page.locator("engaged-feed .feed").last.get_attribute("class") or ""
        )
    if "framed" in expected:
        expect(made.page.frame_locator("iframe").locator("article")).to_have_count(expected["framed"])
    if "link" in expected:
        assert made.page.get_by_role("link", name="#EngagedLibraries").is_visible()
    assert made.said == []


def test_ten_old_lines_are_kept() -> None:
    assert len(SNIPPETS) >= 10
