"""Check my page: what of ours stands on a library's page, what its rules refuse, and nothing else."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from aggregator import page_check
from aggregator.errors import (
    AddressRefused,
    Denied,
    FetchError,
    Missing,
    NotConnected,
    NotUnderstood,
    TlsFailed,
    TooCostly,
    TooLarge,
    TooSlow,
)
from aggregator.page_check import KIND, PageChecks, Tools
from aggregator.page_policy import refused_by
from aggregator.page_reading import read_page
from aggregator.settings import Campaign
from aggregator.stages import Fetch, Reply
from aggregator.store import errands
from aggregator.store.errands import Errand
from aggregator.store.writer import Writer
from feeds import snippets
from feeds.checking import KIND as ASKED_KIND
from feeds.snippets import Line

OURS = "https://posts.library.example"
SLUG = "engagedlibraries"
PAGE = "https://www.riverside.example/news"
NOON = datetime.fromisoformat("2026-10-05T12:00:00+00:00")
HEAD = "<!doctype html><html><head><title>News</title></head><body><h1>News</h1>"
LINE = Line(OURS, Campaign(slug=SLUG, name="#EngagedLibraries"), "featured", "Posts", 420)


def found_in(html: str, url: str = PAGE) -> set[str]:
    return set(read_page(f"{HEAD}{html}".encode(), url, OURS, SLUG).found)


SURVIVED = {
    "the whole script": (snippets.script(LINE), {"element", "loader", "link"}),
    "the script that never changes": (
        snippets.fixed_script(LINE, "0123456789abcdef.js", "sha384-x"),
        {"element", "loader", "link"},
    ),
    "the frame": (snippets.frame(LINE), {"frame"}),
    "the picture": (snippets.picture(LINE), {"picture", "link"}),
    "the place without its script": (snippets.element(LINE), {"element", "link"}),
    "what WordPress leaves of it": (f'<p><a href="{OURS}/{SLUG}/">#EngagedLibraries</a></p>', {"link"}),
    "what WordPress makes of the address": (
        f'<blockquote class="wp-embedded-content"><a href="{OURS}/{SLUG}/">x</a></blockquote>'
        f'<iframe sandbox="allow-scripts" src="{OURS}/{SLUG}/e/featured#?secret=a1"></iframe>',
        {"link", "frame"},
    ),
    "a frame that waits for consent": (f'<iframe data-src="{OURS}/{SLUG}/es/e/wall">', {"frame"}),
    "one post in a frame": (f'<iframe src="{OURS}/{SLUG}/f/postaaaaaaab">', {"frame"}),
    "what a feed brings": (f'<ul><li><a href="{OURS}/{SLUG}/p/postaaaaaaab">A bus</a></ul>', {"post"}),
    "the line as text": ("<p>" + snippets.frame(LINE).replace("<", "&lt;") + "</p>", {"code"}),
    "the element as text": ("<pre>&lt;engaged-feed view=featured&gt;</pre>", {"code"}),
    "the address as text": (f"<p>{OURS}/{SLUG}/e/featured</p>", {"bare"}),
    "an address without a scheme": (f'<iframe src="//posts.library.example/{SLUG}/e/wall">', {"frame"}),
    "an address over plain http": (
        f'<img src="http://posts.library.example/{SLUG}/v/wall.png">',
        {"picture"},
    ),
    "nothing": ("<p>Opening hours</p>", set()),
    "somebody else's": (
        f'<iframe src="https://evil.example/{SLUG}/e/featured"></iframe>'
        f'<iframe src="https://posts.library.example.evil.example/{SLUG}/e/x"></iframe>'
        f'<iframe src="{OURS}/another/e/featured"></iframe>'
        f'<script src="{OURS}.evil.example/w/1.js"></script>',
        set(),
    ),
    "what is a remark, or data of a script": (
        f"<!-- {snippets.frame(LINE)} --><script>let line = '{snippets.frame(LINE)}'</script>",
        set(),
    ),
    "broken links": ('<a href="http://[">x</a><iframe src="http://[::1">', set()),
}


@pytest.mark.parametrize(("html", "found"), SURVIVED.values(), ids=SURVIVED)
def test_what_of_ours_stands_on_a_page_is_found(html: str, found: set[str]) -> None:
    assert found_in(html) == found


def test_links_are_read_from_where_the_page_says_it_stands() -> None:
    inside = f"{OURS}/pages/news"

    assert found_in(f'<iframe src="/{SLUG}/e/wall"></iframe>', inside) == {"frame"}
    assert found_in(f'<base href="{OURS}/"><iframe src="{SLUG}/e/wall"></iframe>') == {"frame"}


def test_a_page_in_another_encoding_reads_as_well() -> None:
    text = f'{HEAD}<iframe src="{OURS}/{SLUG}/e/wall"></iframe>'

    for encoding in ("utf-16", "latin-1", "utf-8-sig"):
        assert read_page(text.encode(encoding), PAGE, OURS, SLUG).found == {"frame"}


def test_policies_of_the_page_itself_are_taken_along() -> None:
    meta = "<meta http-equiv='Content-Security-Policy' content=\"frame-src 'none'\">"

    assert read_page(f"{HEAD}{meta}".encode(), PAGE, OURS, SLUG).policies == ("frame-src 'none'",)


def test_a_page_without_tags_is_no_page() -> None:
    assert not read_page(b"plain text", PAGE, OURS, SLUG).is_page


REFUSALS = [
    ("", set()),
    ("upgrade-insecure-requests", set()),
    ("default-src 'none'", {"script", "frame", "picture"}),
    ("default-src 'self'", {"script", "frame", "picture"}),
    ("default-src *", set()),
    ("default-src https:", set()),
    ("default-src http:", set()),
    ("default-src 'self'; frame-src https://posts.library.example", {"script", "picture"}),
    ("default-src 'self'; child-src posts.library.example", {"script", "picture"}),
    ("default-src 'self'; img-src data: https:", {"script", "frame"}),
    ("frame-src *.library.example", set()),
    ("frame-src *.example; FRAME-SRC 'none'", set()),
    ("frame-src library.example", {"frame"}),
    ("frame-src https://posts.library.example:8443", {"frame"}),
    ("frame-src https://posts.library.example:*", set()),
    ("frame-src wss://posts.library.example", {"frame"}),
    ("script-src https://posts.library.example", set()),
    ("script-src https://posts.library.example; connect-src 'self'", {"script"}),
    ("script-src https: 'strict-dynamic' 'nonce-x'", {"script"}),
    ("script-src 'none'; script-src-elem https:", set()),
    ("script-src 'nonce-x' 'unsafe-inline'", {"script"}),
    ("frame-src", {"frame"}),
    (";;  ; ", set()),
]


@pytest.mark.parametrize(("policy", "refused"), REFUSALS)
def test_a_policy_refuses_what_a_browser_would_refuse(policy: str, refused: set[str]) -> None:
    assert refused_by([policy], {}, PAGE, OURS) == refused


def test_every_policy_must_allow_what_is_loaded() -> None:
    assert refused_by(["frame-src *", "frame-src 'none'"], {}, PAGE, OURS) == {"frame"}


def test_self_is_the_page_and_not_us() -> None:
    assert refused_by(["frame-src 'self'"], {}, f"{OURS}/news", OURS) == frozenset()


def test_a_page_that_isolates_itself_refuses_frames() -> None:
    headers = {"cross-origin-embedder-policy": "require-corp"}

    assert refused_by([], headers, PAGE, OURS) == {"frame"}


def test_a_page_over_https_loads_nothing_over_http() -> None:
    assert refused_by([], {}, PAGE, "http://posts.library.example") == {"script", "frame", "picture"}


def reply(body: bytes, kind: str = "text/html; charset=utf-8", **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(PAGE, 200, {"content-type": kind, **named}, body, NOON)


class World:
    """A web of one page, and no child: what is read here is our own."""

    def __init__(self, answer: Reply | FetchError) -> None:
        self.answer = answer
        self.asked: list[tuple[str, int]] = []
        self.fails_with: Exception | None = None

    def fetch(self, slug: str) -> Fetch:
        async def ask(url: str, *, max_bytes: int = 0, **_: Any) -> Reply:
            self.asked.append((url, max_bytes))
            if isinstance(self.answer, FetchError):
                raise self.answer
            return self.answer

        return ask

    async def in_child(self, task: str, *arguments: Any) -> Any:
        assert task == "read_page"
        if self.fails_with:
            raise self.fails_with
        return read_page(*arguments)

    def checks(self, writer: Any = None) -> PageChecks:
        return PageChecks(Tools(writer, self.fetch, self.in_child, lambda: NOON, OURS))


ERRAND = Errand("t", SLUG, KIND, {"address": PAGE, "tried": ""}, NOON, None, {})


def answered(world: World, errand: Errand = ERRAND) -> Mapping[str, Any]:
    return asyncio.run(world.checks().answer(errand))


def test_a_page_is_read_once_and_told_in_words_about_us() -> None:
    body = f"{HEAD}{snippets.frame(LINE)}<p>secret of the page</p>".encode()
    world = World(reply(body, content_security_policy="default-src 'self', img-src https:"))

    assert answered(world) == {
        "read": True,
        "found": ["frame"],
        "refused": ["frame", "picture", "script"],
    }
    assert world.asked == [(PAGE, 2_000_000)]


COARSE = [
    (AddressRefused("10.0.0.7 is private", url="http://10.0.0.7/"), "no-answer"),
    (NotConnected("connection refused", url=PAGE), "no-answer"),
    (TlsFailed("self-signed", url=PAGE), "no-answer"),
    (TooSlow("30 s", url=PAGE), "no-answer"),
    (Denied("status 403", status=403), "refused"),
    (Missing("status 404", status=404), "refused"),
    (TooLarge("3 MB"), "too-large"),
]


@pytest.mark.parametrize(("error", "why"), COARSE, ids=lambda one: getattr(one, "code", one))
def test_what_went_wrong_is_told_so_coarsely_that_nothing_is_learnt(error: FetchError, why: str) -> None:
    assert answered(World(error)) == {"read": False, "why": why}


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/json", ""])
def test_what_is_no_page_is_not_read(kind: str) -> None:
    assert answered(World(reply(b"%PDF-1.7 <iframe>", kind))) == {"read": False, "why": "no-page"}


@pytest.mark.parametrize("error", [TooCostly("it ate too much"), NotUnderstood("it broke")])
def test_a_page_that_breaks_its_reader_costs_nobody_else_anything(error: Exception) -> None:
    world = World(reply(HEAD.encode()))
    world.fails_with = error

    assert answered(world) == {"read": False, "why": "no-page"}


def test_an_errand_of_another_sort_is_answered_too_so_that_it_does_not_wait_for_ever() -> None:
    assert answered(World(reply(b"")), replace(ERRAND, kind="other")) == {
        "read": False,
        "why": "unknown",
    }


def test_both_halves_call_the_errand_the_same() -> None:
    assert KIND == ASKED_KIND


def test_a_page_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_check, "AT_MOST_S", 0)

    async def hang(*_: Any, **__: Any) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    world = World(reply(b""))
    checks = PageChecks(Tools(None, lambda _: hang, world.in_child, lambda: NOON, OURS))  # type: ignore[arg-type] # nothing is written here

    assert asyncio.run(checks.answer(ERRAND)) == {"read": False, "why": "no-answer"}


def test_what_was_asked_is_answered_in_its_turn_and_once(writer: Engine) -> None:
    world = World(reply(f"{HEAD}{snippets.frame(LINE)}".encode()))
    with writer.begin() as connection:
        first = errands.ask(connection, SLUG, KIND, {"address": PAGE}, NOON - timedelta(seconds=9))
        second = errands.ask(connection, SLUG, KIND, {"address": PAGE}, NOON)

    async def work() -> None:
        thread = Writer(writer)
        try:
            checks = world.checks(thread)
            await checks.settle()
            await checks.settle()
        finally:
            thread.close()

    asyncio.run(work())

    assert len(world.asked) == 2
    with writer.connect() as connection:
        for token in (first, second):
            errand = errands.answer_of(connection, token)
            assert errand
            assert (errand.answered_at, errand.answer["found"]) == (NOON, ["frame"])
