"""When: one tick claims what is due and lets it run; a bad or hanging source never holds up the others.

Due times live in the store. APScheduler is the clock, and nothing else: there is no job per source.
"""

import asyncio
import logging
import os
import platform
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from secrets import token_hex
from types import ModuleType
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator import collectors
from aggregator.errors import EngagedError, LostClaim, Outcome
from aggregator.pipeline import PLACES, Tools, Visit, visit
from aggregator.settings import Campaign, Settings, Source
from aggregator.stages import Fetch, InChild
from aggregator.store import runs
from aggregator.store.runs import Claim, Declared, Ending
from aggregator.store.writer import Writer

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = logging.getLogger(__name__)

TICK_S = 1
IN_FLIGHT = 500
"""How many sources may be under way at once. They wait mostly: the fetcher keeps each host's line."""
GRACE_S = 25
"""How long a stopping worker waits for what is in flight, in seconds."""
KEEP_RUNS = timedelta(days=30)


class UnknownSource(EngagedError):
    code = "unknown-source"


@dataclass(frozen=True, slots=True)
class Ran:
    """One visit, for people and scripts.

    Attributes:
        error: what went wrong, in words; "" when all went well.
        started, ended: aware UTC.
        code: the same as `error`, as a stable word; "" when nothing was asked at all.
        again: aware UTC, when it is looked at next; None when this visit decided nothing about that.
        paused: a code when it rests until a person wakes it.
    """

    campaign: str
    source: str
    outcome: Outcome
    new: int
    changed: int
    unchanged: int
    skipped: int
    error: str
    started: datetime
    ended: datetime
    code: str = ""
    again: datetime | None = None
    paused: str = ""


