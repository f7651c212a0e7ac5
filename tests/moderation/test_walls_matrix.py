"""Every row of moderation, asked as everybody: in all ways that must not work, and the one that must."""

import re
from dataclasses import MISSING, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from moderation.app import PREFIX, ROUTES
from moderation.routes import Role, Route
from moderation.walls import HEADERS
from tests.moderation.house import Browser, House, house, populated
from tests.moderation.samples import NEVER_STALE, OPEN_TO_ALL, SAMPLES, Sample, furnish

BY_NAME = {route.name: route for route in ROUTES}
EVERY = pytest.mark.parametrize("name", sorted(BY_NAME))
WITH_ROLE = pytest.mark.parametrize("name", sorted(BY_NAME.keys() - OPEN_TO_ALL))
POSTED = {name for name, route in BY_NAME.items() if route.method == "POST"}
UNSAFE = pytest.mark.parametrize("name", sorted(POSTED))
OWN_POLICY = {
    "preview": "frame-ancestors 'self'",
    "held-picture": "default-src 'none'; sandbox",
    "issue-preview": "frame-ancestors 'self'; sandbox",
    "issue-file": "default-src 'none'; sandbox",
}
"""Rows that draw for another place than our screens, and what their policy must say."""
NO_TOKENS = ("", "0" * 64, "§", "0")
ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://evil.localhost:8000"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "localhost"},
    {"Origin": "http://["},
)
"""What a browser says about a form of another site."""


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    found = populated(house(reader, writer, tmp_path, now))
    furnish(found)
    return found


def path_of(route: Route, names: dict[str, str]) -> str:
    return PREFIX + re.sub(r"<(\w+)>", lambda found: names[found[1]], route.rule)


def ask(browser: Browser, route: Route, sample: Sample, **more: Any) -> TestResponse:
    """Ask a row with its sample; POST rows with the browser's own token unless `more` says otherwise."""
    path = path_of(route, more.pop("names", sample.names))
    if route.method == "GET":
        return browser.get(path, **more)
    return browser.post(path, **{**sample.form, **more})


def least(route: Route) -> Role:
    return route.role or Role.VIEWER


def visitor(house: House, route: Route) -> Browser:
    """Give a browser that may ask this row: signed in, or with the cookie of the sign-in screen."""
    if route.role is not None:
        return house.signed_in(least(route))
    browser = house.browser()
    browser.get("/moderate/sign-in")
    return browser


def assert_walled(name: str, answer: TestResponse, *, is_kept: bool = False) -> None:
    """Check what is true of every answer."""
    for header, value in HEADERS.items():
        if header == "Cache-Control" and is_kept:
            assert answer.headers[header].startswith("private")
        elif header == "Content-Security-Policy" and answer.status_code == 200 and name in OWN_POLICY:
            assert OWN_POLICY[name] in answer.headers[header]
        elif header == "Referrer-Policy":
            assert answer.headers[header] in (value, "no-referrer")
        else:
            assert answer.headers[header] == value
    if answer.headers["Content-Type"].startswith("text/html"):
        assert not re.search(r"<script(?![^>]*\ssrc=)|\son\w+=[\"']|javascript:", answer.text)
        assert name in OWN_POLICY or not re.search(r"<style|\sstyle=[\"\']", answer.text)


def test_every_row_has_a_sample_and_every_sample_a_row() -> None:
    assert SAMPLES.keys() == BY_NAME.keys()


def test_a_row_cannot_forget_to_say_who_may_ask_it() -> None:
    role = next(one for one in fields(Route) if one.name == "role")
    assert role.default is MISSING
    assert role.default_factory is MISSING


def test_the_rows_that_ask_for_no_role_are_these() -> None:
    assert {name for name, route in BY_NAME.items() if route.role is None} == OPEN_TO_ALL


def test_names_and_addresses_are_there_once() -> None:
    assert len(BY_NAME) == len(ROUTES)
    assert len({(route.rule, route.method) for route in ROUTES}) == len(ROUTES)


def test_nothing_is_served_that_is_no_row(ours: House) -> None:
    served = {rule.endpoint for rule in ours.app.url_map.iter_rules()}
    assert served == BY_NAME.keys() | {"to-home"}


