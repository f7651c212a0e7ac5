import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import (
    AddressRefused,
    BadReply,
    Busy,
    HostPaused,
    Missing,
    NotConnected,
    Refused,
    TooLarge,
    TooManyRedirects,
    TooSlow,
)
from aggregator.fetch import Budget, Limits
from aggregator.settings import NetworkSettings
from aggregator.stages import Validators
from tests.fault_server import (
    AGENT,
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

FIVE_MINUTES = timedelta(minutes=5)


def play(behave: Behaviour, scene: Callable[[World], Awaitable[None]], **parts: object) -> None:
    async def whole() -> None:
        async with world(behave, **parts) as met:  # type: ignore[arg-type]  # handed on as it came
            await scene(met)

    asyncio.run(whole())


def in_turn(*answers: bytes) -> Behaviour:
    """Answer the first visit with the first, and so on; the last one again and again."""

    async def behave(visit: Visit) -> None:
        await visit.send(answers[min(visit.number, len(answers) - 1)])
        visit.writer.close()

    return behave


def test_reply_holds_what_the_server_said() -> None:
    page = answer(
        200, FEED, 'ETag: "1"', "Last-Modified: Tue, 01 Sep 2026 10:00:00 GMT", "X-A: 1", "x-a: 2"
    )

    async def scene(met: World) -> None:
        reply = await met.run()("http://public.example/feed?page=2#part")
        assert (reply.url, reply.status) == ("http://public.example/feed?page=2", 200)
        assert (reply.body, reply.at, reply.moved_to) == (FEED, NOON, "")
        assert reply.headers["x-a"] == "1, 2"
        assert reply.validators == Validators('"1"', "Tue, 01 Sep 2026 10:00:00 GMT")

    play(always(page), scene)


def test_question_says_who_asks_and_carries_nothing_else() -> None:
    async def scene(met: World) -> None:
        await met.run()("http://public.example/", accept="application/rss+xml")
        assert met.server.visits[0].headers == {
            "host": "public.example",
            "user-agent": AGENT,
            "accept": "application/rss+xml",
            "accept-encoding": "gzip",
        }

    play(always(answer()), scene)


def test_both_validators_are_sent_back_and_304_brings_no_body() -> None:
    known = Validators('W/"1"', "Tue, 01 Sep 2026 10:00:00 GMT")

    async def scene(met: World) -> None:
        reply = await met.run()("http://public.example/", validators=known)
        sent = met.server.visits[0].headers
        assert sent["if-none-match"] == known.etag
        assert sent["if-modified-since"] == known.last_modified
        assert (reply.status, reply.body, reply.validators) == (304, b"", known)

    play(always(b"HTTP/1.1 304 Not Modified\r\n\r\n"), scene)


def test_304_with_a_new_validator_replaces_the_old() -> None:
    async def scene(met: World) -> None:
        reply = await met.run()("http://public.example/", validators=Validators('"1"'))
        assert reply.validators == Validators('"2"')

    play(always(b'HTTP/1.1 304 Not Modified\r\nETag: "2"\r\n\r\n'), scene)


def test_304_that_nobody_asked_for_is_an_error() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(BadReply, match="304"):
            await met.run()("http://public.example/")

    play(always(b"HTTP/1.1 304 Not Modified\r\n\r\n"), scene)


def test_refusal_keeps_its_headers_and_body() -> None:
    page = answer(404, FEED, "Content-Type: application/rss+xml")

    async def scene(met: World) -> None:
        with pytest.raises(Missing) as caught:
            await met.run()("http://public.example/feed?paged=9&key=secret")
        error = caught.value
        assert (error.status, error.body) == (404, FEED)
        assert error.headers["content-type"] == "application/rss+xml"
        assert str(error) == "http://public.example/feed: status 404"

    play(always(page), scene)


@pytest.mark.parametrize(
    "page",
    [
        answer(404, b"x" * 2_000_000),
        answer(404, b"x" * 10, "Content-Encoding: br"),
        answer(404, b"x" * 10, "Content-Encoding: gzip"),
        b"HTTP/1.1 404 Gone\r\nContent-Length: 500\r\n\r\nshort",
    ],
)
def test_refusal_with_a_broken_or_endless_body_is_still_that_refusal(page: bytes) -> None:
    async def scene(met: World) -> None:
        with pytest.raises(Missing) as caught:
            await met.run()("http://public.example/")
        assert len(caught.value.body) <= 1_000_000

    play(always(page), scene)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_followed_and_only_a_permanent_one_moves_the_source(status: int) -> None:
    pages = {"/a": answer(status, b"", "Location: /b?x=1"), "/b?x=1": answer()}

    async def scene(met: World) -> None:
        reply = await met.run()("http://public.example/a")
        assert reply.url == "http://public.example/b?x=1"
        assert reply.moved_to == (reply.url if status in (301, 308) else "")

    play(by_path(pages), scene)


def test_one_temporary_hop_among_permanent_ones_moves_nothing() -> None:
    pages = {
        "/a": answer(301, b"", "Location: /b"),
        "/b": answer(302, b"", "Location: /c"),
        "/c": answer(),
    }

    async def scene(met: World) -> None:
        assert (await met.run()("http://public.example/a")).moved_to == ""

    play(by_path(pages), scene)


def test_validators_are_sent_at_every_hop() -> None:
    pages = {
        "/a": answer(301, b"", "Location: http://other.example/b"),
        "/b": b"HTTP/1.1 304 N\r\n\r\n",
    }

    async def scene(met: World) -> None:
        reply = await met.run()("http://public.example/a", validators=Validators('"1"'))
        assert reply.status == 304
        assert all(visit.headers["if-none-match"] == '"1"' for visit in met.server.visits)
        assert reply.moved_to == "http://other.example/b"

    play(by_path(pages), scene)


def test_five_redirects_are_followed_and_a_sixth_is_not() -> None:
    pages = {f"/{hop}": answer(301, b"", f"Location: /{hop + 1}") for hop in range(6)}

    async def scene(met: World) -> None:
        with pytest.raises(TooManyRedirects):
            await met.run()("http://public.example/0")
        assert met.server.paths == ["/0", "/1", "/2", "/3", "/4", "/5"]
        assert (await met.run()("http://public.example/1")).body == FEED

    play(by_path({**pages, "/6": answer()}), scene)


def test_circle_of_redirects_is_noticed_at_once() -> None:
    pages = {"/a": answer(302, b"", "Location: /b"), "/b": answer(302, b"", "Location: /a")}

    async def scene(met: World) -> None:
        with pytest.raises(TooManyRedirects, match="circle"):
            await met.run()("http://public.example/a")
        assert met.server.paths == ["/a", "/b"]

    play(by_path(pages), scene)


@pytest.mark.parametrize("status", [201, 300, 304, 305, 306, 310])
def test_location_of_other_statuses_is_not_followed(status: int) -> None:
    async def scene(met: World) -> None:
        with pytest.raises((Refused, BadReply)):
            await met.run()("http://public.example/a")
        assert met.server.paths == ["/a"]

    play(always(answer(status, b"", "Location: /b")), scene)


def test_redirect_from_https_to_http_is_refused() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(AddressRefused, match="from https to http"):
            await met.run()("https://public.example/a")
        assert len(met.server.visits) == 1

    page = answer(301, b"", "Location: http://public.example/b")
    play(always(page), scene, tls=serving("good"))


def test_https_is_asked_with_the_name_of_the_host() -> None:
    async def scene(met: World) -> None:
        assert (await met.run()("feed://public.example/rss")).body == FEED
        assert met.outside.connected == [(PUBLIC, 443)]

    play(always(answer()), scene, tls=serving("good"))


def test_each_hop_waits_in_its_own_line_and_the_same_host_a_second() -> None:
    pages = {
        "/a": answer(302, b"", "Location: /b"),
        "/b": answer(302, b"", "Location: http://other.example/c"),
        "/c": answer(),
    }

    async def scene(met: World) -> None:
        await met.run()("http://public.example/a")
        assert met.clock.seconds == 1_001.0

    play(by_path(pages), scene)


def test_name_with_one_private_number_among_public_ones_is_refused() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(AddressRefused, match=r"10\.0\.0\.1 is not a public address"):
            await met.run()("http://mixed.example/")
        assert met.outside.connected == []
        assert len(met.outside.asked) == 1, "refused, not asked again"

    play(always(answer()), scene, names={"mixed.example": (PUBLIC, "10.0.0.1")}, limits=Limits())


def test_allowed_address_and_listed_host_are_asked() -> None:
    network = NetworkSettings.model_validate(
        {"allow_addresses": ["127.0.0.1"], "hosts": {"blog.intranet": {"pause": "0s"}}}
    )

    async def scene(met: World) -> None:
        await met.run()("http://blog.intranet:8601/")
        assert met.outside.connected == [("127.0.0.1", 8601)]
        with pytest.raises(AddressRefused):
            await met.run()("http://other.intranet/")

    names = {"blog.intranet": ("127.0.0.1",), "other.intranet": ("127.0.0.2",)}
    play(always(answer()), scene, network=network, names=names)


def test_environment_and_netrc_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine public.example login ana password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))

    async def scene(met: World) -> None:
        await met.run()("http://public.example/")
        assert met.outside.connected == [(PUBLIC, 80)]
        assert "authorization" not in met.server.visits[0].headers

    play(always(answer()), scene)


