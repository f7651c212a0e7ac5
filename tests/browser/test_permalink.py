"""One post's page in a browser: nothing it carries for machines runs, words of thanks are copied."""

from collections.abc import Iterator
from threading import Thread
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from feeds.app import create_app
from tests.browser.accessible import found_by_axe
from tests.drawing import draw_copies
from tests.feeds.invented import AWKWARD, MARKUP, NOW, SLUG, a_door, campaign, item_id, settings, shown

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
THEMES: tuple[dict[str, Any], ...] = (
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
HOSTILE = shown(50, title=f"</script>{MARKUP}", text=f"<!-- </script>{MARKUP}")


class Site(NamedTuple):
    url: str

    def post(self, item: str) -> str:
        return f"{self.url}/{SLUG}/p/{item}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A campaign with every awkward post."""
    media = tmp_path_factory.mktemp("media")
    posts = (shown(1), HOSTILE, *AWKWARD.values())
    draw_copies(media, *(picture for post in posts for picture in post.pictures))
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    here = settings(campaign(), public_url=url).model_copy(update={"media": str(media)})
    server.app = create_app(here, a_door(*posts), lambda: NOW)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield Site(url)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def said(page: Page) -> list[str]:
    """Hear what the browser complains about."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    return heard


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 360, "height": 800})
    yield context.new_page()
    context.close()


def test_every_awkward_post_fits_a_telephone_and_nothing_of_it_runs(
    page: Page, site: Site, said: list[str]
) -> None:
    for post in (HOSTILE, *AWKWARD.values()):
        page.goto(site.post(post.id))
        page.locator("details.thanks summary").click()
        assert not page.evaluate(WIDER), post.id
        assert page.evaluate(
            "JSON.parse(document.querySelector('[type=\"application/ld+json\"]').text).url"
        )
    assert said == []


def test_the_words_of_thanks_are_copied_by_a_button(page: Page, site: Site, said: list[str]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(site.post(item_id(1)))
    page.locator("details.thanks summary").click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("textarea").input_value()
    assert copied.endswith(site.post(item_id(1)))
    assert said == []


def test_without_javascript_the_words_are_there_and_no_button(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.post(item_id(1)))
    page.locator("details.thanks summary").click()
    assert page.get_by_label("Copy these words").input_value().startswith("Thank you, Ana Rivera!")
    assert page.get_by_role("button", name="Copy").count() == 0
    context.close()


def test_axe_finds_nothing_on_the_page_of_a_post(page: Page, site: Site) -> None:
    for post in (AWKWARD["arabic"], AWKWARD["warned-picture"]):
        page.goto(site.post(post.id))
        page.locator("details.thanks summary").click()
        for theme in THEMES:
            page.emulate_media(**theme)
            assert found_by_axe(page, RULES) == [], (post.id, theme)


def test_the_drawn_picture_is_what_a_browser_shows(page: Page, site: Site) -> None:
    page.goto(site.post(AWKWARD["pictured"].id))
    address = page.locator('meta[property="og:image"]').get_attribute("content")
    size = page.evaluate(
        """address => { const image = new Image(); image.src = address;
        return image.decode().then(() => [image.naturalWidth, image.naturalHeight]); }""",
        address,
    )
    assert size == [1200, 630]
