"""HTTP to the outside, nobody else's: one polite question at a time, one whole and bounded answer.

Every address, number and socket passes `address.py`; the pace is `pace.py`'s, the patience
`patience.py`'s, the head of an answer `answer.py`'s, its body `unpack.py`'s. Whatever goes wrong
leaves here as one FetchError. Nothing is kept: no cookie, no cache, no credential. A token goes to the
origin that it was given for, and stays behind at the first step away from there.
"""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from types import TracebackType

from aggregator.address import Address, Guard
from aggregator.answer import (
    GIVEN,
    PERMANENT,
    REDIRECTS,
    Answer,
    header_map,
    is_token,
    refusal,
    request_headers,
    validators_in,
)
from aggregator.errors import (
    AddressRefused,
    BadReply,
    FetchError,
    HostPaused,
    NotConnected,
    TlsFailed,
    TooLarge,
    TooManyRedirects,
    TooSlow,
)
from aggregator.pace import Lines
from aggregator.patience import LONGEST, backoff, is_passing, patience_of
from aggregator.settings import NetworkSettings
from aggregator.stages import Reply, Validators
from aggregator.unpack import Body
from aggregator.wire import Head, OpenSocket, Resolve, Wire, system_resolve, system_socket, tls_context

_NOTHING = Validators()
_MOST_BYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost.

    Attributes:
        deadline_s: everything together: look-up, connection, headers, body, redirects. Waiting in a
            host's line is our own doing and not counted.
        error_bytes: how much is read of the body of a refusal.
        patience_s: a longer wait than this is for the scheduler; a shorter one is slept through.
    """

    deadline_s: float = 30.0
    max_bytes: int = _MOST_BYTES
    error_bytes: int = 1_000_000
    redirects: int = 5
    tries: int = 4
    patience_s: float = 60.0
    connections: int = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """What one run may cost: requests, with redirects and repeats, and bytes on the wire."""

    requests: int = 60
    bytes: int = 100_000_000


@dataclass(slots=True)
class Spent:
    """What one run has cost so far."""

    budget: Budget
    requests: int = 0
    bytes: int = 0
    slow: int = 0

    def request(self) -> None:
        if self.requests >= self.budget.requests:
            raise TooLarge(f"this run has used up its {self.budget.requests} requests")
        self.requests += 1

    def chunk(self, size: int) -> None:
        self.bytes += size
        if self.bytes > self.budget.bytes:
            raise TooLarge(f"this run has used up its {self.budget.bytes} bytes")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, the same at every hop, except that only the first origin gets the token."""

    url: str
    headers: Mapping[str, str]
    validators: Validators
    max_bytes: int
    spent: Spent
    token: str = field(default="", repr=False)

    @property
    def sent(self) -> Mapping[str, str]:
        """Give the headers that go out.

        Source: RFC 6750, section 2.1.
        """
        return {**self.headers, "Authorization": f"Bearer {self.token}"} if self.token else self.headers


