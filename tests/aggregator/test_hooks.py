"""Webhooks: everybody who asked hears of everything, in order, signed, and nobody waits for the dead."""

import asyncio
import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine

from aggregator.errors import FetchError, Missing, NotConnected, SettingsError
from aggregator.hooks import Hooks, Tools, signed
from aggregator.item import Action
from aggregator.reading import read
from aggregator.settings import Campaign, Webhook
from aggregator.store import receipts
from aggregator.store.published import Door
from aggregator.store.writer import Writer
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, take


@dataclass
class Receivers:
    """The sites that are told, and one worker that tells them."""

    engine: Engine
    reader: Engine
    now: datetime
    names: tuple[str, ...] = ("site",)
    heard: list[tuple[str, Mapping[str, str], dict[str, Any]]] = field(default_factory=list)
    away: dict[str, FetchError] = field(default_factory=dict)
    waiting_for: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.writer = Writer(self.engine)
        declare(self.engine, self.now, "river")
        self.work()  # from here on they are told what changes

    def work(self) -> None:
        """Let a worker that has just started tell everything that is due."""
        hooks = tuple(
            Webhook(
                name=name,
                url=f"https://{name}.example/told",
                secret="whsec_c2VjcmV0",  # type: ignore[arg-type] # as config.yaml has it
                waiting_for=self.waiting_for,
            )
            for name in self.names
        )
        tools = Tools(
            writer=self.writer,
            send=self._send,
            look=Door(self.reader).one,
            address=lambda slug, item: f"https://wall.example/{slug}/p/{item}",
            campaigns=(Campaign(slug=SLUG, name="Tea", webhooks=hooks),),
            now=lambda: self.now,
        )

        async def once() -> None:
            await Hooks(tools).settle()

        asyncio.run(once())

    async def _send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        name = url.removeprefix("https://").split(".")[0]
        if error := self.away.get(name):
            raise error
        self.heard.append((name, headers, json.loads(body)))
        return 204

    def bring(self, *numbers: int) -> list[str]:
        claimed = claim(self.engine, self.now, "river")
        taken = take(self.engine, claimed, self.now, *(found(post(number)) for number in numbers))
        assert taken.new == len(numbers)
        with self.reader.connect() as connection:
            return [
                str(row[0])
                for row in connection.exec_driver_sql("SELECT id FROM item ORDER BY sort_at DESC, id")
            ][: len(numbers)]

    def told(self, name: str = "site") -> list[tuple[str, str]]:
        return [(body["type"], body["data"]["id"]) for who, _, body in self.heard if who == name]

    def outputs(self, item: str) -> dict[str, datetime | None]:
        with self.reader.connect() as connection:
            return {one.output: one.left_at for one in receipts.of(connection, item)}


@pytest.fixture
def receivers(writer: Engine, reader: Engine, now: datetime) -> Iterator[Receivers]:
    made = Receivers(writer, reader, now)
    yield made
    made.writer.close()


def test_a_post_that_is_shown_is_told_with_its_address(receivers: Receivers) -> None:
    (item,) = receivers.bring(1)
    decide(receivers.engine, Action.APPROVE, item, receivers.now)
    receivers.work()
    ((_, _, body),) = receivers.heard
    assert body["type"] == "post.published"
    assert body["data"]["url"] == f"https://wall.example/{SLUG}/p/{item}"
    assert set(body["data"]) == {
        "id", "campaign", "version", "url", "title", "network", "changed_at",
    }  # fmt: skip


def test_a_removed_post_is_told_without_a_word_of_it(receivers: Receivers) -> None:
    (item,) = receivers.bring(1)
    decide(receivers.engine, Action.APPROVE, item, receivers.now)
    receivers.work()
    receivers.now += timedelta(minutes=1)
    decide(receivers.engine, Action.TAKE_DOWN, item, receivers.now)
    receivers.now += timedelta(seconds=2)
    receivers.work()
    _, _, body = receivers.heard[-1]
    assert body["type"] == "post.withdrawn"
    assert set(body["data"]) == {"id", "campaign", "version", "url"}
    assert receivers.outputs(item)["webhooks"] == receivers.now


def test_a_post_with_new_words_has_changed(receivers: Receivers) -> None:
    (item,) = receivers.bring(1)
    decide(receivers.engine, Action.APPROVE, item, receivers.now)
    receivers.work()
    receivers.now += timedelta(minutes=1)
    decide(receivers.engine, Action.AMEND, item, receivers.now, changes={"excerpt": "Shorter"})
    receivers.work()
    assert receivers.told() == [("post.published", item), ("post.changed", item)]


