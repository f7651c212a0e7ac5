"""A message goes out once, to a judged address, and whoever does not take it says why."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from aggregator.errors import AddressRefused, Busy, FetchError, Missing, NotConnected, Refused, TooSlow
from aggregator.send import READ_AT_MOST, Sender
from aggregator.settings import NetworkSettings
from tests.fault_server import (
    AGENT,
    NOON,
    PUBLIC,
    Behaviour,
    FaultServer,
    Outside,
    Visit,
    always,
    answer,
    fault_server,
)

HOOK = "http://public.example/told"
Scene = Callable[[Sender, FaultServer], Awaitable[None]]


def play(behave: Behaviour, scene: Scene, network: NetworkSettings | None = None) -> None:
    async def whole() -> None:
        async with fault_server(behave) as server:
            outside = Outside(server.port, {"public.example": [PUBLIC], "inside.example": ["10.0.0.1"]})
            async with Sender(
                network or NetworkSettings(),
                AGENT,
                now=lambda: NOON,
                resolve=outside.resolve,
                open_socket=outside.open_socket,
                deadline_s=2,
            ) as sender:
                await scene(sender, server)

    asyncio.run(whole())


def test_a_message_arrives_as_it_is_with_its_headers() -> None:
    bodies: list[bytes] = []

    async def behave(visit: Visit) -> None:
        bodies.append(await visit.reader.readexactly(int(visit.headers["content-length"])))
        await visit.send(answer(204, b"", length=False))

    async def scene(sender: Sender, server: FaultServer) -> None:
        assert await sender.send(HOOK, b'{"a":1}', {"webhook-id": "x"}) == 204
        headers = server.visits[0].headers
        assert headers["webhook-id"] == "x"
        assert headers["user-agent"] == AGENT
        assert headers["content-type"] == "application/json"
        assert "cookie" not in headers
        assert bodies == [b'{"a":1}']

    play(behave, scene)


@pytest.mark.parametrize(
    ("status", "kind"), [(500, Refused), (503, Busy), (404, Missing), (410, Missing), (302, Refused)]
)
def test_a_refusal_is_an_error_and_nothing_is_sent_twice(status: int, kind: type[FetchError]) -> None:
    async def scene(sender: Sender, server: FaultServer) -> None:
        with pytest.raises(kind) as refused:
            await sender.send(HOOK, b"{}", {})
        assert refused.value.status == status
        assert len(server.visits) == 1

    play(always(answer(status, b"", "Location: http://public.example/other")), scene)


def test_a_server_says_when_it_wants_to_be_told_again() -> None:
    async def scene(sender: Sender, server: FaultServer) -> None:
        with pytest.raises(Busy) as refused:
            await sender.send(HOOK, b"{}", {})
        assert refused.value.retry_at is not None

    play(always(answer(503, b"", "Retry-After: 120")), scene)


@pytest.mark.parametrize(
    "url",
    [
        "http://inside.example/",
        "http://127.0.0.1/",
        "http://public.example:25/",
        "ftp://public.example/",
    ],
)
def test_an_address_that_must_not_be_asked_is_told_nothing(url: str) -> None:
    async def scene(sender: Sender, server: FaultServer) -> None:
        with pytest.raises(AddressRefused):
            await sender.send(url, b"{}", {})
        assert server.connections == 0

    play(always(answer()), scene)


def test_a_server_that_never_answers_costs_its_deadline() -> None:
    async def behave(visit: Visit) -> None:
        await visit.hang()

    async def scene(sender: Sender, server: FaultServer) -> None:
        sender._deadline_s = 0.05
        with pytest.raises(TooSlow):
            await sender.send(HOOK, b"{}", {})

    play(behave, scene)


def test_a_connection_that_breaks_is_an_error_and_not_tried_again() -> None:
    async def behave(visit: Visit) -> None:
        visit.reset()

    async def scene(sender: Sender, server: FaultServer) -> None:
        with pytest.raises(NotConnected):
            await sender.send(HOOK, b"{}", {})
        assert len(server.visits) == 1

    play(behave, scene)


def test_of_a_long_answer_only_a_part_is_read() -> None:
    async def scene(sender: Sender, server: FaultServer) -> None:
        assert await sender.send(HOOK, b"{}", {}) == 200

    play(always(answer(200, b"x" * (READ_AT_MOST * 20))), scene)
