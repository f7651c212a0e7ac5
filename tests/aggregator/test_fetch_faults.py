"""What goes wrong on the wire, each as one named error inside the deadline, and what it may cost."""

import asyncio
import gzip
import json
import resource
import socket
import subprocess
import sys
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from aggregator.errors import (
    AddressRefused,
    BadReply,
    FetchError,
    NotConnected,
    Refused,
    TlsFailed,
    TooLarge,
    TooSlow,
)
from aggregator.fetch import Limits
from aggregator.stages import Validators
from aggregator.wire import system_resolve, tls_context
from tests.fault_server import FEED, PUBLIC, Behaviour, Visit, World, always, answer, serving, world

SHORT = Limits(tries=1, deadline_s=0.25)


def play(behave: Behaviour, scene: Callable[[World], Awaitable[None]], **parts: object) -> None:
    async def whole() -> None:
        async with world(behave, **parts) as met:  # type: ignore[arg-type]  # handed on as it came
            await scene(met)

    asyncio.run(whole())


def fails_as(
    kind: type[FetchError], url: str = "http://public.example/"
) -> Callable[[World], Awaitable[None]]:
    async def scene(met: World) -> None:
        with pytest.raises(FetchError) as caught:
            await met.run()(url)
        assert type(caught.value) is kind
        assert caught.value.url == url

    return scene


