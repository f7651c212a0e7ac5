"""The fetcher before the workplace's hostile files: all of own/ssrf, http/bodies and http/scenarios."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import (
    AddressRefused,
    BadReply,
    Busy,
    Denied,
    FetchError,
    HostPaused,
    NotConnected,
    Refused,
    TlsFailed,
    TooLarge,
    TooManyRedirects,
    TooSlow,
)
from aggregator.fetch import Limits
from aggregator.settings import NetworkSettings
from aggregator.stages import Reply
from tests.fault_server import (
    FEED,
    NOON,
    PUBLIC,
    Behaviour,
    Visit,
    World,
    always,
    answer,
    by_path,
    serving,
    world,
)
from tests.shared_folder import shared

pytestmark = pytest.mark.shared

HTTP = shared("hostile", "own", "http")
Row = dict[str, Any]


def rows(path: Path, *families: str) -> list[Any]:
    read = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [pytest.param(row, id=row["id"]) for row in read if row["family"] in families]


def families(path: Path) -> set[str]:
    return {json.loads(line)["family"] for line in path.read_text("utf-8").splitlines()}


SSRF = shared("hostile", "own", "ssrf") / "cases.jsonl"
WITH_STORY = ("body-driven", "header-driven", "dns-rebind", "redirect")
DIRECT = sorted(families(SSRF) - set(WITH_STORY))


class Names(dict[str, Sequence[str]]):
    """Every name of a `refuse` row leads to this machine, every other one to the public."""

    def __init__(self, number: str) -> None:
        self.number = number

    def get(self, host: str, missing: Any = None) -> Sequence[str]:
        return (PUBLIC,) if host in ("public.example", "example.org") else (self.number,)


async def asked(met: World, url: str) -> Reply | FetchError:
    try:
        return await met.run()(url)
    except FetchError as error:
        failure = error
    assert failure.url, "an error names what was asked"
    assert "?" not in failure.url
    assert "@" not in failure.url
    return failure


@pytest.mark.parametrize("row", rows(SSRF, *DIRECT))
def test_address_is_refused_without_a_connection_or_asked(row: Row) -> None:
    number = PUBLIC if row["must"] == "allow" else "127.0.0.1"

    async def scene() -> None:
        async with world(always(answer())) as met:
            met.outside.names = Names(number)
            outcome = await asked(met, row["url"])
            if row["must"] == "refuse":
                assert isinstance(outcome, AddressRefused)
                assert (met.server.connections, met.outside.connected) == (0, [])
            else:
                assert not isinstance(outcome, AddressRefused)
                assert met.server.connections == len(met.outside.connected) == 1

    asyncio.run(scene())


@pytest.mark.parametrize("row", rows(SSRF, "dns-rebind"))
def test_rebound_name_is_refused_at_the_answer_that_is_private(row: Row) -> None:
    story = json.loads(row["url"])
    answers = [tuple(numbers) for numbers in story["answers"]]

    async def scene() -> None:
        async with world(always(answer()), names={}) as met:
            for count, numbers in enumerate(answers):
                met.outside.names = {story["host"]: numbers}
                outcome = await asked(met, f"http://{story['host']}/")
                last = count == len(answers) - 1
                assert isinstance(outcome, AddressRefused if last else Reply)
            private = answers[-1]
            assert met.server.connections == len(answers) - 1
            assert not [place for place in met.outside.connected if place[0] in private]

    asyncio.run(scene())


def redirecting(story: Row) -> Behaviour:
    if chain := story.get("chain"):
        steps = pairwise(chain)
        return by_path(
            {f"/{number}": answer(302, b"", f"Location: {to}") for number, (_, to) in enumerate(steps)}
        )
    return always(answer(story["status"], FEED, f"Location: {story['location']}"))


@pytest.mark.parametrize("row", rows(SSRF, "redirect"))
def test_redirect_is_refused_without_a_connection(row: Row) -> None:
    story = json.loads(row["url"])

    async def scene() -> None:
        async with world(redirecting(story), names={"rebind.example": ("127.0.0.1",)}) as met:
            outcome = await asked(met, "http://public.example/0")
            expected = Refused if story.get("status") in (201, 300) else AddressRefused
            assert isinstance(outcome, expected)
            assert set(met.outside.connected) == {(PUBLIC, 80)}
            assert met.server.connections == len(story.get("chain", "12")) - 1

    asyncio.run(scene())


@pytest.mark.parametrize("row", rows(SSRF, "header-driven", "body-driven"))
def test_nothing_in_an_answer_starts_another_request(row: Row) -> None:
    if row["family"] == "header-driven":
        page = answer(200, FEED, row["url"])
    else:
        page = answer(200, row["url"].encode(), "Content-Type: text/html")

    async def scene() -> None:
        async with world(always(page)) as met:
            outcome = await asked(met, "http://public.example/")
            again = await asked(met, "http://public.example/")
            assert isinstance(outcome, Reply)
            assert isinstance(again, Reply)
            assert met.outside.connected == [(PUBLIC, 80)] * 2

    asyncio.run(scene())


def test_every_family_of_addresses_is_covered() -> None:
    assert sum(len(rows(SSRF, family)) for family in (*DIRECT, *WITH_STORY)) == 351


BODIES = json.loads((HTTP / "bodies" / "index.json").read_text())
BODY_OUTCOMES: dict[str, type[FetchError] | int] = {
    "gzip-huge-name.gz": BadReply,  # ends inside its own name
    "gzip-64MiB.gz": TooLarge,
    "identity-lie.xml.gz": 409,  # says it is plain: handed on as it is
    "gzip-many-members.gz": 20_000,
    "gzip-trailing.gz": 930,
    "gzip-gzip-10GiB.gz.gz": BadReply,  # stacked: refused before a byte is unpacked
    "gzip-truncated.gz": TooLarge,
}


@pytest.mark.parametrize("row", [pytest.param(row, id=row["file"]) for row in BODIES])
def test_packed_body_is_whole_or_one_clear_error(row: Row) -> None:
    packed = (HTTP / "bodies" / row["file"]).read_bytes()
    page = answer(200, packed, f"Content-Encoding: {row['content_encoding']}")

    async def scene() -> None:
        async with world(always(page)) as met:
            outcome = await asked(met, "http://public.example/feed")
            expected = BODY_OUTCOMES[row["file"]]
            if isinstance(expected, int):
                assert isinstance(outcome, Reply)
                assert len(outcome.body) == expected
            else:
                assert type(outcome) is expected

    asyncio.run(scene())


CHILD = """
import asyncio, json, resource, sys, time
from tests.aggregator.test_fetch_shared import outcomes_of_bodies
asyncio.run(outcomes_of_bodies("identity-lie.xml.gz"))
before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
outcomes = asyncio.run(outcomes_of_bodies(*sys.argv[1:]))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
took_s = time.monotonic() - started
print(json.dumps({"outcomes": outcomes, "risen_mb": (after - before) / 1024, "took_s": took_s}))
"""


async def outcomes_of_bodies(*names: str) -> list[str]:
    """Ask for each body as it says it is packed, and once more as if it were packed only once."""
    told = []
    rows = {row["file"]: row["content_encoding"] for row in BODIES}
    for name in names:
        packed = (HTTP / "bodies" / name).read_bytes()
        for encoding in (rows[name], "gzip"):
            page = answer(200, packed, f"Content-Encoding: {encoding}")
            async with world(always(page)) as met:
                outcome = await asked(met, "http://public.example/")
            told.append(outcome.code if isinstance(outcome, FetchError) else "whole")
    return told


def test_all_packed_bodies_together_cost_less_than_64_mb() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *(row["file"] for row in BODIES)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(done.stdout)
    assert len(told["outcomes"]) == 2 * len(BODIES)
    assert told["risen_mb"] < 64


def test_truncated_body_is_an_error_also_under_the_limit() -> None:
    packed = (HTTP / "bodies" / "gzip-truncated.gz").read_bytes()
    page = answer(200, packed, "Content-Encoding: gzip")

    async def scene() -> None:
        async with world(always(page), limits=Limits(tries=1, max_bytes=50_000_000)) as met:
            with pytest.raises(BadReply):
                await met.run()("http://public.example/", max_bytes=50_000_000)

    asyncio.run(scene())


SCENARIOS = HTTP / "scenarios.jsonl"


@pytest.mark.parametrize("row", rows(SCENARIOS, "status"))
def test_only_three_statuses_bring_a_body(row: Row) -> None:
    status = row["server"]["status"]
    page = answer(status, row["server"]["body"].encode())

    async def scene() -> None:
        async with world(always(page)) as met:
            outcome = await asked(met, "http://public.example/")
            if status == 226:
                assert isinstance(outcome, Reply)
            elif status == 304:
                assert isinstance(outcome, BadReply)
            else:
                assert type(outcome) is (Denied if status == 451 else Refused)
                assert isinstance(outcome, Refused)
                assert outcome.status == status

    asyncio.run(scene())


def hops(count: int) -> Behaviour:
    pages = {f"/{hop}": answer(301, b"", f"Location: /{hop + 1}") for hop in range(count)}
    return by_path({**pages, f"/{count}": answer()})


def redirect_case(server: Row) -> tuple[Behaviour, type[FetchError] | None]:
    if "hops" in server:
        return hops(server["hops"]), None if server["hops"] <= 5 else TooManyRedirects
    moved = answer(302, b"", "Location: /1#part")
    return {
        "https-to-http": (
            always(answer(301, b"", "Location: http://public.example/1")),
            AddressRefused,
        ),
        "location-absent": (always(answer(302, b"")), BadReply),
        "location-with-fragment": (by_path({"/0": moved, "/1": answer()}), None),
        "self-loop": (always(answer(302, b"", "Location: /0")), TooManyRedirects),
    }[server["case"]]


@pytest.mark.parametrize("row", rows(SCENARIOS, "redirect"))
def test_redirects_end_in_an_answer_or_one_clear_error(row: Row) -> None:
    behave, expected = redirect_case(row["server"])
    is_tls = row["server"].get("case") == "https-to-http"
    scheme = "https" if is_tls else "http"

    async def scene() -> None:
        async with world(behave, tls=serving("good") if is_tls else None) as met:
            outcome = await asked(met, f"{scheme}://public.example/0")
            assert type(outcome) is (expected or Reply)
            assert all("authorization" not in visit.headers for visit in met.server.visits)

    asyncio.run(scene())


SCALE = 0.01  # a second of the rows is ten milliseconds here, the deadline's 30 s are 300 ms


def slow_behaviour(server: Row) -> Behaviour:
    async def behave(visit: Visit) -> None:
        if after := server.get("headers_after_s"):
            await asyncio.sleep(after * SCALE)
            await visit.send(answer())
            return
        await visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
        await visit.drip(b"x" * server["body_bytes_each"], server["every_s"] * SCALE)

    return behave


@pytest.mark.parametrize("row", rows(SCENARIOS, "slow"))
def test_slow_answers_end_at_the_total_deadline(row: Row) -> None:
    server = row["server"]

    async def scene() -> None:
        limits = Limits(tries=1, deadline_s=30 * SCALE)
        async with world(slow_behaviour(server), limits=limits) as met:
            started = asyncio.get_running_loop().time()
            outcome = await asked(met, "http://public.example/")
            took = asyncio.get_running_loop().time() - started
            ends = server.get("headers_after_s", 1_000) > 30
            assert type(outcome) is (TooSlow if ends else Reply)
            assert took < 20 * limits.deadline_s  # roomy: the machine may be busy

    asyncio.run(scene())


def chunked(*chunks: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(chunks)


LONG_CHUNK = chunked(b"%x;%s\r\n%s\r\n0\r\n\r\n" % (len(FEED), b"e" * 65_536, FEED))


async def reset_mid_body(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await asyncio.sleep(0.05)
    visit.reset()


async def etag_of_its_own(visit: Visit) -> None:
    await visit.send(answer(200, FEED, f'ETag: "{visit.number}"'))
    visit.writer.close()


async def modified_earlier_each_time(visit: Visit) -> None:
    await visit.send(
        answer(200, FEED, f"Last-Modified: Tue, {20 - visit.number:02} Jan 2026 10:00:00 GMT")
    )
    visit.writer.close()


async def robots_500(visit: Visit) -> None:
    await visit.send(answer(500) if visit.path == "/robots.txt" else answer())
    visit.writer.close()


async def silent(visit: Visit) -> None:
    visit.writer.close()


WIRE: Mapping[str, tuple[Behaviour, type[Reply | FetchError]]] = {
    "304-with-body": (always(answer(304, FEED)), BadReply),
    "body-longer-than-length": (always(answer() + b"more than was said"), Reply),
    "captcha-200": (always(answer(200, b"<!doctype html><title>Are you human?</title>")), Reply),
    "chunk-ext-64kB": (always(LONG_CHUNK), Reply),
    "chunk-size-huge": (always(chunked(b"F" * 32 + b"\r\nfeed")), BadReply),
    "chunk-size-negative": (always(chunked(b"-4\r\nfeed\r\n0\r\n\r\n")), BadReply),
    "empty-200": (always(answer(200, b"")), Reply),
    "etag-changes-every-time": (etag_of_its_own, Reply),
    "garbage-line": (always(b"\x00\xff garbage\r\n\r\n"), BadReply),
    "http-0.9": (always(FEED), BadReply),
    "lastmod-goes-back": (modified_earlier_each_time, Reply),
    "no-response": (silent, NotConnected),
    "reset-mid-body": (reset_mid_body, BadReply),
    "robots-txt-500": (robots_500, Reply),
    "tls-expired": (always(answer()), TlsFailed),
    "two-responses": (always(answer() + answer(200, b"the other one"), close=False), Reply),
}


@pytest.mark.parametrize("row", rows(SCENARIOS, "wire"))
def test_wire_fault_is_an_answer_or_one_clear_error(row: Row) -> None:
    case = row["server"]["case"]
    behave, expected = WIRE[case]
    is_tls = case == "tls-expired"
    scheme = "https" if is_tls else "http"

    async def scene() -> None:
        async with world(behave, tls=serving("expired") if is_tls else None) as met:
            for _ in range(2):  # what one answer left behind must not become the next one
                outcome = await asked(met, f"{scheme}://public.example/")
                # Whether the surplus is noticed depends on the packet it comes in.
                if case != "body-longer-than-length" or isinstance(outcome, Reply):
                    assert type(outcome) is expected
                else:
                    assert type(outcome) is BadReply
                if isinstance(outcome, Reply) and case not in ("captcha-200", "empty-200"):
                    assert outcome.body == FEED

    asyncio.run(scene())


def header_outcome(server: Row) -> type[Reply | FetchError]:
    if server.get("one_header_bytes"):
        return TooLarge
    raw = server["raw_header"]
    if raw.startswith("Content-Length: 9"):
        return TooLarge
    if raw.startswith("Set-Cookie"):
        return Reply if len(raw) < 8_190 else TooLarge
    if raw.startswith(("Content-Encoding", "Transfer-Encoding", "X : ", "X\0")):
        return BadReply
    if raw.startswith('ETag: "eee'):
        return Reply if len(raw) < 8_190 else TooLarge
    return Reply


@pytest.mark.parametrize("row", rows(SCENARIOS, "headers"))
def test_odd_header_is_read_or_refused_clearly(row: Row) -> None:
    server = row["server"]
    header = server.get("raw_header") or "X-Long: " + "x" * server["one_header_bytes"]
    has_length = not header.startswith(("Content-Length", "Transfer-Encoding"))
    page = answer(200, FEED, header, length=has_length)

    async def scene() -> None:
        async with world(always(page)) as met:
            outcome = await asked(met, "http://public.example/")
            assert type(outcome) is header_outcome(server)
            again = await asked(met, "http://public.example/")
            assert type(again) is type(outcome)
            assert all("cookie" not in visit.headers for visit in met.server.visits)
            if isinstance(outcome, Reply):
                # None of the rows is fit to be sent back.
                assert not outcome.validators
                assert "set-cookie" not in outcome.headers

    asyncio.run(scene())


@pytest.mark.parametrize("row", rows(SCENARIOS, "retry-after"))
def test_patience_is_obeyed_when_it_can_be_read(row: Row) -> None:
    server = row["server"]
    page = answer(server["status"], b"", f"Retry-After: {server['retry_after']}")

    async def scene() -> None:
        async with world(always(page), limits=Limits()) as met:
            outcome = await asked(met, "http://public.example/")
            assert isinstance(outcome, Busy)
            seconds = {"3600": 3600, "86400": 86400}.get(server["retry_after"])
            if seconds is None:  # nothing to read, or nothing to wait for: our own back-off
                assert len(met.server.visits) == 4
                assert outcome.retry_at is None or outcome.retry_at >= met.clock.now()
            else:
                assert len(met.server.visits) == 1
                assert outcome.retry_at is not None
                assert (outcome.retry_at - NOON).total_seconds() == seconds

    asyncio.run(scene())


async def storm(met: World, count: int, url: str) -> list[Reply | FetchError]:
    """Ask one host for many sources at once, and six healthy hosts in the middle of it."""

    async def healthy(number: int) -> Reply | FetchError:
        reply = await met.run()(f"http://healthy{number}.example/")
        assert reply.body == FEED
        return reply

    sick = [asked(met, f"{url}/{number}") for number in range(count)]
    outcomes = await asyncio.gather(*sick, *(healthy(number) for number in range(6)))
    return list(outcomes[:count])


def sick_visits(met: World) -> list[Visit]:
    return [visit for visit in met.server.visits if "healthy" not in visit.headers["host"]]


def unless_healthy(behave: Behaviour) -> Behaviour:
    async def chosen(visit: Visit) -> None:
        if "healthy" in visit.headers["host"]:
            await visit.send(answer())
            visit.writer.close()
        else:
            await behave(visit)

    return chosen


HEALTHY = {f"healthy{number}.example": (PUBLIC,) for number in range(6)}


async def storm_all_429(count: int) -> None:
    asks_patience = answer(429, b"", "Retry-After: 3600")
    async with world(unless_healthy(always(asks_patience)), names=HEALTHY, limits=Limits()) as met:
        outcomes = await storm(met, count, "http://public.example")
        assert all(isinstance(outcome, Busy) and outcome.retry_at for outcome in outcomes)
        assert len(sick_visits(met)) == count  # asked once each, and none of them again
        assert met.clock.seconds - 1_000 >= count - 1  # a second apart


async def storm_burst_after_outage(count: int) -> None:
    is_up = False

    async def behave(visit: Visit) -> None:
        if is_up:
            await visit.send(answer())
        visit.writer.close()

    async with world(unless_healthy(behave), names=HEALTHY) as met:
        outcomes = await storm(met, count, "http://public.example")
        assert len(sick_visits(met)) == 5
        assert sum(isinstance(outcome, HostPaused) for outcome in outcomes) == count - 5
        back = {outcome.retry_at for outcome in outcomes if isinstance(outcome, HostPaused)}
        assert len(back) == count - 5, "they are told to come back scattered"
        is_up = True
        met.clock.seconds += 80
        outcomes = await storm(met, count, "http://public.example")
        # One probe goes while the others are still sent away.
        assert sum(isinstance(outcome, Reply) for outcome in outcomes) == 1
        before = met.clock.seconds
        outcomes = await storm(met, count, "http://public.example")
        assert all(isinstance(outcome, Reply) for outcome in outcomes)
        assert met.clock.seconds - before >= count - 1, "no burst: still a second apart"


async def storm_dns_down(count: int) -> None:
    async with world(
        unless_healthy(silent), names={**HEALTHY, "down.example": OSError("SERVFAIL")}
    ) as met:
        outcomes = await storm(met, count, "http://down.example")
        assert met.outside.asked.count("down.example") == 5
        assert sum(isinstance(outcome, HostPaused) for outcome in outcomes) == count - 5
        assert sick_visits(met) == []


async def storm_flapping(count: int) -> None:
    async def behave(visit: Visit) -> None:
        if len(sick_visits(met)) % 4 == 0:
            await visit.send(answer())
        visit.writer.close()

    async with world(unless_healthy(behave), names=HEALTHY) as met:
        outcomes = await storm(met, count, "http://public.example")
        # Never five failures in a row: everybody is asked for, and the circuit stays closed.
        assert len(sick_visits(met)) == count
        assert sum(isinstance(outcome, Reply) for outcome in outcomes) == count // 4


async def storm_quota_exhausted(count: int) -> None:
    async def behave(visit: Visit) -> None:
        left = max(9 - len(sick_visits(met)), 0)
        await visit.send(answer(200, FEED, f"X-RateLimit-Remaining: {left}", "X-RateLimit-Reset: 300"))
        visit.writer.close()

    async with world(unless_healthy(behave), names=HEALTHY) as met:
        outcomes = await storm(met, count, "http://public.example")
        assert sum(isinstance(outcome, Reply) for outcome in outcomes) == 9
        paused = [outcome for outcome in outcomes if isinstance(outcome, HostPaused)]
        assert len(paused) == count - 9
        assert all(outcome.retry_at and outcome.whole_host for outcome in paused)
        assert len(sick_visits(met)) == 9


async def storm_tls_down(count: int) -> None:
    # The server speaks plain HTTP where TLS was to begin.
    async with world(unless_healthy(always(answer())), names=HEALTHY) as met:
        outcomes = await storm(met, count, "https://public.example")
        assert sum(isinstance(outcome, TlsFailed | NotConnected) for outcome in outcomes) == count
        assert sum(isinstance(outcome, HostPaused) for outcome in outcomes) == count - 5
        assert met.outside.connected.count((PUBLIC, 443)) == 5


STORMS: Mapping[str, Callable[[int], Awaitable[None]]] = {
    "all-429": storm_all_429,
    "burst-after-outage": storm_burst_after_outage,
    "dns-down": storm_dns_down,
    "flapping-10s": storm_flapping,
    "quota-exhausted-mid-page": storm_quota_exhausted,
    "tls-down": storm_tls_down,
}


@pytest.mark.parametrize("row", rows(SCENARIOS, "storm"))
def test_storm_at_one_host_stays_its_own(row: Row) -> None:
    async def scene() -> None:
        await STORMS[row["server"]["case"]](row["server"]["sources"])

    asyncio.run(scene())


def test_every_family_of_scenarios_is_covered() -> None:
    covered = ("status", "redirect", "slow", "wire", "headers", "retry-after", "storm")
    assert families(SCENARIOS) == set(covered)
    assert len(rows(SCENARIOS, *covered)) == 80
    assert NetworkSettings().allow_addresses == ()