def test_no_cookie_is_kept_or_handed_on() -> None:
    pages = {
        "/a": answer(302, b"", "Location: /b", "Set-Cookie: a=1"),
        "/b": answer(200, FEED, "Set-Cookie: b=2"),
    }

    async def scene(met: World) -> None:
        run = met.run()
        for _ in range(2):
            reply = await run("http://public.example/a")
            assert "set-cookie" not in reply.headers
        assert all("cookie" not in visit.headers for visit in met.server.visits)

    play(by_path(pages), scene)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_passing_status_is_asked_four_times_in_all(status: int) -> None:
    async def scene(met: World) -> None:
        with pytest.raises(Refused) as caught:
            await met.run()("http://public.example/")
        assert caught.value.status == status
        assert len(met.server.visits) == 4

    play(always(answer(status)), scene, limits=Limits())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 505])
def test_lasting_status_is_asked_once(status: int) -> None:
    async def scene(met: World) -> None:
        with pytest.raises(Refused):
            await met.run()("http://public.example/")
        assert len(met.server.visits) == 1
        assert met.clock.slept == []

    play(always(answer(status)), scene, limits=Limits())


def test_answer_after_two_failures_is_the_answer() -> None:
    async def scene(met: World) -> None:
        assert (await met.run()("http://public.example/")).body == FEED
        assert len(met.server.visits) == 3

    play(in_turn(answer(503), b"", answer()), scene, limits=Limits())


