"""A token goes to the origin that it was given for, over a way that nobody reads, and nowhere else."""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from aggregator.errors import AddressRefused, Busy, Denied, TlsFailed
from aggregator.fetch import Fetcher, Limits, Question, Spent
from aggregator.settings import HostPace, NetworkSettings
from aggregator.stages import Validators
from aggregator.wire import AddressInfo
from tests.fault_server import (
    AGENT,
    PUBLIC,
    Behaviour,
    Clock,
    FaultServer,
    Visit,
    World,
    always,
    answer,
    by_path,
    fault_server,
    serving,
    trusting,
    world,
)

CANARY = "canary-Z9x8_token"
OWN = NetworkSettings.model_validate({"hosts": {"public.example": HostPace(), "other.example:8080": {}}})


def play(behave: Behaviour, scene: Callable[[World], Awaitable[None]], **parts: Any) -> None:
    async def whole() -> None:
        async with world(behave, **parts) as met:
            await scene(met)

    asyncio.run(whole())


def carried(visits: Sequence[Visit]) -> list[tuple[str, str]]:
    """Give for each request where it went and with which key."""
    return [
        (f"{visit.headers['host']}{visit.path}", visit.headers.get("authorization", ""))
        for visit in visits
    ]


def to(location: str, status: int = 302) -> bytes:
    return answer(status, b"", f"Location: {location}")


def test_token_goes_to_its_origin_over_https() -> None:
    async def scene(met: World) -> None:
        await met.run()("https://public.example/api", token=CANARY)
        assert carried(met.server.visits) == [("public.example/api", f"Bearer {CANARY}")]

    play(always(answer()), scene, tls=serving("good"))


def test_token_stays_on_a_redirect_within_its_origin() -> None:
    answers = {"/api": to("/api/"), "/api/": answer()}

    async def scene(met: World) -> None:
        await met.run()("https://public.example/api", token=CANARY)
        assert [key for _, key in carried(met.server.visits)] == [f"Bearer {CANARY}"] * 2

    play(by_path(answers), scene, tls=serving("good"))


def test_token_is_dropped_at_another_host_and_does_not_come_back() -> None:
    answers = {
        "/api": to("http://other.example:8080/away"),
        "/away": to("http://public.example/back"),
        "/back": answer(),
    }

    async def scene(met: World) -> None:
        await met.run()("http://public.example/api", token=CANARY)
        assert carried(met.server.visits) == [
            ("public.example/api", f"Bearer {CANARY}"),
            ("other.example:8080/away", ""),
            ("public.example/back", ""),
        ]

    play(by_path(answers), scene, network=OWN)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_token_is_dropped_at_another_port_of_its_host(status: int) -> None:
    answers = {"/api": to("http://public.example:8081/api/", status), "/api/": answer()}

    async def scene(met: World) -> None:
        await met.run()("http://public.example/api", token=CANARY)
        assert carried(met.server.visits)[1] == ("public.example:8081/api/", "")

    play(by_path(answers), scene, network=OWN)


class _ByPort(socket.socket):
    """A socket to port 443 or 80 of anybody ends at one of two servers of this test."""

    def __init__(self, info: AddressInfo, ports: dict[int, int]) -> None:
        super().__init__(info[0], info[1], info[2])
        self._ports = ports

    def connect(self, address: Any) -> None:
        super().connect(("127.0.0.1", self._ports[address[1]]))


async def _public(host: str) -> Sequence[str]:
    return (PUBLIC,)


