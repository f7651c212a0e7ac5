"""Logs: one line an event, nothing in it that steers a terminal, no secret (promise P62)."""

import json
import logging
import sys

import pytest

from engaged.logs import Lines, without_secrets


def written(
    message: str, *arguments: object, secrets: tuple[str, ...] = (), for_eyes: bool = False
) -> str:
    record = logging.LogRecord("engaged.x", logging.WARNING, "x.py", 1, message, arguments, None)
    return Lines(secrets, for_eyes=for_eyes).format(record)


def test_an_event_is_one_json_line() -> None:
    event = json.loads(written("%s asked %s times", "ifla", 3))

    assert event["said"] == "ifla asked 3 times"
    assert (event["level"], event["from"]) == ("warning", "engaged.x")
    assert event["at"].endswith("+00:00")


@pytest.mark.parametrize("odd", ["a\nb", "a\r\nfake", "\x1b[2Jgone", "a\u2028b", "\u202eright", "nul\0"])
@pytest.mark.parametrize("for_eyes", [False, True])
def test_what_strangers_wrote_cannot_forge_a_line(odd: str, for_eyes: bool) -> None:
    assert written("title %s", odd, for_eyes=for_eyes).isprintable()


def test_a_trace_stays_on_its_line() -> None:
    try:
        raise ValueError("of\nBlog.example")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "broke", (), sys.exc_info())
    line = Lines().format(record)

    assert "\n" not in line
    assert "ValueError" in json.loads(line)["trace"]


@pytest.mark.parametrize(
    "said",
    [
        "cannot reach postgresql+psycopg://engaged:canary-77@db.example/engaged",
        "GET https://blog.example/feed?api_key=canary-77&page=2",
        "GET https://blog.example/feed?access_token=canary-77",
        'headers {"Authorization": "Bearer canary-77"}',
        "password: canary-77",
        "the key canary-77 was refused",
        "told canary-77@library.example",
    ],
)
def test_a_canary_is_not_repeated(said: str) -> None:
    assert "canary-77" not in written(said, secrets=("canary-77",) if "the key" in said else ())


def test_short_values_are_not_hunted_for() -> None:
    assert json.loads(written("on the bus", secrets=("on",)))["said"] == "on the bus"


def test_the_rest_of_a_line_stays_readable() -> None:
    said = without_secrets("GET https://blog.example/feed?token=abc&page=2 took 3 s", [])

    assert said == "GET https://blog.example/feed?token=[hidden]&page=2 took 3 s"
