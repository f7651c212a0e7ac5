"""The public pages as a browser shows them: at every width, framed elsewhere, without JavaScript."""

import json
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from aggregator.item import SafeHtml
from aggregator.settings import View
from aggregator.store.published import Shown
from feeds.app import create_app
from feeds.widget import layouts
from tests.drawing import draw_copies
from tests.feeds.invented import AWKWARD, NOW, SLUG, FakeDoor, a_door, campaign, item_id, settings, shown
from tests.shared_folder import shared

pytestmark = pytest.mark.browser

NARROWEST, PHONE, DESK = 320, 360, 1280

HOST_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A library</title>
<h1>Our library</h1><iframe src="{src}" title="Posts" width="100%" height="{height}" loading="lazy"
referrerpolicy="no-referrer"></iframe><p id="after">Opening hours</p></html>"""
SHIFTS = """() => new Promise(done => { let sum = 0;
new PerformanceObserver(list => list.getEntries().forEach(entry => sum += entry.value))
.observe({type: 'layout-shift', buffered: true});
requestAnimationFrame(() => requestAnimationFrame(() => done(sum))); })"""


NEIGHBOURS = {
    "plain": "Plain words in a row.",
    "odd": "\u202eevil\u2066 " + "Z\u0300\u0301\u0302\u0303" * 60 + "\n" * 40,
}


class Site(NamedTuple):
    """A running site, and a library's page that frames it from another origin."""

    url: str
    library: str
    door: FakeDoor


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A campaign with posts, one without, and one for each awkward item."""
    door = a_door(*(shown(number) for number in range(1, 16)), shown(40))
    door.take_down(shown(40))
    configured = [campaign(), campaign(slug="empty")]
    for name, post in AWKWARD.items():
        door.publish(post, slug=name)
        configured.append(campaign(slug=name))
    long_ones = [shown(number, text="A long enough text for its card. " * 9) for number in (2, 3, 4)]
    for name, text in NEIGHBOURS.items():
        door.publish(shown(1, text=text), *long_ones, slug=name)
        configured.append(campaign(slug=name))
    door.publish(*AWKWARD.values(), slug="all")
    configured.append(campaign(slug="all", views={"wall": View(layout="grid", limit=20)}))
    media = tmp_path_factory.mktemp("media")
    draw_copies(media, *(picture for post in AWKWARD.values() for picture in post.pictures))
    public = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{public.port}"
    here = settings(*configured, public_url=url).model_copy(update={"media": str(media)})
    public.app = create_app(here, door, lambda: NOW)
    library = make_server("127.0.0.1", 0, library_page(url), threaded=True)
    with running(public), running(library):
        yield Site(url, f"http://127.0.0.1:{library.port}", door)


class running:  # noqa: N801 - reads as a verb in `with`
    """A server on a thread of its own, ended with the block."""

    def __init__(self, server: BaseWSGIServer) -> None:
        self._server = server
        self._thread = Thread(target=server.serve_forever)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_reason: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def library_page(url: str) -> Any:
    """Give a library's site: each path of ours, framed, under a policy that allows frames only."""

    @Request.application
    def answer(request: Request) -> Response:
        height = layouts()["grid" if request.path.endswith("wall") else "featured"]
        body = HOST_PAGE.format(src=f"{url}{request.path}", height=height)
        answer = Response(body, content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = f"default-src 'none'; frame-src {url}"
        return answer

    return answer


class Visit(NamedTuple):
    """A page, and what it did while it was loaded."""

    page: Page
    requests: list[str]
    said: list[str]
    dialogs: list[str]


def visit(context: BrowserContext, url: str) -> Visit:
    made = Visit(context.new_page(), [], [], [])
    made.page.on("request", lambda request: made.requests.append(request.url))
    made.page.on("console", lambda message: made.said.append(message.text))
    made.page.on("pageerror", lambda error: made.said.append(str(error)))

    def dismiss(dialog: Any) -> None:
        made.dialogs.append(dialog.message)
        dialog.dismiss()

    made.page.on("dialog", dismiss)
    made.page.goto(url)
    return made


def box(page: Page) -> tuple[int, int]:
    """Give how wide and how high the whole page is."""
    width, height = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    return width, height


PATHS = [
    f"/{SLUG}/",
    f"/{SLUG}/e/featured",
    f"/{SLUG}/e/wall",
    f"/{SLUG}/p/{item_id(1)}",
    "/empty/",
    "/empty/e/featured",
    "/all/",
    "/all/e/wall",
    "/",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROWEST, PHONE, DESK])
