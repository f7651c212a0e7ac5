"""Check my page: what is asked, of whom, and what is said about the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from aggregator.errors import StoreBusy, TooManyErrands
from aggregator.store.errands import Errand
from feeds.app import create_app
from feeds.checking import KIND, PER_HOUR, Patience, Told, comes_from_us, judge, page_address, told
from feeds.i18n import words
from feeds.networks import asking_network
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, Clock, a_door, campaign, settings, shown

PAGE = "https://www.riverside.example/news"
PATH = f"/{SLUG}/embed/check"
ASKED = Errand("token-1", SLUG, KIND, {"address": PAGE, "tried": ""}, NOW, None, {})


@dataclass
class FakeErrands:
    """The errands of a store, in memory."""

    made: dict[str, Errand] = field(default_factory=dict)
    fails_with: Exception | None = None

    def ask(self, slug: str, kind: str, question: Mapping[str, Any], now: datetime) -> str:
        if self.fails_with:
            raise self.fails_with
        token = f"token-{len(self.made) + 1}"
        self.made[token] = Errand(token, slug, kind, question, now, None, {})
        return token

    def answer_of(self, token: str) -> Errand | None:
        return self.made.get(token)

    def settle(self, token: str, **answer: Any) -> None:
        self.made[token] = replace(self.made[token], answered_at=NOW, answer=answer)


@pytest.fixture
def errands() -> FakeErrands:
    return FakeErrands()


@pytest.fixture
def client(errands: FakeErrands) -> FlaskClient:
    configured = settings(campaign(languages=("en", "es")), campaign(slug="other"))
    app = create_app(configured, a_door(shown(1)), lambda: NOW, Clock(), errands)
    return app.test_client()


def ask(client: FlaskClient, address: str = PAGE, **headers: str) -> TestResponse:
    return client.post(PATH, data={"address": address, "tried": "frame"}, headers=headers)


def test_a_page_is_asked_about_and_the_answer_comes_by_itself(
    client: FlaskClient, errands: FakeErrands
) -> None:
    sent = ask(client)
    assert (sent.status_code, sent.headers["Location"]) == (303, f"{PATH}/token-1")
    assert errands.made["token-1"].question == {"address": PAGE, "tried": "frame"}

    waiting = client.get(sent.headers["Location"])
    assert 'data-again="2"' in waiting.text
    assert waiting.headers["Cache-Control"] == "no-store"

    errands.settle("token-1", read=True, found=["frame"], refused=[])
    done = client.get(sent.headers["Location"])
    assert "data-again" not in done.text
    assert words("en")("check-works-frame") in done.text


def test_the_next_way_comes_with_its_line(client: FlaskClient, errands: FakeErrands) -> None:
    ask(client)
    errands.settle("token-1", read=True, found=["link"], refused=[])

    page = client.get(f"{PATH}/token-1").text

    assert words("en")("check-link-only") in page
    assert f"<code>{PUBLIC_URL}/{SLUG}/e/featured</code>" in page


def test_nothing_of_an_answer_is_said_that_is_not_ours(
    client: FlaskClient, errands: FakeErrands
) -> None:
    ask(client)
    errands.settle("token-1", read=False, why="<script>status 403 from 10.0.0.7</script>")

    page = client.get(f"{PATH}/token-1").text

    assert words("en")("check-why-no-answer") in page
    assert "10.0.0.7" not in page


def test_an_answer_belongs_to_its_campaign_and_to_who_has_its_token(client: FlaskClient) -> None:
    ask(client)

    assert client.get("/other/embed/check/token-1").status_code == 404
    assert client.get(f"{PATH}/token-2").status_code == 404


def test_a_form_in_another_language_is_answered_in_it(client: FlaskClient) -> None:
    sent = client.post(f"/{SLUG}/es/embed/check", data={"address": PAGE})

    assert sent.headers["Location"] == f"/{SLUG}/es/embed/check/token-1"


def test_whoever_opens_the_address_of_the_form_is_shown_the_form(client: FlaskClient) -> None:
    assert client.get(PATH).headers["Location"] == f"/{SLUG}/embed#check"
    assert client.get("/nobody/embed/check").status_code == 404


NO_PAGES = [
    "",
    "   ",
    "riverside",
    "http://localhost/",
    "http://127.0.0.1/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "ftp://riverside.example/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://ana:secret@riverside.example/",
    "https://riverside.example:8080/",
    "https://riverside.example:99999/",
    "https://river side.example/",
    "https://riverside.example/\x00",
    "https://riverside.example/" + "x" * 500,
    "http://[",
]


@pytest.mark.parametrize("address", NO_PAGES)
def test_what_is_no_page_of_a_library_is_not_asked_about(
    client: FlaskClient, errands: FakeErrands, address: str
) -> None:
    answer = ask(client, address)

    assert answer.status_code == 400
    assert words("en")("check-no-address") in answer.text
    assert errands.made == {}


def test_an_address_without_its_beginning_gets_one() -> None:
    assert page_address(" riverside.example/news ") == "https://riverside.example/news"
    assert page_address("http://riverside.example:80/") == "http://riverside.example:80/"


ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": f"{PUBLIC_URL}.evil.example"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_a_form_of_another_site_asks_nothing(
    client: FlaskClient, errands: FakeErrands, headers: dict[str, str]
) -> None:
    assert ask(client, **headers).status_code == 403
    assert errands.made == {}


@pytest.mark.parametrize("origin", [None, "null", PUBLIC_URL])
def test_our_own_form_may_ask(origin: str | None) -> None:
    assert comes_from_us(Headers({"Origin": origin} if origin else {}), PUBLIC_URL)


def test_one_network_asks_so_often_within_an_hour_and_no_other_pays_for_it(
    client: FlaskClient, errands: FakeErrands
) -> None:
    near, far = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "1.1.1.1, 198.51.100.4"}

    assert {ask(client, **near).status_code for _ in range(PER_HOUR)} == {303}
    assert ask(client, **{"X-Forwarded-For": "203.0.113.77"}).status_code == 429
    assert ask(client, **far).status_code == 303


def test_patience_returns_with_the_hour_and_forgets_networks_before_memory() -> None:
    patience = Patience(most=1, networks=2)
    assert patience.may_ask("a", NOW)
    assert not patience.may_ask("a", NOW + timedelta(minutes=59))
    assert patience.may_ask("a", NOW + timedelta(hours=1))
    for network in ("b", "c", "d"):
        assert patience.may_ask(network, NOW)
    assert len(patience._asked) == 2


def test_who_stands_behind_a_proxy_is_known_by_what_the_proxy_wrote() -> None:
    forwarded = Headers({"X-Forwarded-For": "10.0.0.1, 2001:db8::7"})

    assert asking_network("127.0.0.1", forwarded, "https://posts.example") == "2001:db8::/64"
    assert asking_network("203.0.113.9", forwarded, "http://localhost:8000") == "203.0.113.0/24"
    assert asking_network("", Headers(), "https://posts.example") == ""


@pytest.mark.parametrize(
    ("error", "status", "sentence"),
    [(TooManyErrands(), 429, "check-too-many"), (StoreBusy(), 503, "check-not-here")],
    ids=["too-many", "busy"],
)
def test_when_nothing_can_be_asked_a_sentence_says_so(
    client: FlaskClient, errands: FakeErrands, error: Exception, status: int, sentence: str
) -> None:
    errands.fails_with = error

    answer = ask(client)

    assert (answer.status_code, words("en")(sentence) in answer.text) == (status, True)


def test_where_no_worker_is_the_form_says_so() -> None:
    app = create_app(settings(), a_door(shown(1)), lambda: NOW, Clock())

    assert ask(app.test_client()).status_code == 503
    assert app.test_client().get(f"{PATH}/token-1").status_code == 404


def test_markup_in_a_form_comes_back_as_text(client: FlaskClient) -> None:
    page = ask(client, '"><script>alert(1)</script>').text

    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("waited_s", "progress", "again_s"),
    [(0, "waiting", 2), (19, "waiting", 2), (20, "slow", 10), (299, "slow", 10), (300, "lost", 0)],
)
def test_a_wait_is_told_as_what_it_is(waited_s: int, progress: str, again_s: int) -> None:
    said = told(ASKED, NOW + timedelta(seconds=waited_s))

    assert (said.progress, said.again_s) == (progress, again_s)


VERDICTS = [
    ("element loader link", "", None, Told("works", sentences=("check-works-script",), works="script")),
    ("frame", "", None, Told("works", sentences=("check-works-frame",), works="frame")),
    ("picture link", "", None, Told("works", sentences=("check-works-picture",), works="picture")),
    ("post", "", None, Told("works", sentences=("check-works-feed",), works="feed")),
    ("element link", "", None, Told("trouble", sentences=("check-script-taken",), next="frame")),
    (
        "element loader",
        "script",
        None,
        Told("trouble", sentences=("check-script-refused",), next="frame"),
    ),
    (
        "element loader",
        "script frame",
        None,
        Told("trouble", sentences=("check-script-refused",), next="picture"),
    ),
    ("frame", "frame", None, Told("trouble", sentences=("check-frame-refused",), next="picture")),
    ("frame", "frame picture", None, Told("trouble", sentences=("check-frame-refused",), next="feed")),
    ("picture", "picture", None, Told("trouble", sentences=("check-picture-refused",), next="feed")),
    ("link", "", None, Told("trouble", sentences=("check-link-only",), next="frame")),
    ("link", "", "frame", Told("trouble", sentences=("check-link-only",), next="address")),
    ("bare", "", "address", Told("trouble", sentences=("check-bare",), next="picture")),
    ("code", "", None, Told("trouble", sentences=("check-as-text",), next="frame")),
    ("", "", None, Told("nothing", sentences=("check-nothing-why",))),
    ("", "", "frame", Told("nothing", sentences=("check-nothing-why",), next="address")),
    ("", "", "feed", Told("nothing", sentences=("check-nothing-why",))),
]


@pytest.mark.parametrize(("found", "refused", "tried", "expected"), VERDICTS)
def test_what_survived_decides_what_to_try_next(
    found: str, refused: str, tried: Any, expected: Told
) -> None:
    assert judge(frozenset(found.split()), frozenset(refused.split()), tried) == expected
