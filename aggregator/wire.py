"""The wire: sockets, TLS and the HTTP libraries, with our walls built in. fetch.py and send.py open it.

One request, one answer, no second thoughts: no redirect is followed, no cookie kept, nothing repeated,
no proxy or netrc read, and no number connected to that `address.py` did not let pass.
"""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Protocol

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from httpx_aiohttp import AiohttpTransport

from aggregator.address import Guard
from aggregator.errors import AddressRefused, BadReply, FetchError, NotConnected, TlsFailed, TooLarge

_IDLE_S = 2.0  # a host is asked again after a second; each idle connection costs a descriptor
AddressInfo = tuple[Any, ...]  # as getaddrinfo gives it: family, type, protocol, name, socket address


class Resolve(Protocol):
    """Look a name up."""

    async def __call__(self, host: str) -> Sequence[str]:
        """Give its IP numbers; OSError when it has none."""


class OpenSocket(Protocol):
    """Make a socket for one number, not yet connected. The number has been judged."""

    def __call__(self, info: AddressInfo) -> socket.socket: ...


@dataclass(frozen=True, slots=True)
class Head:
    """An answer whose headers came; its body comes in chunks as they are sent, still packed."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    _stream: httpx.AsyncByteStream

    async def chunks(self) -> AsyncIterator[bytes]:
        """Give the body.

        Raises:
            BadReply: it broke off or is no HTTP.
        """
        with _named_errors(has_headers=True):
            async for chunk in self._stream:
                yield chunk


class Wire:
    """Connections to all hosts, and the few kept for the next request."""

    def __init__(
        self, guard: Guard, resolve: Resolve, open_socket: OpenSocket, tls: ssl.SSLContext
    ) -> None:
        self._guard = guard
        self._open_socket = open_socket
        connector = aiohttp.TCPConnector(
            limit=0,  # `Lines` limits, so that a request waits before its deadline runs
            use_dns_cache=False,
            resolver=_JudgingResolver(guard, resolve),
            socket_factory=self._judged_socket,
            keepalive_timeout=_IDLE_S,
            ssl=tls,
        )
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), middlewares=(_once,)
        )
        # Without httpx's client around it: that adds cookies, redirects, netrc and proxies, all of
        # which we refuse, and half as much CPU again (0.36 against 0.25 ms for a 304).
        self._transport = AiohttpTransport(client=session, verify=tls, trust_env=False)

    async def close(self) -> None:
        await self._transport.aclose()

    def get(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Head]:
        """Send one GET and give the head of its answer; leaving ends the connection or keeps it whole.

        Raises:
            AddressRefused: a number of that name, or the one to connect to, must not be asked.
            NotConnected, TlsFailed, TooLarge, BadReply: no head came that can be read.

        Source: RFC 9110, section 9.3.1; RFC 9112.
        """
        return self._exchange(httpx.Request("GET", url, headers=headers))

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> AbstractAsyncContextManager[Head]:
        """Send one POST. Everything else is as with `get`.

        Source: RFC 9110, section 9.3.3.
        """
        return self._exchange(httpx.Request("POST", url, headers=headers, content=body))

    @asynccontextmanager
    async def _exchange(self, request: httpx.Request) -> AsyncIterator[Head]:
        with _named_errors(has_headers=False):
            response = await self._transport.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        try:
            yield Head(response.status_code, response.headers.raw, response.stream)
        finally:
            with suppress(*_LIBRARY_ERRORS):  # all that we wanted of it has come
                await response.aclose()

    def _judged_socket(self, info: AddressInfo) -> socket.socket:
        """Open a socket for a number that may be asked: the last wall, and nothing goes around it."""
        _judge(self._guard, info[4][0])
        return self._open_socket(info)


class _Forbidden(OSError):
    """A number that may not be asked. An OSError, because the libraries hand those on."""


class _JudgingResolver(AbstractResolver):
    """Lets the connector see a name's numbers only when all of them may be asked.

    One private number among public ones is how a name is rebound: the whole answer is refused.
    """

    def __init__(self, guard: Guard, resolve: Resolve) -> None:
        self._guard = guard
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if not (numbers := await self._resolve(host)):
            raise OSError(f"{host!r} has no address")
        for number in numbers:
            _judge(self._guard, number)
        return [_resolved(host, number, port) for number in numbers]

    async def close(self) -> None:
        """Nothing is held open."""


def _judge(guard: Guard, number: str) -> None:
    try:
        guard.judge_number(number)
    except AddressRefused as error:
        raise _Forbidden(error.detail) from error


def _resolved(host: str, number: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ip_address(number).version == 6 else socket.AF_INET
    return ResolveResult(
        hostname=host,
        host=number,
        port=port,
        family=family,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


async def system_resolve(host: str) -> Sequence[str]:
    """Give the numbers of a name as this machine knows it, in its order of preference.

    A thread of its own, which nobody waits for at the end: a pool would be full of look-ups that hang
    and delay those of healthy hosts, and getaddrinfo cannot be ended.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[str]] = loop.create_future()

    def settle(numbers: Sequence[str], error: Exception | None) -> None:
        if answer.done():
            return
        if error is None:
            answer.set_result(numbers)
        else:
            answer.set_exception(error)

    def look_up() -> None:
        numbers: Sequence[str] = ()
        failure: Exception | None = None
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            numbers = tuple(dict.fromkeys(str(info[4][0]) for info in found))
        except OSError as error:
            failure = error
        except UnicodeError as error:
            failure = OSError(f"{host!r} is no name: {error}")
        with suppress(RuntimeError):  # the loop ended meanwhile
            loop.call_soon_threadsafe(settle, numbers, failure)

    threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
    return await answer


