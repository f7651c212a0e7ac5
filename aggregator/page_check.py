"""Check my page, the worker's half: fetch a library's page once, and say what of ours survived there.

A person asked for it by hand, so one page is read and no robots.txt. Every address passes the same
guard as all others (aggregator/address.py). What comes back is a handful of words about ourselves: not a
byte of the page, no status, no reason that would tell what answers at an address and what does not.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import EngagedError, FetchError, NotUnderstood, Refused, TooLarge
from aggregator.page_policy import refused_by
from aggregator.page_reading import PageFound
from aggregator.stages import Fetch, InChild, Reply
from aggregator.store import errands
from aggregator.store.errands import Errand
from aggregator.store.writer import Writer

log = logging.getLogger(__name__)

KIND = "check-page"
"""What errands of this kind are called; `feeds/checking.py` asks them."""
ACCEPT = "text/html,application/xhtml+xml"
MOST_BYTES = 2_000_000
AT_MOST_S = 30
LOOK_EVERY_S = 1.0

_HTML = ("text/html", "application/xhtml+xml")
_POLICY = "content-security-policy"


@dataclass(frozen=True, slots=True)
class Tools:
    """What checking pages needs of the world.

    Attributes:
        fetch: gives a fetcher for one page, for a campaign.
        in_child: runs `read_page`, with limits.
        public_url: where readers find us.
    """

    writer: Writer
    fetch: Callable[[str], Fetch]
    in_child: InChild
    now: Callable[[], datetime]
    public_url: str


class PageChecks:
    """Works off what visitors asked, one page after the other, until it is told to stop."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def keep(self, stop: asyncio.Event) -> None:
        """Look every second whether somebody asks. Whatever goes wrong is told to whoever asked."""
        while not stop.is_set():
            try:
                await self.settle()
            except (EngagedError, SQLAlchemyError):
                log.exception("pages cannot be checked: tried again soon")
            try:
                await asyncio.wait_for(stop.wait(), timeout=LOOK_EVERY_S)
            except TimeoutError:
                continue

    async def settle(self) -> None:
        """Answer everything that waits."""
        while (errand := await self._do(errands.claim, now=self._tools.now())) is not None:
            answer = await self.answer(errand)
            await self._do(errands.settle, token=errand.token, answer=answer, now=self._tools.now())

    async def answer(self, errand: Errand) -> Mapping[str, Any]:
        """Give the answer to one errand, whatever happens on the way."""
        if errand.kind != KIND:
            return unread("unknown")
        try:
            async with asyncio.timeout(AT_MOST_S):
                return await self._check(errand.campaign, str(errand.question.get("address", "")))
        except (TimeoutError, FetchError, NotUnderstood) as error:
            return unread(why_unread(error))

    async def _check(self, slug: str, address: str) -> Mapping[str, Any]:
        reply = await self._tools.fetch(slug)(address, accept=ACCEPT, max_bytes=MOST_BYTES)
        if not _is_html(reply):
            return unread("no-page")
        found: PageFound = await self._tools.in_child(
            "read_page", reply.body, reply.url, self._tools.public_url, slug
        )
        return read(found, reply, self._tools.public_url) if found.is_page else unread("no-page")

    async def _do(self, work: Callable[..., Any], **arguments: Any) -> Any:
        return await self._tools.writer.do(partial(work, **arguments))


def read(found: PageFound, reply: Reply, public_url: str) -> Mapping[str, Any]:
    """Give the answer about a page that could be read."""
    policies = [*reply.headers.get(_POLICY, "").split(","), *found.policies]
    refused = refused_by(policies, reply.headers, reply.url, public_url)
    return {"read": True, "found": sorted(found.found), "refused": sorted(refused)}


def unread(why: str) -> Mapping[str, Any]:
    """Give the answer about a page that could not be read."""
    return {"read": False, "why": why}


def why_unread(error: BaseException) -> str:
    """Give one of four coarse words. Why a host gives no answer is nobody's business but its own."""
    if isinstance(error, TooLarge):
        return "too-large"
    if isinstance(error, NotUnderstood):
        return "no-page"
    return "refused" if isinstance(error, Refused) else "no-answer"


def _is_html(reply: Reply) -> bool:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in _HTML or (not kind and reply.body.lstrip()[:1] == b"<")
