"""The subscribers of an invented campaign, in memory, and a site on which people can subscribe."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient

from aggregator.settings import Mail, Settings
from aggregator.store.subscribers import Subscriber
from feeds.app import create_app
from feeds.highlights.bounces import Returned
from tests.feeds.invented import NOW, SLUG, Clock, FakeDoor, a_door, campaign, settings, shown

ADDRESS = "ana@riverside.example"
TOKEN, KEY = "token-of-one-mail", "key-of-ana"
MAIL = Mail.model_validate(
    {"smtp": "smtp://mail.library.example", "from": "post@library.example", "bounce_key": "a-secret"}
)


def reader(state: str = "confirmed", **changes: Any) -> Subscriber:
    """Give one subscriber, who gets the mail unless the caller says otherwise."""
    values: dict[str, Any] = {
        "id": 1,
        "campaign": SLUG,
        "address": ADDRESS,
        "language": "en",
        "zone": "",
        "state": state,
        "key": KEY,
        "asked_at": NOW,
        "confirmed_at": NOW,
        "ended_at": None,
        "cause": "",
        "paused_until": None,
        "origin": "form",
        "consent": "",
        "form_version": "1",
        "bounces": 0,
    }
    return Subscriber(**values | changes)


@dataclass
class FakeSubscribers:
    """What a store knows of subscribers. `changes` says what was written, in order."""

    there: dict[str, Subscriber] = field(default_factory=lambda: {KEY: reader()})
    tokens: dict[str, str] = field(default_factory=dict)
    changes: list[tuple[Any, ...]] = field(default_factory=list)
    fails_with: Exception | None = None

    def ask(self, slug: str, address: str, language: str, network: str, now: datetime) -> None:
        self._change("ask", address, language, network)

    def may_confirm(self, slug: str, token: str, now: datetime) -> bool:
        self._must_answer()
        return token in self.tokens

    def confirm(self, slug: str, token: str, now: datetime) -> Subscriber | None:
        self._change("confirm", token)
        key = self.tokens.pop(token, "")
        return self.there.get(key)

    def of_key(self, slug: str, key: str) -> Subscriber | None:
        self._must_answer()
        found = self.there.get(key)
        return found if found and found.campaign == slug else None

    def prefer(
        self, slug: str, key: str, language: str, zone: str, paused_until: datetime | None
    ) -> Subscriber | None:
        self._change("prefer", language, zone, paused_until)
        state = "paused" if paused_until else "confirmed"
        return self._put(slug, key, language=language, zone=zone, paused_until=paused_until, state=state)

    def unsubscribe(self, slug: str, key: str, cause: str, now: datetime) -> Subscriber | None:
        self._change("unsubscribe", key, cause)
        return self._put(slug, key, state="unsubscribed", cause=cause, paused_until=None)

    def returned(self, slug: str, report: Returned, now: datetime) -> None:
        self._change("returned", slug, report)

    def _put(self, slug: str, key: str, **values: Any) -> Subscriber | None:
        if found := self.of_key(slug, key):
            self.there[key] = replace(found, **values)
        return self.of_key(slug, key)

    def _change(self, *what: Any) -> None:
        self._must_answer()
        self.changes.append(what)

    def _must_answer(self) -> None:
        if self.fails_with:
            raise self.fails_with


def a_mailing_site(
    subscribers: FakeSubscribers | None = None,
    door: FakeDoor | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    public_url: str = "https://posts.library.example",
    mail: Mail = MAIL,
    **of_campaign: object,
) -> FlaskClient:
    """Give a client of the public application whose campaign has a weekly mail."""
    return create_app(
        mailing_settings(public_url, mail, **of_campaign),
        door or a_door(shown(1)),
        now,
        Clock(),
        subscribers=subscribers,
    ).test_client()


def mailing_settings(
    public_url: str = "https://posts.library.example", mail: Mail = MAIL, **of_campaign: object
) -> Settings:
    ours = campaign(**{"languages": ("en", "es", "ar"), **of_campaign})
    there = settings(ours, campaign(slug="other"), public_url=public_url)
    return there.model_copy(update={"mail": mail})