HEAD = b"HTTP/1.1 200 OK\r\n"
BROKEN: list[tuple[str, bytes, type[FetchError]]] = [
    ("nothing", b"", NotConnected),
    ("half-a-status-line", b"HTTP/1.", NotConnected),
    ("half-a-head", HEAD + b"Content-Type: text", NotConnected),
    ("no-http", b"hello\r\n\r\n", BadReply),
    ("other-protocol", b"SSH-2.0-OpenSSH_9.2\r\n", BadReply),
    ("status-of-letters", b"HTTP/1.1 abc OK\r\n\r\n", BadReply),
    ("status-too-long", b"HTTP/1.1 20000 OK\r\n\r\n", BadReply),
    ("http-9", b"HTTP/9.9 200 OK\r\n\r\n", BadReply),
    ("two-lengths", HEAD + b"Content-Length: 5\r\nContent-Length: 9\r\n\r\nhello", BadReply),
    ("length-of-letters", HEAD + b"Content-Length: five\r\n\r\nhello", BadReply),
    ("length-below-zero", HEAD + b"Content-Length: -5\r\n\r\nhello", BadReply),
    (
        "length-and-chunks",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        BadReply,
    ),
    ("length-over-the-limit", HEAD + b"Content-Length: 99999999999\r\n\r\n", TooLarge),
    ("body-cut-short", HEAD + b"Content-Length: 500\r\n\r\nshort", BadReply),
    ("chunks-cut-short", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", BadReply),
    ("no-last-chunk", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", BadReply),
    ("chunk-of-letters", HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n", BadReply),
    ("packed-transfer", HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", BadReply),
    ("nul-in-a-header", HEAD + b"X-A: a\0b\r\n\r\n", BadReply),
    ("long-status-line", b"HTTP/1.1 200 " + b"x" * 9_000 + b"\r\n\r\n", TooLarge),
    ("long-header", HEAD + b"X-A: " + b"x" * 8_200 + b"\r\n\r\n", TooLarge),
    ("endless-header", HEAD + b"X-A: " + b"x" * 3_000_000, TooLarge),
    ("many-headers", HEAD + b"".join(b"X-%d: x\r\n" % n for n in range(10_000)) + b"\r\n", BadReply),
    ("switching-protocols", b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", Refused),
    ("not-gzip", HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", BadReply),
    ("brotli", HEAD + b"Content-Encoding: br\r\nContent-Length: 5\r\n\r\nhello", BadReply),
    ("no-location", b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", BadReply),
]


@pytest.mark.parametrize(
    ("data", "kind"), [pytest.param(data, kind, id=name) for name, data, kind in BROKEN]
)
def test_broken_answer_is_one_named_error(data: bytes, kind: type[FetchError]) -> None:
    play(always(data), fails_as(kind), limits=Limits(tries=1, deadline_s=5))


def test_reset_is_not_connected_before_the_head_and_a_bad_reply_after_it() -> None:
    async def at_once(visit: Visit) -> None:
        visit.reset()

    async def later(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await asyncio.sleep(0.05)
        visit.reset()

    play(at_once, fails_as(NotConnected))
    play(later, fails_as(BadReply))


def test_closed_port_is_not_connected() -> None:
    async def scene(met: World) -> None:
        met.outside.port = 1  # nobody listens there
        await fails_as(NotConnected)(met)

    play(always(answer()), scene)


@pytest.mark.parametrize("failure", [OSError("SERVFAIL"), UnicodeError("label too long"), ()])
def test_name_that_cannot_be_looked_up_is_not_connected(failure: object) -> None:
    play(always(answer()), fails_as(NotConnected), names={"public.example": failure})


@pytest.mark.parametrize("certificate", ["expired", "good"])
def test_certificate_that_is_not_right_is_a_failure_of_tls(certificate: str) -> None:
    # The good one is not made out to this name.
    host = "public.example" if certificate == "expired" else "third.example"
    play(
        always(answer()),
        fails_as(TlsFailed, f"https://{host}/"),
        tls=serving(certificate),
        names={"third.example": (PUBLIC,)},
    )


def test_server_without_tls_is_a_failure_of_tls() -> None:
    async def scene(met: World) -> None:
        with pytest.raises((TlsFailed, NotConnected)):
            await met.run()("https://public.example/")

    play(always(answer()), scene)


async def drip_head(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\n")
    await visit.drip(b"X-A: b\r\n", 0.02)


async def drip_informational(visit: Visit) -> None:
    await visit.drip(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.02)


async def drip_body(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\n\r\n")
    await visit.drip(b"x", 0.02)


async def drip_refusal(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 404 Missing\r\n\r\n")
    await visit.drip(b"x", 0.02)


async def hang(visit: Visit) -> None:
    await visit.hang()


@pytest.mark.parametrize("behave", [drip_head, drip_informational, drip_body, drip_refusal, hang])
def test_every_kind_of_drip_ends_at_the_one_deadline(behave: Behaviour) -> None:
    async def scene(met: World) -> None:
        started = asyncio.get_running_loop().time()
        await fails_as(TooSlow)(met)
        assert asyncio.get_running_loop().time() - started < 20 * SHORT.deadline_s

    play(behave, scene, limits=SHORT)


def test_look_up_that_hangs_ends_at_the_deadline() -> None:
    play(always(answer()), fails_as(TooSlow), names={"public.example": None}, limits=SHORT)


def test_handshake_that_hangs_ends_at_the_deadline() -> None:
    async def scene(met: World) -> None:
        # The system takes the connection; nobody ever reads from it.
        with socket.create_server(("127.0.0.1", 0)) as silent:
            met.outside.port = silent.getsockname()[1]
            await fails_as(TooSlow, "https://public.example/")(met)

    play(always(answer()), scene, limits=SHORT)


def test_redirects_share_one_deadline() -> None:
    async def behave(visit: Visit) -> None:
        await asyncio.sleep(0.1)
        await visit.send(answer(302, b"", f"Location: /{visit.number}"))

    async def scene(met: World) -> None:
        with pytest.raises(TooSlow):
            await met.run()("http://public.example/")
        assert len(met.server.visits) <= 3

    play(behave, scene, limits=SHORT)


def test_host_that_got_too_little_time_after_a_late_redirect_is_not_blamed() -> None:
    async def behave(visit: Visit) -> None:
        if visit.headers["host"] == "public.example":
            await asyncio.sleep(0.2)
            await visit.send(answer(302, b"", f"Location: http://other.example/{visit.number}"))
        elif visit.path == "/plain":
            await visit.send(answer())
        else:
            await visit.hang()

    async def scene(met: World) -> None:
        for _ in range(6):
            with pytest.raises(TooSlow):
                await met.run()("http://public.example/")
        assert (await met.run()("http://other.example/plain")).body == FEED

    play(behave, scene, limits=SHORT)


def test_waiting_in_line_is_not_counted() -> None:
    async def behave(visit: Visit) -> None:
        await asyncio.sleep(0.1)
        await visit.send(answer())

    async def scene(met: World) -> None:
        urls = [f"http://public.example/{number}" for number in range(6)]
        replies = await asyncio.gather(*map(met.run(), urls))
        assert len(replies) == 6  # 0.6 s one after another, each with 0.25 s of its own

    play(behave, scene, limits=SHORT)


def test_surplus_of_one_answer_never_becomes_the_next_one() -> None:
    async def behave(visit: Visit) -> None:
        await visit.send(answer(), answer(200, b"smuggled"))

    async def scene(met: World) -> None:
        for _ in range(5):
            try:
                reply = await met.run()("http://public.example/")
            except BadReply:
                continue
            assert reply.body == FEED

    play(behave, scene)


def test_refused_number_arrives_as_such_from_every_place() -> None:
    async def scene(met: World) -> None:
        guarded = met.fetcher._wire._judged_socket
        for host in ("127.0.0.1", "::1", "169.254.169.254"):
            with pytest.raises(OSError, match="not a public address"):
                guarded((2, 1, 6, "", (host, 80)))
        await fails_as(AddressRefused, "http://inside.example/")(met)
        assert met.server.connections == 0

    play(always(answer()), scene, names={"inside.example": ("127.0.0.1",)})


def test_system_resolver_knows_this_machine_and_no_invalid_name() -> None:
    assert "127.0.0.1" in asyncio.run(system_resolve("localhost"))
    with pytest.raises(OSError, match=r".+"):
        asyncio.run(system_resolve("x" * 70 + ".invalid"))


def test_trust_is_never_empty_and_always_checked() -> None:
    context = tls_context()
    assert context.cert_store_stats()["x509_ca"] > 50
    assert context.check_hostname


_ZEROS = zlib.compressobj(9, zlib.DEFLATED, 31)
_START = _ZEROS.compress(b"") + _ZEROS.flush(zlib.Z_FULL_FLUSH)
_MEBIBYTE = _ZEROS.compress(bytes(1 << 20)) + _ZEROS.flush(zlib.Z_FULL_FLUSH)  # a thousand bytes of it


def endless(head: bytes, again: bytes) -> Behaviour:
    async def behave(visit: Visit) -> None:
        await visit.send(head)
        await visit.drip(again, 0)

    return behave


PACKED = b"Content-Encoding: gzip\r\n\r\n"
ENDLESS: dict[str, tuple[Behaviour, str]] = {
    "gzip": (endless(HEAD + PACKED + _START, _MEBIBYTE * 64), "too-large"),
    "plain": (endless(HEAD + b"\r\n", bytes(1 << 16)), "too-large"),
    "members": (endless(HEAD + PACKED, gzip.compress(b"") * 1_000), "too-large"),
    "headers": (endless(HEAD, b"X-A: " + b"x" * 60_000), "too-large"),
    "refusal": (endless(b"HTTP/1.1 404 M\r\n" + PACKED + _START, _MEBIBYTE * 64), "missing"),
    "hints": (endless(b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 500), "too-slow"),
}
CHILD = """
import asyncio, json, resource, sys
from tests.aggregator.test_fetch_faults import outcome_of_endless
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
outcomes = [asyncio.run(outcome_of_endless(name)) for name in sys.argv[1:]]
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"outcomes": outcomes, "risen_mb": (after - before) / 1024}))
"""


async def outcome_of_endless(name: str) -> str:
    """Ask for one of them, in a process whose memory is watched, and say what came of it."""
    limits = Limits(tries=1, deadline_s=0.5 if name == "hints" else 10)
    async with world(ENDLESS[name][0], limits=limits) as met:
        try:
            await met.run()("http://public.example/")
        except FetchError as error:
            return error.code
    return "whole"


@pytest.mark.parametrize("name", ENDLESS)
def test_endless_answer_ends_at_its_cap_within_64_mb(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, name],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = json.loads(done.stdout)
    assert told["outcomes"] == [ENDLESS[name][1]]
    assert told["risen_mb"] < 64


def test_one_304_costs_little_of_this_machine() -> None:
    """A guard against a slip, ten times above what was measured; the figure itself is the bench's."""

    async def behave(visit: Visit) -> None:
        await visit.send(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')

    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    async def scene(met: World) -> None:
        run = met.run
        before = cpu()
        for number in range(200):
            await run()(f"http://public.example/{number}", validators=Validators('"1"'))
        assert (cpu() - before) / 200 < 0.010

    play(behave, scene)
