"""Pictures as a browser shows them: from one host, in the best form, framed elsewhere, warned of."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from feeds.app import create_app
from feeds.widget import layouts
from tests.browser.test_public_pages import DESK, PHONE, running, visit
from tests.drawing import draw_copies
from tests.feeds.invented import NOW, SLUG, a_door, campaign, item_id, picture, pictured, settings, shown

pytestmark = pytest.mark.browser

POSTS = (
    pictured(shown(1), picture(1, credit="Photo: Ana Lee", licence="CC BY 4.0")),
    pictured(shown(2, title=""), picture(2), picture(3, height=1280), picture(4)),
    pictured(shown(3, warning="flashing lights"), picture(5)),
)
FRAMES = {
    "plain": "",
    "sandboxed": ' sandbox="allow-popups"',
    "sandboxed as ours": ' sandbox="allow-same-origin"',
}
ARE_DRAWN = """() => [...document.images].filter(image => image.loading === 'lazy')
.map(image => image.complete && image.naturalWidth > 0)"""

# A page that has once come to rest stays "at rest": what it asks for later has to be waited for.
ARE_ANSWERED = """() => Promise.all([...document.images].filter(image => !image.complete)
.map(image => new Promise(go => { image.onload = image.onerror = go; })))"""


class Site(NamedTuple):
    """A running site, and a library's page on another origin that frames it."""

    url: str
    library: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    media = tmp_path_factory.mktemp("media")
    draw_copies(media, *(each for post in POSTS for each in post.pictures))
    public = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{public.port}"
    here = settings(campaign(), public_url=url).model_copy(update={"media": str(media)})
    public.app = create_app(here, a_door(*POSTS), lambda: NOW)
    library = make_server("127.0.0.1", 0, library_page(url), threaded=True)
    with running(public), running(library):
        yield Site(url, f"http://127.0.0.1:{library.port}")


def library_page(url: str) -> Any:
    """Give a library's site that frames ours, at each path in one of several ways."""

    @Request.application
    def answer(request: Request) -> Response:
        how = FRAMES[request.args.get("how", "plain")]
        height = layouts()["grid" if request.path.endswith("wall") else "featured"]
        frame = f'<iframe src="{url}{request.path}" width="100%" height="{height}"{how}></iframe>'
        page = Response(f"<!doctype html><title>A library</title>{frame}", content_type="text/html")
        page.headers["Content-Security-Policy"] = f"default-src 'none'; frame-src {url}"
        return page

    return answer


def drawn(page: Page) -> list[bool]:
    """Say of each picture whether it is drawn, once all are in sight."""
    page.evaluate("document.images.length && [...document.images].at(-1).scrollIntoView()")
    page.wait_for_load_state("networkidle")
    page.evaluate(ARE_ANSWERED)
    result: list[bool] = page.evaluate(ARE_DRAWN)
    return result


@pytest.mark.parametrize(
    ("path", "count"),
    [(f"/{SLUG}/", 2), (f"/{SLUG}/e/wall", 2), (f"/{SLUG}/p/{item_id(2)}", 3)],
)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_pictures_are_drawn_in_the_best_format_from_our_host_alone(
    browser: Browser, site: Site, path: str, count: int, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    made = visit(context, site.url + path)
    assert drawn(made.page) == [True] * count
    assert made.said == []
    pictures = [url for url in made.requests if "/i/" in url]
    assert len(set(pictures)) >= count
    assert all(url.startswith(site.url) and url.endswith(".avif") for url in pictures)
    context.close()


@pytest.mark.parametrize("how", FRAMES)
@pytest.mark.parametrize("view", ["featured", "wall"])
def test_pictures_are_drawn_in_a_frame_on_another_site_also_in_a_sandbox(
    browser: Browser, site: Site, view: str, how: str
) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 900})
    with context.expect_event("response", lambda answer: "/i/" in answer.url) as answered:
        made = visit(context, f"{site.library}/{SLUG}/e/{view}?how={how}")
    assert answered.value.status == 200
    assert not [words for words in made.said if "Content Security Policy" in words]
    assert {url.split("/", 3)[2] for url in made.requests} <= {
        site.url.removeprefix("http://"),
        site.library.removeprefix("http://"),
    }
    context.close()


def test_a_picture_moves_nothing_when_it_comes(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 900})
    page = context.new_page()
    for path in (f"/{SLUG}/", f"/{SLUG}/e/featured", f"/{SLUG}/e/wall", f"/{SLUG}/p/{item_id(1)}"):
        heights = []
        for pattern in ("**/i/*", "**/nothing"):
            page.route(pattern, lambda route: route.abort())
            page.goto(site.url + path)
            drawn(page)
            heights.append(page.evaluate("document.documentElement.scrollHeight"))
            page.unroute(pattern)
        assert heights[0] == heights[1], path
    context.close()


def test_what_stands_behind_a_warning_is_not_even_asked_for(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 900})
    made = visit(context, f"{site.url}/{SLUG}/p/{item_id(3)}")
    made.page.wait_for_load_state("networkidle")
    assert not [url for url in made.requests if "/i/" in url]
    made.page.locator("summary").first.click()
    assert drawn(made.page) == [True]
    context.close()


def test_a_click_on_a_card_s_picture_opens_the_post(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": DESK, "height": 900})
    page = visit(context, f"{site.url}/{SLUG}/").page
    for picture_of in ("section:has(#featured)", "section:has(#latest)"):
        page.goto(f"{site.url}/{SLUG}/")
        box = page.locator(f"{picture_of} .picture").first.bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
        page.wait_for_url("**/p/*")
    context.close()


def test_a_browser_without_avif_and_webp_gets_the_jpeg(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": PHONE, "height": 900})
    page = context.new_page()

    def without_sources(route: Any) -> None:
        answer = route.fetch()
        text = answer.text().replace('type="image/', 'type="image/x-')
        route.fulfill(response=answer, body=text)

    page.route(f"**/p/{item_id(1)}", without_sources)
    with page.expect_response("**/i/*.jpg") as answered:
        page.goto(f"{site.url}/{SLUG}/p/{item_id(1)}")
    assert answered.value.status == 200
    context.close()