def test_a_page_fits_asks_for_nothing_but_our_pictures_says_nothing_and_keeps_nothing(
    browser: Browser, site: Site, width: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in PATHS:
        made = visit(context, site.url + path)
        assert box(made.page)[0] <= width, path
        assert made.requests[0] == site.url + path
        assert all(url.startswith(f"{site.url}/i/") for url in made.requests[1:])
        assert made.said == [], path
        assert made.page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == [
            "",
            0,
            0,
        ]
        made.page.close()
    assert context.cookies() == []
    context.close()


@pytest.mark.parametrize("name", AWKWARD)
def test_the_page_of_every_awkward_post_fits_a_narrow_screen(
    browser: Browser, site: Site, name: str
) -> None:
    context = browser.new_context(viewport={"width": NARROWEST, "height": 800})
    made = visit(context, f"{site.url}/{name}/p/{AWKWARD[name].id}")
    assert box(made.page)[0] <= NARROWEST
    assert made.said == []
    context.close()


@pytest.mark.parametrize("path", [f"/{SLUG}/p/{item_id(40)}", "/nowhere/at/all"])
def test_a_page_that_says_why_there_is_nothing_fits_too(browser: Browser, site: Site, path: str) -> None:
    context = browser.new_context(viewport={"width": NARROWEST, "height": 800})
    made = visit(context, site.url + path)
    assert box(made.page)[0] <= NARROWEST
    assert made.page.locator("h1").is_visible()
    context.close()


@pytest.mark.parametrize("width", [280, NARROWEST, 559, 560, 768, DESK])
def test_the_featured_frame_never_needs_more_than_the_height_it_declares(
    browser: Browser, site: Site, width: int
) -> None:
    height = layouts()["featured"]
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    for name in [*AWKWARD, "empty", SLUG]:
        page.goto(f"{site.url}/{name}/e/featured")
        assert box(page) == (width, height), name
    context.close()


@pytest.mark.parametrize("view", ["featured", "wall"])
def test_a_frame_shifts_nothing_on_a_librarys_page_with_a_strict_policy(
    browser: Browser, site: Site, view: str
) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 1000})
    made = visit(context, f"{site.library}/{SLUG}/e/{view}")
    frame = made.page.frame_locator("iframe")
    assert frame.locator("article").first.is_visible()
    assert made.page.evaluate(SHIFTS) == 0
    assert {url for url in made.requests if not url.startswith((site.url, site.library))} == set()
    assert made.said == []
    context.close()


def test_a_card_in_a_frame_opens_our_page_of_the_post_beside_the_librarys(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 1000})
    page = visit(context, f"{site.library}/{SLUG}/e/wall").page
    with context.expect_page() as opened:
        page.frame_locator("iframe").locator("article a").first.click()
    assert opened.value.url == f"{site.url}/{SLUG}/p/{item_id(1)}"
    assert opened.value.evaluate("window.opener") is None
    context.close()


def test_the_hub_refuses_to_be_framed(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"{site.library}/{SLUG}/")
    assert page.frame_locator("iframe").locator("h1", has_text="#EngagedLibraries").count() == 0
    context.close()


@pytest.mark.parametrize("path", [f"/{SLUG}/", f"/{SLUG}/e/wall", f"/{SLUG}/p/{item_id(1)}"])
def test_everything_is_there_without_javascript(browser: Browser, site: Site, path: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = visit(context, site.url + path).page
    assert page.locator("article").first.is_visible()
    assert "Story hour number 1" in page.locator("body").inner_text()
    context.close()


@pytest.mark.parametrize("path", [f"/{SLUG}/", f"/{SLUG}/e/wall", f"/{SLUG}/e/featured"])
def test_every_stop_of_the_keyboard_can_be_seen_and_is_large_enough(
    browser: Browser, site: Site, path: str
) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 800})
    page = visit(context, site.url + path).page
    stops = page.locator("a").count()
    assert stops
    for _ in range(stops):
        page.keyboard.press("Tab")
        width, height, outline, after = page.evaluate(
            "(() => { const at = document.activeElement, ring = getComputedStyle(at),"
            " after = getComputedStyle(at, '::after'), box = at.getBoundingClientRect();"
            " return [box.width, box.height, ring.outlineStyle, after.outlineStyle]; })()"
        )
        assert "solid" in (outline, after)
        # A card's own link covers the card: its box is only the words.
        assert after == "solid" or (width >= 24 and height >= 24)
    context.close()


