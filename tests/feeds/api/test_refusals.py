"""What the API refuses, and the sentence that says what to do."""

import pytest

from tests.feeds.api.served import ROOT, Served
from tests.feeds.invented import (
    PUBLIC_URL,
    SLUG,
    a_door,
    item_id,
    shown,
)


@pytest.fixture
def there() -> Served:
    return Served(a_door(*(shown(number) for number in range(1, 61))))


@pytest.mark.parametrize("path", ["posts", f"posts/{item_id(1)}", "events", "tags", "stats", "changes"])
def test_an_unknown_parameter_is_named_and_so_are_those_there_are(there: Served, path: str) -> None:
    said = there.problem(f"{path}?utm_source=x", 400, "unknown-parameter")
    assert said["param"] == "utm_source"
    assert said["detail"].startswith("Leave “utm_source” out. ")
    if path == "posts":
        assert said["detail"].endswith(
            "The parameters here are cursor, kind, language, library, limit, place, tag."
        )
    if path == "stats":
        assert said["detail"].endswith("There is none here.")


@pytest.mark.parametrize(
    ("query", "param", "words"),
    [
        ("limit=0", "limit", "must be a whole number from 1 to 100."),
        ("limit=101", "limit", "must be a whole number from 1 to 100."),
        ("limit=ten", "limit", "must be a whole number"),
        ("limit=", "limit", "must be a whole number"),
        ("limit=１", "limit", "must be a whole number"),
        ("limit=-1", "limit", "must be a whole number"),
        ("limit=" + "9" * 5000, None, "Write at most"),
        ("kind=toot", "kind", "must be one of post, article"),
        ("language=English!", "language", "such as es or pt-br"),
        ("tag=", "tag", "such as storytime"),
        ("tag=%23", "tag", "such as storytime"),
        ("tag=a%00b", "tag", "such as storytime"),
        ("tag=%ff", "tag", None),
        ("library=" + "x" * 201, "library", "at most 200"),
        ("cursor=abc", "cursor", "exactly what `next`"),
        ("cursor=%F0%9F%93%9A", "cursor", "exactly what `next`"),
        ("cursor=MjAyNi0wNS0yMFQxMjowMDowMCBwb3N0YWFhYWFhYWI", "cursor", "exactly what `next`"),
    ],
)
def test_a_wrong_value_is_answered_with_what_it_can_be(
    there: Served, query: str, param: str | None, words: str | None
) -> None:
    if words is None:  # a byte that is no text is read as a sign that stands for it
        assert there.get(f"posts?{query}").status_code in (200, 400)
        return
    said = there.problem(f"posts?{query}", 400, "wrong-value")
    assert said.get("param") == param
    assert words in said["detail"]


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "2026-05-22T25:00:00Z", "0000-01-01", "1"])
def test_a_moment_that_is_none_is_refused(there: Served, since: str) -> None:
    said = there.problem(f"events?since={since}", 400, "wrong-value")
    assert "2026-05-01T09:00:00Z" in said["detail"]


@pytest.mark.parametrize("since", ["-1", "1.5", "x", str(2**53)])
def test_a_version_that_is_none_is_refused(there: Served, since: str) -> None:
    there.problem(f"changes?since={since}", 400, "wrong-value")


def test_a_parameter_that_stands_there_too_often_is_refused(there: Served) -> None:
    said = there.problem("posts?limit=1&limit=2", 400, "repeated-parameter")
    assert (said["param"], said["detail"]) == ("limit", "Write “limit” once.")
    said = there.problem("posts?" + "&".join(f"tag=a{n}" for n in range(11)), 400, "repeated-parameter")
    assert said["detail"] == "Write “tag” at most 10 times."


@pytest.mark.parametrize(
    "path",
    [
        f"{ROOT}/",
        f"{ROOT}/nothing",
        f"{ROOT}/posts/",
        f"{ROOT}/posts/SHORT",
        f"{ROOT}/stats/{item_id(1)}",
        f"/{SLUG}/api/v2/posts",
        "/nobody/api/v1/posts",
        f"/{SLUG}/api/<script>",
    ],
)
def test_what_is_not_there_says_where_all_is_described(there: Served, path: str) -> None:
    answer = there.client.get(path)
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
    assert answer.json
    assert answer.json["detail"] == f"See {PUBLIC_URL}/api/openapi.json for all that can be asked."


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["posts", "stats?x=1", "nothing"])
def test_nothing_can_be_changed(there: Served, method: str, path: str) -> None:
    answer = there.client.open(f"{ROOT}/{path}", method=method, json={})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.content_type == "application/problem+json"
