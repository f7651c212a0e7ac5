"""How the API answers: to scripts, to who has the answer already, to who asks too often, in trouble."""

import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from aggregator.errors import StoreError
from aggregator.store.published import Cursor
from feeds.api.params import read_cursor, write_cursor
from tests.feeds.api.served import ROOT, Served
from tests.feeds.invented import (
    SLUG,
    a_door,
    item_id,
    shown,
)


@pytest.fixture
def there() -> Served:
    return Served(a_door(*(shown(number) for number in range(1, 61))))


def test_scripts_of_every_site_may_ask_and_read_the_headers(there: Served) -> None:
    preflight = there.client.options(f"{ROOT}/posts")
    assert (preflight.status_code, preflight.data) == (204, b"")
    assert preflight.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert preflight.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    for answer in (preflight, there.get("posts"), there.get("posts?x=1"), there.get("nothing")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    exposed = there.get("posts").headers["Access-Control-Expose-Headers"]
    assert exposed == "ETag, Link, RateLimit, RateLimit-Policy, Retry-After"


@pytest.mark.parametrize("path", ["posts", f"posts/{item_id(1)}", "events", "tags", "stats", "changes"])
def test_who_has_the_answer_gets_304_and_the_store_is_asked_nothing(there: Served, path: str) -> None:
    etag = there.get(path).headers["ETag"]
    there.door.asked.clear()
    answer = there.get(path, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.data) == (304, b"")
    assert there.door.asked == []
    there.clock.at += 0.25
    assert there.get(path, headers={"If-None-Match": f"W/{etag}"}).status_code == 304
    assert there.door.asked == ["version"]


@pytest.mark.parametrize("path", ["posts", f"posts/{item_id(1)}", "posts?x=1", "nothing"])
def test_head_says_what_get_would(there: Served, path: str) -> None:
    head, get = there.client.head(f"{ROOT}/{path}"), there.get(path)
    assert head.data == b""
    assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers))


def test_one_network_may_ask_so_often_and_others_are_not_touched_by_it(there: Served) -> None:
    def ask(peer: str, path: str = f"{ROOT}/stats") -> TestResponse:
        return there.client.get(path, environ_base={"REMOTE_ADDR": peer})

    first = ask("9.9.9.9")
    assert first.headers["RateLimit-Policy"] == '"network";q=120;w=60'
    assert first.headers["RateLimit"] == '"network";r=119;t=1'
    for _ in range(119):
        assert ask("9.9.9.10").status_code == 200
    refused = ask("9.9.9.9")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert refused.headers["RateLimit"] == '"network";r=0;t=60'
    assert refused.json
    assert refused.json["type"].endswith("/too-many-requests")
    assert ask("9.9.8.9").status_code == 200
    assert ask("9.9.9.9", f"/{SLUG}/v/wall.json").status_code == 200
    there.clock.at += 1
    assert ask("9.9.9.9").status_code == 200
    assert ask("9.9.9.9").status_code == 200
    assert ask("9.9.9.9").status_code == 429


def test_requests_of_a_proxy_of_ones_own_are_not_counted_and_its_word_is_not_taken(
    there: Served,
) -> None:
    for _ in range(130):
        answer = there.get("stats", headers={"X-Forwarded-For": "9.9.9.9"})
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_a_store_that_cannot_be_asked_is_503_and_says_when_to_come_back(there: Served) -> None:
    there.door.fails_with = StoreError("locked at /private/path")
    answer = there.get("posts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.content_type == "application/problem+json"
    assert "private" not in answer.text


def test_what_was_answered_a_moment_ago_is_given_while_the_store_is_away(there: Served) -> None:
    before = there.get("posts")
    there.door.fails_with = StoreError("away")
    there.clock.at += 200
    assert there.get("posts").data == before.data
    there.clock.at += 200
    assert there.get("posts").status_code == 503


def test_the_unexpected_is_written_down_for_us_and_not_for_programs(
    there: Served, caplog: pytest.LogCaptureFixture
) -> None:
    there.door.fails_with = RuntimeError("secret detail")
    answer = there.get("posts")
    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "secret" not in answer.text
    assert "secret detail" in caplog.text


def test_no_address_of_who_asks_is_written_down(there: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    there.door.fails_with = RuntimeError("x")
    there.client.get(f"{ROOT}/posts", environ_base={"REMOTE_ADDR": "9.9.9.9"})
    assert "9.9.9" not in caplog.text


@given(st.datetimes(timezones=st.just(UTC)), st.from_regex(r"\A[a-z2-7]{12}\Z"))
def test_a_cursor_comes_back_as_it_was(sort_at: datetime, item: str) -> None:
    cursor = Cursor(sort_at, item)
    assert read_cursor(write_cursor(cursor)) == cursor


@given(st.text(max_size=60))
def test_no_cursor_makes_it_fail(value: str) -> None:
    with suppress(ValueError):
        assert write_cursor(read_cursor(value)) == value


def test_hostile_texts_leave_the_json_whole() -> None:
    post = shown(1, title='\x00\u2028"\\\ud800', text="</script><!--", tags=('"',))
    answer = Served(a_door(post)).get("posts")
    assert json.loads(answer.data)["posts"][0]["text"] == "</script><!--"
    answer.data.decode("utf-8")