def test_nothing_is_told_twice_and_nothing_from_before(receivers: Receivers) -> None:
    (item,) = receivers.bring(1)
    decide(receivers.engine, Action.APPROVE, item, receivers.now)
    receivers.work()
    receivers.work()
    assert receivers.told() == [("post.published", item)]
    receivers.names = ("site", "late")
    receivers.work()
    assert receivers.told("late") == []


def test_a_receiver_that_is_away_holds_up_nobody_and_hears_everything_in_order(
    receivers: Receivers,
) -> None:
    receivers.names = ("site", "wall")
    receivers.work()
    receivers.away["wall"] = NotConnected("refused")
    items = receivers.bring(1, 2, 3, 4, 5)
    for item in items:
        decide(receivers.engine, Action.APPROVE, item, receivers.now)
    receivers.work()
    assert [item for _, item in receivers.told("site")] == items
    decide(receivers.engine, Action.TAKE_DOWN, items[0], receivers.now)
    receivers.work()
    assert receivers.outputs(items[0])["webhooks"] is None  # one of the two does not know yet
    receivers.away.clear()
    receivers.now += timedelta(hours=3)
    receivers.work()
    assert receivers.told("wall") == [
        *(("post.published", item) for item in items[1:]),
        ("post.withdrawn", items[0]),
    ]
    assert receivers.outputs(items[0])["webhooks"] == receivers.now


def test_a_receiver_that_is_away_is_left_alone_for_longer_each_time(receivers: Receivers) -> None:
    tries: list[datetime] = []
    real = receivers._send

    async def counting(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        tries.append(receivers.now)
        return await real(url, body, headers)

    receivers._send = counting  # type: ignore[method-assign] # our own stand-in
    receivers.away["site"] = Missing("status 410")
    (item,) = receivers.bring(1)
    decide(receivers.engine, Action.APPROVE, item, receivers.now)
    for _ in range(40):
        receivers.work()
        receivers.now += timedelta(seconds=15)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert len(pauses) >= 3
    assert pauses == sorted(pauses)
    assert pauses[-1] > pauses[0]


def test_a_repeated_message_has_the_same_id_and_a_new_signature(receivers: Receivers) -> None:
    body, now = b'{"type":"post.published"}', receivers.now
    first = signed("tea:4:a", body, "whsec_c2VjcmV0", now)
    again = signed("tea:4:a", body, "whsec_c2VjcmV0", now + timedelta(minutes=5))
    assert first["webhook-id"] == again["webhook-id"]
    assert first["webhook-signature"] != again["webhook-signature"]


def test_the_signature_is_the_one_of_standard_webhooks(now: datetime) -> None:
    body = b'{"test": 2432232314}'
    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", body, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", now)
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    said = f"msg_p5jXN8AQM9LWM0D4loKWxJek.{int(now.timestamp())}.".encode() + body
    expected = base64.b64encode(hmac.new(key, said, sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(now.timestamp()))


def test_the_signature_of_the_published_example_is_ours() -> None:
    """Source: the README of standard-webhooks, where this example stands."""
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    event, secret = "msg_p5jXN8AQM9LWM0D4loKWxJek", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signed(event, b'{"test": 2432232314}', secret, at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_any_words_can_be_a_secret(now: datetime) -> None:
    assert signed("a", b"", "plain-words", now) != signed("a", b"", "other-words", now)
    assert signed("a", b"", "whsec_nobase64!", now)


def test_a_hook_that_waits_for_its_secret_is_told_nothing(receivers: Receivers) -> None:
    receivers.waiting_for = ("HOOK_SECRET",)
    (item,) = receivers.bring(1)
    decide(receivers.engine, Action.APPROVE, item, receivers.now)
    receivers.work()
    assert receivers.heard == []


HOOKED = """
campaigns:
  - slug: tea
    name: Tea
    webhooks:
      - {name: site, url: https://site.example/told, secret: "${HOOK_SECRET}"}
"""


def test_a_secret_that_is_not_set_makes_its_webhook_wait() -> None:
    read_with = partial(read, HOOKED, path="config.yaml", kinds={}, layouts=["grid"])
    (waiting,) = read_with(environ={}).campaigns[0].webhooks
    assert waiting.waiting_for == ("HOOK_SECRET",)
    (ready,) = read_with(environ={"HOOK_SECRET": "whsec_c2VjcmV0"}).campaigns[0].webhooks
    assert ready.waiting_for == ()
    assert ready.secret.get_secret_value() == "whsec_c2VjcmV0"


def test_two_webhooks_of_one_name_are_a_mistake() -> None:
    line = next(line for line in HOOKED.splitlines() if "site.example" in line)
    with pytest.raises(SettingsError, match="two webhooks have this name"):
        read(f"{HOOKED}{line}\n", path="config.yaml", environ={}, kinds={}, layouts=["grid"])
