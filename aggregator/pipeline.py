"""One source, once: collect -> clean -> screen -> store. The whole left half of the path, on one page.

What goes wrong in here costs one entry or one run, and is written down; nothing costs the service.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

from aggregator import recheck as rechecking
from aggregator.clean import clean
from aggregator.errors import FetchError, Outcome, SourceError, TooSlow
from aggregator.item import Found, RawItem
from aggregator.screen import screen
from aggregator.settings import Campaign, Source
from aggregator.stages import Fetch, InChild, Known, Mark, Page, Reply, RuleSettings, Screened
from aggregator.store import intake, runs
from aggregator.store.intake import Intake, Taken
from aggregator.store.runs import Claim, Ending
from aggregator.store.writer import Writer

log = logging.getLogger(__name__)

RUN_AT_MOST_S = 600
PLACES = 16


@dataclass(frozen=True, slots=True)
class Tools:
    """What a visit works with.

    Attributes:
        cleaner: one thread: cleaning is Python's own work, and several would only wait for each other.
        fetch: gives the fetcher of one source.
        places: how many answers are worked on at once; see _Place.
    """

    writer: Writer
    cleaner: Executor
    fetch: Callable[[Campaign, Source], Fetch]
    in_child: InChild
    places: asyncio.Semaphore
    kinds: Mapping[str, ModuleType]
    now: Callable[[], datetime]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Visit:
    """One source about to be visited."""

    campaign: Campaign
    source: Source
    claim: Claim


async def visit(what: Visit, tools: Tools) -> Ending:
    """Collect one source from its mark on, store what came, and write the run down.

    Raises:
        LostClaim: another worker has the source now; what this one stored before stands.
    """
    started, taken = tools.now(), _Tally(what.claim.mark)
    failure = await _collect(what, tools, taken)
    ending = conclude(what, taken.sum, failure, started, tools.now(), tools.jitter())
    await tools.writer.do(partial(runs.finish, claimed=what.claim, ending=ending))
    return ending


class _Tally:
    """Adds up what became of each page, so that a run that breaks off still says what it stored."""

    def __init__(self, mark: Mapping[str, Any]) -> None:
        self.sum = Taken()
        self.mark = Mark(dict(mark))


async def _collect(what: Visit, tools: Tools, taken: _Tally) -> SourceError | None:
    """Go through the pages; give what ended the run early, if anything did."""
    kind = tools.kinds[what.source.kind]
    place = _Place(tools, tools.fetch(what.campaign, what.source))
    pages = kind.collect(
        what.source,
        Mark(dict(what.claim.mark)),
        place.fetch,
        place.in_child,
        until=what.campaign.starts_at,
    )
    try:
        async with asyncio.timeout(RUN_AT_MOST_S):
            async for page in pages:
                taken.sum += await _take(what, page, tools)
                taken.mark = page.mark
                place.leave()
            if rechecking.can_recheck(kind):
                taken.sum += await _recheck(what, tools, place, taken.mark)
    except SourceError as error:
        return error
    except TimeoutError:
        return TooSlow(f"the run took more than {RUN_AT_MOST_S} seconds and goes on next time")
    except Exception as error:  # the one place: whatever we did not foresee costs this run only
        log.exception("unexpected failure while collecting %s", what.source.name)
        return Unexpected(f"{type(error).__name__}: {error}")
    finally:
        place.leave()
    return None


class _Place:
    """A visit's place at the workbench: taken to parse an answer, left when what it said is stored.

    There are few, so that five hundred sources that answer at once do not all lie open in memory.
    While a visit waits for the network it holds none: a hanging source keeps nobody from working.
    """

    def __init__(self, tools: Tools, fetch: Fetch) -> None:
        self._tools = tools
        self._fetch = fetch
        self._is_held = False

    async def fetch(self, url: str, **how: Any) -> Reply:
        self.leave()
        return await self._fetch(url, **how)

    async def in_child(self, task: str, *arguments: Any) -> Any:
        if not self._is_held:
            await self._tools.places.acquire()
            self._is_held = True
        return await self._tools.in_child(task, *arguments)

    def leave(self) -> None:
        if self._is_held:
            self._tools.places.release()
        self._is_held = False


async def _recheck(what: Visit, tools: Tools, place: _Place, mark: Mark) -> Taken:
    """Look up what is shown, and store what came of it behind the mark that this visit came to."""

    async def take(page: Page) -> Taken:
        return await _take(what, page, tools)

    return await rechecking.recheck(
        rechecking.Tools(
            source=what.source,
            claim=what.claim,
            kind=tools.kinds[what.source.kind],
            fetch=place.fetch,
            in_child=place.in_child,
            writer=tools.writer,
            now=tools.now,
            take=take,
        ),
        partial(Page, mark=mark),
    )


class Unexpected(SourceError):
    """Something that this program did not foresee: a mistake of ours, to be reported."""

    code = "unexpected"


async def _take(what: Visit, page: Page, tools: Tools) -> Taken:
    now = tools.now()
    home = tools.kinds[what.source.kind].home(what.source.options)
    work = partial(clean_all, page.items, home, now, what.campaign.timezone)
    found, unreadable = await asyncio.get_running_loop().run_in_executor(tools.cleaner, work)
    taken = await tools.writer.do(
        partial(
            intake.take,
            page=Intake(
                claim=what.claim,
                found=tuple(found),
                gone=page.gone,
                mark=page.mark,
                screen=_screen(RuleSettings(what.campaign, what.source)),
                on_edit=what.campaign.policy.on_edit,
                now=now,
                home=home,
            ),
        )
    )
    skipped = tuple((skip.reason, skip.what) for skip in page.skipped)
    return taken + Taken(skipped=skipped + unreadable)


def clean_all(
    items: Iterable[RawItem], home: str, now: datetime, zone: str = "UTC"
) -> tuple[list[Found], tuple[tuple[str, str], ...]]:
    """Clean every entry; one that cannot be cleaned costs itself and is named.

    Args:
        zone: the campaign's, for times of occasions that are written without one.
    """
    found: list[Found] = []
    unreadable: list[tuple[str, str]] = []
    for raw in items:
        try:
            found.append(clean(_in_zone(raw, zone), home=home, now=now))
        except (ValueError, OverflowError, RecursionError) as error:
            unreadable.append(("unreadable", f"{raw.url or raw.title} ({error})"[:300]))
    return found, tuple(unreadable)


def _in_zone(raw: RawItem, zone: str) -> RawItem:
    if raw.occasion is None or raw.occasion.zone:
        return raw
    return replace(raw, occasion=replace(raw.occasion, zone=zone))


def _screen(settings: RuleSettings) -> Callable[[Found, Known], Screened]:
    return lambda found, known: screen(found.item, known, settings)


def conclude(
    what: Visit,
    taken: Taken,
    failure: SourceError | None,
    started: datetime,
    now: datetime,
    jitter: float,
) -> Ending:
    """Say how a run went and when to look again. Pure: the clock and the dice come in as values.

    Args:
        jitter: from 0 to 1.
    """
    outcome, error = _outcome(taken, failure), _code(failure)
    wish = failure.retry_at if isinstance(failure, FetchError) else None
    failures = what.claim.failures + 1 if failure else 0
    return Ending(
        outcome=outcome,
        started_at=started,
        ended_at=now,
        due_at=next_visit(what.source.every, failures, wish, now, jitter),
        new=taken.new,
        changed=taken.changed,
        unchanged=taken.unchanged,
        skipped=taken.skipped,
        error=error,
        detail=str(failure) if failure else "",
        not_before=min(wish, now + LONGEST) if wish else None,
        whole_host=isinstance(failure, FetchError) and failure.whole_host,
        paused=pause(what.claim, error, now),
    )


def _outcome(taken: Taken, failure: SourceError | None) -> Outcome:
    if failure is not None:
        return failure.outcome
    return "ok" if taken.new or taken.changed or taken.unchanged or taken.skipped else "unchanged"


def _code(failure: SourceError | None) -> str:
    if isinstance(failure, FetchError) and failure.status == 410:
        return "gone"
    return failure.code if failure else ""


LONGEST = timedelta(days=1)


def next_visit(
    every: timedelta, failures: int, wish: datetime | None, now: datetime, jitter: float
) -> datetime:
    """Say when a source may be visited again.

    Failures in a row double the pause, up to a day. A server asking for more patience is obeyed, up to
    a day; one asking for less is not. Up to a tenth is added by chance, so that sources spread out.

    Args:
        every: the configured pause.
        failures: how many runs in a row failed, this one counted; 0 after a good one.
        wish: aware UTC, the server's Retry-After.
        jitter: from 0 to 1.

    Returns:
        Aware UTC, between now + every and now + a day and a tenth.
    """
    # The first failure doubles nothing: the run itself has tried again already.
    pause_s = every.total_seconds() * 2 ** min(max(failures - 1, 0), 20)
    at_most_s = max(LONGEST, every).total_seconds()
    due = now + timedelta(seconds=min(pause_s, at_most_s) * (1 + jitter / 10))
    return max(due, min(wish, now + LONGEST)) if wish else due


def pause(claim: Claim, error: str, now: datetime) -> str:
    """Say why a source should rest until a person wakes it; "" when it should not.

    A 410 counts once it was said twice in a row; any failure once it has lasted thirty days.
    """
    if error == "gone" and claim.error == "gone":
        return "gone"
    if error and claim.failing_since and now - claim.failing_since > timedelta(days=30):
        return "failing"
    return ""
