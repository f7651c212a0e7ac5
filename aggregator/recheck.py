"""Are shown items still there, unchanged and public? Asked of their own server, by what it calls them.

It follows each visit of a source whose kind can look items up. What it finds goes the same way as what
is collected; what is gone or closed leaves the public without anybody's click (store/standing.py).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import ModuleType
from typing import Any

from aggregator.errors import SourceError
from aggregator.settings import Source
from aggregator.stages import Fetch, InChild, Page, Rechecked, Reply
from aggregator.store import standing
from aggregator.store.intake import Taken
from aggregator.store.runs import Claim
from aggregator.store.writer import Writer

CALLS_A_VISIT = 20
"""With 20 items a call this looks at all that a campaign usually shows, at every visit."""

REQUESTS_A_VISIT = 30
"""A server that must be asked for each item by itself is not asked for all of them each time."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What looking up works with; `take` stores what came, as the pipeline does with a page."""

    source: Source
    claim: Claim
    kind: ModuleType
    fetch: Fetch
    in_child: InChild
    writer: Writer
    now: Callable[[], datetime]
    take: Callable[[Page], Awaitable[Taken]]


def can_recheck(kind: ModuleType) -> bool:
    return hasattr(kind, "recheck")


async def recheck(tools: Tools, page: Callable[..., Page]) -> Taken:
    """Look up what is due; give what became of it.

    A server that does not answer costs the looking up and nothing else: the failure is written down
    among what was skipped, and no item is touched.

    Args:
        page: makes a page of items with the mark that the visit has come to.
    """
    at_once: int = tools.kind.RECHECK_AT_ONCE
    fetch = _Counted(tools.fetch)
    most = CALLS_A_VISIT * at_once
    asked = await tools.writer.do(partial(standing.due, claimed=tools.claim, most=most))
    taken, natives = Taken(), list(asked)
    for start in range(0, len(natives), at_once):
        some = natives[start : start + at_once]
        try:
            found: Rechecked = await tools.kind.recheck(tools.source, some, fetch, tools.in_child)
        except SourceError as error:
            return taken + Taken(skipped=(("not-looked-up", f"{error.code}: {error}"[:300]),))
        taken += await _store(tools, page, found, {native: asked[native] for native in some})
        if fetch.requests >= REQUESTS_A_VISIT:
            break
    return taken


class _Counted:
    """A fetch that counts what it asks."""

    def __init__(self, fetch: Fetch) -> None:
        self.requests = 0
        self._fetch = fetch

    async def __call__(self, url: str, **how: Any) -> Reply:
        self.requests += 1
        return await self._fetch(url, **how)


async def _store(
    tools: Tools, page: Callable[..., Page], found: Rechecked, asked: Mapping[str, str]
) -> Taken:
    taken = Taken()
    if found.items:
        edits = await tools.take(page(items=found.items))
        taken += Taken(changed=edits.changed, skipped=edits.skipped)
    work = partial(
        standing.note,
        claimed=tools.claim,
        asked=asked,
        gone=found.gone,
        closed=found.closed,
        now=tools.now(),
    )
    return taken + Taken(changed=await tools.writer.do(work))
