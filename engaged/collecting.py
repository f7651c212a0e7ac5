"""`engaged collect` and `engaged work`: the left half of the path, once and on schedule."""

import asyncio
import gc
import logging
import signal
from argparse import Namespace
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine

from aggregator import schedule
from aggregator.answer import user_agent
from aggregator.child import Children
from aggregator.fetch import Budget, Fetcher, Limits
from aggregator.hooks import Hooks
from aggregator.hooks import Tools as HookTools
from aggregator.page_check import PageChecks
from aggregator.page_check import Tools as CheckTools
from aggregator.pictures import MOST_BYTES, Pictures
from aggregator.pictures import Tools as PictureTools
from aggregator.schedule import Beside, Ran
from aggregator.send import Sender
from aggregator.settings import Campaign, Settings, Source
from aggregator.stages import Fetch
from aggregator.store.database import open_reader, open_writer
from aggregator.store.published import Door
from aggregator.store.writer import Writer
from engaged import __version__, doors, lifeline
from engaged.configure import settings_for
from engaged.terminal import WrongUse, document, tell
from engaged.visits import in_words
from feeds.addresses import Address, path_of

log = logging.getLogger(__name__)

# A WebP of 40 megapixels takes 640 MB and a second; 40 others take less (docs/performance.md).
PICTURE_MEMORY_BYTES = 768 * 1024 * 1024
PICTURE_CPU_S, PICTURE_WALL_S = 20, 45
PICTURES_EVERY = timedelta(minutes=1)
# One page with its redirects, and once again: nobody waits longer than half a minute.
CHECKS_EVERY, CHECK_BUDGET = timedelta(minutes=1), Budget(requests=8, bytes=4_000_000)

_now = partial(datetime.now, UTC)
_FINE = ("ok", "unchanged")


def collect(arguments: Namespace) -> int:
    """Look at what is due, or at the named sources, once. 1 when any of them failed."""
    settings = settings_for(arguments.config)
    with doors.writer(settings, may_create=True) as engine:
        try:
            visits = asyncio.run(_collect(settings, engine, arguments.names))
        except schedule.UnknownSource as error:
            raise WrongUse(str(error)) from error
    if arguments.json:
        document({"runs": [as_json(ran) for ran in visits]})
    elif not visits:
        tell(_nothing_due(settings))
    return 0 if all(ran.outcome in _FINE for ran in visits) else 1


def work(arguments: Namespace) -> int:
    """Collect on schedule until SIGTERM or Ctrl-C, and finish what is in flight."""
    lifeline.tie_to_supervisor()
    settings = settings_for(arguments.config)
    with doors.writer(settings, may_create=True) as engine:
        asyncio.run(_work(settings, engine))
    return 0


def _nothing_due(settings: Settings) -> str:
    names = sorted({source.name for campaign in settings.campaigns for source in campaign.sources})
    if not names:
        return "There is no source yet: write one under `sources` in config.yaml."
    return f"No source is due. `engaged collect NAME` looks at one now: {', '.join(names)}."


def as_json(ran: Ran) -> dict[str, Any]:
    """Give the shape that scripts may rely on: keys may be added, none is ever removed."""
    return {
        "campaign": ran.campaign,
        "source": ran.source,
        "outcome": ran.outcome,
        "new": ran.new,
        "changed": ran.changed,
        "unchanged": ran.unchanged,
        "skipped": ran.skipped,
        "error": ran.error,
        "started": ran.started.isoformat(),
        "ended": ran.ended.isoformat(),
        "code": ran.code,
        "again": ran.again.isoformat() if ran.again else None,
        "paused": ran.paused,
    }


async def _collect(settings: Settings, engine: Engine, names: list[str]) -> list[Ran]:
    async with _fetcher(settings) as fetcher, _tools(settings, fetcher) as tools:
        return await schedule.collect(
            settings, engine, names=names, report=lambda ran: tell(in_words(ran)), **tools
        )


async def _work(settings: Settings, engine: Engine) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with (
        _fetcher(settings) as fetcher,
        _tools(settings, fetcher) as tools,
        _picture_work(settings, fetcher) as pictures,
        _hook_work(settings) as hooks,
        _check_work(settings, fetcher) as checks,
        _mail_work(settings) as mailing,
    ):
        beside = (pictures, hooks, checks, mailing)
        await schedule.work(settings, engine, stop=stop, report=_log, beside=beside, **tools)


