"""The addresses of an installation, and what is sent there: what the tests of every wall look at."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from werkzeug.test import Client

from moderation import sessions
from tests.browser.hostile.filling import DESK
from tests.browser.hostile.house import Site

TABS = ("waiting", "changed", "later", "shown", "not-shown", "removed")
WAYS = ("", "e/wall", "e/featured")


def some(site: Site, everything: Sequence[str], of_few: int, of_many: int) -> Sequence[str]:
    """Give as many pages as there is time to open: every one is read, and these are visited, too."""
    return everything[:: of_many if site.is_large else of_few]


def public_pages(site: Site) -> list[str]:
    return [f"/{DESK}/", f"/{DESK}/e/wall", *(f"/{slug}/{way}" for slug in site.walls for way in WAYS)]


def permalinks(site: Site) -> list[str]:
    return [f"/{slug}/p/{item}" for slug, item in site.posts]


def queue_pages(site: Site) -> list[str]:
    return [f"/moderate/{DESK}?state={tab}" for tab in TABS]


def item_pages(site: Site) -> list[str]:
    return [f"/moderate/{DESK}/item/{item}" for items in site.waiting.values() for item in items]


def opened(items: Sequence[str]) -> list[str]:
    """Give the queue, open at each of these posts. The next four wait behind it."""
    return [f"/moderate/{DESK}?item={path.rpartition('/')[2]}" for path in items]


def previews(items: Sequence[str]) -> list[str]:
    return [path.replace("/item/", "/preview/") for path in items]


def screens(site: Site) -> list[str]:
    """Give the screens of moderation that are not about one post."""
    campaigns = (DESK, *site.walls)
    return [
        *("/moderate/", "/moderate/people", "/moderate/account"),
        *(f"/moderate/{slug}/sources" for slug in campaigns),
        *(f"/moderate/{slug}/start" for slug in campaigns[:2]),
    ]


def paths_with(row: str) -> Iterator[str]:
    """Give addresses that hold a row, where there is nothing or where names are read generously."""
    told = quote(row[:500].encode("utf-8", "replace"), safe="")
    yield from (f"/{told}", f"/wall-0/{told}", f"/wall-0/p/{told}", f"/wall-0/e/{told}")
    yield from (f"/i/{told}", f"/{told}/e/wall", f"/moderate/{told}", f"/moderate/static/{told}")
    yield from (f"/moderate/{DESK}/item/{told}", f"/moderate/{DESK}/preview/{told}")
    yield f"/moderate/{DESK}?state={told}&item={told}&after={told}&view={told}&said={told}&done={told}"
    yield from (f"/moderate/{DESK}/sources?said={told}", f"/moderate/account?done={told}")
    yield f"/moderate/i/{told}"


def answers_to_forms(site: Site, asked: Client, words: str) -> list[str]:
    """Send forms that are shown again with what was typed into them, also words that came too late."""
    item = site.waiting["pending"][0]
    late = {"item": item, "version": "999", "action": "hold"}
    forms: dict[str, dict[str, str]] = {
        "/moderate/people/invite": {"role": "none", "email": words},
        f"/moderate/{DESK}/item/{item}/words": {"version": "0", "excerpt": words, "library": words},
        f"/moderate/{DESK}/decide": late | dict.fromkeys(("note", "after", "state"), words),
    }
    answers = []
    for path, form in forms.items():
        answer = asked.post(path, base_url=site.url, data={"csrf": sessions.csrf_of(site.token), **form})
        assert answer.status_code in (409, 422), path
        answers.append(answer.text)
    return answers