def test_broken_connection_is_asked_again_at_our_pace_only() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(NotConnected):
            await met.run()("http://public.example/")
        assert len(met.server.visits) == 4
        assert met.clock.seconds >= 1_003.0

    play(always(b""), scene, limits=Limits())


def test_short_patience_is_slept_through_and_a_long_one_is_the_schedulers() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(Busy) as caught:
            await met.run()("http://public.example/")
        assert len(met.server.visits) == 2
        assert met.clock.seconds >= 1_030.0
        assert caught.value.retry_at == met.clock.now() + timedelta(seconds=3_600)
        assert not caught.value.whole_host

    pages = in_turn(answer(429, b"", "Retry-After: 30"), answer(503, b"", "Retry-After: 3600"))
    play(pages, scene, limits=Limits())


@pytest.mark.parametrize(
    ("asked", "every", "least", "most"),
    [
        ("61", timedelta(minutes=30), timedelta(minutes=30), timedelta(minutes=33)),
        ("7200", timedelta(minutes=30), timedelta(hours=2), timedelta(hours=2)),
        ("9999999", timedelta(minutes=30), timedelta(days=1), timedelta(days=1)),
        ("120", timedelta(days=1), timedelta(days=1), timedelta(days=1)),
    ],
)
def test_patience_lies_between_the_interval_and_a_day(
    asked: str, every: timedelta, least: timedelta, most: timedelta
) -> None:
    async def scene(met: World) -> None:
        with pytest.raises(Busy) as caught:
            await met.run(every)("http://public.example/")
        assert caught.value.retry_at is not None
        assert least <= caught.value.retry_at - NOON <= most

    play(always(answer(429, b"", f"Retry-After: {asked}")), scene)