class Beside(Protocol):
    """Other work of a worker, with the same writer. It harms nobody when it fails."""

    async def keep(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set."""


Report = Callable[[Ran], None]
FetchFor = Callable[[Campaign, Source], Fetch]
"""Gives the fetcher of one run, bound to what its campaign and source ask for."""


def declared(settings: Settings, kinds: Mapping[str, ModuleType]) -> list[Declared]:
    """Give the configured sources as the store keeps them."""
    return [
        Declared(
            campaign.slug,
            source.name,
            source.kind,
            kinds[source.kind].home(source.options) if not source.waiting_for else "",
            runs.fingerprint(source.kind, repr(source.options), *source.waiting_for),
            runs.WAITING_FOR_KEY if source.waiting_for else "",
            source.label or _network(kinds[source.kind], source),
        )
        for campaign in settings.campaigns
        for source in campaign.sources
    ]


def _network(kind: ModuleType, source: Source) -> str:
    """Give the name of the network that a source is on, for kinds that know one."""
    if source.waiting_for or not hasattr(kind, "network"):
        return ""
    name: str = kind.network(source.options)
    return name


def declare(connection: Connection, settings: Settings, now: datetime) -> None:
    """Bring the configuration's campaigns and sources into the store."""
    slugs = [campaign.slug for campaign in settings.campaigns]
    runs.declare(connection, slugs, declared(settings, collectors.kinds()), now)


class _Crew:
    """A worker's running visits, with what they need. One for each worker process."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        fetch: FetchFor,
        in_child: InChild,
        now: Callable[[], datetime],
        report: Report,
    ) -> None:
        self.settings = settings
        self.now = now
        self.report = report
        self.name = f"{platform.node()}:{os.getpid()}:{token_hex(4)}"
        self.writer = Writer(engine)
        self.cleaner = ThreadPoolExecutor(1, "cleaner")
        self.tools = Tools(
            writer=self.writer,
            cleaner=self.cleaner,
            fetch=fetch,
            in_child=in_child,
            places=asyncio.Semaphore(PLACES),
            kinds=collectors.kinds(),
            now=now,
            jitter=random.random,
        )
        self.running: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Bring the configuration into the store, and end the claims of this machine's dead workers."""
        now = self.now()
        await self.writer.do(partial(declare, settings=self.settings, now=now))
        claimants = await self.writer.do(runs.claimants)
        dead = [name for name in claimants if _is_dead(name)]
        await self.writer.do(partial(runs.give_up, dead=dead, now=now))

    async def claim(self, named: Sequence[tuple[str, str]] | None = None) -> list[Claim]:
        """Take what is due, or what is named, and set it running."""
        limit = IN_FLIGHT - len(self.running) if named is None else len(named)
        if limit <= 0:
            return []
        claims = await self.writer.do(
            partial(runs.claim, worker=self.name, now=self.now(), limit=limit, named=named)
        )
        for claim in claims:
            task = asyncio.create_task(self._visit(claim))
            self.running.add(task)
            task.add_done_callback(self.running.discard)
        return claims

    async def _visit(self, claim: Claim) -> None:
        campaign, source = self.find(claim.campaign, claim.name)
        started = self.now()
        try:
            ending = await visit(Visit(campaign, source, claim), self.tools)
        except LostClaim as error:
            self.report(_lost(claim, str(error), started, self.now()))
        except SQLAlchemyError as error:
            # What was stored stands; the source is taken up again when its lease ends.
            log.exception("the store did not take what %s brought", claim.name)
            self.report(_lost(claim, f"the store refused: {_refusal(error)}", started, self.now()))
        else:
            self.report(_ran(claim, ending))

    def find(self, slug: str, name: str) -> tuple[Campaign, Source]:
        campaign = self.settings.campaign(slug)
        source = campaign.source(name) if campaign else None
        if campaign is None or source is None:
            raise UnknownSource(f"{slug}/{name} is not in the configuration")
        return campaign, source

    async def renew(self) -> None:
        await self.writer.do(partial(runs.renew, worker=self.name, now=self.now()))

    async def tidy(self) -> None:
        await self.writer.do(partial(runs.tidy, before=self.now() - KEEP_RUNS))

    async def stop(self) -> None:
        """Let what is in flight finish for a while, break off the rest, and give everything back."""
        if self.running:
            await asyncio.wait(self.running, timeout=GRACE_S)
        for task in list(self.running):
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)
        await self.writer.do(partial(runs.release, worker=self.name))
        await asyncio.to_thread(self.writer.close)
        self.cleaner.shutdown()


def _refusal(error: SQLAlchemyError) -> str:
    """Give what the database said, without the statement and the posts in it; those are in the log."""
    words = str(getattr(error, "orig", None) or "").strip()
    return words.splitlines()[0] if words else type(error).__name__


def _is_dead(worker: str) -> bool:
    """Say whether a worker of this machine is no more; workers elsewhere keep their lease."""
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != platform.node() or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _ran(claim: Claim, ending: Ending) -> Ran:
    return Ran(
        claim.campaign,
        claim.name,
        ending.outcome,
        ending.new,
        ending.changed,
        ending.unchanged,
        len(ending.skipped),
        ending.detail,
        ending.started_at,
        ending.ended_at,
        ending.error,
        ending.due_at,
        ending.paused,
    )


def _lost(claim: Claim, why: str, started: datetime, ended: datetime) -> Ran:
    return Ran(claim.campaign, claim.name, "soft-failure", 0, 0, 0, 0, why, started, ended)


async def collect(
    settings: Settings,
    engine: Engine,
    *,
    names: Sequence[str],
    fetch: FetchFor,
    in_child: InChild,
    now: Callable[[], datetime],
    report: Report,
) -> list[Ran]:
    """Visit once what is due, or the named sources though not due, and wait for all of them.

    Args:
        names: `NAME`, or `CAMPAIGN/NAME` where two campaigns share a name; empty: what is due.
        report: told about each visit as it ends.

    Returns:
        One for each visit, in the order of their ends. A named source that may not be asked yet, or
        that another worker is visiting, is among them as a soft failure that says so.

    Raises:
        UnknownSource: before anything is asked.
    """
    named = _named(settings, names) if names else None
    done: list[Ran] = []

    def tell(ran: Ran) -> None:
        done.append(ran)
        report(ran)

    crew = _Crew(settings, engine, fetch, in_child, now, tell)
    try:
        await crew.start()
        claims = await crew.claim(named)
        for ran in await _not_visited(crew, named or [], claims):
            tell(ran)
        while crew.running:
            await asyncio.wait(crew.running, timeout=runs.LEASE.total_seconds() / 4)
            await crew.renew()
    finally:
        await crew.stop()
    return done