def tls_context() -> ssl.SSLContext:
    """Give the trust of the system and of certifi together: small machines lack the former.

    Made once and shared: making one costs tens of milliseconds.
    """
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    context.set_alpn_protocols(["http/1.1"])
    return context


def system_socket(info: AddressInfo) -> socket.socket:
    return socket.socket(info[0], info[1], info[2])


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking again by itself, at once, when a connection breaks: we keep the pace."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise  # never repeated
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
        raise aiohttp.ClientConnectionError("the connection ended without an answer") from error


# ValueError is what yarl, idna and the codecs raise; OSError is every socket's and every TLS error.
_LIBRARY_ERRORS = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpx.StreamError,
    aiohttp.ClientError,
    HttpProcessingError,
    OSError,
    ValueError,
)


@contextmanager
def _named_errors(has_headers: bool) -> Iterator[None]:
    """Turn what the libraries raise into one of our errors."""
    try:
        yield
    except _LIBRARY_ERRORS as error:
        raise _named(list(_causes(error)), has_headers) from error


def _named(causes: Sequence[BaseException], has_headers: bool) -> FetchError:
    """Name a failure by its causes, outermost first: what httpx makes of them is often wrong.

    A refused socket arrives as ConnectTimeout, a broken head as an error that httpx does not know.
    """
    what = _said(causes[-1])
    if forbidden := [cause for cause in causes if isinstance(cause, _Forbidden)]:
        return AddressRefused(str(forbidden[0]))
    if any(isinstance(cause, LineTooLong) for cause in causes):
        return TooLarge("a header is too long")
    if has_headers:
        return BadReply(f"the answer broke off or is no HTTP: {what}")
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return TlsFailed(what)
    if any(isinstance(cause, HttpProcessingError | aiohttp.ClientResponseError) for cause in causes):
        return BadReply(f"not HTTP: {what}")
    return NotConnected(what)


def _said(cause: BaseException) -> str:
    """Give what a failure says of itself, without the number that the operating system has for it."""
    words = getattr(cause, "strerror", None) or str(cause)
    return " ".join(str(words).split())[:200] or type(cause).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        yield cause
        cause = cause.__cause__ or cause.__context__
