import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from aggregator.address import Address
from aggregator.errors import HostPaused
from aggregator.pace import (
    FAILURES,
    FIRST_REST_S,
    LINES,
    LONGEST_REST_S,
    Circuit,
    Lines,
    admits,
    after_failure,
)
from aggregator.settings import HostPace
from tests.fault_server import Clock

POLITE = HostPace(at_once=1, pause=timedelta(seconds=1))
CHANCE = Random(3)


def at(host: str) -> Address:
    return Address("http", host, 80, "/")


def lines(clock: Clock, places: int = 100) -> Lines:
    return Lines(places, clock.now, clock.monotonic, clock.sleep, Random(5))


def tripped(now: float = 0.0, times: int = FAILURES) -> Circuit:
    circuit = Circuit()
    for _ in range(times):
        circuit = after_failure(circuit, now, CHANCE)
    return circuit


def test_circuit_opens_at_the_fifth_failure_in_a_row() -> None:
    assert admits(tripped(times=FAILURES - 1), 0.0)
    assert not admits(tripped(), 0.0)
    assert not admits(tripped(), FIRST_REST_S - 0.1)
    assert admits(tripped(), FIRST_REST_S * 1.25)


def test_circuit_rests_twice_as_long_each_time_up_to_an_hour() -> None:
    circuit, now, rests = tripped(), 0.0, []
    for _ in range(10):
        rests.append(circuit.open_until - now)
        now = circuit.open_until
        circuit = after_failure(circuit, now, CHANCE)
    for rest, expected in zip(rests, [60, 120, 240, 480, 960, 1920, 3600, 3600], strict=False):
        assert expected <= rest <= expected * 1.25
    assert rests[-1] <= LONGEST_REST_S * 1.25


def test_failures_still_under_way_do_not_prolong_the_rest() -> None:
    circuit = tripped()
    later = after_failure(circuit, 10.0, CHANCE)
    assert later.open_until == circuit.open_until


def test_while_one_probe_is_out_nobody_else_may_go() -> None:
    probing = Circuit(FAILURES, 1, open_until=60.0, probing=True)
    assert not admits(probing, 1_000.0)


async def fail(all_lines: Lines, host: str, times: int) -> None:
    for _ in range(times):
        async with all_lines.turn(at(host), POLITE) as line:
            line.failed()


def run(scene: Callable[[Clock], Awaitable[None]]) -> None:
    asyncio.run(scene(Clock()))  # type: ignore[arg-type]  # every scene here is a coroutine


def test_requests_to_one_host_start_a_second_apart_and_one_at_a_time() -> None:
    async def scene(clock: Clock) -> None:
        all_lines, starts, inside = lines(clock), [], 0

        async def visit() -> None:
            nonlocal inside
            async with all_lines.turn(at("a.example"), POLITE):
                starts.append(clock.seconds)
                inside += 1
                assert inside == 1
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(visit() for _ in range(10)))
        gaps = [later - earlier for earlier, later in pairwise(starts)]
        assert all(gap >= 1.0 for gap in gaps)

    run(scene)


def test_a_host_of_our_own_is_asked_as_often_as_its_settings_say() -> None:
    async def scene(clock: Clock) -> None:
        all_lines, inside, most = lines(clock), 0, 0
        pace = HostPace(at_once=8, pause=timedelta(0))

        async def visit() -> None:
            nonlocal inside, most
            async with all_lines.turn(at("own.example"), pace):
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0)
                inside -= 1

        await asyncio.gather(*(visit() for _ in range(40)))
        assert most == 8
        assert clock.slept == []

    run(scene)


def test_scheme_and_port_make_another_host() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        others = [Address("http", "a.example", 80, "/x"), Address("https", "a.example", 443, "/"),
                  Address("http", "a.example", 8080, "/")]  # fmt: skip
        for address in others:
            async with all_lines.turn(address, POLITE):
                pass
        assert clock.slept == []

    run(scene)


def test_a_hanging_host_holds_one_place_and_its_line_delays_nobody() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock, places=2)
        let_go = asyncio.Event()

        async def hang() -> None:
            async with all_lines.turn(at("hanging.example"), POLITE):
                await let_go.wait()

        hanging = [asyncio.create_task(hang()) for _ in range(20)]
        await asyncio.sleep(0)
        for number in range(20):
            async with all_lines.turn(at(f"healthy{number}.example"), POLITE):
                pass
        assert clock.slept == []
        let_go.set()
        await asyncio.gather(*hanging)

    run(scene)


