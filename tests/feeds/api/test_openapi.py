"""The description and the app are one: every path, parameter and answer is tried against the other."""

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from aggregator.errors import StoreError
from aggregator.item import Kind, Occasion
from aggregator.store.published import Cursor
from feeds.api.params import write_cursor
from feeds.api.problems import SORTS
from feeds.api.resources import RESOURCES
from feeds.app import create_app
from tests.feeds.invented import (
    AWKWARD,
    NOW,
    PUBLIC_URL,
    SLUG,
    Clock,
    FakeDoor,
    a_door,
    campaign,
    item_id,
    pictured,
    settings,
    shown,
)

SOON = Occasion(NOW + timedelta(days=2), None, "America/New_York", joining_url="https://meet.example/x")
PATHS = {resource.path: resource for resource in RESOURCES}
EVERY_PARAMETER = [
    (path, parameter.name) for path, resource in PATHS.items() for parameter in resource.parameters
]
GIVEN = {"campaign": SLUG, "id": item_id(1)}
# One value that each parameter can have, and one that it cannot.
GOOD = {
    "limit": "7",
    "cursor": write_cursor(Cursor(NOW, item_id(1))),
    "tag": "#Seeds",
    "language": "es",
    "kind": "story",
    "library": "Riverside",
    "place": "Ohio",
    "since": "2026-05-01",
}
BAD = {
    "limit": "0",
    "cursor": "!",
    "tag": "#",
    "language": "-",
    "kind": "toot",
    "library": " ",
    "place": " ",
    "since": "soon",
}


def a_world() -> FakeDoor:
    door = a_door(
        *(
            post for name, post in AWKWARD.items() if name != "hostile-picture"
        ),  # no store gives its colour
        replace(pictured(shown(1, occasion=SOON)), thread=(shown(50),)),
        shown(2, occasion=replace(SOON, is_all_day=True, is_cancelled=True)),
        shown(3),
    )
    door.take_down(shown(3))
    return door


@pytest.fixture
def door() -> FakeDoor:
    return a_world()


@pytest.fixture
def client(door: FakeDoor) -> FlaskClient:
    return create_app(settings(), door, lambda: NOW, Clock()).test_client()


@cache
def description() -> dict[str, Any]:
    client = create_app(settings(), a_world(), lambda: NOW, Clock()).test_client()
    answer = client.get("/api/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json or {}
    return found


def parameters_of(path: str) -> dict[str, Any]:
    return {each["name"]: each for each in description()["paths"][path]["get"]["parameters"]}


def judge(answer: TestResponse, path: str) -> None:
    """Check an answer against what the description says of its status, type and form."""
    responses = description()["paths"][path]["get"]["responses"]
    assert str(answer.status_code) in responses, answer.status_code
    said = resolved(responses[str(answer.status_code)])
    if "content" not in said:
        assert answer.data == b""
        return
    assert answer.content_type in said["content"]
    schema = {
        **said["content"][answer.content_type]["schema"],
        "components": description()["components"],
    }
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(answer.json)] == []


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = description()
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def test_it_is_a_valid_description() -> None:
    validate(description())
    assert description()["openapi"].startswith("3.1")
    assert description()["servers"] == [{"url": PUBLIC_URL}]


def test_it_describes_the_paths_that_the_app_answers_and_no_others(client: FlaskClient) -> None:
    assert set(description()["paths"]) == set(PATHS)
    for path in description()["paths"]:
        assert client.get(path.format(**GIVEN)).status_code == 200
    of_app = {rule.rule for rule in client.application.url_map.iter_rules() if "/api/" in rule.rule}
    assert of_app == {"/api/openapi.json", "/<campaign>/api/<path:rest>"}


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_as_described(client: FlaskClient, path: str) -> None:
    where = path.format(**GIVEN)
    answer = client.get(where)
    assert answer.status_code == 200
    judge(answer, path)
    judge(client.get(where, headers={"If-None-Match": answer.headers["ETag"]}), path)


