"""One message to somebody else's server: a POST that is sent once, behind the walls of every fetch.

The address is judged as text, as a number and as the socket connects; no redirect is followed, nothing
is sent twice, no cookie or credential is kept. Who has to be told again is for the caller to say.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from types import TracebackType

from aggregator.address import Guard
from aggregator.answer import header_map, refusal
from aggregator.errors import FetchError, TooSlow
from aggregator.patience import patience_of
from aggregator.settings import NetworkSettings
from aggregator.wire import OpenSocket, Resolve, Wire, system_resolve, system_socket, tls_context

DEADLINE_S = 15.0
READ_AT_MOST = 64_000
"""How much of an answer is read, so that the connection can be used again. Nobody looks at it."""
TAKEN = range(200, 300)


class Sender:
    """Sends messages, for one process and one event loop. Use it as a context manager.

    What touches the world can be handed in: clock, resolver, socket, trust in certificates. What
    judges addresses cannot.
    """

    def __init__(
        self,
        network: NetworkSettings,
        user_agent: str,
        *,
        now: Callable[[], datetime],
        resolve: Resolve = system_resolve,
        open_socket: OpenSocket = system_socket,
        tls: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._guard = Guard(network)
        self._user_agent = user_agent
        self._now = now
        self._resolve = resolve
        self._open_socket = open_socket
        self._tls = tls
        self._deadline_s = deadline_s

    async def __aenter__(self) -> "Sender":
        self._wire = Wire(self._guard, self._resolve, self._open_socket, self._tls or tls_context())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send one message and give the status of its answer, 200 to 299.

        Raises:
            FetchError: one of its family; `retry_at` is when the server asked to be told again.

        Source: RFC 9110, sections 9.3.3 and 15.3.
        """
        address = self._guard.judge(url)
        whole = {"User-Agent": self._user_agent, "Content-Type": "application/json", **headers}
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._exchange(address.url, whole, body)
        except TimeoutError as error:
            raise TooSlow("waited too long for an answer", url=address.shown) from error
        except FetchError as error:
            error.url = error.url or address.shown
            raise

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        async with self._wire.post(url, headers, body) as head:
            status, said = head.status, header_map(head.headers)
            with suppress(FetchError):  # it has answered: what it says besides is no matter
                read = 0
                async for chunk in head.chunks():
                    read += len(chunk)
                    if read > READ_AT_MOST:
                        break
        if status in TAKEN:
            return status
        error = refusal(status)
        error.status = status
        error.headers = said
        error.retry_at = patience_of(status, said, self._now()).until
        raise error
