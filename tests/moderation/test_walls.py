"""What stands before each screen: whose form, how we are reached, how much may come, what goes wrong."""

import io
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask import Response
from sqlalchemy import Engine, text
from werkzeug.datastructures import Headers

from aggregator.errors import StoreBusy
from engaged.application import side_by_side
from engaged.logs import Lines
from feeds.app import create_app as create_public
from moderation import invitations, sessions, walls
from moderation.app import MOST_BYTES, ROUTES, create_app
from moderation.drawing import draw, speech
from moderation.routes import Asked, Desk, Role, Route
from moderation.static import address
from tests.feeds.invented import Clock as Ticks
from tests.feeds.invented import a_door, shown
from tests.feeds.invented import settings as public_settings
from tests.moderation.house import NAMES, PASSWORD, House, house, moved, populated

LOCAL, PUBLIC = "http://localhost:8000", "https://wall.example"


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


class TestWhoseForm:
    @pytest.mark.parametrize(
        ("public_url", "headers"),
        [
            (LOCAL, {}),
            (LOCAL, {"Sec-Fetch-Site": "same-origin", "Origin": LOCAL, "Host": "localhost:8000"}),
            (LOCAL, {"Sec-Fetch-Site": "none"}),
            (LOCAL, {"Origin": "null"}),
            (LOCAL, {"Origin": "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"}),
            (PUBLIC, {"Origin": PUBLIC, "Host": "127.0.0.1:8000"}),
            (PUBLIC, {"Origin": "https://wall.example:443", "Host": "wall.example"}),
            (PUBLIC, {"Origin": "https://other.example", "Host": "other.example"}),
        ],
    )
    def test_a_form_of_ours(self, public_url: str, headers: dict[str, str]) -> None:
        assert walls.comes_from_us(Headers(headers), public_url)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site", "Origin": PUBLIC},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.wall.example", "Host": "wall.example"},
            {"Origin": "https://wall.example.evil.example", "Host": "wall.example"},
            {"Origin": "http://wall.example", "Host": "wall.example:443"},
            {"Origin": "https://wall.example:8443", "Host": "wall.example"},
            {"Origin": "evil"},
            {"Origin": "//"},
            {"Origin": "https://"},
            {"Origin": "https://[::1"},
        ],
    )
    def test_a_form_of_somebody_else(self, headers: dict[str, str]) -> None:
        assert not walls.comes_from_us(Headers(headers), PUBLIC)

    def test_no_token_is_expected_and_none_is_given_is_no_match(self) -> None:
        assert not walls.is_token_right("", "")


class TestHowWeAreReached:
    @pytest.mark.parametrize(
        ("public_url", "headers"),
        [
            (LOCAL, {"Host": "localhost:8000"}),
            (LOCAL, {"Host": "127.0.0.1:8000"}),
            (LOCAL, {"Host": "[::1]:8000"}),
            ("http://localhost", {"Host": "localhost"}),
            (PUBLIC, {"Host": "wall.example"}),
            (PUBLIC, {"Host": "WALL.example", "X-Forwarded-Proto": "https"}),
            (PUBLIC, {"Host": "127.0.0.1:8000", "X-Forwarded-Host": "wall.example"}),
            (LOCAL, {}),
            (LOCAL, {"Host": "<script>"}),
        ],
    )
    def test_nothing_is_said_when_all_is_well_or_unknown(
        self, public_url: str, headers: dict[str, str]
    ) -> None:
        assert walls.warnings(Headers(headers), public_url, speech()) == ()

    @pytest.mark.parametrize(
        ("public_url", "headers", "keys"),
        [
            (LOCAL, {"Host": "localhost:9000"}, ["address"]),
            (LOCAL, {"Host": "192.0.2.7:8000"}, ["address", "unencrypted"]),
            ("http://wall.example", {"Host": "wall.example"}, ["unencrypted"]),
            ("http://wall.example", {"Host": "wall.example", "X-Forwarded-Proto": "https"}, ["address"]),
            (PUBLIC, {"Host": "127.0.0.1:8000"}, ["proxy"]),
            (PUBLIC, {"Host": "192.0.2.7:8000"}, ["address", "unencrypted"]),
            (PUBLIC, {"Host": "other.example", "X-Forwarded-Proto": "https"}, ["address"]),
            (PUBLIC, {"Host": "wall.example", "X-Forwarded-Proto": "http"}, ["address", "unencrypted"]),
        ],
    )
    def test_what_does_not_fit_is_said(
        self, public_url: str, headers: dict[str, str], keys: list[str]
    ) -> None:
        found = walls.warnings(Headers(headers), public_url, speech())
        ends = {key: speech().translations.gettext(f"warning-{key}").rpartition("}")[2] for key in keys}
        assert len(found) == len(keys)
        assert all(said.endswith(ends[key]) for said, key in zip(found, keys, strict=True))

    def test_it_stands_on_every_page_with_what_to_set(self, ours: House) -> None:
        browser = ours.browser(base="http://wall.test:8000")
        said = browser.get("/moderate/sign-in").text
        assert "public_url: http://wall.test:8000" in said
        assert ours.desk.say("warning-unencrypted", host="wall.test") in said


