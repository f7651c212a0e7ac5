"""A weekly mail as a mail program draws it: readable by everybody, at every width, in every theme."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from aggregator.settings import Settings
from feeds.highlights.letter import filled
from feeds.highlights.notes import confirmation, to_editors
from feeds.highlights.wording import MERGED
from tests.browser.accessible import found_by_axe
from tests.feeds.highlights.an_issue import LANGUAGES, a_house
from tests.feeds.highlights.test_letter import EVERYTHING, usual
from tests.feeds.invented import PUBLIC_URL

pytestmark = pytest.mark.browser

WIDTHS = (360, 700)
PICTURE = (
    b"<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='800'>"
    b"<rect width='1200' height='800' fill='#486'/></svg>"
)


def whole(language: str) -> str:
    fields = {name: f"{PUBLIC_URL}/{name}/KEY" for name in MERGED}
    return filled(usual()[language], EVERYTHING, fields).html


def small_mails() -> list[str]:
    """Give a confirmation in Arabic and a word to editors."""
    house: Settings = a_house()
    facts = {"about": "drafted", "number": 1, "link": "/moderate/x", "date": "Friday"}
    arabic = confirmation(house.campaigns[0], house, {"token": "T", "language": "ar"})
    return [arabic.html, to_editors(house.campaigns[0], house, facts).html]


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param, bypass_csp=True)
    page = context.new_page()

    def picture(route: Route) -> None:
        route.fulfill(body=PICTURE, content_type="image/svg+xml")

    page.route(f"{PUBLIC_URL}/i/**", picture)
    yield page
    context.close()


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(page: Page, language: str) -> None:
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.set_content(whole(language))
        assert overflow(page) <= 0
        assert found_by_axe(page) == []


def test_small_mails_are_as_good(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 900})
    for html in small_mails():
        page.set_content(html)
        assert overflow(page) <= 0
        assert found_by_axe(page) == []


def test_it_loads_nothing_but_our_own_pictures(browser: Browser) -> None:
    context = browser.new_context()
    page, asked = context.new_page(), []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.abort())[1])
    page.set_content(whole("en"))
    assert asked
    assert all(url.startswith(f"{PUBLIC_URL}/i/") for url in asked)
    context.close()


def test_without_pictures_their_words_stand_there(browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*", lambda route: route.abort())
    page.set_content(whole("en"))
    shown = page.get_by_alt_text("A bus full of books, number 1")
    box = shown.bounding_box()
    assert box
    assert box["height"] < 100, "no hole stays where the picture would be"
    context.close()


def test_the_button_of_a_small_mail_can_be_read_in_the_dark(browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.set_content(small_mails()[0])
    # axe says nothing of words in the very colour of their ground.
    colours = "button => [getComputedStyle(button).color, getComputedStyle(button).backgroundColor]"
    assert page.locator("a.button").evaluate(colours) == ["rgb(20, 23, 28)", "rgb(147, 189, 245)"]
    context.close()
