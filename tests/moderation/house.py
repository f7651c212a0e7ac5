"""A moderation application with invented people in it, and browsers to knock at its doors with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from aggregator.settings import Campaign, Settings, Source
from aggregator.store import people
from aggregator.store.people import Account
from moderation import cookies, sessions
from moderation.app import ROUTES, create_app
from moderation.drawing import speech
from moderation.routes import Desk, Role, Route

NAMES = {
    Role.VIEWER: "Vera Okoye",
    Role.MODERATOR: "Mo Reyes",
    Role.EDITOR: "Edda Lindqvist",
    Role.ADMIN: "Amina Yusuf",
}
PASSWORD = "otters borrow nine umbrellas"
# Made once, of PASSWORD: every test that made its own would take 30 ms longer.
STORED = (
    "$argon2id$v=19$m=19456,t=2,p=1$MTuxMDsJYOhOWmk/r9y6LA$1R04F15Br8EpaebTkWjq97IsLOh4OnatIf9Qx2g9558"
)
SLUG = "engagedlibraries"
COUNTED = (
    "person", "session", "invite", "attempt", "decision", "item", "source", "amendment",
    "issue", "issue_item", "subscriber", "delivery", "suppressed", "outgoing",
)  # fmt: skip


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class House:
    """The application, and what stands behind it."""

    desk: Desk
    app: Flask
    clock: Clock
    people: dict[Role, Account] = field(default_factory=dict)

    def browser(self, **environ: str) -> "Browser":
        return Browser(self, self.app.test_client(), environ)

    def signed_in(self, role: Role, **environ: str) -> "Browser":
        """Give a browser in which somebody with a role is signed in."""
        browser = self.browser(**environ)
        browser.hold(
            sessions.open_for(self.desk.writer, self.people[role].id, "Firefox, Linux", self.clock())
        )
        return browser

    def sending(self, cookie: str) -> "Browser":
        """Give a browser that sends this cookie to everybody, and keeps none."""
        name = cookies.name_for(self.desk.settings)
        client = self.app.test_client(use_cookies=False)
        csrf = sessions.csrf_of(cookie)
        return Browser(self, client, {"Cookie": f"{name}={cookie}"}, csrf, keeps_cookies=False)

    def rows(self, table: str) -> list[Any]:
        """Give all rows of a table, to see that nothing changed."""
        with self.desk.reader.connect() as connection:
            return sorted(map(str, connection.execute(text(f"SELECT * FROM {table}"))))

    def contents(self) -> dict[str, list[Any]]:
        return {table: self.rows(table) for table in COUNTED}


@dataclass
class Browser:
    """A browser: it keeps cookies, fills in the token of the last form it saw, and follows nothing."""

    house: House
    client: FlaskClient
    environ: dict[str, str]
    csrf: str = ""
    keeps_cookies: bool = True

    @property
    def _cookie_name(self) -> str:
        return cookies.name_for(self.house.desk.settings)

    @property
    def token(self) -> str:
        """Give what the cookie holds; "" for no cookie."""
        domain = "localhost" if "localhost" in self.base else self.base.split("//")[1].split(":")[0]
        found = self.client.get_cookie(self._cookie_name, domain, "/moderate")
        return found.value if found else ""

    @property
    def base(self) -> str:
        return self.environ.get("base", self.house.desk.settings.public_url)

    def hold(self, token: str) -> None:
        domain = self.base.split("//")[1].split(":")[0]
        secure = self.base.startswith("https")
        self.client.set_cookie(self._cookie_name, token, domain=domain, path="/moderate", secure=secure)
        self.csrf = sessions.csrf_of(token)

    def get(self, path: str, **headers: str) -> TestResponse:
        answer = self.client.get(path, base_url=self.base, headers=self._headers(headers))
        self._learn(answer)
        return answer

    def post(self, path: str, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """Send a form, with the token of this browser unless `csrf` says otherwise (None: without)."""
        data = {"csrf": self.csrf, **form}
        answer = self.client.post(
            path,
            base_url=self.base,
            data={name: value for name, value in data.items() if value is not None},
            headers=self._headers(headers or {}),
            environ_overrides=self._peer(),
        )
        self._learn(answer)
        return answer

    def open(self, method: str, path: str, **more: Any) -> TestResponse:
        return self.client.open(path, method=method, base_url=self.base, **more)

    def sign_in(self, name: str, password: str = PASSWORD, **form: Any) -> TestResponse:
        self.get("/moderate/sign-in")
        return self.post("/moderate/sign-in", name=name, password=password, **form)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        known = {name.replace("_", "-"): value for name, value in self.environ.items()}
        kept = {name: value for name, value in known.items() if name not in ("base", "peer")}
        return kept | {name.replace("_", "-"): value for name, value in more.items()}

    def _peer(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.environ["peer"]} if "peer" in self.environ else {}

    def _learn(self, answer: TestResponse) -> None:
        if found := re.search(r'name="csrf" value="([0-9a-f]+)"', answer.get_data(as_text=True)):
            self.csrf = found[1]
        elif self.keeps_cookies and self.token:
            self.csrf = sessions.csrf_of(self.token)


def settings(public_url: str = "http://localhost:8000", **more: Any) -> Settings:
    campaign = Campaign(
        slug=SLUG,
        name="#EngagedLibraries",
        hashtags=("EngagedLibraries",),
        sources=(Source(name="river", kind="feed"),),
    )
    return Settings(public_url=public_url, campaigns=(campaign,), **more)


def house(
    reader: Engine,
    writer: Engine,
    folder: Path,
    now: datetime,
    *,
    public_url: str = "http://localhost:8000",
    routes: Sequence[Route] = ROUTES,
) -> House:
    """Give an application in which nobody can sign in yet."""
    clock = Clock(now)
    desk = Desk(settings(public_url), reader, writer, folder, clock, speech())
    return House(desk, create_app(desk, routes), clock)


def populated(empty: House) -> House:
    """Let one person of each role be there, all with PASSWORD."""
    with empty.desk.writer.begin() as connection:
        for role, name in NAMES.items():
            empty.people[role] = people.add(
                connection,
                name=name,
                email=f"{role.word}@library.example",
                role=role.word,
                password=STORED,
                now=empty.clock(),
            )
    return empty


def moved(found: House, public_url: str) -> House:
    """Give the same house under another configured address."""
    desk = replace(found.desk, settings=settings(public_url))
    return House(desk, create_app(desk), found.clock, found.people)
