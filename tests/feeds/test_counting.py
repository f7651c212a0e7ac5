"""Counting without spying: what is counted, what never is, and that nothing of it reaches a reader."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from aggregator.store.counts import Counted
from feeds.app import create_app
from feeds.counting import Counting, Seen, Tally, flush, reported, seen_at, site_of
from tests.feeds.invented import NOW, SLUG, Clock, a_door, item_id, settings, shown

READER = {"HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
HOUR = NOW.replace(minute=0, second=0, microsecond=0)
SITE = "https://www.riverside.example"


class Desk:
    """The public application with its counting, and what was counted."""

    def __init__(self) -> None:
        self.tally = Tally()
        app = create_app(settings(), a_door(shown(1)), lambda: NOW, Clock())
        self.answer = Counting(app, settings(), self.tally, lambda: NOW)

    def ask(
        self, path: str, query: str = "", method: str = "GET", body: bytes = b"", **headers: str
    ) -> tuple[str, dict[str, str]]:
        told: list[Any] = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": BytesIO(),
            "CONTENT_LENGTH": str(len(body)) if body else "",
            **READER,
            **headers,
        }

        def start(*said: Any) -> Any:
            told.append(said)

        answer: Iterable[bytes] = self.answer(environ, start)
        b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()
        status, sent = told[0][:2]
        return status, dict(sent)

    def report(self, **said: object) -> tuple[str, dict[str, str]]:
        headers = {key: str(said.pop(key)) for key in [*said] if key.startswith("HTTP_")}
        body = json.dumps({"view": "featured", "host": "riverside.example", **said}).encode()
        return self.ask(f"/{SLUG}/count", method="POST", body=body, **headers)

    @property
    def counted(self) -> list[Counted]:
        return sorted(self.tally.take(), key=str)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_frame_that_was_given_is_counted_in_its_hour_and_under_the_name_it_really_shows(
    desk: Desk,
) -> None:
    for path in ("featured", "wall", "a-view-of-2026"):
        desk.ask(f"/{SLUG}/e/{path}")

    assert desk.counted == [
        Counted(SLUG, HOUR, "view", "featured", amount=2),
        Counted(SLUG, HOUR, "view", "wall"),
    ]


def test_a_post_that_is_opened_counts_and_says_from_which_display(desk: Desk) -> None:
    path = f"/{SLUG}/p/{item_id(1)}"
    desk.ask(path)
    desk.ask(path, "v=wall")

    assert desk.counted == [
        Counted(SLUG, HOUR, "click", "wall", item_id(1)),
        Counted(SLUG, HOUR, "permalink", "", item_id(1)),
    ]


def test_what_is_not_there_and_what_is_only_asked_about_is_not_counted(desk: Desk) -> None:
    desk.ask(f"/{SLUG}/p/{item_id(9)}")
    desk.ask("/no-campaign/e/featured")
    desk.ask(f"/{SLUG}/e/featured", method="HEAD")
    desk.ask(f"/{SLUG}/")

    assert desk.counted == []


SILENT = [
    {"HTTP_SEC_GPC": "1"},
    {"HTTP_DNT": "1"},
    {"HTTP_SEC_PURPOSE": "prefetch;prerender"},
    {"HTTP_USER_AGENT": ""},
    {"HTTP_USER_AGENT": "Mozilla/5.0 (compatible; ExampleBot/1.0; +https://bot.example)"},
    {"HTTP_USER_AGENT": "curl/8.1"},
]


@pytest.mark.parametrize("headers", SILENT, ids=str)
def test_who_asks_not_to_be_counted_and_who_is_a_program_is_not(
    desk: Desk, headers: dict[str, str]
) -> None:
    assert desk.ask(f"/{SLUG}/e/featured", "", "GET", b"", **headers)[0] == "200 OK"
    assert desk.report(**headers)[0] == "204 No Content"
    assert desk.counted == []


def test_our_own_page_with_previews_counts_nothing(desk: Desk) -> None:
    desk.ask(f"/{SLUG}/e/featured", HTTP_SEC_FETCH_SITE="same-origin")

    assert desk.counted == []


def test_a_report_counts_the_display_and_its_site_and_nothing_else(desk: Desk) -> None:
    status, headers = desk.report(n=3, reader="somebody", posts=["x"])

    assert status == "204 No Content"
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in headers
    assert desk.counted == [Counted(SLUG, HOUR, "view", "featured", host="riverside.example")]


def test_the_browsers_word_about_the_site_counts_more_than_the_reports(desk: Desk) -> None:
    desk.report(host="liar.example", HTTP_ORIGIN=SITE)
    desk.report(host="honest.example", HTTP_ORIGIN="null")

    assert [one.host for one in desk.counted] == ["honest.example", "riverside.example"]


NONSENSE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe",
    b'{"view": 1}',
    b'{"view": ""}',
    b"[" * 2000,
    b'{"view": "featured", "more": "' + b"x" * 3000 + b'"}',
]


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: repr(body[:20]))
def test_nonsense_is_answered_like_sense_and_not_counted(desk: Desk, body: bytes) -> None:
    assert desk.ask(f"/{SLUG}/count", method="POST", body=body)[0] == "204 No Content"
    assert desk.ask("/no-campaign/count", method="POST", body=b'{"view": "x"}')[0] == "204 No Content"
    assert desk.counted == []


def test_a_browser_that_asks_first_whether_it_may_report_is_told_so(desk: Desk) -> None:
    status, headers = desk.ask(f"/{SLUG}/count", method="OPTIONS", HTTP_ORIGIN=SITE)

    assert status == "204 No Content"
    assert headers["Access-Control-Allow-Methods"] == "POST"
    assert desk.counted == []


SITES = {
    "https://www.Riverside.example:8443": "riverside.example",
    "guides.riverside.example": "guides.riverside.example",
    "https://bücher.example": "xn--bcher-kva.example",
    "riverside.example.": "riverside.example",
    "localhost": "",
    "http://localhost:3000": "",
    "intranet.local": "",
    "printer": "",
    "127.0.0.1": "",
    "http://[::1]/": "",
    "192.168.0.7:80": "",
    "null": "",
    "": "",
    "https://": "",
    "a b.example": "",
    "x" * 300 + ".example": "",
    "<script>.example": "",
    "http://[": "",
}


@pytest.mark.parametrize(("said", "site"), SITES.items())
def test_a_site_is_a_public_name_or_nothing(said: str, site: str) -> None:
    assert site_of(said) == site


def test_memory_is_bounded_and_what_is_known_goes_on_counting() -> None:
    tally = Tally(most=2)
    for site in ("a.example", "b.example", "c.example", "a.example"):
        tally.add(Seen(SLUG, "view", "featured", site=site), NOW)

    assert {one.host: one.amount for one in tally.take()} == {"a.example": 2, "b.example": 1}


def test_what_could_not_be_written_is_written_the_next_time() -> None:
    tally, written = Tally(), list[Counted]()
    tally.add(Seen(SLUG, "view", "featured"), NOW)

    def refuse(_: Sequence[Counted]) -> None:
        raise OSError("the disk is full")

    flush(tally, refuse)
    tally.add(Seen(SLUG, "view", "featured"), NOW)
    flush(tally, written.extend)
    flush(tally, written.extend)

    assert written == [Counted(SLUG, HOUR, "view", "featured", amount=2)]


def test_hours_are_kept_apart() -> None:
    tally = Tally()
    for minute, hour in ((59, 12), (0, 13)):
        tally.add(Seen(SLUG, "view", "featured"), datetime(2026, 5, 20, hour, minute, tzinfo=UTC))

    assert [one.hour.hour for one in tally.take()] == [12, 13]


def test_a_query_that_is_too_long_or_names_no_display_changes_nothing() -> None:
    path = f"/{SLUG}/p/{item_id(1)}"

    assert seen_at(settings(), path, "v=" + "x" * 600) == Seen(SLUG, "permalink", item=item_id(1))
    assert seen_at(settings(), path, "v=gone") == Seen(SLUG, "click", "featured", item_id(1))
    assert seen_at(settings(), path, "&" * 400) == Seen(SLUG, "permalink", item=item_id(1))


def test_a_display_that_is_not_there_is_reported_as_the_one_that_stands_in() -> None:
    body = b'{"view": "a-view-of-2026", "host": "riverside.example"}'

    assert reported(settings(), SLUG, body, "") == Seen(
        SLUG, "view", "featured", site="riverside.example"
    )


def test_a_click_from_the_weekly_mail_counts_for_its_edition() -> None:
    path = f"/{SLUG}/p/{item_id(1)}"
    found = seen_at(settings(), path, "v=highlights-12")
    assert found == Seen(SLUG, "click", "highlights-12", item_id(1))


@pytest.mark.parametrize(
    "name", ["highlights-0", "highlights-012", "highlights-99999", "highlights-1x", "highlights-"]
)
def test_no_number_of_editions_can_be_made_up_without_end(name: str) -> None:
    path = f"/{SLUG}/p/{item_id(1)}"
    assert seen_at(settings(), path, f"v={name}") == Seen(SLUG, "click", "featured", item_id(1))
