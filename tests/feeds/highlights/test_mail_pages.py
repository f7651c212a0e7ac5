"""Subscribing, confirming, choosing, leaving: what each page says, and that only forms change things."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aggregator.errors import StoreBusy
from aggregator.settings import Mail
from feeds.highlights.bounces import Returned
from feeds.i18n import languages, words
from tests.feeds.highlights.readers import (
    ADDRESS,
    KEY,
    MAIL,
    TOKEN,
    FakeSubscribers,
    a_mailing_site,
    reader,
)
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG

AT = f"/{SLUG}"
NETWORK = {"X-Forwarded-For": "203.0.113.9"}


@pytest.fixture
def subscribers() -> FakeSubscribers:
    return FakeSubscribers(tokens={TOKEN: KEY})


@pytest.fixture
def client(subscribers: FakeSubscribers) -> FlaskClient:
    return a_mailing_site(subscribers)


def said(key: str, language: str = "en", **values: str) -> str:
    return words(language)(key, **values)


def text_of(answer: TestResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_the_form_says_what_comes_and_what_is_kept(client: FlaskClient) -> None:
    page = text_of(client.get(f"{AT}/subscribe"))

    assert "One mail a week, on Friday, with up to 7 posts from #EngagedLibraries" in page
    for key in ("subscribe-kept", "subscribe-kept-after", "subscribe-kept-network"):
        assert said(key) in page


def test_who_asks_is_told_to_look_into_the_mailbox(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    form = {"address": " ana@Riverside.example ", "language": "es"}
    answer = client.post(f"{AT}/subscribe", data=form, headers=NETWORK)

    assert subscribers.changes == [("ask", ADDRESS, "es", "203.0.113.0/24")]
    assert answer.status_code == 200
    assert said("asked-title") in text_of(answer)
    assert ADDRESS in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_language_that_is_none_becomes_that_of_the_page(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    client.post(f"{AT}/es/subscribe", data={"address": ADDRESS})
    client.post(f"{AT}/es/subscribe", data={"address": ADDRESS, "language": "xx"})

    assert [change[2] for change in subscribers.changes] == ["es", "en"]


NO_ADDRESSES = [
    *("", "ana", "ana@", "@riverside.example", "ana@riverside", "a b@riverside.example"),
    *("ana@riverside.example\nBcc: all@riverside.example", "ana@127.0.0.1", "ana,ben@riverside.example"),
    *('"ana"@riverside.example', "<ana@riverside.example>", "ana@riverside.example" + "x" * 300),
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_said_beside_the_field(
    client: FlaskClient, subscribers: FakeSubscribers, address: str
) -> None:
    answer = client.post(f"{AT}/subscribe", data={"address": address})

    assert answer.status_code == 400
    assert said("subscribe-no-address") in answer.text
    assert 'aria-invalid="true" aria-describedby="mistake"' in answer.text
    assert subscribers.changes == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}],
    ids=["fetch", "origin"],
)
def test_a_form_of_another_site_subscribes_nobody(
    client: FlaskClient, subscribers: FakeSubscribers, headers: dict[str, str]
) -> None:
    answer = client.post(f"{AT}/subscribe", data={"address": ADDRESS}, headers=headers)

    assert answer.status_code == 403
    assert said("subscribe-elsewhere") in answer.text
    assert subscribers.changes == []


def test_without_mail_nobody_can_subscribe_but_everybody_can_leave(
    subscribers: FakeSubscribers,
) -> None:
    client = a_mailing_site(subscribers, mail=Mail())

    page = client.get(f"{AT}/subscribe")
    assert said("subscribe-not-here") in page.text
    assert "<form" not in page.text
    client.post(f"{AT}/subscribe", data={"address": ADDRESS})
    assert subscribers.changes == []

    assert client.post(f"{AT}/unsubscribe/{KEY}").status_code == 200
    assert subscribers.there[KEY].state == "unsubscribed"


def test_confirming_takes_a_button_and_leads_to_ones_own_page(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    page = client.get(f"{AT}/confirm/{TOKEN}")
    assert said("confirm-go") in page.text
    assert f'method="post" action="{AT}/confirm/{TOKEN}"' in page.text

    sent = client.post(f"{AT}/confirm/{TOKEN}")

    assert (sent.status_code, sent.headers["Location"]) == (303, f"{AT}/preferences/{KEY}")
    assert said("mail-gets-it-title") in client.get(sent.headers["Location"]).text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_used_up_says_so(client: FlaskClient, method: str) -> None:
    client.post(f"{AT}/confirm/{TOKEN}")

    again = client.open(f"{AT}/confirm/{TOKEN}", method=method)

    assert again.status_code == 404
    assert said("confirm-over-title") in again.text
    assert f'href="{AT}/subscribe"' in again.text


def test_a_reader_changes_the_language(client: FlaskClient, subscribers: FakeSubscribers) -> None:
    page = client.post(f"{AT}/preferences/{KEY}", data={"language": "es"})

    assert subscribers.there[KEY].language == "es"
    assert said("mail-saved") in page.text
    assert '<option value="es" lang="es" selected>' in page.text


def test_a_zone_is_asked_for_only_where_it_counts(subscribers: FakeSubscribers) -> None:
    plain = a_mailing_site(subscribers)
    assert 'name="zone"' not in plain.get(f"{AT}/preferences/{KEY}").text

    client = a_mailing_site(subscribers, highlights={"own_zone": True})
    page = client.get(f"{AT}/preferences/{KEY}").text
    assert '<option value="America/New_York" selected>New York</option>' in page
    client.post(f"{AT}/preferences/{KEY}", data={"zone": "Africa/Lagos"})
    assert subscribers.there[KEY].zone == "Africa/Lagos"
    client.post(f"{AT}/preferences/{KEY}", data={"zone": "Nowhere/Else", "language": "xx"})
    assert (subscribers.there[KEY].zone, subscribers.there[KEY].language) == ("Africa/Lagos", "en")


def test_a_pause_lasts_four_weeks_and_can_be_ended(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    page = client.post(f"{AT}/preferences/{KEY}", data={"do": "pause"})
    assert subscribers.there[KEY].paused_until == NOW + timedelta(weeks=4)
    assert said("mail-paused-text", date="June 17, 2026") in page.text

    client.post(f"{AT}/preferences/{KEY}", data={"language": "es"})
    assert subscribers.there[KEY].paused_until == NOW + timedelta(weeks=4)

    page = client.post(f"{AT}/preferences/{KEY}", data={"do": "resume"})
    assert subscribers.there[KEY].paused_until is None
    assert said("mail-gets-it-title") in page.text


def test_a_pause_that_is_over_is_over(subscribers: FakeSubscribers) -> None:
    subscribers.there[KEY] = reader("paused", paused_until=NOW)
    assert said("mail-gets-it-title") in a_mailing_site(subscribers).get(f"{AT}/preferences/{KEY}").text


@pytest.mark.parametrize("state", ["asked", "unsubscribed", "suppressed"])
def test_who_gets_no_mail_can_choose_nothing(subscribers: FakeSubscribers, state: str) -> None:
    subscribers.there[KEY] = reader(state)
    client = a_mailing_site(subscribers)

    for answer in (
        client.get(f"{AT}/preferences/{KEY}"),
        client.post(f"{AT}/preferences/{KEY}", data={"do": "resume"}),
    ):
        assert said("mail-left-title") in answer.text
        assert "<form" not in answer.text
    assert subscribers.changes == []


def test_leaving_takes_one_click_of_a_mail_program_and_no_session(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    """RFC 8058, section 3.2: no cookie, no redirect, another site as origin."""
    answer = client.post(
        f"{AT}/unsubscribe/{KEY}",
        data="List-Unsubscribe=One-Click",
        content_type="application/x-www-form-urlencoded",
        headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 200
    assert subscribers.changes == [("unsubscribe", KEY, "one-click")]


def test_a_mail_program_may_send_the_wish_as_a_form_with_parts(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    form = {"List-Unsubscribe": "One-Click"}
    answer = client.post(f"{AT}/unsubscribe/{KEY}", data=form, content_type="multipart/form-data")

    assert answer.status_code == 200
    assert subscribers.changes == [("unsubscribe", KEY, "one-click")]


def test_leaving_by_the_button_and_twice_is_leaving_once(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    page = client.get(f"{AT}/unsubscribe/{KEY}")
    assert f'method="post" action="{AT}/unsubscribe/{KEY}"' in page.text

    for _ in range(2):
        answer = client.post(f"{AT}/unsubscribe/{KEY}")
        assert answer.status_code == 200
        assert said("unsubscribe-done-title") in answer.text
    assert subscribers.there[KEY].cause == "page"
    assert said("unsubscribe-done-title") in client.get(f"{AT}/unsubscribe/{KEY}").text


@pytest.mark.parametrize("page", ["preferences", "unsubscribe"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_is_not_whole_is_told_apart_from_success(
    client: FlaskClient, page: str, method: str
) -> None:
    for path in (f"{AT}/{page}/{KEY[:-1]}", f"/other/{page}/{KEY}"):
        answer = client.open(path, method=method)
        assert answer.status_code == 404
        assert said("key-unknown-title") in answer.text


SCANNED = ("GET", "HEAD")
SCANNERS = ({}, {"Sec-Purpose": "prefetch"}, {"User-Agent": "SafeLinks"}, {"Range": "bytes=0-100"})


@pytest.mark.parametrize("path", [f"confirm/{TOKEN}", f"preferences/{KEY}", f"unsubscribe/{KEY}"])
def test_a_scanner_that_looks_at_every_link_of_a_mail_changes_nothing(
    client: FlaskClient, subscribers: FakeSubscribers, path: str
) -> None:
    before = (dict(subscribers.there), dict(subscribers.tokens))
    for method in SCANNED:
        for headers in SCANNERS:
            for query in ("", "?List-Unsubscribe=One-Click&do=pause&language=es"):
                answer = client.open(f"{AT}/{path}{query}", method=method, headers=headers)
                assert answer.status_code == 200
    assert subscribers.changes == []
    assert (subscribers.there, subscribers.tokens) == before


@pytest.mark.parametrize("path", [f"confirm/{TOKEN}", f"preferences/{KEY}", f"unsubscribe/{KEY}"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_with_a_secret_in_its_address_keeps_it(
    client: FlaskClient, path: str, method: str
) -> None:
    answer = client.open(f"{AT}/{path}", method=method)

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert ADDRESS not in answer.text
    if answer.status_code == 200:
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert '<meta name="robots" content="noindex">' in answer.text


def test_no_other_method_reaches_a_form(client: FlaskClient, subscribers: FakeSubscribers) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = client.open(f"{AT}/unsubscribe/{KEY}", method=method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert subscribers.changes == []


def test_a_form_that_is_too_large_is_refused(client: FlaskClient, subscribers: FakeSubscribers) -> None:
    answer = client.post(f"{AT}/subscribe", data={"address": "x" * 10_000})
    assert answer.status_code >= 400
    assert subscribers.changes == []


@pytest.mark.parametrize("path", ["subscribe", f"confirm/{TOKEN}", f"unsubscribe/{KEY}"])
def test_when_nothing_can_be_written_a_page_says_that_nothing_changed(
    client: FlaskClient, subscribers: FakeSubscribers, path: str
) -> None:
    subscribers.fails_with = StoreBusy()
    answer = client.post(f"{AT}/{path}", data={"address": ADDRESS})

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert said("mail-not-now-text") in answer.text


@pytest.mark.parametrize("language", [each for each in languages() if each != "en"])
def test_every_page_can_be_read_in_every_language(language: str) -> None:
    subscribers = FakeSubscribers(tokens={TOKEN: KEY})
    client = a_mailing_site(subscribers, languages=("en", language), highlights={"own_zone": True})
    asked = [
        (client.get, "subscribe", "subscribe-title"),
        (client.get, f"confirm/{TOKEN}", "confirm-title"),
        (client.get, f"preferences/{KEY}", "mail-gets-it-title"),
        (client.get, f"unsubscribe/{KEY}", "unsubscribe-title"),
    ]
    for ask, path, key in asked:
        page = ask(f"{AT}/{language}/{path}").text
        assert f'<html lang="{language}" dir="{words(language).direction}">' in page
        assert said(key, language) in unescape(page)
        assert f'href="{PUBLIC_URL}/{SLUG}/{path}" hreflang="en"' in page


def hook(client: FlaskClient, key: str, report: object) -> TestResponse:
    return client.post(f"{AT}/bounces/{key}", json=report)


def test_a_mail_service_tells_what_came_back(client: FlaskClient, subscribers: FakeSubscribers) -> None:
    reports = [
        {"type": "bounce", "hard": True, "message_id": "<1@library.example>"},
        {"type": "complaint", "address": ADDRESS},
    ]
    answer = hook(client, MAIL.bounce_key, reports)

    assert answer.status_code == 200
    assert subscribers.changes == [
        ("returned", SLUG, Returned("bounce", True, "<1@library.example>")),
        ("returned", SLUG, Returned("complaint", True, "", ADDRESS)),
    ]


@pytest.mark.parametrize("key", ["wrong", "a-secre", "a-secret-", "ä-secret"])
def test_who_does_not_know_the_secret_tells_nothing(
    client: FlaskClient, subscribers: FakeSubscribers, key: str
) -> None:
    assert hook(client, key, {"type": "complaint", "address": ADDRESS}).status_code == 404
    assert subscribers.changes == []


def test_without_a_secret_there_is_no_such_address(subscribers: FakeSubscribers) -> None:
    client = a_mailing_site(subscribers, mail=MAIL.model_copy(update={"bounce_key": ""}))
    assert hook(client, "-", {"type": "complaint", "address": ADDRESS}).status_code == 404


@pytest.mark.parametrize(
    "report", [[], {}, "x", {"type": "bounce"}, [{"type": "complaint", "address": ADDRESS}, 1]], ids=str
)
def test_a_report_that_cannot_be_read_is_answered_with_how_one_looks(
    client: FlaskClient, subscribers: FakeSubscribers, report: object
) -> None:
    answer = hook(client, MAIL.bounce_key, report)

    assert answer.status_code == (200 if report == [] else 400)
    assert subscribers.changes == []


def test_reports_that_cannot_be_written_are_asked_for_again(
    client: FlaskClient, subscribers: FakeSubscribers
) -> None:
    subscribers.fails_with = StoreBusy()
    report = {"type": "complaint", "address": ADDRESS}
    assert hook(client, MAIL.bounce_key, report).status_code == 503