def _named(settings: Settings, names: Sequence[str]) -> list[tuple[str, str]]:
    known = {(c.slug, source.name) for c in settings.campaigns for source in c.sources}
    wanted: list[tuple[str, str]] = []
    for name in names:
        slug, _, last = name.rpartition("/")
        matching = [pair for pair in sorted(known) if pair[1] == last and slug in ("", pair[0])]
        if not matching:
            there = ", ".join(sorted({pair[1] for pair in known})) or "none"
            raise UnknownSource(f"There is no source {name}. Configured: {there}.")
        wanted += [pair for pair in matching if pair not in wanted]
    return wanted


async def _not_visited(
    crew: _Crew, named: Sequence[tuple[str, str]], claims: Sequence[Claim]
) -> list[Ran]:
    """Say of each named source that was not claimed why it was not."""
    now, said = crew.now(), []
    for slug, name in named:
        if any((claim.campaign, claim.name) == (slug, name) for claim in claims):
            continue
        until = await crew.writer.do(partial(runs.patience, slug=slug, name=name, now=now))
        why = "another worker is visiting it right now"
        if until:
            why = f"its server asked us to wait until {until:%Y-%m-%d %H:%M:%S} UTC"
        if keys := crew.find(slug, name)[1].waiting_for:
            why = f"it is waiting for a key: set {', '.join(keys)} in the environment"
        said.append(Ran(slug, name, "soft-failure", 0, 0, 0, 0, why, now, now))
    return said


async def work(
    settings: Settings,
    engine: Engine,
    *,
    fetch: FetchFor,
    in_child: InChild,
    now: Callable[[], datetime],
    stop: asyncio.Event,
    report: Report = lambda _: None,
    beside: Sequence[Callable[[Writer], Beside]] = (),
) -> None:
    """Collect on schedule until `stop` is set; then finish what is in flight.

    Due times are the store's: they survive a restart. A clock that is moved costs at most one tick.
    What is handed in as `beside` (pictures, webhooks …) is worked on for as long.
    """
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # `engaged collect` does without

    crew = _Crew(settings, engine, fetch, in_child, now, report)
    scheduler = AsyncIOScheduler(timezone=UTC)
    rules = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    try:
        await crew.start()
        first = datetime.now(UTC)
        scheduler.add_job(crew.claim, "interval", seconds=TICK_S, next_run_time=first, **rules)
        scheduler.add_job(crew.renew, "interval", seconds=runs.LEASE.total_seconds() / 4, **rules)
        scheduler.add_job(crew.tidy, "interval", hours=24, next_run_time=first, **rules)
        scheduler.start()
        async with asyncio.TaskGroup() as tasks:
            for begin in beside:
                tasks.create_task(begin(crew.writer).keep(stop))
            await _follow_the_clock(scheduler, stop)
    finally:
        if scheduler.running:
            scheduler.shutdown(wait=False)
        await crew.stop()


async def _follow_the_clock(scheduler: "AsyncIOScheduler", stop: asyncio.Event) -> None:
    """Wait for `stop`, and wake every job after the wall clock was moved.

    APScheduler waits by the wall clock: set back by an hour, it would sleep for that hour.
    """
    apart = time.time() - time.monotonic()
    while not stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=TICK_S)
        if abs(time.time() - time.monotonic() - apart) > 2 * TICK_S:
            apart = time.time() - time.monotonic()
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
