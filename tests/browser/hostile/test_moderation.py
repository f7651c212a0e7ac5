"""Hostile texts in every field, on every screen of moderators, in a real browser.

Nothing runs, nothing breaks out, and no text covers a button or reaches into what is decided.
"""

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from moderation.actions import listing
from tests.browser.hostile import rows as hostile_rows
from tests.browser.hostile.filling import DESK
from tests.browser.hostile.house import Serve, Site
from tests.browser.hostile.pages import (
    answers_to_forms,
    item_pages,
    opened,
    previews,
    queue_pages,
    screens,
    some,
)
from tests.browser.hostile.witness import (
    DESKTOP,
    PHONE,
    Witness,
    nothing,
    phone_and_desk,
    reading,
    visited,
    witness,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
OPEN = "article.card:not(.next)"


def test_nothing_acts_in_the_queue(browser: Browser, site: Site, known: set[str]) -> None:
    """The next four wait behind the open one: all of them are there, each with its preview."""
    paths = [*queue_pages(site), *opened(some(site, item_pages(site), 14, 90))]
    with witness(browser, site, signed_in=True) as seen:
        nothing(visited(seen, paths, known))


def test_nothing_acts_while_somebody_goes_from_post_to_post(
    browser: Browser, site: Site, known: set[str]
) -> None:
    """Cards that were fetched are laid into the page that is open: by the keys, as moderators do it."""
    found: list[str] = []
    with witness(browser, site, signed_in=True) as seen:
        for tab in ("waiting", "later", "changed"):
            seen.visit(f"/moderate/{DESK}?state={tab}")
            for number in range(6):
                found += [f"{tab} {one}" for one in seen.page.evaluate("witness.covered()")]
                if number % 4 == 0:
                    found += [f"{tab} {one}" for one in (*seen.report(known), *seen.layout())]
                if not turned(seen):
                    break
    nothing(found)


def turned(seen: Witness) -> bool:
    """Go on to the next post; False at the end."""
    on = seen.page.locator('[data-way="on"]')
    if not on.count() or on.is_hidden():
        return False
    before = seen.page.locator(OPEN).get_attribute("data-item")
    seen.page.keyboard.press("j")
    seen.page.wait_for_selector(f'{OPEN}:not([data-item="{before}"])')
    return True


@pytest.mark.parametrize(("width", "height"), [(PHONE, 640), (DESKTOP, 800)])
def test_the_buttons_of_a_hostile_post_are_never_covered(
    browser: Browser, site: Site, known: set[str], width: int, height: int
) -> None:
    found: list[str] = []
    with witness(browser, site, signed_in=True, width=width, height=height) as seen:
        for items in site.waiting.values():
            for item in some(site, items[width % 7 :], 9, 30)[:2]:
                seen.visit(f"/moderate/{DESK}?item={item}&view=focus")
                found += [*seen.page.evaluate("witness.covered()"), *seen.layout(), *seen.report(known)]
    nothing(found)


def test_nothing_acts_beside_the_history_of_a_post(
    browser: Browser, site: Site, known: set[str]
) -> None:
    paths = item_pages(site)
    with reading(browser, site) as seen:
        nothing(seen.inspect(paths, known)[0])
        nothing(seen.inspect(some(site, paths, 3, 16), known, is_part=True)[0])
    with phone_and_desk(browser, site, signed_in=True) as both:
        nothing(visited(both, some(site, paths, 12, 80), known))


@pytest.mark.parametrize("way", ["", "?as=page"])
def test_nothing_acts_in_the_preview_opened_by_itself(
    browser: Browser, site: Site, known: set[str], way: str
) -> None:
    paths = [path + way for path in previews(item_pages(site))]
    with reading(browser, site) as seen:
        nothing(seen.inspect(paths, known)[0])
    with witness(browser, site, signed_in=True) as seen:
        nothing(visited(seen, some(site, paths, 12, 80), known))


def test_nothing_acts_on_the_other_screens(browser: Browser, site: Site, known: set[str]) -> None:
    paths = screens(site)
    with reading(browser, site) as seen:
        nothing(seen.inspect(paths, known)[0])
    few = ("/moderate/nowhere", *paths[:3], *some(site, paths[3:], 3, 16))
    with phone_and_desk(browser, site, signed_in=True) as both:
        nothing(visited(both, few, known))


def test_what_somebody_typed_comes_back_as_text(
    browser: Browser, site: Site, known: set[str], rows: tuple[str, ...]
) -> None:
    pages: list[str] = []
    packs, asked = hostile_rows.Packs(some(site, rows, 1, 4), 2000), site.moderator()
    while not packs.is_through:
        pages += answers_to_forms(site, asked, packs()[:2000].encode("utf-8", "replace").decode())
    with reading(browser, site) as seen:
        nothing(seen.read(pages, known))


def test_the_page_for_signing_in_repeats_no_markup(
    browser: Browser, site: Site, known: set[str], rows: tuple[str, ...]
) -> None:
    packs, asked = hostile_rows.Packs(rows, 500), site.visitor()
    paths: list[str] = []
    while not packs.is_through:
        told = quote(packs()[:2000].encode("utf-8", "replace"), safe="")
        paths.append(f"/moderate/sign-in?next={told}")
    pages = [asked.get(path, base_url=site.url).text for path in paths]
    with reading(browser, site) as seen:
        nothing(seen.read(pages, known))
    with witness(browser, site) as seen:
        nothing(visited(seen, paths[:: len(paths) // 4], known))


def test_a_key_decides_on_the_open_post_and_on_no_other(browser: Browser, serve: Serve) -> None:
    site = serve(hostile_rows.own()[:40])
    with witness(browser, site, signed_in=True) as seen:
        seen.visit(f"/moderate/{DESK}")
        for _ in range(3):
            before = states(site)
            there = str(seen.page.locator(OPEN).get_attribute("data-item"))
            with seen.page.expect_response(lambda answer: answer.url.endswith("/decide")) as decided:
                seen.page.keyboard.press("a")
            decided.value.finished()
            assert changed(before, states(site)) == {there: "approved"}
            seen.page.wait_for_selector(f'{OPEN}:not([data-item="{there}"])')
        # What is typed is typed: no letter of it decides.
        seen.page.evaluate("document.querySelector('.card:not(.next) details.more').open = true")
        before = states(site)
        seen.page.locator(f"{OPEN} textarea[name=note]").press_sequentially("arhfz")
        assert changed(before, states(site)) == {}


def states(site: Site) -> dict[str, str]:
    return {one.id: one.state.value for one in listing(site.desk.reader, campaign=DESK, limit=0)}


def changed(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return {item: state for item, state in after.items() if before[item] != state}