def test_two_requests_that_waited_for_a_place_still_start_apart() -> None:
    async def scene(clock: Clock) -> None:
        all_lines, starts = lines(clock, places=1), []
        pace = HostPace(at_once=4, pause=timedelta(seconds=1))

        async def visit() -> None:
            async with all_lines.turn(at("a.example"), pace):
                starts.append(clock.seconds)

        async with all_lines.turn(at("other.example"), POLITE):
            waiting = [asyncio.create_task(visit()) for _ in range(4)]
            for _ in range(5):
                await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        gaps = [later - earlier for earlier, later in pairwise(starts)]
        assert all(gap >= 1.0 for gap in gaps)

    run(scene)


def test_open_circuit_sends_everybody_away_with_a_time_of_their_own() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        await fail(all_lines, "a.example", FAILURES)
        times = set()
        for _ in range(20):
            with pytest.raises(HostPaused) as caught:
                await fail(all_lines, "a.example", 1)
            assert caught.value.retry_at is not None
            assert caught.value.retry_at >= clock.now() + timedelta(seconds=59)
            times.add(caught.value.retry_at)
        assert len(times) == 20
        async with all_lines.turn(at("b.example"), POLITE):
            pass  # another host's circuit is its own

    run(scene)


def test_those_in_line_when_the_circuit_opens_are_sent_away_at_once() -> None:
    async def scene(clock: Clock) -> None:
        all_lines, paused = lines(clock), 0

        async def visit() -> None:
            nonlocal paused
            try:
                await fail(all_lines, "a.example", 1)
            except HostPaused:
                paused += 1

        await asyncio.gather(*(visit() for _ in range(50)))
        assert paused == 50 - FAILURES
        assert clock.seconds < 1_000 + FAILURES + 1

    run(scene)


def test_one_probe_after_the_rest_and_its_answer_closes_the_circuit() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        await fail(all_lines, "a.example", FAILURES)
        clock.seconds += FIRST_REST_S * 1.25
        async with all_lines.turn(at("a.example"), POLITE) as line:
            with pytest.raises(HostPaused):
                await fail(all_lines, "a.example", 1)
            line.answered()
        for _ in range(10):
            async with all_lines.turn(at("a.example"), POLITE):
                pass

    run(scene)


def test_failed_probe_opens_the_circuit_for_longer() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        await fail(all_lines, "a.example", FAILURES)
        clock.seconds += FIRST_REST_S * 1.25
        await fail(all_lines, "a.example", 1)
        clock.seconds += FIRST_REST_S * 1.25
        with pytest.raises(HostPaused):
            await fail(all_lines, "a.example", 1)
        clock.seconds += FIRST_REST_S * 1.25
        await fail(all_lines, "a.example", 1)

    run(scene)


def test_probe_that_is_cancelled_leaves_the_way_free_for_the_next() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        await fail(all_lines, "a.example", FAILURES)
        clock.seconds += FIRST_REST_S * 1.25
        with suppress(asyncio.CancelledError):
            async with all_lines.turn(at("a.example"), POLITE):
                raise asyncio.CancelledError
        async with all_lines.turn(at("a.example"), POLITE) as line:
            line.answered()

    run(scene)


def test_cancelled_in_line_frees_the_slot() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock, places=1)
        async with all_lines.turn(at("a.example"), POLITE):
            waiting = [asyncio.create_task(fail(all_lines, f"{name}.example", 1)) for name in "ab"]
            await asyncio.sleep(0)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        for name in "ab":
            async with all_lines.turn(at(f"{name}.example"), POLITE):
                pass

    run(scene)


def test_paused_host_is_not_asked_until_its_time() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        async with all_lines.turn(at("a.example"), POLITE):
            pass
        all_lines.pause(at("a.example").key, 300)
        all_lines.pause(at("a.example").key, 10)  # the longer wish stands
        clock.seconds += 299
        with pytest.raises(HostPaused):
            await fail(all_lines, "a.example", 1)
        clock.seconds += 2
        async with all_lines.turn(at("a.example"), POLITE):
            pass

    run(scene)


def test_nobody_can_pause_a_host_for_more_than_a_day() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        async with all_lines.turn(at("a.example"), POLITE):
            pass
        all_lines.pause(at("a.example").key, 1e9)
        clock.seconds += 86_401
        async with all_lines.turn(at("a.example"), POLITE):
            pass

    run(scene)


def test_lines_of_hosts_long_forgotten_are_dropped_and_troubled_ones_kept() -> None:
    async def scene(clock: Clock) -> None:
        all_lines = lines(clock)
        await fail(all_lines, "troubled.example", FAILURES)
        for number in range(3 * LINES):
            async with all_lines.turn(at(f"{number}.example"), POLITE):
                clock.seconds += 0.01
        assert len(all_lines._lines) <= LINES
        assert at("troubled.example").key in all_lines._lines

    run(scene)
