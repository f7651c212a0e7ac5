"""A screen on a wall: it goes on by itself, follows what is published, forgets what may be outdated."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from feeds.app import create_app
from tests.browser.test_public_pages import running
from tests.feeds.invented import NOW, SLUG, Clock, FakeDoor, a_door, item_id, settings, shown

pytestmark = pytest.mark.browser

STAY = 25_000
MINUTE = 60_000
CLASSES = "document.documentElement.className"


class Wall(NamedTuple):
    """A running site, what it shows, and the clock that paces its looks at that."""

    url: str
    door: FakeDoor
    clock: Clock


@pytest.fixture
def wall() -> Iterator[Wall]:
    door, clock = a_door(shown(1), shown(2)), Clock()
    public = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{public.port}"
    public.app = create_app(settings(public_url=url), door, lambda: NOW, clock)
    with running(public):
        yield Wall(f"{url}/{SLUG}/k/wall", door, clock)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()


def seen(page: Page) -> list[str]:
    """Give the headings of the screens that can be seen."""
    return page.locator(".screen:visible .title").all_inner_texts()


def asked(page: Page, wall: Wall, milliseconds: int) -> int:
    """Let time pass until the next question has its answer; give the answer's status."""
    wall.clock.at += 1  # the site looks again at what is published
    with page.expect_response(wall.url) as answer:
        page.clock.run_for(milliseconds)
    return answer.value.status


def opened(page: Page, wall: Wall) -> None:
    with page.expect_response(wall.url), page.expect_response(wall.url):
        page.goto(wall.url)  # the page, and its first question
    expect(page.locator(".screen.now")).to_have_count(1)


def test_one_post_follows_the_other_then_the_invitation_and_the_next_round_looks_different(
    page: Page, wall: Wall
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    opened(page, wall)
    rounds = []
    for _ in range(6):
        rounds.append(seen(page))
        page.clock.run_for(STAY)
    one, two, invitation = ["Story hour number 1"], ["Story hour number 2"], ["#EngagedLibraries"]
    assert rounds == [one, two, invitation, one, two, invitation]
    moved = "document.querySelector('.screens').style.getPropertyValue('--shift-x')"
    assert page.evaluate(moved) not in ("", "0px")
    page.clock.run_for(3 * STAY)
    assert "turned" in page.evaluate(CLASSES)
    assert said == []


def test_somebody_who_reads_can_make_it_wait(page: Page, wall: Wall) -> None:
    opened(page, wall)
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(10 * STAY)
    assert seen(page) == ["Story hour number 1"]
    page.get_by_role("button", name="Go on").click()
    page.clock.run_for(STAY)
    assert seen(page) == ["Story hour number 2"]


def test_every_minute_it_asks_and_follows_what_is_published_and_withdrawn(
    page: Page, wall: Wall
) -> None:
    opened(page, wall)
    assert asked(page, wall, MINUTE) == 304
    wall.door.take_down(shown(1))
    wall.door.publish(shown(3))
    assert asked(page, wall, MINUTE) == 200
    expect(page.locator(".screen .title")).to_have_text(
        ["Story hour number 2", "Story hour number 3", "#EngagedLibraries"]
    )
    assert page.locator(".screen.now").count() == 1


def test_without_news_for_half_an_hour_only_the_invitation_is_shown_whatever_the_wall_clock_says(
    page: Page, wall: Wall
) -> None:
    opened(page, wall)
    page.context.route(wall.url, lambda route: route.abort())
    page.clock.set_system_time("2020-01-01")
    page.clock.run_for(29 * MINUTE)
    assert "stale" not in page.evaluate(CLASSES)
    page.clock.run_for(2 * MINUTE)
    for _ in range(3):  # and nothing follows it
        assert seen(page) == ["#EngagedLibraries"]
        page.clock.run_for(STAY)
    page.context.unroute(wall.url)
    asked(page, wall, MINUTE)
    page.wait_for_function(f"!{CLASSES}.includes('stale')")
    assert len(seen(page)) == 1


@pytest.mark.parametrize("status", [500, 404, 200])
def test_an_answer_that_is_no_page_of_ours_is_no_news(page: Page, wall: Wall, status: int) -> None:
    opened(page, wall)
    page.context.route(wall.url, lambda route: route.fulfill(status=status, body="<h1>Sign in</h1>"))
    page.clock.run_for(31 * MINUTE)
    expect(page.locator(".stale .invitation")).to_be_visible()
    assert "Sign in" not in page.locator("body").inner_text()


def test_it_begins_anew_every_hour_and_only_when_the_site_answers(page: Page, wall: Wall) -> None:
    opened(page, wall)
    page.evaluate("window.isTheSame = true")
    page.context.route(wall.url, lambda route: route.abort())
    page.clock.run_for(61 * MINUTE)
    assert page.evaluate("window.isTheSame")
    page.context.unroute(wall.url)
    with page.expect_navigation():
        page.clock.run_for(MINUTE)
    assert page.evaluate("window.isTheSame") is None


def test_it_is_dimmed_between_the_hours_that_its_address_names(page: Page, wall: Wall) -> None:
    page.clock.set_system_time("2026-05-20T21:59:00")
    page.goto(f"{wall.url}#night=22-7")
    assert "night" not in page.evaluate(CLASSES)
    page.clock.run_for(2 * MINUTE)
    assert "night" in page.evaluate(CLASSES)


def test_without_javascript_all_posts_stand_below_one_another(browser: Browser, wall: Wall) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(wall.url)
    assert page.locator("article:visible").count() == 2
    assert page.locator("button:visible").count() == 0
    codes = page.locator(".scan a").evaluate_all("links => links.map(link => link.href)")
    assert [code.rpartition("/")[2] for code in codes] == [item_id(1), item_id(2), ""]
    context.close()