def test_the_skip_link_leads_to_the_posts(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = visit(context, f"{site.url}/{SLUG}/").page
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "posts"
    context.close()


def test_an_arabic_post_reads_from_the_right_inside_an_english_page(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 800})
    page = visit(context, f"{site.url}/all/e/wall").page
    text = page.locator("p.text[lang=ar]")
    assert text.evaluate("element => getComputedStyle(element).direction") == "rtl"
    name = page.locator(".title", has=page.locator("bdi", has_text="ليلى")).bounding_box()
    card = page.locator("article[dir=rtl]").first.bounding_box()
    assert name
    assert card
    assert name["x"] + name["width"] > card["x"] + card["width"] - 40
    context.close()


def test_one_posts_characters_move_nothing_in_its_neighbours(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 720})
    page = context.new_page()
    shots = []
    for slug in NEIGHBOURS:
        page.goto(f"{site.url}/{slug}/e/wall")
        first = page.locator("article").first.bounding_box()
        assert first
        beside: Any = {"x": first["width"] + 12, "y": 0, "width": 900, "height": 400}
        shots.append(page.screenshot(clip=beside))
    assert shots[0] == shots[1]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colours_keep_the_borders_of_cards(browser: Browser, site: Site, scheme: Any) -> None:
    context = browser.new_context(forced_colors="active", color_scheme=scheme)
    page = visit(context, f"{site.url}/{SLUG}/e/wall").page
    style = "element => getComputedStyle(element).borderTopStyle"
    assert page.locator("article").first.evaluate(style) == "solid"
    context.close()


def hostile_payloads() -> list[str]:
    lines = shared("hostile", "own", "xss", "vectors.jsonl").read_text("utf-8").splitlines()
    return [str(json.loads(line)["payload"]) for line in lines]


@pytest.mark.shared
def test_no_vector_runs_a_script_or_asks_for_anything(browser: Browser) -> None:
    class Unlimited(FakeDoor):
        def latest(self, slug: str, *_: object) -> tuple[Shown, ...]:
            return tuple(self.items[slug])

    door = Unlimited()
    for number, payload in enumerate(hostile_payloads(), start=1):
        post = shown(number, title=payload if number % 2 else "", text=payload)
        author = replace(post.item.author, name=payload)
        door.publish(replace(post, item=replace(post.item, author=author)), slug="hostile")
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    server.app = create_app(settings(campaign(slug="hostile"), public_url=url), door, lambda: NOW)
    context = browser.new_context()
    with running(server):
        made = visit(context, f"{url}/hostile/e/wall")
        assert made.page.locator("article").count() == len(door.items["hostile"])
        assert (made.dialogs, made.requests, made.said) == ([], [f"{url}/hostile/e/wall"], [])
        context.close()


@pytest.mark.shared
def test_the_policy_alone_stops_scripts_if_the_cleaning_ever_fails(browser: Browser) -> None:
    payloads = hostile_payloads()
    door = FakeDoor()
    for number, start in enumerate(range(0, len(payloads), 60), start=1):
        unclean = "\n<hr>\n".join(payloads[start : start + 60])
        door.publish(shown(number, html=SafeHtml(unclean)))
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    server.app = create_app(settings(public_url=url), door, lambda: NOW)
    pages = [f"{url}/{SLUG}/p/{post.id}" for post in door.items[SLUG]]
    with running(server):
        without_policy = browser.new_context(bypass_csp=True)
        assert any(visit(without_policy, page).dialogs for page in pages)  # the vectors do have teeth
        without_policy.close()
        context = browser.new_context()
        assert [visit(context, page).dialogs for page in pages] == [[]] * len(pages)
        context.close()
