"""Hostile texts in every field, on every public page, in a real browser: nothing runs or breaks out.

The posts come in through RawItem, clean and intake, and the application is the real one. What a page may
be made of is learned from the same pages with harmless posts: whatever is there besides, a row made.

A page of ours holds nothing foreign that a policy could refuse: so not even a refusal is allowed here.
"""

import json
from unicodedata import category, normalize

import pytest
from playwright.sync_api import Browser

from feeds.texts import legible
from moderation.actions import listing
from tests.browser.hostile.filling import DESK
from tests.browser.hostile.house import Site
from tests.browser.hostile.pages import WAYS, paths_with, permalinks, public_pages, some
from tests.browser.hostile.witness import nothing, phone_and_desk, reading, visited, witness

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PLAYFUL = ("So", "Sk", "Mn", "Cf")


def test_the_hub_and_frames_are_made_of_our_own_parts(
    browser: Browser, site: Site, known: set[str]
) -> None:
    with reading(browser, site) as seen:
        wrong, _ = seen.inspect(["/", *public_pages(site)], known)
    nothing(wrong)


def test_nothing_acts_on_the_hub_and_in_frames(browser: Browser, site: Site, known: set[str]) -> None:
    """Every campaign is visited, in one of its three forms: so each row once, at least, could act."""
    ways = [f"/{slug}/{WAYS[number // 2 % 3]}" for number, slug in enumerate(site.walls)]
    with phone_and_desk(browser, site) as both:
        nothing(visited(both, ["/", f"/{DESK}/", *ways], known))


def test_nothing_acts_on_the_page_of_a_post(browser: Browser, site: Site, known: set[str]) -> None:
    paths = permalinks(site)
    with reading(browser, site) as seen:
        wrong, headlines = seen.inspect(paths, known)
    nothing(wrong)
    shown = listing(site.desk.reader, limit=0)
    titles = {f"/{one.campaign}/p/{one.id}": one.item.title for one in shown if one.item.title}
    # Neither escaped twice, nor swallowed: what was written stands there, letter by letter.
    assert {path: letters(headlines[path]) for path in paths if path in titles} == {
        path: letters(legible(titles[path])) for path in paths if path in titles
    }
    with phone_and_desk(browser, site) as both:
        nothing(visited(both, some(site, paths, 10, 60), known))


def letters(words: str) -> str:
    """Give words without what pages may change to make them readable: playful letters, rows of emoji."""
    plain = normalize("NFKC", words)
    return "".join(each for each in plain if each.isascii() or category(each) not in PLAYFUL)


def test_a_feed_is_made_of_our_own_elements(browser: Browser, site: Site, harmless: Site) -> None:
    with reading(browser, harmless) as seen:
        known = seen.namespaces([f"/{slug}/v/wall.rss" for slug in (*harmless.walls, DESK)])
    with reading(browser, site) as seen:
        elements = seen.namespaces([f"/{slug}/v/wall.rss" for slug in (*site.walls, DESK)])
    assert elements <= known
    assert " item" in elements


def test_what_programs_take_from_a_feed_for_markup_holds_nothing_that_acts(
    browser: Browser, site: Site, known: set[str]
) -> None:
    paths = [f"/{slug}/v/wall.{form}" for slug in site.walls for form in ("rss", "json")]
    with reading(browser, site) as seen:
        nothing(seen.read_feeds(paths, known))


def test_nothing_acts_in_a_feed_that_is_opened_as_a_document(browser: Browser, site: Site) -> None:
    found: list[str] = []
    feeds = some(site, [f"/{slug}/v/wall" for slug in site.walls], 3, 24)
    with witness(browser, site) as seen:
        for path in (feed + form for feed in feeds for form in (".rss", ".json")):
            seen.visit(path)
            assert seen.page.evaluate("document.scripts.length") == 0
            found += [one for one in seen.report(()) if not one.startswith("wrong")]
    nothing(found)


def test_no_feed_can_be_taken_for_a_page(site: Site) -> None:
    asked = site.visitor()
    for feed in (f"/{slug}/v/wall" for slug in site.walls):
        for form, kind in ((".rss", "application/rss+xml"), (".json", "application/feed+json")):
            answer = asked.get(feed + form, headers={"Accept": "text/html"})
            assert answer.content_type == f"{kind}; charset=utf-8"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert json.loads(answer.data)["items"]


def test_no_address_puts_its_words_into_a_page(
    browser: Browser, site: Site, known: set[str], rows: tuple[str, ...]
) -> None:
    """Each row in one of the places of an address that are read, the next row in the next place."""
    asked = site.moderator()
    pages: dict[str, str] = {}
    for number, row in enumerate(some(site, rows, 1, 3)):
        paths = [*paths_with(row)]
        path = paths[number % len(paths)]
        answer = asked.get(path, base_url=site.url)
        assert answer.headers.get("X-Content-Type-Options") == "nosniff"
        if answer.data:
            pages.setdefault(answer.text, path)
    # Whatever the words of the addresses were, there are only a few answers to them.
    assert len(pages) < 40, [*pages.values()]
    with reading(browser, site) as seen:
        nothing(seen.read([*pages], known))
    with witness(browser, site, signed_in=True) as seen:
        nothing(visited(seen, [*pages.values()][::3], known))


def test_what_is_no_longer_shown_says_so_and_nothing_else(
    browser: Browser, site: Site, known: set[str]
) -> None:
    slug, item = site.gone
    with witness(browser, site) as seen:
        nothing(visited(seen, [f"/{slug}/p/{item}"], known))
        assert seen.page.locator("h1").inner_text() == "This post is no longer shown"