@pytest.mark.parametrize("path", PATHS)
def test_every_refusal_is_as_described(client: FlaskClient, door: FakeDoor, path: str) -> None:
    where = path.format(**GIVEN)
    judge(client.get(f"{where}?unheard-of=1"), path)
    judge(client.get(path.format(campaign="nobody", id="x")), path)
    for _ in range(121):
        answer = client.get(where, environ_base={"REMOTE_ADDR": "9.9.9.9"})
    assert answer.status_code == 429
    judge(answer, path)
    for failure, status in ((StoreError("x"), 503), (RuntimeError("x"), 500)):
        door.fails_with = failure
        answer = create_app(settings(), door, lambda: NOW, Clock()).test_client().get(where)
        assert answer.status_code == status
        judge(answer, path)


def test_one_that_left_is_as_described(client: FlaskClient) -> None:
    answer = client.get(f"/{SLUG}/api/v1/posts/{item_id(3)}")
    assert answer.status_code == 410
    judge(answer, "/{campaign}/api/v1/posts/{id}")


@pytest.mark.parametrize(("path", "name"), EVERY_PARAMETER)
def test_every_described_parameter_is_read(client: FlaskClient, path: str, name: str) -> None:
    assert name in parameters_of(path)
    good = "3" if (path.endswith("changes"), name) == (True, "since") else GOOD[name]
    where = path.format(**GIVEN)
    answer = client.get(f"{where}?{urlencode({name: good})}")
    assert answer.status_code == 200
    judge(answer, path)
    refused = client.get(f"{where}?{urlencode({name: BAD[name]})}")
    assert refused.status_code == 400
    judge(refused, path)


@pytest.mark.parametrize("path", PATHS)
def test_no_parameter_is_read_that_is_not_described(client: FlaskClient, path: str) -> None:
    described = parameters_of(path)
    assert set(described) == {parameter.name for parameter in PATHS[path].parameters}
    for name in GOOD.keys() - described.keys():
        answer = client.get(f"{path.format(**GIVEN)}?{urlencode({name: GOOD[name]})}")
        assert answer.status_code == 400


@pytest.mark.parametrize(("path", "name"), EVERY_PARAMETER)
def test_a_parameters_schema_says_what_is_taken(client: FlaskClient, path: str, name: str) -> None:
    schema = parameters_of(path)[name]["schema"]
    one = schema.get("items", schema)
    for value in (GOOD[name], BAD[name], "1", "101", "es", "story", "2026-05-01"):
        typed: Any = int(value) if one["type"] == "integer" and re.fullmatch(r"\d+", value) else value
        fits = Draft202012Validator(one, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(
            typed
        )
        answer = client.get(f"{path.format(**GIVEN)}?{urlencode({name: value})}")
        assert answer.status_code == 400 or fits, (value, answer.status_code)
    assert ("maxItems" in schema) is ("items" in schema)


def test_what_the_description_says_of_defaults_is_so(client: FlaskClient) -> None:
    for path in ("posts", "events", "tags", "changes"):
        there = client.get(f"/{SLUG}/api/v1/{path}").json
        spelled = client.get(f"/{SLUG}/api/v1/{path}?limit=25").json
        assert there == spelled


def test_the_type_of_every_problem_leads_to_its_description(client: FlaskClient) -> None:
    for sort in SORTS:
        said = description()["x-problems"][sort.name]
        address, _, pointer = said["type"].partition("#/")
        assert address == f"{PUBLIC_URL}/api/openapi.json"
        found: Any = description()
        for name in pointer.split("/"):
            found = found[name]
        assert found["title"] == sort.title


def test_a_kind_that_is_added_is_described() -> None:
    kinds = parameters_of("/{campaign}/api/v1/posts")["kind"]["schema"]["items"]["enum"]
    assert kinds == [kind.value for kind in Kind]


def test_the_description_names_every_campaign_and_may_be_read_by_scripts() -> None:
    there = settings(campaign(), campaign(slug="seeds"))
    client = create_app(there, a_world(), lambda: NOW, Clock()).test_client()
    answer = client.get("/api/openapi.json")
    assert answer.json
    (where, *_) = answer.json["paths"]["/{campaign}/api/v1/posts"]["parameters"]
    assert where["schema"]["enum"] == [SLUG, "seeds"]
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    etag = answer.headers["ETag"]
    assert client.get("/api/openapi.json", headers={"If-None-Match": etag}).status_code == 304
    assert client.get("/api/openapi.json?x=1").status_code == 400