async def crossing(start: str, plain: Behaviour, secure: Behaviour) -> tuple[FaultServer, FaultServer]:
    """Ask with a token while one server speaks http on port 80 and another https on 443."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        on_80 = await stack.enter_async_context(fault_server(plain))
        on_443 = await stack.enter_async_context(fault_server(secure, serving("good")))
        ports = {80: on_80.port, 443: on_443.port}
        fetcher = await stack.enter_async_context(
            Fetcher(
                OWN,
                now=clock.now,
                random=Random(7),
                resolve=_public,
                limits=Limits(tries=1),
                clock=clock.monotonic,
                sleep=clock.sleep,
                open_socket=lambda info: _ByPort(info, ports),
                tls=trusting(),
            )
        )
        with suppress(AddressRefused):
            await fetcher.bound(AGENT, timedelta(minutes=5))(start, token=CANARY)
    return on_80, on_443


def test_token_does_not_follow_from_http_to_https() -> None:
    way = to("https://public.example/api")
    on_80, on_443 = asyncio.run(crossing("http://public.example/api", always(way), always(answer())))
    assert carried(on_80.visits) == [("public.example/api", f"Bearer {CANARY}")]
    assert carried(on_443.visits) == [("public.example/api", "")]


def test_nothing_follows_from_https_to_http() -> None:
    way = to("http://public.example/api")
    on_80, on_443 = asyncio.run(crossing("https://public.example/api", always(answer()), always(way)))
    assert (len(on_443.visits), on_80.visits) == (1, [])


def test_token_is_not_sent_over_http_to_the_world() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(AddressRefused, match="only over https"):
            await met.run()("http://public.example/api", token=CANARY)
        assert met.outside.connected == []

    play(always(answer()), scene)


@pytest.mark.parametrize(
    ("url", "network"),
    [
        ("http://localhost/api", {"allow_addresses": ["127.0.0.1"]}),
        ("http://social.localhost/api", {"allow_addresses": ["127.0.0.1"]}),
        ("http://127.0.0.1/api", {"allow_addresses": ["127.0.0.1"]}),
        ("http://10.1.2.3/api", {"allow_addresses": ["10.0.0.0/8"]}),
        ("http://public.example:3000/api", {"hosts": {"public.example:3000": {}}}),
    ],
)
def test_token_is_sent_over_http_to_a_server_of_your_own(url: str, network: dict[str, Any]) -> None:
    names = {"localhost": ["127.0.0.1"], "social.localhost": ["127.0.0.1"]}

    async def scene(met: World) -> None:
        await met.run()(url, token=CANARY)
        assert met.server.visits[0].headers["authorization"] == f"Bearer {CANARY}"

    play(always(answer()), scene, names=names, network=NetworkSettings.model_validate(network))


@pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "ключ", "a" * 5_000])
def test_what_cannot_be_a_token_is_not_sent(token: str) -> None:
    async def scene(met: World) -> None:
        with pytest.raises(AddressRefused) as caught:
            await met.run()("https://public.example/", token=token)
        assert met.outside.connected == []
        assert token not in str(caught.value)

    play(always(answer()), scene)


def test_token_goes_along_when_the_same_is_asked_again() -> None:
    pages = [answer(503, b""), answer(200)]

    async def behave(visit: Visit) -> None:
        await visit.send(pages[visit.number])
        visit.writer.close()

    async def scene(met: World) -> None:
        await met.run()("https://public.example/", token=CANARY)
        assert [key for _, key in carried(met.server.visits)] == [f"Bearer {CANARY}"] * 2

    play(behave, scene, limits=Limits(tries=2), tls=serving("good"))


@pytest.mark.parametrize(("status", "error"), [(401, Denied), (503, Busy)])
def test_token_is_in_no_error_and_no_log(
    status: int, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(met: World) -> None:
        with pytest.raises(error) as caught:
            await met.run()("https://public.example/", token=CANARY)
        told = [str(caught.value), repr(caught.value), repr(vars(caught.value))]
        assert CANARY not in "".join([*told, caplog.text])

    caplog.set_level(logging.DEBUG)
    play(always(answer(status, b"")), scene, tls=serving("good"))


def test_a_question_does_not_show_its_token() -> None:
    spent = Spent(budget=None)  # type: ignore[arg-type]  # it is only looked at
    question = Question("https://public.example/", {}, Validators(), 1, spent, CANARY)
    assert CANARY not in repr(question)
    assert question.sent == {"Authorization": f"Bearer {CANARY}"}


def test_token_is_not_sent_to_a_server_that_cannot_prove_who_it_is() -> None:
    async def scene(met: World) -> None:
        with pytest.raises(TlsFailed):
            await met.run()("https://public.example/", token=CANARY)
        assert met.server.visits == []

    play(always(answer()), scene, tls=serving("expired"))
