"""Signing in, staying signed in, and out again."""

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from aggregator.store import people
from aggregator.store.people import Tries
from moderation import passwords, sessions, throttle
from moderation.entrance import way_back
from moderation.routes import Role
from tests.moderation.house import NAMES, PASSWORD, House, house, moved, populated
from tests.shared_folder import shared

MO = NAMES[Role.MODERATOR]


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def test_a_name_and_its_password_open_the_door(ours: House) -> None:
    browser = ours.browser()
    answer = browser.sign_in(MO)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/moderate/")
    assert MO in browser.get("/moderate/account").text


@pytest.mark.parametrize("name", ["mo reyes", "  MO   REYES ", "moderator@library.example"])
def test_case_and_blanks_do_not_count_and_a_mail_address_does_as_well(ours: House, name: str) -> None:
    assert ours.browser().sign_in(name).status_code == 303


def test_a_mail_address_of_two_people_opens_nothing(ours: House) -> None:
    with ours.desk.writer.begin() as connection:
        connection.execute(text("UPDATE person SET email = 'desk@library.example'"))
    assert ours.browser().sign_in("desk@library.example").status_code == 403


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (MO, "otters borrow nine umbrella"),
        (MO, PASSWORD.upper()),
        (MO, ""),
        ("Nobody At All", PASSWORD),
        ("", ""),
        (MO, PASSWORD + "\x00"),
        (MO, PASSWORD + "x" * 300),
    ],
)
def test_everything_else_is_answered_with_one_and_the_same_sentence(
    ours: House, name: str, password: str
) -> None:
    answer = ours.browser().sign_in(name, password)
    assert answer.status_code == 403
    assert ours.desk.say("sign-in-wrong") in answer.text


def test_somebody_who_was_let_go_is_told_the_same(ours: House) -> None:
    with ours.desk.writer.begin() as connection:
        people.set_active(connection, ours.people[Role.MODERATOR].id, is_active=False)
    assert ours.desk.say("sign-in-wrong") in ours.browser().sign_in(MO).text


