"""Every public route by every method, with every header that must not matter."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aggregator.errors import StoreError
from aggregator.settings import Settings
from feeds.app import create_app
from tests.feeds.invented import (
    NOW,
    PUBLIC_URL,
    SLUG,
    Clock,
    FakeDoor,
    a_door,
    campaign,
    item_id,
    picture,
    pictured,
    sent,
    settings,
    shown,
    write_copies,
)

LISTED = [
    tuple(line.split())
    for line in (Path(__file__).parent.parent / "public_addresses.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
PAGES = [path for status, path in LISTED if status == "200" and path.startswith("/engaged")]
# Some take forms; another says in its own form that it can only be read (tests/feeds/api).
TAKE_MORE = re.compile(r"/embed/check$|/api/|/subscribe$|/(confirm|preferences|unsubscribe|bounces)/")
READ_ONLY = [path for _, path in LISTED if not TAKE_MORE.search(path)]
NEVER = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
COMMON = {
    "Cache-Control": "public, max-age=60, stale-while-revalidate=30, stale-if-error=300",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@pytest.fixture
def door() -> FakeDoor:
    """Two shown posts, one of them with a picture, and one that was taken down."""
    there = a_door(pictured(shown(1)), shown(2), shown(3))
    there.take_down(shown(2))
    there.send(sent(1, shown(1)))
    return there


@pytest.fixture
def client(door: FakeDoor, tmp_path: Path) -> FlaskClient:
    write_copies(tmp_path, picture())
    configured = settings().model_copy(update={"media": str(tmp_path)})
    return create_app(configured, door, lambda: NOW, Clock()).test_client()


def served(door: FakeDoor, configured: Settings) -> FlaskClient:
    return create_app(configured, door, lambda: NOW, Clock()).test_client()


def assert_calm(answer: TestResponse) -> None:
    """Check what is true of every answer, whatever it says."""
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"Traceback" not in answer.data
    assert answer.headers["Cache-Control"]


@pytest.mark.parametrize(("status", "path"), LISTED)
def test_every_public_address_still_answers(client: FlaskClient, status: str, path: str) -> None:
    for _ in ("made", "kept"):
        answer = client.get(path)
        assert answer.status_code == int(status)
        assert_calm(answer)


def test_every_route_is_listed(client: FlaskClient) -> None:
    there = [rule.rule.replace("<path:rest>", ".+") for rule in client.application.url_map.iter_rules()]
    rules = [re.sub(r"<\w+>", "[^/]+", rule) for rule in there]
    for rule in rules:
        assert any(re.fullmatch(rule, path) for _, path in LISTED), rule


@pytest.mark.parametrize("path", READ_ONLY)
def test_no_route_takes_anything_but_reading(client: FlaskClient, path: str) -> None:
    client.get(path)
    for method in NEVER:
        answer = client.open(path, method=method, data=b"x")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD"), method
        assert_calm(answer)


@pytest.mark.parametrize("path", [path for _, path in LISTED])
def test_head_says_what_get_would(client: FlaskClient, path: str) -> None:
    for _ in ("made", "kept"):
        head, get = client.head(path), client.get(path)
        assert head.data == b""
        assert head.status_code == get.status_code
        assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", PAGES)
def test_a_reader_who_has_the_page_gets_304(client: FlaskClient, path: str) -> None:
    etag = client.get(path).headers["ETag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = client.get(path, headers={"If-None-Match": given})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == etag
        assert answer.headers["Cache-Control"] == COMMON["Cache-Control"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_304_also_when_the_page_was_not_kept(door: FakeDoor, client: FlaskClient) -> None:
    etag = client.get(f"/{SLUG}/e/wall").headers["ETag"]
    another = served(door, settings())
    assert another.get(f"/{SLUG}/e/wall", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize("path", PAGES)
def test_public_pages_carry_their_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert COMMON.items() <= dict(headers).items()
    assert re.fullmatch(r'"[0-9a-f]{24}"', headers["ETag"])


NOT_KEYED = [
    {"Cookie": "session=1; language=fr"},
    {"Accept-Language": "fr"},
    {"Accept": "application/json"},
    {"Accept-Encoding": "gzip, br"},
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "http"},
    {"X-Forwarded-Prefix": "/evil"},
    {"X-Forwarded-For": "203.0.113.9"},
    {"X-Original-URL": "/moderate/"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Forwarded": "host=evil.example"},
    {"Host": "evil.example"},
    {"Host": "evil.example:99999/"},
    {"Range": "bytes=0-10"},
    {"User-Agent": "<script>"},
    {"Origin": "https://evil.example"},
    {"If-Modified-Since": "Wed, 20 May 2026 12:00:00 GMT"},
]


def test_no_header_changes_a_byte(door: FakeDoor) -> None:
    usual = served(door, settings())
    drawn = [path for path in PAGES if path.endswith(".png")]
    there = {path: usual.get(path) for path in PAGES if path not in drawn[1:]}  # drawing takes long
    for headers in NOT_KEYED:
        fresh = served(door, settings())
        for path, plain in there.items():
            for _ in ("made", "kept"):
                answer = fresh.get(path, headers=headers)
                assert (answer.status_code, answer.data) == (200, plain.data), (path, headers)
                assert dict(answer.headers) == dict(plain.headers), (path, headers)


@pytest.mark.parametrize(
    "query", ["utm_source=x", "page=2", "lang=fr", "%00=<script>", "callback=alert"]
)
def test_no_query_changes_a_byte(client: FlaskClient, query: str) -> None:
    assert client.get(f"/{SLUG}/e/wall?{query}").data == client.get(f"/{SLUG}/e/wall").data


@pytest.mark.parametrize("view", ["featured", "wall", "gone-since-2026"])
def test_any_site_may_frame_a_view_and_only_our_own_script_runs_in_it(
    client: FlaskClient, view: str
) -> None:
    policy = client.get(f"/{SLUG}/e/{view}").headers["Content-Security-Policy"]
    assert re.fullmatch(
        r"default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; "
        r"base-uri 'none'; form-action 'none'(; script-src( 'sha256-[A-Za-z0-9+/]{43}=')+)?; "
        r"connect-src 'self' https://posts\.library\.example; "
        r"img-src 'self' https://posts\.library\.example data:; "
        r"frame-ancestors \*",
        policy,
    )


def test_a_frame_is_marked_by_what_it_shows_and_may_read_itself_from_a_sandbox(
    client: FlaskClient,
) -> None:
    marks = []
    for view in ("featured", "wall", "wall"):
        answer = client.get(f"/{SLUG}/e/{view}")
        marks += re.findall(r'<body class="frame" data-made="([0-9a-f]{16})"', answer.text)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    featured, wall, again = marks
    assert featured != wall == again


@pytest.mark.parametrize(
    "path", ["/", f"/{SLUG}/", f"/{SLUG}/p/{item_id(1)}", f"/{SLUG}/p/{item_id(2)}", "/none"]
)
def test_our_own_pages_cannot_be_framed(client: FlaskClient, path: str) -> None:
    policy = client.get(path).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_feeds_may_be_read_by_scripts_of_every_site(client: FlaskClient) -> None:
    for ending in ("json", "rss"):
        headers = client.get(f"/{SLUG}/v/wall.{ending}").headers
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in headers
    assert "Access-Control-Allow-Origin" not in client.get(f"/{SLUG}/").headers


def test_a_forgotten_view_shows_the_featured_one_and_says_where_it_lives(client: FlaskClient) -> None:
    answer = client.get(f"/{SLUG}/e/spring-of-2024")
    assert answer.data == client.get(f"/{SLUG}/e/featured").data
    assert f'<link rel="canonical" href="{PUBLIC_URL}/{SLUG}/e/featured">' in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/nobody/",
        "/nobody",
        "/nobody/e/featured",
        "/nobody/v/wall.json",
        f"/nobody/p/{item_id(1)}",
        f"/{SLUG}/p/{item_id(9)}",
        f"/{SLUG}/p/{item_id(1)}/",
        f"/{SLUG}/p/{item_id(1).upper()}",
        f"/{SLUG.upper()}/",
        f"/{SLUG}/v/wall.xml",
        f"/{SLUG}/e/",
        f"/{SLUG}/../moderate/",
        f"/{SLUG}/%2e%2e/moderate/",
        "/%00",
        "/%ff%fe",
        "/moderate/",
        "/static/x",
        "/favicon.ico",
        "/<script>alert(1)</script>/",
        "/" + "a" * 5000,
    ],
)
def test_what_is_not_there_gets_a_calm_page_without_an_echo(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no page here" in answer.text
    for word in ("nobody", "moderate", "evil", "alert", "wall", "aaaaaaaaaaaaaaaa"):
        assert word not in re.sub(r"<style>.*</style>", "", answer.text)
    assert_calm(answer)


@pytest.mark.parametrize(
    "path", [f"//{SLUG}/", f"//evil.example/{SLUG}", f"/{SLUG}//e/wall", f"//{SLUG}"]
)
def test_two_slashes_lead_nowhere_else(client: FlaskClient, path: str) -> None:
    answer = client.get("/", environ_overrides={"PATH_INFO": path})
    assert answer.status_code in (200, 308, 404)
    assert answer.headers.get("Location", f"{PUBLIC_URL}/{SLUG}/") == f"{PUBLIC_URL}/{SLUG}/"


@pytest.mark.parametrize("host", ["evil.example", "posts.library.example"])
def test_the_short_form_of_the_hub_leads_to_our_own_host_only(client: FlaskClient, host: str) -> None:
    answer = client.get(f"/{SLUG}?next=//evil.example", headers={"Host": host})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PUBLIC_URL}/{SLUG}/")


def test_a_taken_down_post_answers_410_with_a_kind_sentence(client: FlaskClient) -> None:
    for _ in ("made", "kept"):
        answer = client.get(f"/{SLUG}/p/{item_id(2)}")
        assert answer.status_code == 410
        assert "This post is no longer shown" in answer.text
        assert "number 2" not in answer.text
        assert_calm(answer)


def test_a_taken_down_post_answers_410_also_to_who_has_its_page(door: FakeDoor) -> None:
    clock = Clock()
    client = create_app(settings(), door, lambda: NOW, clock).test_client()
    etag = client.get(f"/{SLUG}/p/{item_id(1)}").headers["ETag"]
    door.take_down(pictured(shown(1)))
    clock.at += 0.25
    answer = client.get(f"/{SLUG}/p/{item_id(1)}", headers={"If-None-Match": etag})
    assert answer.status_code == 410
    assert client.get(f"/{SLUG}/p/{item_id(1)}", headers={"If-None-Match": "*"}).status_code == 410


def test_the_unexpected_is_written_down_for_us_and_not_for_readers(
    door: FakeDoor, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    door.fails_with = RuntimeError("secret detail")
    answer = client.get(f"/{SLUG}/e/wall?x=<script>")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "secret detail" in caplog.text
    assert_calm(answer)


def test_a_request_cannot_write_a_line_of_our_log(
    door: FakeDoor, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    door.fails_with = RuntimeError("x")
    client.get(f"/{SLUG}/e/a%0aforged line")
    assert not [record for record in caplog.records if "\n" in record.getMessage()]


def test_a_store_that_cannot_be_asked_gives_503_in_a_page_that_may_stand_in_a_frame(
    door: FakeDoor, client: FlaskClient
) -> None:
    door.fails_with = StoreError("locked at /private/path")
    answer = client.get(f"/{SLUG}/e/wall")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "private" not in answer.text
    assert 'target="_blank"' in answer.text
    assert_calm(answer)


def test_links_come_from_the_settings_and_never_from_the_request(door: FakeDoor) -> None:
    client = served(door, settings(public_url="https://library.example:8443/"))
    text = client.get(f"/{SLUG}/", headers={"Host": "evil.example"}).text
    assert f'href="https://library.example:8443/{SLUG}/p/{item_id(1)}"' in text
    assert "evil" not in text


def test_several_campaigns_are_listed_on_the_front_page(door: FakeDoor) -> None:
    client = served(door, settings(campaign(), campaign(slug="seeds", name="#SeedLibraries")))
    text = client.get("/").text
    assert f'href="{PUBLIC_URL}/seeds/"' in text
    assert "#SeedLibraries" in text


def test_robots_may_read_everything_but_the_moderation(client: FlaskClient) -> None:
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /moderate/\nAllow: /\n"


def test_healthz_asks_nothing(door: FakeDoor, client: FlaskClient) -> None:
    door.fails_with = RuntimeError("x")
    assert client.get("/healthz").text == "ok\n"


@pytest.mark.parametrize(
    ("codes", "status", "text"),
    [
        ((), 200, "ready\n"),
        (("schema", "disk-full"), 503, "schema\ndisk-full\n"),
        (("sqlite at /private/path is locked",), 503, "other\n"),
    ],
)
def test_readyz_gives_codes_only(
    door: FakeDoor, client: FlaskClient, codes: tuple[str, ...], status: int, text: str
) -> None:
    door.codes = codes
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers["Cache-Control"] == "no-store"


def test_readyz_is_not_ready_when_the_store_cannot_be_asked(door: FakeDoor, client: FlaskClient) -> None:
    door.fails_with = StoreError("x")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "store\n")
