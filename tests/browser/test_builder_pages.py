"""The page that hands out lines, and those beside it, in a browser: with script and without."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Thread
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from aggregator.settings import View
from aggregator.store.errands import Errand
from feeds.app import create_app
from tests.browser.accessible import found_by_axe
from tests.feeds.invented import LONG_WORD, NOW, SLUG, Clock, a_door, campaign, item_id, settings, shown

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
VIEWS = {
    "featured": View(layout="featured", slot="post"),
    "wall": View(layout="grid"),
    "long": View(layout="list", heading=LONG_WORD[:200]),
}
PATHS = ("embed", "it", "accessibility", "embed/check/works", "embed/check/trouble", "embed/check/slow")
ANSWERS = {
    "works": {"read": True, "found": ["frame"], "refused": []},
    "trouble": {"read": True, "found": ["link"], "refused": []},
}


class FixedErrands:
    """Errands whose answers stand in a table. What is asked here waits for ever."""

    def ask(self, *_: Any) -> str:
        return "slow"

    def answer_of(self, token: str) -> Errand | None:
        question = {"address": "https://www.riverside.example/news", "tried": ""}
        asked = NOW - timedelta(seconds=30)
        answered = NOW if token in ANSWERS else None
        return Errand(token, SLUG, "check-page", question, asked, answered, ANSWERS.get(token, {}))


class Site(NamedTuple):
    url: str


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    here = settings(campaign(views=VIEWS), public_url=url)
    door = a_door(shown(1), shown(2))
    server.app = create_app(here, door, lambda: NOW, Clock(), FixedErrands())
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"{url}/{SLUG}/")
    server.shutdown()
    thread.join()
    server.server_close()


def lines(page: Page) -> list[str]:
    """Give the lines that can be seen in the third step, without the folded ones."""
    return page.locator(".taken > .code code:visible").all_inner_texts()


def test_two_choices_leave_one_line_without_any_script(browser: Browser, site: Site) -> None:
    page = browser.new_page(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page.goto(f"{site.url}embed")
    assert lines(page) == [f"{site.url}e/featured"]

    page.get_by_role("radio", name="The latest posts, side by side").check()
    page.get_by_role("radio", name="LibGuides").check()

    (line,) = lines(page)
    assert line.startswith(f'<iframe src="{site.url}e/wall"')
    assert page.locator(".steps:visible li").count() == 4
    assert page.locator(".looks iframe:visible").get_attribute("src") == f"/{SLUG}/e/wall"
    assert page.get_by_role("button", name="Copy").count() == 0
    page.close()


def test_only_the_preview_that_was_chosen_is_asked_for(browser: Browser, site: Site) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}embed", wait_until="networkidle")

    assert asked == [f"{site.url}embed", f"{site.url}e/featured"]
    frame = page.frame_locator(".looks iframe:visible")
    assert frame.get_by_role("heading", name="Story hour number 1").is_visible()
    page.close()


def test_the_page_of_a_post_leads_to_the_line_for_that_post(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.url}p/{item_id(2)}")
    page.get_by_role("link", name="Show this post on your site").click()
    assert page.get_by_role("radio", name="This one post").is_checked()
    assert page.get_by_label("Address of another post").input_value() == f"{site.url}p/{item_id(2)}"
    assert lines(page) == [f"{site.url}p/{item_id(2)}"]
    preview = page.locator(".looks iframe:visible").get_attribute("src") or ""
    assert preview.endswith(f"/{SLUG}/f/{item_id(2)}")
    page.goto("about:blank")
    page.goto(f"{site.url}embed#somewhere")
    assert lines(page) == [f"{site.url}e/featured"]
    page.close()


def test_every_button_that_copies_says_what_and_no_two_are_alike(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.url}embed")
    page.get_by_text("Other ways, if").click()
    names = page.locator("[data-code] button:visible").evaluate_all(
        "buttons => buttons.map(button => button.ariaLabel)"
    )
    assert names[1:] == [
        "Copy: Script",
        "Copy: Frame",
        "Copy: Address alone",
        "Copy: Linked picture",
        "Copy: RSS feed",
    ]
    assert page.locator("[data-code] button:visible").first.inner_text() == "Copy"
    page.close()


def test_copy_copies_the_line_and_says_so(browser: Browser, site: Site) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{site.url}embed")

    page.locator(".taken:visible").get_by_role("button", name="Copy").click()

    page.get_by_role("button", name="Copied").wait_for()
    assert page.locator("[role=status]").inner_text() == "Copied"
    assert page.evaluate("navigator.clipboard.readText()") == f"{site.url}e/featured"
    assert said == []
    context.close()


def test_another_post_takes_the_place_of_the_newest_in_every_line(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    page.goto(f"{site.url}embed")
    page.get_by_role("radio", name="This one post").check()
    assert lines(page) == [f"{site.url}p/{item_id(1)}"]

    page.get_by_label("Address of another post").fill(f"{site.url}p/{item_id(2)}?v=wall")

    assert lines(page) == [f"{site.url}p/{item_id(2)}"]
    assert page.locator(".looks iframe:visible").get_attribute("src") == f"{site.url}f/{item_id(2)}"
    page.close()


def test_the_form_and_the_wait_work_without_script(browser: Browser, site: Site) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site.url}embed")
    page.get_by_label("Address of your page").fill("www.riverside.example/news")
    page.get_by_role("button", name="Check it").click()

    assert page.url == f"{site.url}embed/check/slow"
    assert page.get_by_role("heading", level=1).inner_text() == "It takes longer than usual"
    page.get_by_role("link", name="See whether it is done").click()
    assert page.url == f"{site.url}embed/check/slow"
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_every_width_and_meet_the_guidelines(
    browser: Browser, site: Site, scheme: Any
) -> None:
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    # Colours come from one place, so in the dark two pages tell of all.
    for path in PATHS if scheme == "light" else ("embed", "embed/check/trouble"):
        page.goto(site.url + path)
        for width in (320, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert found_by_axe(page, RULES, on={"exclude": ["iframe"]}) == [], path
    context.close()
