"""How hard a host is asked: its line, its circuit, and the places for all hosts together.

The circuit is a value and its changes are pure. The lines act, on a clock and a sleep handed in.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from aggregator.address import Address
from aggregator.errors import HostPaused
from aggregator.settings import HostPace

FAILURES = 5  # in a row, then the circuit opens
FIRST_REST_S = 60.0
LONGEST_REST_S = 3600.0
LONGEST_PAUSE_S = 86_400.0
SPREAD_S = 60.0  # those sent away come back scattered over this, not all in one second
LINES = 1_000  # a redirect may name any host: lines that nobody needs are dropped beyond this

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Circuit:
    """How connections to one host fared lately.

    Attributes:
        failures: connections that failed in a row; an answer of any status sets it to 0.
        openings: how often it opened since the last answer: each rest is twice the one before.
        open_until: on the monotonic clock.
        probing: one request is out to see whether the host is back.
    """

    failures: int = 0
    openings: int = 0
    open_until: float = 0.0
    probing: bool = False

    @property
    def is_tripped(self) -> bool:
        return self.failures >= FAILURES


def after_failure(circuit: Circuit, now: float, random: Random) -> Circuit:
    """Give the circuit after one more connection failed: the fifth in a row opens it.

    Requests that were under way when it opened do not prolong the rest.
    """
    failures = circuit.failures + 1
    if failures < FAILURES or (now < circuit.open_until and not circuit.probing):
        return replace(circuit, failures=failures)
    rest = min(FIRST_REST_S * 2.0**circuit.openings, LONGEST_REST_S) * random.uniform(1.0, 1.25)
    return Circuit(failures, min(circuit.openings + 1, 10), now + rest)


def admits(circuit: Circuit, now: float) -> bool:
    """Say whether a request may go: after the rest, exactly one may until it has come back."""
    return not circuit.is_tripped or (now >= circuit.open_until and not circuit.probing)


class Line:
    """The line before one host."""

    def __init__(self, pace: HostPace, clock: Callable[[], float], random: Random) -> None:
        self.slots = asyncio.Semaphore(pace.at_once)
        self.pause_s = pace.pause.total_seconds()
        self.users = 0
        self.next_start = 0.0
        self.paused_until = 0.0
        self.circuit = Circuit()
        self._clock = clock
        self._random = random

    def answered(self) -> None:
        """Note that the host spoke: whatever it said, connecting works."""
        if self.circuit.failures:
            self.circuit = Circuit()

    def failed(self) -> None:
        """Note that connecting failed, or that no answer began within the deadline."""
        self.circuit = after_failure(self.circuit, self._clock(), self._random)

    def shut_for(self) -> float:
        """Give the seconds for which nobody may ask, 0 when somebody may."""
        now = self._clock()
        if self.paused_until > now:
            return self.paused_until - now
        if admits(self.circuit, now):
            return 0.0
        return max(self.circuit.open_until - now, 1.0)

    @property
    def is_idle(self) -> bool:
        now = self._clock()
        return not (self.users or self.circuit.failures or max(self.next_start, self.paused_until) > now)


@dataclass(slots=True)
class Lines:
    """All lines, and the places that all hosts share.

    A request first waits in its host's line and only then takes a place: a host that hangs holds as
    many places as it may be asked at once, never more.
    """

    places: int
    now: Callable[[], datetime]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    random: Random
    _lines: dict[Key, Line] = field(default_factory=dict)
    _free: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._free = asyncio.Semaphore(self.places)

    @asynccontextmanager
    async def turn(self, address: Address, pace: HostPace) -> AsyncIterator[Line]:
        """Wait for a turn at a host and hold it; say on the line whether the host answered or failed.

        Raises:
            HostPaused: its circuit is open or it asked for patience; before or while waiting.
        """
        line = self._line(address.key, pace)
        self._refuse_if_shut(line, address)
        line.users += 1
        try:
            async with line.slots:
                await self._take_place(line, address)
                is_probe = line.circuit.is_tripped
                line.circuit = replace(line.circuit, probing=True) if is_probe else line.circuit
                try:
                    yield line
                finally:
                    self._free.release()
                    if is_probe and line.circuit.probing:  # ended without a word about the host
                        line.circuit = replace(line.circuit, probing=False)
        finally:
            line.users -= 1

    def pause(self, key: Key, seconds: float) -> None:
        """Ask a host nothing for so long, a day at most: it said that its quota is used up."""
        if line := self._lines.get(key):
            until = self.clock() + min(seconds, LONGEST_PAUSE_S)
            line.paused_until = max(line.paused_until, until)

    async def _take_place(self, line: Line, address: Address) -> None:
        """Hold a free place at a moment when this host may be asked, and claim that moment."""
        while True:
            await self._wait_for_start(line, address)
            await self._free.acquire()
            if line.next_start <= self.clock() and not line.shut_for():
                break
            self._free.release()  # somebody of this host went first while all places were taken
        line.next_start = self.clock() + line.pause_s

    async def _wait_for_start(self, line: Line, address: Address) -> None:
        while True:
            self._refuse_if_shut(line, address)
            wait = line.next_start - self.clock()
            if wait <= 0:
                return
            await self.sleep(wait)

    def _refuse_if_shut(self, line: Line, address: Address) -> None:
        if seconds := line.shut_for():
            back = self.now() + timedelta(seconds=seconds + self.random.uniform(0, SPREAD_S))
            asked = line.paused_until > self.clock()
            why = "the host asked for patience" if asked else "the host could not be reached"
            raise HostPaused(f"not asked: {why}", url=address.shown, retry_at=back, whole_host=True)

    def _line(self, key: Key, pace: HostPace) -> Line:
        if (line := self._lines.get(key)) is None:
            if len(self._lines) >= LINES:
                self._lines = {kept: other for kept, other in self._lines.items() if not other.is_idle}
            line = self._lines[key] = Line(pace, self.clock, self.random)
        return line
