"""Looking up again what is shown: absence is not deletion, and an explicit word is enough."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine, update

from aggregator.errors import Denied
from aggregator.item import Action, RawItem, State
from aggregator.pipeline import Tools, Visit, visit
from aggregator.settings import Campaign, Source
from aggregator.stages import Rechecked
from aggregator.store import runs
from aggregator.store.models import sighting
from aggregator.store.published import Door
from aggregator.store.runs import Ending
from aggregator.store.writer import Writer
from moderation.actions import listing
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, take

EVERY = timedelta(minutes=5)


class Network:
    """A network that can look posts up; `answer` says what it answers, an error is raised."""

    RECHECK_AT_ONCE = 2

    def __init__(self, requests_a_call: int = 1) -> None:
        self.requests_a_call = requests_a_call
        self.answer: Rechecked | Exception = Rechecked()
        self.asked: list[tuple[str, ...]] = []

    def home(self, _: object) -> str:
        return "river.example"

    async def collect(self, *_: Any, **__: Any) -> Any:
        for page in ():
            yield page

    async def recheck(self, _: Source, natives: Sequence[str], fetch: Any, __: object) -> Rechecked:
        self.asked.append(tuple(natives))
        for _ in range(self.requests_a_call):
            await fetch("https://river.example/")
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def shown(writer: Engine, now: datetime) -> str:
    """An approved post that its server calls 17."""
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, found(post()))
    with writer.begin() as connection:
        connection.execute(update(sighting).values(native="17"))
        runs.release(connection, "w")
    (listed,) = listing(writer)
    decide(writer, Action.APPROVE, listed.id, now)
    return listed.id


async def an_answer(*_: object, **__: object) -> None:
    """What the pipeline's fetcher gives is not looked at here."""


def look(writer: Engine, network: Network, now: datetime) -> Ending:
    """Visit the source once."""

    async def once() -> Ending:
        pen = Writer(writer)
        tools = Tools(
            writer=pen,
            cleaner=ThreadPoolExecutor(1),
            fetch=lambda *_: cast("Any", an_answer),
            in_child=cast("Any", None),
            places=asyncio.Semaphore(1),
            kinds={"feed": cast("Any", network)},
            now=lambda: now,
            jitter=lambda: 0.0,
        )
        source = Source(name="river", kind="feed", every=EVERY, options=SimpleNamespace())
        campaign = Campaign(slug=SLUG, name="#E", hashtags=("engagedlibraries",))
        try:
            return await visit(Visit(campaign, source, claim(writer, now, "river")), tools)
        finally:
            pen.close()
            tools.cleaner.shutdown()

    return asyncio.run(once())


def state(engine: Engine) -> State:
    (listed,) = listing(engine)
    return listed.state


def test_missing_once_is_still_shown_and_missing_twice_is_withdrawn(
    writer: Engine, reader: Engine, shown: str, now: datetime
) -> None:
    network = Network()
    network.answer = Rechecked(gone=("17",))
    assert look(writer, network, now).changed == 0
    assert state(writer) is State.APPROVED
    ended = look(writer, network, now + EVERY)
    assert (ended.changed, state(writer)) == (1, State.WITHDRAWN)
    assert Door(reader).latest(SLUG, 5) == ()


def test_what_comes_back_between_two_absences_stays(writer: Engine, shown: str, now: datetime) -> None:
    network = Network()
    answers = (Rechecked(gone=("17",)), Rechecked(), Rechecked(gone=("17",)))
    for number, answer in enumerate(answers):
        network.answer = answer
        look(writer, network, now + number * EVERY)
    assert state(writer) is State.APPROVED


def test_what_is_no_longer_public_leaves_at_once(
    writer: Engine, reader: Engine, shown: str, now: datetime
) -> None:
    network = Network()
    network.answer = Rechecked(closed=("17",))
    look(writer, network, now)
    assert state(writer) is State.WITHDRAWN
    assert Door(reader).latest(SLUG, 5) == ()


def test_a_refusal_is_no_deletion_and_is_written_down(writer: Engine, shown: str, now: datetime) -> None:
    network = Network()
    network.answer = Denied("sign in first", status=401)
    for number in range(3):
        ended = look(writer, network, now + number * EVERY)
        assert ended.outcome == "ok"
        assert ended.skipped[0][0] == "not-looked-up"
    assert state(writer) is State.APPROVED


def test_an_edit_found_by_looking_up_goes_back_to_the_queue(
    writer: Engine, shown: str, now: datetime
) -> None:
    network = Network()
    edited = RawItem(
        identities=("guid:river.example:https://river.example/1",),
        text="Now with another link https://elsewhere.example/ #EngagedLibraries",
        url="https://river.example/1",
        native="17",
    )
    network.answer = Rechecked(items=(edited,))
    assert look(writer, network, now).changed == 1
    assert state(writer) is State.PENDING


def test_waiting_posts_are_not_looked_up(writer: Engine, shown: str, now: datetime) -> None:
    decide(writer, Action.HOLD, shown, now)
    network = Network()
    look(writer, network, now)
    assert network.asked == []


def test_the_longest_unseen_come_first_and_only_so_many_a_call(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, *(found(post(number)) for number in range(5)))
    with writer.begin() as connection:
        connection.execute(update(sighting).values(native=sighting.c.item_id))
        runs.release(connection, "w")
    for listed in listing(writer):
        decide(writer, Action.APPROVE, listed.id, now)
    network = Network()
    look(writer, network, now)
    assert [len(asked) for asked in network.asked] == [2, 2, 1]
    assert len({one for asked in network.asked for one in asked}) == 5


def test_a_server_asked_for_each_post_alone_is_not_asked_for_all(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    take(writer, claimed, now, *(found(post(number)) for number in range(6)))
    with writer.begin() as connection:
        connection.execute(update(sighting).values(native=sighting.c.item_id))
        runs.release(connection, "w")
    for listed in listing(writer):
        decide(writer, Action.APPROVE, listed.id, now)
    network = Network(requests_a_call=20)
    look(writer, network, now)
    assert len(network.asked) == 2
    look(writer, network, now + EVERY)
    assert {one for asked in network.asked for one in asked} == {one.id for one in listing(writer)}