@asynccontextmanager
async def _fetcher(settings: Settings) -> AsyncIterator[Fetcher]:
    gc.freeze()  # what is loaded stays loaded: the collector need not look through it again
    limits = Limits(max_bytes=MOST_BYTES)  # who fetches says how much; a picture may be the largest
    random = Random()  # noqa: S311 - jitter
    async with Fetcher(settings.network, now=_now, random=random, limits=limits) as fetcher:
        yield fetcher


@asynccontextmanager
async def _tools(settings: Settings, fetcher: Fetcher) -> AsyncIterator[dict[str, Any]]:
    """Give what visits need of the world: a fetcher for each, children to parse in, a clock."""
    children = Children()

    def fetch(campaign: Campaign, source: Source) -> Fetch:
        return fetcher.bound(_agent(settings, campaign), source.every)

    try:
        yield {"fetch": fetch, "in_child": children.run, "now": _now}
    finally:
        children.close()


@asynccontextmanager
async def _picture_work(
    settings: Settings, fetcher: Fetcher
) -> AsyncIterator[Callable[[Writer], Pictures]]:
    """Give what starts the work on pictures, with a child of its own: slow, and out of the way."""
    child = Children(
        at_most=1,
        module="aggregator.media",
        cpu_s=PICTURE_CPU_S,
        wall_s=PICTURE_WALL_S,
        memory_bytes=PICTURE_MEMORY_BYTES,
        niceness=5,
    )

    def fetch(slug: str) -> Fetch:
        campaign = settings.campaign(slug)
        assert campaign  # only what is configured is asked for
        return fetcher.bound(_agent(settings, campaign), PICTURES_EVERY)

    def work(writer: Writer) -> Pictures:
        return Pictures(
            PictureTools(
                writer=writer,
                fetch=fetch,
                in_child=child.run,
                folder=Path(settings.media),
                now=_now,
                campaigns=tuple(campaign.slug for campaign in settings.campaigns),
                public=tuple(each.slug for each in settings.campaigns if each.shows_pictures),
            )
        )

    try:
        yield work
    finally:
        child.close()


@asynccontextmanager
async def _hook_work(settings: Settings) -> AsyncIterator[Callable[[Writer], Hooks]]:
    """Give what starts the telling of webhooks, with a way out and a reader of its own."""
    agent = user_agent(__version__, settings.public_url, settings.campaigns[0].contact)
    reader = open_reader(settings.database)
    door = Door(reader)

    def address(slug: str, item: str) -> str:
        return settings.public_url + path_of(Address("permalink", slug, item))

    try:
        async with Sender(settings.network, agent, now=_now) as sender:
            yield lambda writer: Hooks(
                HookTools(writer, sender.send, door.one, address, settings.campaigns, _now)
            )
    finally:
        reader.dispose()


@asynccontextmanager
async def _check_work(
    settings: Settings, fetcher: Fetcher
) -> AsyncIterator[Callable[[Writer], PageChecks]]:
    """Give what starts the checking of libraries' pages, with a child of its own, made when needed."""
    child = Children(at_most=1, module="aggregator.page_reading", niceness=5)

    def fetch(slug: str) -> Fetch:
        campaign = settings.campaign(slug) or settings.campaigns[0]
        return fetcher.bound(_agent(settings, campaign), CHECKS_EVERY, CHECK_BUDGET)

    try:
        yield lambda writer: PageChecks(CheckTools(writer, fetch, child.run, _now, settings.public_url))
    finally:
        child.close()


@asynccontextmanager
async def _mail_work(settings: Settings) -> AsyncIterator[Callable[[Writer], Beside]]:
    """Give what starts the weekly mail, with connections of its own: it waits for servers."""
    from engaged.mailing import Mailing, post_of  # `engaged collect` does without
    from engaged.mailing import Tools as MailTools

    reader, writer = open_reader(settings.database), open_writer(settings.database)
    tools = MailTools(reader, writer, settings, post_of(settings), _now)
    try:
        yield lambda _writer: Mailing(tools)
    finally:
        reader.dispose()
        writer.dispose()


def _agent(settings: Settings, campaign: Campaign) -> str:
    return user_agent(__version__, settings.public_url, campaign.contact)


def _log(ran: Ran) -> None:
    level = logging.INFO if ran.outcome in _FINE else logging.WARNING
    if ran.outcome != "unchanged":
        log.log(level, "%s", in_words(ran))