def test_an_unknown_name_costs_as_much_as_a_known_one(
    ours: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []
    is_right = passwords.is_right

    def counting(stored: str, password: str) -> bool:
        compared.append(stored)
        return is_right(stored, password)

    monkeypatch.setattr(passwords, "is_right", counting)
    for name in (MO, "Nobody At All"):
        ours.browser().sign_in(name, "wrong wrong wrong")
    assert len(compared) == 2
    assert not passwords.is_outdated(passwords.NOBODYS)


def test_a_password_typed_on_another_keyboard_is_the_same_password(ours: House) -> None:
    composed = "caf\u00e9 at the end of the lane"
    decomposed = "cafe\u0301\u00a0at the end of the lane"
    with ours.desk.writer.begin() as connection:
        people.set_password(connection, ours.people[Role.MODERATOR].id, passwords.hashed(composed))
    assert ours.browser().sign_in(MO, decomposed).status_code == 303


def test_a_megabyte_as_password_is_too_much_at_once(ours: House) -> None:
    assert ours.browser().sign_in(MO, "x" * 1_000_000).status_code == 413


def test_a_password_stored_at_old_costs_is_stored_anew_when_it_is_used(ours: House) -> None:
    cheap = passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    number = ours.people[Role.MODERATOR].id
    with ours.desk.writer.begin() as connection:
        people.set_password(connection, number, cheap)
    assert ours.browser().sign_in(MO).status_code == 303
    with ours.desk.reader.connect() as connection:
        assert not passwords.is_outdated(people.by_id(connection, number).password)
    assert ours.browser().sign_in(MO).status_code == 303


def test_the_cookie_is_ours_alone(ours: House) -> None:
    answer = ours.browser().sign_in(MO)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    value, *facts = cookie.split("; ")
    assert value.startswith("engaged=")
    assert sorted(facts) == ["HttpOnly", "Path=/moderate", "SameSite=Lax"]


def test_over_https_the_cookie_is_secure_by_its_name(ours: House) -> None:
    there = moved(ours, "https://wall.example")
    answer = there.browser().sign_in(MO)
    (cookie,) = answer.headers.getlist("Set-Cookie")
    value, *facts = cookie.split("; ")
    assert value.startswith("__Secure-engaged=")
    assert sorted(facts) == ["HttpOnly", "Path=/moderate", "SameSite=Lax", "Secure"]


def test_the_store_knows_only_digests(ours: House) -> None:
    browser = ours.browser()
    browser.sign_in(MO)
    stored = " ".join(ours.rows("session"))
    assert browser.token
    assert browser.token not in stored
    assert browser.csrf not in stored


def test_what_a_browser_held_before_is_no_session_afterwards(ours: House) -> None:
    victim, planted = ours.browser(), sessions.new_token()
    victim.hold(planted)
    victim.sign_in(MO)
    assert victim.token != planted
    thief = ours.browser()
    thief.hold(planted)
    assert thief.get("/moderate/account").status_code == 303


def test_signing_in_again_ends_the_session_that_was_there(ours: House) -> None:
    browser = ours.signed_in(Role.VIEWER)
    before = browser.token
    browser.post("/moderate/sign-in", name=MO, password=PASSWORD)
    thief = ours.browser()
    thief.hold(before)
    assert thief.get("/moderate/account").status_code == 303
    assert MO in browser.get("/moderate/account").text


def test_signing_out_ends_the_session_in_the_store_too(ours: House) -> None:
    browser = ours.signed_in(Role.VIEWER)
    token = browser.token
    answer = browser.post("/moderate/sign-out")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    browser.hold(token)
    assert browser.get("/moderate/account").status_code == 303


@pytest.mark.parametrize(
    ("visits", "alive"),
    [
        ([timedelta(minutes=59)], True),
        ([sessions.IDLE], False),
        ([timedelta(minutes=59)] * 12, True),
        ([timedelta(minutes=59)] * 13, False),
    ],
    ids=["an hour short", "idle", "twelve hours short", "twelve hours"],
)
def test_a_session_ends_when_it_is_left_alone_or_too_old(
    ours: House, visits: list[timedelta], alive: bool
) -> None:
    browser = ours.signed_in(Role.VIEWER)
    for pause in visits:
        ours.clock.at += pause
        answer = browser.get("/moderate/account")
    assert answer.status_code == (200 if alive else 303)


def test_looking_writes_at_most_once_a_minute(ours: House) -> None:
    browser = ours.signed_in(Role.VIEWER)
    before = ours.rows("session")
    ours.clock.forward(seconds=59)
    browser.get("/moderate/account")
    assert ours.rows("session") == before
    ours.clock.forward(seconds=1)
    browser.get("/moderate/account")
    assert ours.rows("session") != before


def test_looking_goes_on_while_another_program_writes(ours: House) -> None:
    browser = ours.signed_in(Role.VIEWER)
    ours.clock.forward(minutes=2)
    with ours.desk.writer.begin() as connection:
        connection.execute(text("UPDATE session SET browser = 'held'"))
        assert browser.get("/moderate/account").status_code == 200


def test_after_signing_in_one_is_where_one_wanted_to_go(ours: House) -> None:
    browser = ours.browser()
    asked = browser.get("/moderate/account?done=keys")
    assert asked.headers["Location"] == "/moderate/sign-in?next=/moderate/account?done%3Dkeys"
    browser.get(asked.headers["Location"])
    answer = browser.post(
        "/moderate/sign-in", name=MO, password=PASSWORD, next="/moderate/account?done=keys"
    )
    assert answer.headers["Location"] == "/moderate/account?done=keys"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/moderate//evil.example",
        "/moderate/../../evil",
        "\\\\evil.example/moderate/",
        "javascript:alert(1)",
        "https:/moderate/account",
        "/moderate/sign-in",
        "/moderate/nowhere/at/all/there",
        "/moderate",
        "/",
        "",
        "?",
        "/moderate/account" + "x" * 3000,
    ],
)
def test_nobody_is_sent_to_a_place_that_is_no_screen_of_ours(ours: House, wanted: str) -> None:
    answer = ours.browser().sign_in(MO, next=wanted)
    assert answer.headers["Location"] == "/moderate/"


