"""The public app over a door in memory: what tests of the API ask."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from feeds.app import create_app
from tests.feeds.invented import (
    NOW,
    PUBLIC_URL,
    SLUG,
    Clock,
    FakeDoor,
    settings,
)

ROOT = f"/{SLUG}/api/v1"


class Served:
    """The public app over a door in memory, with clocks that move when told to."""

    def __init__(self, door: FakeDoor) -> None:
        self.door, self.clock, self.now = door, Clock(), NOW
        self.client: FlaskClient = create_app(
            settings(), door, lambda: self.now, self.clock
        ).test_client()

    def get(self, path: str, **how: Any) -> TestResponse:
        return self.client.get(f"{ROOT}/{path}", **how)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json

    def problem(self, path: str, status: int, sort: str) -> Any:
        answer = self.get(path)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        assert answer.headers["Cache-Control"] == "no-store"
        said = answer.json
        assert said
        assert said["type"] == f"{PUBLIC_URL}/api/openapi.json#/x-problems/{sort}"
        assert said["status"] == status
        return said