class TestHostHeader:
    EVIL = "evil.example"

    def test_links_are_made_of_what_is_configured(self, ours: House) -> None:
        there = moved(ours, PUBLIC)
        browser = there.sending(there.signed_in(Role.ADMIN).token)
        headers = {
            "Host": self.EVIL,
            "X-Forwarded-Host": self.EVIL,
            "X-Forwarded-Prefix": "/evil",
        }
        answer = browser.post("/moderate/people/invite", headers, role="viewer")
        assert answer.status_code == 200
        links = [line for line in answer.text.splitlines() if "/moderate/welcome/" in line]
        assert links
        assert all(
            f"{PUBLIC}/moderate/welcome/" in line or "https%3A//wall.example" in line for line in links
        )

    @pytest.mark.parametrize(
        "path", ["/moderate", "/moderate/", "/moderate/account", "/moderate/people"]
    )
    def test_no_redirect_repeats_it(self, ours: House, path: str) -> None:
        answer = ours.browser().get(path, Host=self.EVIL, X_Forwarded_Host=self.EVIL)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/moderate/")


class TestHowMuch:
    def test_a_body_that_is_too_long(self, ours: House) -> None:
        answer = ours.signed_in(Role.ADMIN).post(
            "/moderate/people/invite", role="viewer", email="x" * MOST_BYTES
        )
        assert answer.status_code == 413
        assert ours.desk.say("problem-413-text") in answer.text

    def test_a_value_that_is_too_long(self, ours: House) -> None:
        browser = ours.signed_in(Role.VIEWER)
        assert browser.post("/moderate/account/choices", keys="x" * 10_001).status_code == 413
        assert browser.get("/moderate/account?done=" + "x" * 10_001).status_code == 413

    def test_too_many_parts(self, ours: House) -> None:
        browser = ours.signed_in(Role.VIEWER)
        parts = {f"p{number}": (io.BytesIO(b"x"), "x") for number in range(1100)}
        answer = browser.open("POST", "/moderate/account/choices", data=parts)
        assert answer.status_code == 413

    def test_a_body_that_is_no_form(self, ours: House) -> None:
        browser = ours.signed_in(Role.VIEWER)
        for kind, body in (
            ("application/json", b'{"csrf": 1}'),
            ("multipart/form-data", b"--"),
            ("", b"x"),
        ):
            answer = browser.open("POST", "/moderate/account/choices", data=body, content_type=kind)
            assert answer.status_code in (400, 403)


class TestCookies:
    def test_only_screens_for_people_who_are_signed_out_give_one(self, ours: House) -> None:
        for path in ("/moderate/account", "/moderate/nowhere/at/all/x", "/moderate"):
            assert "Set-Cookie" not in ours.browser().get(path).headers

    def test_what_may_be_kept_carries_none(self, ours: House) -> None:
        answer = ours.browser().get(address("moderation.css"))
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers

    def test_a_browser_without_cookies_is_told_so(self, ours: House) -> None:
        browser = ours.browser()
        browser.get("/moderate/sign-in")
        browser.client.delete_cookie("engaged", domain="localhost", path="/moderate")
        answer = browser.post("/moderate/sign-in", name=NAMES[Role.VIEWER], password=PASSWORD)
        assert answer.status_code == 403
        assert ours.desk.say("problem-no-cookie-title") in answer.text

    @pytest.mark.parametrize(
        "cookie", ["x", "x" * 5000, "'; DROP TABLE session; --", "é" * 43, "../../etc/passwd", "A" * 43]
    )
    def test_a_cookie_that_is_none_of_ours_is_nobody(self, ours: House, cookie: str) -> None:
        answer = ours.sending(cookie).get("/moderate/account")
        assert answer.status_code == 303

    def test_public_pages_give_none_and_do_not_look_at_any(self, ours: House) -> None:
        ticks = Ticks()
        public = create_public(public_settings(), a_door(shown(1)), ours.clock, ticks)
        ours.app.wsgi_app = side_by_side(public.wsgi_app, ours.app.wsgi_app)  # type: ignore[method-assign] # the place Flask documents
        signed_in, stranger = ours.sending(ours.signed_in(Role.ADMIN).token), ours.sending("x")
        for path in (
            "/",
            "/engagedlibraries/",
            "/engagedlibraries/e/featured",
            "/nowhere",
            "/Moderate/",
        ):
            answers = [
                browser.get(path, Accept_Language=language)
                for browser, language in ((signed_in, "ar"), (stranger, "es"))
            ]
            assert answers[0].data == answers[1].data
            assert "Set-Cookie" not in answers[0].headers
            assert "Vary" not in answers[0].headers
        assert signed_in.get("/moderate/account").status_code == 200