@pytest.mark.parametrize(
    "wanted",
    [
        "/moderate/\\evil.example",
        "/moderate/@evil.example",
        "/moderate/account\r\nSet-Cookie: a=b",
        "/moderate/%2f%2fevil.example",
        "/moderate/[",
    ],
)
def test_whatever_it_holds_an_address_stays_on_our_origin(ours: House, wanted: str) -> None:
    assert_ours(ours.browser().sign_in(MO, next=wanted).headers["Location"])


@pytest.mark.shared
def test_no_known_trick_leads_elsewhere(reader: Engine, writer: Engine, tmp_path: Path) -> None:
    there = house(reader, writer, tmp_path, datetime(2026, 10, 5, tzinfo=UTC))
    lines = [
        json.loads(line)
        for file in (("own", "text", "cases.jsonl"), ("fetched", "payloads.jsonl"))
        for line in shared("hostile", *file).read_text("utf-8").splitlines()
    ]
    tricks = [row["payload"] for row in lines if row["family"] in ("open-redirect", "crlf")]
    assert len(tricks) > 100
    with there.app.test_request_context(base_url="http://localhost:8000"):
        for trick in (
            found for each in tricks for found in (each, f"/moderate/{each}", f"/moderate{each}")
        ):
            assert_ours(way_back(trick))


def assert_ours(location: str) -> None:
    """Check that no browser reads an address as another site: they take a backslash for a slash."""
    assert location.startswith("/moderate/")
    assert re.fullmatch(r"[!-\[\]-~]+", location)


def test_a_query_comes_along_as_a_query_and_as_nothing_else(ours: House) -> None:
    with ours.app.test_request_context(base_url="http://localhost:8000"):
        back = way_back("/moderate/account?_external=1&_scheme=javascript&_anchor=x&a=b%0d%0ac#f")
    assert back == "/moderate/account?_external=1&_scheme=javascript&_anchor=x&a=b%0D%0Ac"


