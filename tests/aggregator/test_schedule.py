"""When sources are visited: what is due, what is named, side by side, over restarts and moved clocks."""

import asyncio
import platform
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aggregator import schedule
from aggregator.errors import Busy, NotConnected
from aggregator.schedule import Ran, UnknownSource, collect, work
from aggregator.settings import Settings
from aggregator.store import runs
from moderation.actions import listing
from tests.aggregator.store.making import claim, count, declare
from tests.invented_blogs import SLUG, Web, address, configured, feed, for_every, in_child

HOUR = timedelta(hours=1)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def visit(engine: Engine, settings: Settings, web: Web, now: datetime, *names: str) -> list[Ran]:
    return asyncio.run(
        collect(
            settings,
            engine,
            names=names,
            fetch=for_every(web),
            in_child=in_child,
            now=lambda: now,
            report=lambda _: None,
        )
    )


def web_of(*names: str) -> Web:
    web = Web()
    web.answers = {address(name): feed("One", "Two", host=f"{name}.example") for name in names}
    return web


def test_due_sources_are_visited_and_then_rest(writer: Engine, now: datetime) -> None:
    settings, web = configured("river", "lake"), web_of("river", "lake")
    ran = visit(writer, settings, web, now)
    assert sorted((one.source, one.outcome, one.new) for one in ran) == [
        ("lake", "ok", 2),
        ("river", "ok", 2),
    ]
    assert visit(writer, settings, web, now) == []
    again = visit(writer, settings, web, now + 2 * HOUR)
    assert sorted((one.source, one.outcome, one.new) for one in again) == [
        ("lake", "unchanged", 0),
        ("river", "unchanged", 0),
    ]


def test_named_source_is_visited_though_not_due(writer: Engine, now: datetime) -> None:
    settings, web = configured("river", "lake"), web_of("river", "lake")
    visit(writer, settings, web, now)
    assert [one.source for one in visit(writer, settings, web, now, "lake")] == ["lake"]
    assert [one.source for one in visit(writer, settings, web, now, f"{SLUG}/river")] == ["river"]


def test_unknown_name_says_which_there_are_and_asks_nobody(writer: Engine, now: datetime) -> None:
    web = web_of("river")
    with pytest.raises(UnknownSource, match="Configured: river"):
        visit(writer, configured("river"), web, now, "rivver")
    assert web.asked == []


def test_server_s_patience_is_obeyed_and_said(writer: Engine, now: datetime) -> None:
    settings, web = configured("river"), Web()
    web.answers[address("river")] = Busy("come back later", status=429, retry_at=now + HOUR)
    visit(writer, settings, web, now)
    (told,) = visit(writer, settings, web, now + HOUR / 2, "river")
    assert (told.outcome, told.error) == (
        "soft-failure",
        "its server asked us to wait until 2026-10-05 13:00:00 UTC",
    )
    assert len(web.asked) == 1


def test_source_that_another_worker_visits_is_left_alone_and_said(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    settings, web = configured("river"), web_of("river")
    visit(writer, settings, web, now)
    claim(writer, now, "river", worker="elsewhere:1:x")
    (told,) = visit(writer, settings, web, now, "river")
    assert told.error == "another worker is visiting it right now"


def test_bad_source_costs_its_own_run_only(writer: Engine, now: datetime) -> None:
    settings, web = configured("river", "down", "rubbish"), web_of("river")
    web.answers[address("down")] = NotConnected("nobody answers")
    web.answers[address("rubbish")] = b"<!doctype html><title>Sign in</title>"
    ran = {one.source: (one.outcome, one.new) for one in visit(writer, settings, web, now)}
    assert ran == {"river": ("ok", 2), "down": ("soft-failure", 0), "rubbish": ("soft-failure", 0)}


def test_mistake_of_ours_costs_its_own_run_only(writer: Engine, now: datetime) -> None:
    settings, web = configured("river", "odd"), web_of("river")
    ran = {one.source: (one.outcome, one.error) for one in visit(writer, settings, web, now)}
    assert ran["river"] == ("ok", "")
    assert ran["odd"][0] == "soft-failure"
    assert "KeyError" in ran["odd"][1]


def test_hanging_source_does_not_hold_up_the_others(writer: Engine, now: datetime) -> None:
    names = [f"s{number}" for number in range(49)]
    settings, web = configured("hung", *names), web_of(*names)
    hung = asyncio.Event()
    web.answers[address("hung")] = hung
    ended: list[str] = []

    def tell(ran: Ran) -> None:
        ended.append(ran.source)
        if len(ended) == len(names):
            hung.set()  # only now: had it held up anybody, this would never be reached

    asyncio.run(
        collect(
            settings,
            writer,
            names=[],
            fetch=for_every(web),
            in_child=in_child,
            now=lambda: now,
            report=tell,
        )
    )
    assert ended[-1] == "hung"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "TICK_S", 0.01)


