"""The pages of the weekly mail in a browser: from the form to the end, in two directions, no script."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from aggregator.item import Occasion
from feeds.app import create_app
from tests.browser.accessible import found_by_axe
from tests.drawing import draw_copies
from tests.feeds.highlights.readers import (
    ADDRESS,
    KEY,
    TOKEN,
    FakeSubscribers,
    mailing_settings,
    reader,
)
from tests.feeds.invented import AWKWARD, NOW, SLUG, Clock, a_door, picture, pictured, sent, shown

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PHONE = 360
OPEN, PAUSED, LEFT = "token-left-open", "key-of-ben", "key-of-carla"
PATHS = (
    *("subscribe", f"confirm/{OPEN}", f"preferences/{PAUSED}", f"unsubscribe/{KEY}"),
    *("highlights/", "highlights/7"),
)
MORE = ("confirm/used-up", "preferences/no-such-key", f"unsubscribe/{LEFT}", "highlights/8", "")


class Site(NamedTuple):
    url: str
    subscribers: FakeSubscribers


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    subscribers = FakeSubscribers(tokens={TOKEN: KEY, OPEN: KEY})
    subscribers.there |= {
        PAUSED: reader("paused", key=PAUSED, paused_until=NOW + timedelta(days=9)),
        LEFT: reader("unsubscribed", key=LEFT),
    }
    posts = (pictured(shown(1), picture(1)), shown(2), AWKWARD["arabic"], AWKWARD["long-word"])
    talk = shown(6, occasion=Occasion(NOW + timedelta(days=3), None, "Africa/Lagos", location="Ikeja"))
    door = a_door(*posts, talk)
    blocks = [{"kind": "call", "title": {"en": "Whose turn?"}, "words": {"en": "Write to us."}}]
    whole = replace(sent(7, *posts, blocks=blocks), occasions=(talk,))
    door.send(sent(3, shown(2)), whole, sent(8, shown(40)))
    media = tmp_path_factory.mktemp("media")
    draw_copies(media, picture(1))
    server = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    here = mailing_settings(url, highlights={"own_zone": True})
    here = here.model_copy(update={"media": str(media)})
    server.app = create_app(here, door, lambda: NOW, Clock(), subscribers=subscribers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"{url}/{SLUG}/", subscribers)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("language", ["", "ar/"])
def test_axe_finds_nothing(browser: Browser, site: Site, language: str) -> None:
    scheme: Literal["light", "dark"] = "dark" if language else "light"
    context = browser.new_context(color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    for path in PATHS:
        page.goto(f"{site.url}{language}{path}")
        assert found_by_axe(page, RULES) == [], path
    context.close()


@pytest.mark.parametrize("language", ["", "ar/"])
def test_nothing_runs_over_the_edge_and_every_control_can_be_hit(
    browser: Browser, site: Site, language: str
) -> None:
    page = browser.new_page(viewport={"width": PHONE, "height": 800})
    for path in (*PATHS, *MORE):
        page.goto(f"{site.url}{language}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, path
        small = page.evaluate(
            """() => [...document.querySelectorAll('main button, main select, main input, main .big')]
            .filter(each => each.getBoundingClientRect().height < 44).map(each => each.outerHTML)"""
        )
        assert small == [], path
    page.close()


def test_somebody_subscribes_confirms_pauses_and_leaves_without_script(
    browser: Browser, site: Site
) -> None:
    page = browser.new_page(java_script_enabled=False)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site.url)
    page.get_by_role("link", name="Subscribe").click()
    page.get_by_label("Your mail address").fill(ADDRESS)
    page.get_by_label("Language of the mail").select_option("es")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    assert site.subscribers.changes[-1][:3] == ("ask", ADDRESS, "es")

    page.goto(f"{site.url}confirm/{TOKEN}")
    page.get_by_role("button", name="Yes, send me the highlights").click()
    page.get_by_role("heading", name="You get the weekly highlights").wait_for()
    page.get_by_role("button", name="Pause for four weeks").click()
    page.get_by_role("heading", name="The highlights are paused for you").wait_for()
    assert page.get_by_role("status").inner_text() == "Saved."
    page.get_by_role("button", name="End the pause").click()
    page.get_by_label("Your time zone").select_option(label="Lagos")
    page.get_by_role("button", name="Save").click()
    assert page.get_by_label("Your time zone").input_value() == "Africa/Lagos"
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("heading", name="You are unsubscribed").wait_for()

    assert site.subscribers.there[KEY].state == "unsubscribed"
    assert said == []
    assert page.context.cookies() == []
    site.subscribers.there[KEY] = reader()
    page.close()


def test_nothing_is_asked_of_anybody_else(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in (*PATHS, *MORE):
        page.goto(f"{site.url}{path}", wait_until="load")
    assert not [url for url in asked if not url.startswith(site.url.removesuffix(f"{SLUG}/"))]
    page.close()