class Fetcher:
    """The one door to the web, for one process and one event loop. Use it as a context manager.

    What touches the world can be handed in: clocks, sleep, chance, resolver, socket, trust in
    certificates. What judges addresses cannot.
    """

    def __init__(
        self,
        network: NetworkSettings,
        *,
        now: Callable[[], datetime],
        random: Random,
        resolve: Resolve = system_resolve,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        open_socket: OpenSocket = system_socket,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._now = now
        self._random = random
        self._sleep = sleep
        self._guard = Guard(network)
        self._resolve = resolve
        self._open_socket = open_socket
        self._tls = tls or tls_context()
        self._lines = Lines(self.limits.connections, now, clock, sleep, random)

    async def __aenter__(self) -> "Fetcher":
        self._wire = Wire(self._guard, self._resolve, self._open_socket, self._tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._wire.close()

    def bound(self, user_agent: str, every: timedelta, budget: Budget | None = None) -> "RunFetch":
        """Give the Fetch for one run of one source.

        Args:
            user_agent: from `answer.user_agent`.
            every: how often the source is asked; no error says to come back sooner than that.
            budget: what the run may cost.
        """
        return RunFetch(self, user_agent, every, Spent(budget or Budget()))

    async def ask(self, question: Question) -> Reply:
        """Ask once, following redirects; each hop is judged anew and waits in its own host's line.

        Raises:
            FetchError: one of its family.

        Source: RFC 9110, section 15.4; RFC 6750, section 5.3.
        """
        address = self._guard.judge(question.url)
        self._judge_token(address, question.token)
        seen = [address.url]
        is_permanent = True
        left = self.limits.deadline_s
        while True:
            answer, took_s = await self._hop(address, question, left)
            if answer.status not in REDIRECTS:
                moved_to = address.url if is_permanent and len(seen) > 1 else ""
                return self._reply(address, answer, question, moved_to)
            left -= took_s
            is_permanent = is_permanent and answer.status in PERMANENT
            to = self._next(address, answer, seen)
            if to.key != address.key:  # and it stays away, even when the way leads back
                question = replace(question, token="")
            address = to
            seen.append(address.url)

    async def wait_for_retry(self, error: FetchError, tries: int, spent: Spent) -> bool:
        """Sleep until the same question may be asked again, and say so; False when it may not."""
        if tries >= self.limits.tries or not is_passing(error):
            return False
        # A host that used its whole deadline twice would hold the run for minutes.
        if (isinstance(error, TooSlow) and spent.slow > 1) or spent.requests >= spent.budget.requests:
            return False
        asked_s = (error.retry_at - self._now()).total_seconds() if error.retry_at else 0.0
        if asked_s > self.limits.patience_s:
            return False
        await self._sleep(max(asked_s, 0.0) + backoff(tries, self._random))
        return True

    def until_visit(self, error: FetchError, every: timedelta) -> None:
        """Keep what an error says of patience between the source's own interval and a day.

        A tenth of the interval is left to chance: those sent away together come back apart.
        """
        if error.retry_at is not None:
            now = self._now()
            earliest = now + every * self._random.uniform(1.0, 1.1)
            error.retry_at = min(max(error.retry_at, earliest), now + LONGEST)

    def _judge_token(self, address: Address, token: str) -> None:
        """Refuse a token that no header can carry, or that would be read on the way."""
        if token and not is_token(token):
            raise AddressRefused("the token holds signs that no token has", url=address.shown)
        if token and not self._guard.may_send_secret(address):
            raise AddressRefused("a token is sent only over https", url=address.shown)

    async def _hop(self, address: Address, question: Question, left: float) -> tuple[Answer, float]:
        """Ask one host once, in its line. Gives the answer and the seconds it took."""
        answer = Answer()
        async with self._lines.turn(address, self._guard.pace(address)) as line:
            started = time.monotonic()
            try:
                question.spent.request()
                async with asyncio.timeout(left):
                    await self._exchange(address, question, answer, line.answered)
            except TimeoutError as error:
                # A redirect that came late leaves too little time to blame the next host for it.
                if not answer.status and left > self.limits.deadline_s / 2:
                    line.failed()
                what = "the rest of the body" if answer.status else "an answer"
                raise self._about(address, answer, TooSlow(f"waited too long for {what}")) from error
            except FetchError as error:
                if isinstance(error, NotConnected | TlsFailed):
                    line.failed()
                self._about(address, answer, error)
                raise
        self._heed(address, answer)
        return answer, time.monotonic() - started

    async def _exchange(
        self, address: Address, question: Question, answer: Answer, answered: Callable[[], None]
    ) -> None:
        """Send one request and read its answer into `answer`, as far as it comes."""
        async with self._wire.get(address.url, question.sent) as head:
            answer.headers = header_map(head.headers)
            answer.status = head.status
            answered()
            if answer.status in GIVEN:
                answer.body = await _read(head, answer, question)
            elif answer.status != 304 and answer.status not in REDIRECTS:
                answer.body = await _read_refusal(head, answer, question, self.limits.error_bytes)

    def _reply(self, address: Address, answer: Answer, question: Question, moved_to: str) -> Reply:
        validators = validators_in(answer.headers, self._now())
        if answer.status == 304:
            if not question.validators:
                raise self._about(address, answer, BadReply("304, though no validator was sent"))
            validators = validators or question.validators
        elif answer.status not in GIVEN:
            raise self._about(address, answer, refusal(answer.status))
        return Reply(
            url=address.url,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            at=self._now(),
            validators=validators,
            moved_to=moved_to,
        )

    def _next(self, address: Address, answer: Answer, seen: Sequence[str]) -> Address:
        """Give where a redirect leads, if we go there."""
        try:
            if not (location := answer.headers.get("location", "")):
                raise BadReply(f"status {answer.status} without a Location")
            if len(seen) > self.limits.redirects:
                raise TooManyRedirects(f"more than {self.limits.redirects} redirects")
            to = self._guard.judge_redirect(address, location)
            if to.url in seen:
                raise TooManyRedirects(f"in a circle, back to {to.shown}")
        except FetchError as error:
            self._about(address, answer, error)
            raise
        return to

    def _about(self, address: Address, answer: Answer, error: FetchError) -> FetchError:
        """Put on an error what is known of the question, and of the answer so far."""
        error.url = error.url or address.shown
        if answer.status:
            error.status = answer.status
            error.headers = answer.headers
            error.body = answer.body
            patience = patience_of(answer.status, answer.headers, self._now())
            error.retry_at = patience.until
            error.whole_host = patience.whole_host
        return error

    def _heed(self, address: Address, answer: Answer) -> None:
        """Leave a host alone once it says that its quota is used up, whatever else it answered."""
        patience = patience_of(answer.status, answer.headers, self._now())
        if patience.whole_host and patience.until is not None:
            self._lines.pause(address.key, (patience.until - self._now()).total_seconds())


class RunFetch:
    """The `stages.Fetch` of one run: repeats what may pass, and counts what the run costs."""

    def __init__(self, fetcher: Fetcher, user_agent: str, every: timedelta, spent: Spent) -> None:
        self.spent = spent
        self._fetcher = fetcher
        self._user_agent = user_agent
        self._every = every

    async def __call__(
        self,
        url: str,
        *,
        validators: Validators = _NOTHING,
        accept: str = "*/*",
        max_bytes: int = _MOST_BYTES,
        token: str = "",
    ) -> Reply:
        """Give the reply, asking up to four times; see `stages.Fetch`.

        Source: RFC 9110, sections 9.2.2 and 13.1.
        """
        limit = min(max_bytes, self._fetcher.limits.max_bytes)
        headers = request_headers(self._user_agent, accept, validators)
        try:
            return await self._ask_again(Question(url, headers, validators, limit, self.spent, token))
        except FetchError as error:
            self._fetcher.until_visit(error, self._every)
            raise

    async def _ask_again(self, question: Question) -> Reply:
        tries = 0
        failure: FetchError | None = None
        while True:
            tries += 1
            try:
                return await self._fetcher.ask(question)
            except FetchError as error:
                if failure is not None and isinstance(error, HostPaused):
                    # The circuit opened between our tries: what went wrong says more than that.
                    raise failure from None
                self.spent.slow += isinstance(error, TooSlow)
                failure = error
            if not await self._fetcher.wait_for_retry(failure, tries, self.spent):
                raise failure


async def _read(head: Head, answer: Answer, question: Question) -> bytes:
    """Read a body whole, undecoded by the library, unpacked within the limit by us."""
    transfer = answer.headers.get("transfer-encoding", "chunked")
    if transfer.strip().lower() != "chunked":  # RFC 9112, section 7: any other has to be asked for
        raise BadReply(f"transfer encoding {transfer[:100]!r} was not asked for")
    length = answer.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > question.max_bytes:
        raise TooLarge(f"{length} bytes were announced, {question.max_bytes} are taken")
    body = Body(answer.headers.get("content-encoding", ""), question.max_bytes)
    try:
        async for chunk in head.chunks():
            question.spent.chunk(len(chunk))
            body.feed(chunk)
        return body.whole()
    except FetchError:
        body.drop()  # else the traceback keeps ten megabytes for as long as the error lives
        raise


async def _read_refusal(head: Head, answer: Answer, question: Question, most: int) -> bytes:
    """Read what a refusal says as far as it can be read: its status matters more."""
    limit = min(most, question.max_bytes)
    try:
        body = Body(answer.headers.get("content-encoding", ""), limit)
    except BadReply:
        return b""
    with suppress(FetchError):
        async for chunk in head.chunks():
            question.spent.chunk(len(chunk))
            body.feed(chunk)
    return body.so_far()[:limit]