@WITH_ROLE
def test_signed_out(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    before, browser = ours.contents(), ours.browser()
    browser.get("/moderate/sign-in")
    answer = ask(browser, route, sample)
    if route.method == "GET":
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/moderate/sign-in")
    else:
        assert answer.status_code == 403
    assert_walled(name, answer)
    assert ours.contents() == before


@WITH_ROLE
def test_a_wrong_role(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    for role in Role:
        if role < least(route):
            browser = ours.signed_in(role)
            before = ours.contents()
            answer = ask(browser, route, sample)
            assert answer.status_code == 403
            assert ours.desk.say(f"role-{least(route).word}") in answer.text
            assert_walled(name, answer)
            assert ours.contents() == before


@EVERY
def test_a_role_that_is_enough(ours: House, name: str) -> None:
    route = BY_NAME[name]
    for role in Role:
        if route.role is None or role >= route.role:
            sample = SAMPLES[name](ours)
            browser = ours.signed_in(role) if route.role else visitor(ours, route)
            answer = ask(browser, route, sample)
            assert answer.status_code == sample.done, (role, answer.text)
            assert_walled(name, answer, is_kept=sample.is_kept)


@EVERY
def test_what_is_not_there(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    for names in sample.missing:
        before = ours.contents()
        answer = ask(browser, route, sample, names=names)
        assert answer.status_code in (sample.gone, 404), names
        assert_walled(name, answer)
        assert ours.contents() == before


@pytest.mark.parametrize("name", sorted(POSTED - NEVER_STALE.keys()))
def test_a_stale_form(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    assert sample.meanwhile, (
        "say in its sample what makes its form stale, or in NEVER_STALE why nothing can"
    )
    sample.meanwhile()
    before = ours.contents()
    answer = ask(browser, route, sample)
    assert answer.status_code == sample.late
    assert_walled(name, answer)
    assert ours.contents() == before


@UNSAFE
def test_a_form_that_is_not_ours(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    own, other = browser.csrf, ours.signed_in(Role.ADMIN).csrf
    before = ours.contents()
    not_ours = [(token, {}) for token in (None, *NO_TOKENS, other)] + [(own, one) for one in ELSEWHERE]
    for csrf, headers in not_ours:
        answer = ask(browser, route, sample, csrf=csrf, headers=headers)
        assert answer.status_code == 403, (csrf, headers)
        assert_walled(name, answer)
    assert ours.contents() == before


@UNSAFE
def test_a_form_that_is_not_ours_though_its_browser_is(ours: House, name: str) -> None:
    """A page of another site cannot read our token; it can make the browser send its cookie."""
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    before = ours.contents()
    answer = browser.open(
        "POST", path_of(route, sample.names) + f"?csrf={browser.csrf}", data=sample.form
    )
    assert answer.status_code == 403
    assert ours.contents() == before


@UNSAFE
def test_the_token_may_come_in_a_header(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    answer = ask(browser, route, sample, csrf=None, headers={"X-Csrf": browser.csrf})
    assert answer.status_code == sample.done


@EVERY
def test_other_methods(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    before = ours.contents()
    taken = {other.method for other in ROUTES if other.rule == route.rule}
    taken |= {"HEAD"} if "GET" in taken else set()
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - taken:
        answer = browser.open(
            method,
            path_of(route, sample.names),
            data={"csrf": browser.csrf, "_method": route.method, **sample.form},
            headers={"X-HTTP-Method-Override": route.method},
        )
        assert answer.status_code in (404, 405)
        assert_walled(name, answer)
    assert ours.contents() == before


@EVERY
def test_looking_changes_nothing(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    before = ours.contents()
    for method in ("GET", "HEAD"):
        path = path_of(route, sample.names)
        answer = browser.open(method, path, query_string={**sample.form, "csrf": browser.csrf})
        assert method == "GET" or answer.data == b""
        assert answer.status_code < 500
    assert ours.contents() == before


@EVERY
def test_an_address_with_more_or_other_letters_is_no_address_of_ours(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    browser = visitor(ours, route)
    path = path_of(route, sample.names)
    if route.rule == "/":
        return
    for odd in (f"{path}/", f"/moderate/{path}", path.replace("/moderate", "/moderate/.", 1)):
        answer = browser.open(route.method, odd, data={"csrf": browser.csrf, **sample.form})
        assert answer.status_code in (404, 405), odd
        assert "Location" not in answer.headers


@EVERY
def test_a_fragment_for_our_script_carries_the_same_walls(ours: House, name: str) -> None:
    route, sample = BY_NAME[name], SAMPLES[name](ours)
    answer = ask(
        ours.browser(X_Part="1"), route, sample, **({"csrf": None} if route.method == "POST" else {})
    )
    assert_walled(name, answer)
    if route.role is not None:
        assert answer.status_code == 403
        assert "<html" not in answer.text
