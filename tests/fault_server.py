"""A web server that misbehaves on purpose, written on bare sockets, and a world that leads to it.

It listens on 127.0.0.1 alone. `Outside` stands for the internet: names answer from a table, and every
socket, whatever number it is meant for, ends at the fault server: what gets through is seen there.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from aggregator.fetch import Budget, Fetcher, Limits, RunFetch
from aggregator.settings import NetworkSettings
from aggregator.wire import AddressInfo

PUBLIC = "93.184.216.34"
FEED = b'<rss version="2.0"><channel><title>x</title></channel></rss>'
NOON = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
AGENT = "Engaged/0 (+https://engaged.example; campaign@library.example)"
_TLS_HANDSHAKE = b"\x16"
_TLS = Path(__file__).parent / "data" / "tls"


def answer(status: int = 200, body: bytes = FEED, *headers: str, length: bool = True) -> bytes:
    """Give a whole, honest answer; the connection stays open."""
    lines = [f"HTTP/1.1 {status} Words", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + body


@dataclass
class Visit:
    """One request, and the ways to treat it badly."""

    number: int  # counted over all connections, from 0
    path: str
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def drip(self, data: bytes, every_s: float) -> None:
        """Send for as long as the other side listens."""
        while True:
            await self.send(data)
            await asyncio.sleep(every_s)

    async def hang(self) -> None:
        await self.reader.read()

    def reset(self) -> None:
        """End the connection by RST, as a machine that lost its mind does."""
        opened = self.writer.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Visit], Awaitable[None]]


@dataclass
class FaultServer:
    """What happened at the server."""

    port: int = 0
    connections: int = 0
    open_now: int = 0
    most_at_once: int = 0
    visits: list[Visit] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [visit.path for visit in self.visits]

    async def _serve(
        self, behave: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while not writer.is_closing():
                    await self._visit(behave, reader, writer)
        finally:
            writer.close()

    async def _visit(
        self, behave: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if (first := await reader.readexactly(1)) == _TLS_HANDSHAKE:
            writer.close()  # somebody begins TLS where none is spoken
            return
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        lower = {name.lower(): value for name, value in headers.items()}
        visit = Visit(len(self.visits), head[0].split()[1], lower, reader, writer)
        self.visits.append(visit)
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            await behave(visit)
        finally:
            self.open_now -= 1


@asynccontextmanager
async def fault_server(
    behave: Behaviour, tls: ssl.SSLContext | None = None
) -> AsyncIterator[FaultServer]:
    """Serve on a free port of 127.0.0.1 until the block ends; then every visit ends too."""
    server = FaultServer()
    visits: list[tuple[asyncio.Task[None], asyncio.StreamWriter]] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append((asyncio.ensure_future(server._serve(behave, reader, writer)), writer))

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, backlog=500)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task, writer in visits:
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*(task for task, _ in visits), return_exceptions=True)
        await listener.wait_closed()
        await asyncio.sleep(0)  # lets transports notice that they are closed


def always(*parts: bytes, close: bool = True) -> Behaviour:
    """Answer every visit with these bytes, and end the connection."""

    async def behave(visit: Visit) -> None:
        await visit.send(*parts)
        if close:
            visit.writer.close()

    return behave


def by_path(answers: Mapping[str, bytes]) -> Behaviour:
    """Answer each path with its bytes, and end the connection."""

    async def behave(visit: Visit) -> None:
        await visit.send(answers[visit.path])
        visit.writer.close()

    return behave


class _Rerouted(socket.socket):
    """A socket that notes where it was to go and goes to the fault server."""

    def __init__(self, outside: "Outside", info: AddressInfo) -> None:
        super().__init__(info[0], info[1], info[2])
        self._outside = outside

    def connect(self, address: Any) -> None:
        self._outside.connected.append((address[0], address[1]))
        host = "127.0.0.1" if self.family == socket.AF_INET else "::ffff:127.0.0.1"
        super().connect((host, self._outside.port))


@dataclass
class Outside:
    """The internet as a test sees it.

    Attributes:
        names: the numbers of a name; an error is raised; None is a look-up that never ends; a name
            that is missing is unknown.
        asked: every name looked up, in order.
        connected: every number and port that a socket was to be connected to.
    """

    port: int
    names: Mapping[str, Sequence[str] | Exception | None]
    asked: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    async def resolve(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        found = self.names.get(host, OSError("no such name"))
        if found is None:
            await asyncio.Event().wait()
            return ()
        if isinstance(found, Exception):
            raise found
        return found

    def open_socket(self, info: AddressInfo) -> socket.socket:
        return _Rerouted(self, info)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.seconds = 1_000.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 1_000.0)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        until = self.seconds + seconds
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.seconds = max(self.seconds, until)


@cache
def trusting() -> ssl.SSLContext:
    """Give a context that trusts the authority of tests/data/tls and nobody else."""
    return ssl.create_default_context(cafile=_TLS / "authority.pem")


def serving(name: str) -> ssl.SSLContext:
    """Give the server's side: `good` or `expired`, for public.example; `local`, for this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_TLS / f"{name}.pem")
    return context


@dataclass
class World:
    """Everything of one test: the server, the way to it, the clock and the fetcher."""

    server: FaultServer
    outside: Outside
    clock: Clock
    fetcher: Fetcher

    def run(self, every: timedelta = timedelta(minutes=5), budget: Budget | None = None) -> RunFetch:
        return self.fetcher.bound(AGENT, every, budget)


@asynccontextmanager
async def world(
    behave: Behaviour,
    *,
    limits: Limits | None = None,
    network: NetworkSettings | None = None,
    names: Mapping[str, Sequence[str] | Exception | None] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[World]:
    """Put a fetcher before a fault server. Every name in `names` leads there; public.example always."""
    known = {"public.example": (PUBLIC,), "other.example": (PUBLIC,), **(names or {})}
    clock = Clock()
    async with fault_server(behave, tls) as server:
        outside = Outside(server.port, known)
        async with Fetcher(
            network or NetworkSettings(),
            now=clock.now,
            random=Random(7),
            resolve=outside.resolve,
            limits=limits or Limits(tries=1),
            clock=clock.monotonic,
            sleep=clock.sleep,
            open_socket=outside.open_socket,
            tls=trusting(),
        ) as fetcher:
            yield World(server, outside, clock, fetcher)
