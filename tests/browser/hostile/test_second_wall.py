"""What stands when the first wall does not: texts stored as they came, pages that escape nothing.

With templates as they are, nobody relies on cleaning. With templates that escape nothing only the policy
is left: refusals show that it stands.
"""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Error

import feeds.page
import moderation.drawing
from tests.browser.chromium import another_like
from tests.browser.hostile.house import Site
from tests.browser.hostile.pages import (
    item_pages,
    opened,
    permalinks,
    previews,
    public_pages,
    queue_pages,
)
from tests.browser.hostile.witness import Witness, nothing, phone_and_desk, reading, visited, witness

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_public_pages_escape_whatever_the_store_holds(
    browser: Browser, defenceless: Site, known: set[str]
) -> None:
    """Not even an address that cleaning would have refused becomes a link."""
    with reading(browser, defenceless) as seen:
        nothing(seen.inspect(public_pages(defenceless), known)[0])


def test_screens_of_moderators_escape_whatever_the_store_holds(
    browser: Browser, defenceless: Site, known: set[str]
) -> None:
    items = item_pages(defenceless)
    paths = [*queue_pages(defenceless), *items, *previews(items[::4])]
    with reading(browser, defenceless) as seen:
        nothing(seen.inspect(paths, known)[0])


def test_signs_that_turn_the_direction_turn_nothing_beside_them(
    browser: Browser, defenceless: Site, known: set[str]
) -> None:
    """Not even those that cleaning takes away: every name and every text ends where it ends."""
    walls = [f"/{slug}/e/wall" for slug in defenceless.walls[::2]]
    items = opened(item_pages(defenceless)[::14])
    with phone_and_desk(browser, defenceless, signed_in=True) as both:
        nothing(visited(both, [*walls, *items], known))


@pytest.fixture
def bare(defenceless: Site) -> Iterator[Site]:
    """Serve pages that escape nothing, and none that was finished before."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (feeds.page, moderation.drawing):
            bare = module.environment().overlay(autoescape=False)
            patch.setattr(module, "environment", lambda bare=bare: bare)
        defenceless.open()
        yield defenceless
    defenceless.open()


def public_kinds(site: Site) -> dict[str, list[str]]:
    return {
        "hub": [f"/{slug}/" for slug in site.walls],
        "wall": [f"/{slug}/e/wall" for slug in site.walls],
        "featured": [f"/{slug}/e/featured" for slug in site.walls],
        "permalink": permalinks(site),
    }


def moderation_kinds(site: Site) -> dict[str, list[str]]:
    items = item_pages(site)
    return {
        "queue": opened(items),
        "item": items,
        "preview": previews(items),
        "sources": [f"/moderate/{slug}/sources" for slug in site.walls],
    }


@pytest.mark.parametrize("kinds", [public_kinds, moderation_kinds])
def test_the_policy_alone_stops_every_script(
    browser: Browser, bare: Site, kinds: Callable[[Site], dict[str, list[str]]]
) -> None:
    running: dict[str, str] = {}
    with (
        another_like(browser) as other,
        witness(other, bare, signed_in=True, is_left_open=True, bypass_csp=True) as seen,
    ):
        for kind, paths in kinds(bare).items():
            running[kind] = next((path for path in paths if acted(seen, path)), "")
    assert "" not in running.values(), f"without the policy they do run: {running}"
    for kind, paths in kinds(bare).items():
        with witness(browser, bare, signed_in=True) as seen:
            looked_at = (running[kind], *paths[1 :: len(paths) // 3 + 1])
            assert {path: ran for path in looked_at if (ran := acted(seen, path))} == {}
            assert any("script-src" in one for one in seen.happened), f"the policy refused some: {kind}"


def acted(seen: Witness, path: str) -> list[str]:
    """Open a page that may be in pieces, and give what ran in it."""
    seen.dialogs.clear()
    try:
        seen.visit(path)
        seen.poke()
    except Error:
        pass  # it led elsewhere, where nothing answers: harm, and no script
    return seen.ran()