def test_quota_used_up_pauses_the_whole_host_also_after_a_good_answer() -> None:
    page = answer(200, FEED, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 2026-09-01T12:10:00Z")

    async def scene(met: World) -> None:
        assert (await met.run()("http://public.example/a")).body == FEED
        with pytest.raises(HostPaused) as caught:
            await met.run()("http://public.example/b")
        assert caught.value.whole_host
        assert caught.value.retry_at is not None
        assert caught.value.retry_at >= NOON + timedelta(minutes=10)
        assert met.server.paths == ["/a"]
        await met.run()("http://other.example/c")
        met.clock.seconds += 601
        await met.run()("http://public.example/d")

    play(always(page), scene)


def test_busy_host_with_its_quota_used_up_says_so() -> None:
    page = answer(429, b"", "RateLimit-Remaining: 0", "RateLimit-Reset: 300")

    async def scene(met: World) -> None:
        with pytest.raises(Busy) as caught:
            await met.run()("http://public.example/")
        assert caught.value.whole_host
        assert caught.value.retry_at is not None
        with pytest.raises(HostPaused):
            await met.run()("http://public.example/")

    play(always(page), scene, limits=Limits())


def test_quota_that_is_back_within_a_minute_is_waited_for() -> None:
    busy = answer(429, b"", "RateLimit-Remaining: 0", "RateLimit-Reset: 20")

    async def scene(met: World) -> None:
        assert (await met.run()("http://public.example/")).body == FEED
        assert met.clock.seconds >= 1_020

    play(in_turn(busy, answer()), scene, limits=Limits())


def test_circuit_that_opens_between_tries_leaves_the_first_failure_to_tell() -> None:
    async def scene(met: World) -> None:
        for _ in range(2):
            with pytest.raises(NotConnected) as caught:
                await met.run()("http://public.example/")
            assert not isinstance(caught.value, HostPaused)
        assert len(met.server.visits) == 5
        with pytest.raises(HostPaused):
            await met.run()("http://public.example/")

    play(always(b""), scene, limits=Limits())


@pytest.mark.parametrize("page", [answer(500), answer(404), b"no HTTP\r\n\r\n", answer(429)])
def test_whatever_a_host_answers_its_circuit_stays_closed(page: bytes) -> None:
    async def scene(met: World) -> None:
        for _ in range(12):
            with pytest.raises((Refused, BadReply)):
                await met.run()("http://public.example/")
        assert len(met.server.visits) == 12

    play(always(page), scene)


def test_slow_host_is_asked_twice_in_a_run_and_then_left() -> None:
    async def scene(met: World) -> None:
        run = met.run()
        with pytest.raises(TooSlow):
            await run("http://public.example/a")
        assert met.server.paths == ["/a", "/a"]
        with pytest.raises(TooSlow):
            await run("http://public.example/b")
        assert met.server.paths == ["/a", "/a", "/b"]

    async def hang(visit: Visit) -> None:
        await visit.hang()

    play(hang, scene, limits=Limits(deadline_s=0.1))


def test_run_may_not_ask_more_often_than_its_budget() -> None:
    pages = {"/a": answer(302, b"", "Location: /b"), "/b": answer()}

    async def scene(met: World) -> None:
        run = met.run(budget=Budget(requests=3))
        await run("http://public.example/a")
        with pytest.raises(TooLarge, match="3 requests") as caught:
            await run("http://public.example/a")
        assert caught.value.url == "http://public.example/b"
        assert len(met.server.visits) == 3
        await met.run()("http://public.example/b")

    play(by_path(pages), scene)


def test_repeats_end_with_the_budget() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(Busy):
            await met.run(budget=Budget(requests=2))("http://public.example/")
        assert len(met.server.visits) == 2

    play(always(answer(503)), scene, limits=Limits())


def test_run_may_not_take_more_bytes_than_its_budget() -> None:
    async def scene(met: World) -> None:
        run = met.run(budget=Budget(bytes=150))
        await run("http://public.example/")
        await run("http://public.example/")
        with pytest.raises(TooLarge, match="150 bytes"):
            await run("http://public.example/")

    play(always(answer()), scene)


def test_body_at_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    async def scene(met: World) -> None:
        run = met.run()
        assert len((await run("http://public.example/", max_bytes=len(FEED))).body) == len(FEED)
        with pytest.raises(TooLarge):
            await run("http://public.example/", max_bytes=len(FEED) - 1)

    play(always(answer()), scene)


def test_caller_cannot_raise_the_limit() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(TooLarge):
            await met.run()("http://public.example/", max_bytes=10**9)

    play(always(answer(200, b"x" * 2_000)), scene, limits=Limits(tries=1, max_bytes=1_000))


def test_one_hanging_host_delays_none_of_the_others() -> None:
    async def behave(visit: Visit) -> None:
        if "hanging" in visit.headers["host"]:
            await visit.hang()
        await visit.send(answer())

    names = {f"{name}.example": (PUBLIC,) for name in ["hanging", *map(str, range(40))]}

    async def scene(met: World) -> None:
        hanging = [
            asyncio.create_task(met.run()(f"http://hanging.example/{number}")) for number in range(30)
        ]
        await asyncio.sleep(0.05)
        await asyncio.gather(*(met.run()(f"http://{number}.example/") for number in range(40)))
        assert met.clock.slept == []
        held = [visit for visit in met.server.visits if "hanging" in visit.headers["host"]]
        assert len(held) == 1
        assert not any(task.done() for task in hanging)
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)

    play(behave, scene, names=names, limits=Limits(connections=4))