def failing(error: Callable[[], Exception]) -> Route:
    def show(desk: Desk, asked: Asked) -> Response:
        raise error()

    return Route("/failing", "failing", show, role=Role.VIEWER)


class TestWhatGoesWrong:
    def test_a_bug_is_a_sentence_on_the_screen_and_a_trace_in_the_log(
        self, ours: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        row = failing(lambda: ZeroDivisionError("a secret fact"))
        ours.app = create_app(ours.desk, (row, *_screens()))
        answer = ours.signed_in(Role.VIEWER).get("/moderate/failing?next=<script>")
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "script>" not in answer.text.partition("</head>")[2]
        assert "ZeroDivisionError" in caplog.text

    @pytest.mark.parametrize("part", ["", "1"])
    def test_a_busy_store_says_when_to_come_again(self, ours: House, part: str) -> None:
        ours.app = create_app(ours.desk, (failing(StoreBusy), *_screens()))
        answer = ours.signed_in(Role.VIEWER).get("/moderate/failing", X_Part=part)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert ours.desk.say("problem-503-title") in answer.text
        assert ("<html" in answer.text) == (part == "")

    def test_a_store_that_is_gone_is_a_sentence_too(self, ours: House) -> None:
        browser = ours.signed_in(Role.VIEWER)
        with ours.desk.writer.begin() as connection:
            connection.execute(text("ALTER TABLE session RENAME TO elsewhere"))
        answer = browser.get("/moderate/account")
        assert answer.status_code == 503
        assert ours.desk.say("problem-503-title") in answer.text

    def test_what_the_store_complains_about_is_logged_without_its_values(
        self, ours: House, caplog: pytest.LogCaptureFixture
    ) -> None:
        browser = ours.signed_in(Role.VIEWER)
        with ours.desk.writer.begin() as connection:
            connection.execute(text("ALTER TABLE session RENAME TO elsewhere"))
        browser.get("/moderate/account")
        assert "elsewhere" in caplog.text or "session" in caplog.text
        assert sessions.digest_of(browser.token) not in caplog.text

    @pytest.mark.parametrize(
        "path", ["/moderate/<script>alert(1)</script>", "/moderate/%0d%0aX:y", "/moderate/é"]
    )
    def test_error_pages_repeat_nothing_that_was_asked(self, ours: House, path: str) -> None:
        answer = ours.signed_in(Role.ADMIN).get(path)
        assert answer.status_code == 404
        assert "alert(1)" not in answer.text
        assert not any("\n" in value for value in answer.headers.values())


class TestSecrets:
    def test_none_reaches_the_log(self, ours: House, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        admin = ours.signed_in(Role.ADMIN)
        made = invitations.invite(
            ours.desk.writer,
            LOCAL,
            role="viewer",
            email="new@library.example",
            made_by="x",
            now=ours.clock(),
        )
        token = made.url.rpartition("/")[2]
        newcomer, canary = ours.browser(), "canary birds sing at nine"
        newcomer.get(f"/moderate/welcome/{token}")
        newcomer.post(f"/moderate/welcome/{token}", name="Newcomer", password=canary, again="x")
        newcomer.post(f"/moderate/welcome/{token}", name="Newcomer", password=canary, again=canary)
        ours.browser().sign_in("Newcomer", canary + "!")
        ours.browser().sign_in("Newcomer", canary)
        ours.browser().get(f"/moderate/welcome/{token}")
        admin.post("/moderate/people/invite", role="admin", csrf="wrong-canary-token")
        with ours.desk.writer.begin() as connection:
            connection.execute(text("ALTER TABLE invite RENAME TO elsewhere"))
        ours.browser().get(f"/moderate/welcome/{token}")
        newcomer.post("/moderate/account/password", current=canary, password=canary, again=canary)
        logged = "\n".join(Lines().format(record) for record in caplog.records)
        assert "joined as viewer" in logged
        secrets = (
            canary,
            token,
            newcomer.token,
            newcomer.csrf,
            admin.token,
            admin.csrf,
            "wrong-canary",
            "$argon2",
        )
        assert not [secret for secret in secrets if secret in logged]

    def test_the_page_of_a_link_keeps_its_address_to_itself(self, ours: House) -> None:
        made = invitations.invite(
            ours.desk.writer, LOCAL, role="viewer", email="", made_by="x", now=ours.clock()
        )
        answer = ours.browser().get(made.url.removeprefix(LOCAL))
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "http" not in answer.text.replace("http://www.w3.org", "")


def _screens() -> tuple[Route, ...]:
    """Give the rows that every page links to."""

    def nothing(desk: Desk, asked: Asked) -> Response:
        return draw(desk, asked, "problem.html", title="", text="")

    return tuple(Route(one.rule, one.name, nothing, one.role, one.method) for one in ROUTES)