def work_until(
    engine: Engine, settings: Settings, web: Web, clock: Clock, told: Callable[[Ran], bool]
) -> list[Ran]:
    """Let a worker work until `told` says that it is enough."""
    ran: list[Ran] = []

    async def main() -> None:
        stop = asyncio.Event()

        def tell(one: Ran) -> None:
            ran.append(one)
            if told(one):
                stop.set()

        await work(
            settings,
            engine,
            fetch=for_every(web),
            in_child=in_child,
            now=clock,
            stop=stop,
            report=tell,
        )

    asyncio.run(asyncio.wait_for(main(), 60))
    return ran


@pytest.mark.usefixtures("quick")
def test_worker_visits_what_becomes_due_again_and_again(writer: Engine, now: datetime) -> None:
    clock, web = Clock(now), web_of("river")
    visits: list[datetime] = []

    def told(_: Ran) -> bool:
        visits.append(clock.now)
        clock.now += HOUR
        return len(visits) == 4

    ran = work_until(writer, configured("river"), web, clock, told)
    assert [one.outcome for one in ran] == ["ok", "unchanged", "unchanged", "unchanged"]
    assert visits == [now + hour * HOUR for hour in range(4)]


@pytest.mark.usefixtures("quick")
def test_due_times_survive_a_restart(writer: Engine, now: datetime) -> None:
    clock, web, settings = Clock(now), web_of("river", "lake"), configured("river", "lake")
    visit(writer, settings, web, now, "river")
    ran = work_until(writer, settings, web, clock, lambda _: True)
    assert [one.source for one in ran] == ["lake"], "river was visited before the restart"


@pytest.mark.usefixtures("quick")
def test_clock_set_back_by_a_year_stops_nothing(writer: Engine, now: datetime) -> None:
    clock, web = Clock(now + timedelta(days=365)), web_of("river")

    def told(_: Ran) -> bool:
        is_second = clock.now == now
        clock.now = now
        return is_second

    assert len(work_until(writer, configured("river"), web, clock, told)) == 2


@pytest.mark.usefixtures("quick")
def test_stopping_worker_finishes_what_is_in_flight_and_gives_the_rest_back(
    writer: Engine, now: datetime
) -> None:
    settings, web = configured("river", "slow"), web_of("river")
    late = asyncio.Event()
    web.answers[address("slow")] = late

    def told(ran: Ran) -> bool:
        late.set()
        return ran.source == "river"

    ran = work_until(writer, settings, web, Clock(now), told)
    assert sorted(one.source for one in ran) == ["river", "slow"]
    with writer.begin() as connection:
        assert runs.claimants(connection) == []


@pytest.mark.usefixtures("quick")
def test_what_outlasts_the_grace_is_broken_off_and_taken_up_again(
    writer: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedule, "GRACE_S", 0.01)
    settings, web = configured("river", "hung"), web_of("river")
    web.answers[address("hung")] = asyncio.Event()
    work_until(writer, settings, web, Clock(now), lambda _: True)
    web.answers[address("hung")] = feed("At last", host="hung.example")
    assert [one.source for one in visit(writer, settings, web, now)] == ["hung"]


def test_workers_of_this_machine_that_died_are_known(writer: Engine, now: datetime) -> None:
    settings, web = configured("river"), web_of("river")
    visit(writer, settings, web, now, "river")
    claim(writer, now, "river", worker=f"{platform.node()}:4194304:dead")
    (ran,) = visit(writer, settings, web, now, "river")
    assert ran.outcome == "unchanged"
    with writer.connect() as connection:
        errors = connection.execute(text("SELECT error FROM run ORDER BY id")).scalars().all()
    assert list(errors) == ["", "interrupted", ""]


def test_two_collecting_at_once_bring_no_double(writer: Engine, now: datetime) -> None:
    names = [f"s{number}" for number in range(10)]
    settings, web = configured(*names), web_of(*names)

    async def both() -> None:
        def one() -> Awaitable[list[Ran]]:
            return collect(
                settings,
                writer,
                names=[],
                fetch=for_every(web),
                in_child=in_child,
                now=lambda: now,
                report=lambda _: None,
            )

        await asyncio.gather(one(), one())

    asyncio.run(both())
    assert len(listing(writer, limit=0)) == 20
    with writer.connect() as connection:
        assert count(connection, "run") == 10