def test_host_of_our_own_gets_as_many_requests_at_once_as_it_likes() -> None:
    async def behave(visit: Visit) -> None:
        await asyncio.sleep(0.01)
        await visit.send(answer())

    network = NetworkSettings.model_validate(
        {"hosts": {"public.example": {"at_once": 8, "pause": "0s"}}}
    )

    async def scene(met: World) -> None:
        await asyncio.gather(*(met.run()(f"http://public.example/{number}") for number in range(40)))
        assert met.server.most_at_once == 8
        assert met.server.connections == 8, "connections are kept and used again"
        assert met.clock.slept == []

    play(behave, scene, network=network)


def test_polite_host_sees_one_request_at_a_time() -> None:
    async def behave(visit: Visit) -> None:
        await asyncio.sleep(0.005)
        await visit.send(answer())

    async def scene(met: World) -> None:
        await asyncio.gather(*(met.run()(f"http://public.example/{number}") for number in range(10)))
        assert met.server.most_at_once == 1
        assert met.clock.seconds >= 1_009

    play(behave, scene)


def test_cancelled_request_frees_its_turn() -> None:
    async def behave(visit: Visit) -> None:
        if visit.path == "/hang":
            await visit.hang()
        await visit.send(answer())

    async def scene(met: World) -> None:
        task = asyncio.create_task(met.run()("http://public.example/hang"))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await met.run()("http://public.example/")).body == FEED

    play(behave, scene)