class TestThrottle:
    def test_the_sixth_wrong_try_waits_and_each_after_it_twice_as_long(self, now: datetime) -> None:
        waits = []
        for failures in range(1, 14):
            until = throttle.waits_until(Tries(failures, now), now)
            waits.append(until and int((until - now).total_seconds()))
        assert waits == [None, None, None, None, 30, 60, 120, 240, 480, 900, 900, 900, 900]

    def test_a_clock_that_was_set_back_keeps_nobody_out_for_long(self, now: datetime) -> None:
        until = throttle.waits_until(Tries(50, now + timedelta(days=9)), now)
        assert until == now + throttle.LONGEST_WAIT

    def test_after_five_wrong_tries_even_the_right_password_waits(self, ours: House) -> None:
        browser = ours.browser()
        for _ in range(5):
            assert browser.sign_in(MO, "wrong").status_code == 403
        answer = browser.sign_in(MO)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
        ours.clock.forward(seconds=30)
        assert browser.sign_in(MO).status_code == 303

    def test_the_answer_is_the_same_for_a_name_that_nobody_has(self, ours: House) -> None:
        said = []
        for name, peer in ((MO, "192.0.2.1"), ("Nobody At All", "198.51.100.1")):
            browser = ours.browser(peer=peer)
            answers = [browser.sign_in(name, "wrong") for _ in range(6)]
            said.append([answer.status_code for answer in answers])
            assert (
                ours.desk.say("sign-in-wait", until="§", minutes="1").split("§")[0] in answers[-1].text
            )
        assert said[0] == said[1] == [403] * 5 + [429]

    def test_trying_on_while_waiting_makes_nobody_wait_longer(self, ours: House) -> None:
        browser = ours.browser()
        for _ in range(9):
            browser.sign_in(MO, "wrong")
        ours.clock.forward(seconds=30)
        assert browser.sign_in(MO).status_code == 303

    def test_a_restart_forgives_nothing(self, ours: House) -> None:
        for _ in range(5):
            ours.browser().sign_in(MO, "wrong")
        assert moved(ours, "http://localhost:8000").browser().sign_in(MO).status_code == 429

    def test_one_network_that_tries_many_names_waits_as_well(self, ours: House) -> None:
        statuses = [
            ours.browser(peer=f"203.0.113.{number}").sign_in(f"Name {number}", "x").status_code
            for number in range(1, 8)
        ]
        assert statuses == [403] * 5 + [429] * 2
        assert ours.browser(peer="203.0.114.1").sign_in("Name 9", "x").status_code == 403

    def test_many_addresses_of_one_ipv6_network_are_one_network(self, ours: House) -> None:
        statuses = [
            ours.browser(peer=f"2001:db8:1:2::{number}").sign_in(f"Name {number}", "x").status_code
            for number in range(1, 7)
        ]
        assert statuses[-1] == 429
        assert ours.browser(peer="2001:db8:1:3::1").sign_in("Name 9", "x").status_code == 403

    def test_a_header_that_a_stranger_wrote_hides_no_network(self, ours: House) -> None:
        statuses = [
            ours.browser(peer="203.0.113.9", X_Forwarded_For=f"198.51.100.{number}")
            .sign_in(f"Name {number}", "x")
            .status_code
            for number in range(1, 7)
        ]
        assert statuses[-1] == 429

    def test_behind_a_proxy_the_network_is_the_one_that_the_proxy_wrote(self, ours: House) -> None:
        there = moved(ours, "https://wall.example")
        for number in range(1, 6):
            spoofed = f"10.{number}.0.1, 203.0.113.{number}"
            there.browser(peer="127.0.0.1", X_Forwarded_For=spoofed).sign_in(f"Name {number}", "x")
        same = there.browser(peer="127.0.0.1", X_Forwarded_For="203.0.113.77")
        other = there.browser(peer="127.0.0.1", X_Forwarded_For="198.51.100.1")
        assert same.sign_in(MO).status_code == 429
        assert other.sign_in(MO).status_code == 303

    def test_behind_a_proxy_that_names_nobody_strangers_shut_nobody_out(self, ours: House) -> None:
        there = moved(ours, "https://wall.example")
        for number in range(9):
            there.browser(peer="127.0.0.1").sign_in(f"Name {number}", "x")
        assert there.browser(peer="127.0.0.1").sign_in(MO).status_code == 303

    def test_a_right_password_forgives_the_name(self, ours: House) -> None:
        for peer in ("192.0.2.1", "198.51.100.1", "203.0.113.1"):
            for _ in range(4):
                ours.browser(peer=peer).sign_in(MO, "wrong")
            assert ours.browser(peer=peer).sign_in(MO).status_code == 303

    def test_an_hour_later_all_is_forgiven_and_forgotten(self, ours: House) -> None:
        for _ in range(5):
            ours.browser().sign_in(MO, "wrong")
        ours.clock.forward(hours=1, seconds=1)
        assert ours.browser().sign_in("Nobody At All", "wrong").status_code == 403
        assert len(ours.rows("attempt")) == 2

    def test_a_hundred_tries_at_once_count_like_a_hundred_in_a_row(
        self, ours: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        compared: list[str] = []
        monkeypatch.setattr(
            passwords, "is_right", lambda stored, password: bool(compared.append(password))
        )
        browsers = [ours.browser() for _ in range(20)]
        for browser in browsers:
            browser.get("/moderate/sign-in")
        _all_at_once([lambda b=browser: b.post("/moderate/sign-in", name=MO) for browser in browsers])
        assert len(compared) == throttle.FREE


def _all_at_once(acts: list[object]) -> None:
    start = threading.Barrier(len(acts))

    def run(act: object) -> None:
        start.wait()
        act()  # type: ignore[operator] # a lambda of ours

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
