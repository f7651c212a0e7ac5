"""One request to one answer. What was answered is kept, until anything public of its campaign changes.

An answer that somebody has already (`If-None-Match`) therefore costs no look at the store but the one at
the campaign's version, five times a second at most.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from aggregator.settings import Campaign, Settings
from feeds.api.limits import Allowance, Limits
from feeds.api.openapi import describe
from feeds.api.params import read_query
from feeds.api.problems import (
    DESCRIBED_AT,
    NOTHING_HERE,
    ONLY_READING,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    UNEXPECTED,
    Problem,
)
from feeds.api.resources import RESOURCES, ROOT, Answer, Asking, Resource
from feeds.cache import UNREACHABLE
from feeds.page import Page, finished, readable_anywhere
from feeds.public import READING, reply
from feeds.select import Door

CONTENT_TYPE = "application/json"
ALLOWED = "GET, HEAD, OPTIONS"
EXPOSED = "ETag, Link, RateLimit, RateLimit-Policy, Retry-After"
KEPT_BYTES = 32_000_000
"""How much memory the answers of one process may take."""

_PATH = re.compile(rf"/([a-z0-9-]{{1,60}}){ROOT}/([a-z]{{1,20}})(?:/([a-z2-7]{{12}}))?")

log = logging.getLogger(__name__)


class Versions(Protocol):
    def version_of(self, slug: str) -> int | None:
        """Give the version of what is public in a campaign; None: nobody can say now."""


@dataclass(frozen=True, slots=True)
class Request:
    """What counts of a request: no other header changes an answer.

    Attributes:
        query: what stands after the question mark, as it came.
        peer: the address at the other end of the connection; "" when it has none.
    """

    method: str
    path: str
    query: str = ""
    if_none_match: str = ""
    peer: str = ""


Line = tuple[str, list[tuple[str, str]], bytes]


class Api:
    """Answers requests to the API. Safe to ask from many threads.

    Args:
        now: gives aware UTC.
        tick: a clock that never jumps, in seconds.
    """

    def __init__(
        self,
        settings: Settings,
        door: Door,
        versions: Versions,
        now: Callable[[], datetime],
        tick: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._door = door
        self._versions = versions
        self._now = now
        self._limits = Limits(tick)
        self._kept = _Kept()
        self._description = _page(describe(settings))

    def answer(self, request: Request) -> Line:
        """Give status line, headers and body. Nothing is raised."""
        if request.method == "OPTIONS":
            return "204 No Content", _preflight(), b""
        allowance = self._limits.take(request.peer)
        page = self._page_or_problem(request, allowance)
        line, headers, body = reply(page, request.method, request.if_none_match)
        told = allowance.headers() if allowance else ()
        return line, [*headers, ("Access-Control-Expose-Headers", EXPOSED), *told], body

    def _page_or_problem(self, request: Request, allowance: Allowance | None) -> Page:
        try:
            if allowance and not allowance.is_granted:
                raise _too_many(allowance)
            return self._page(request)
        except Problem as problem:
            return problem.page(self._settings.public_url)
        except UNREACHABLE as error:
            log.error("the store cannot be read: %r", error)
            return _UNREACHABLE.page(self._settings.public_url)
        except Exception:  # the one place: no program that asks may see a trace
            log.exception("unexpected while answering %r", request.path)
            return _UNFORESEEN.page(self._settings.public_url)

    def _page(self, request: Request) -> Page:
        if request.method not in READING:
            detail = f"Use one of {ALLOWED}: nothing can be changed here."
            raise Problem(ONLY_READING, detail, headers=(("Allow", ALLOWED),))
        if request.path == DESCRIBED_AT:
            read_query(request.query, ())
            return self._description
        campaign, resource, item = self._meant(request.path)
        values = read_query(request.query, resource.parameters)
        return self._made(campaign, resource, item, values)

    def _meant(self, path: str) -> tuple[Campaign, Resource, str]:
        """Give what a path names.

        Raises:
            Problem: there is nothing of that name; it says where all names stand.
        """
        if found := _PATH.fullmatch(path):
            slug, name, item = found[1], found[2], found[3] or ""
            campaign = self._settings.campaign(slug)
            there = [each for each in RESOURCES if (each.name, each.is_one) == (name, bool(item))]
            if campaign and there:
                return campaign, there[0], item
        where = f"{self._settings.public_url}{DESCRIBED_AT}"
        raise Problem(NOTHING_HERE, f"See {where} for all that can be asked.")

    def _made(
        self, campaign: Campaign, resource: Resource, item: str, values: Mapping[str, Any]
    ) -> Page:
        """Give an answer that was kept, or make it. The version is looked at first: an answer may be
        newer than the version it is kept for, and never older."""
        slug, now = campaign.slug, self._now()
        version = self._versions.version_of(slug)
        key = (slug, resource.path, item, tuple(sorted(values.items())))
        page = self._kept.find(key, version)
        if page and (page.holds_until is None or now < page.holds_until):
            return page
        asking = Asking(self._door, self._settings.public_url, campaign, item, values, now)
        page = self._written(resource, campaign, resource.read(asking))
        self._kept.keep(key, version, page)
        return page

    def _written(self, resource: Resource, campaign: Campaign, answer: Answer) -> Page:
        if "next" not in resource.schema.get("properties", {}):
            return _page(answer.body, answer.holds_until)
        path = resource.path.format(campaign=campaign.slug)
        url = None if answer.next is None else f"{self._settings.public_url}{path}?{answer.next}"
        link = (("Link", f'<{url}>; rel="next"'),) if url else ()
        return _page({**answer.body, "next": url}, answer.holds_until, link)


class _Kept:
    """Answers by what was asked, with the version they are true of; oldest out first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._pages: dict[object, tuple[int, Page]] = {}
        self._bytes = 0

    def find(self, key: object, version: int | None) -> Page | None:
        kept = self._pages.get(key)
        if kept and kept[0] == version:
            return kept[1]
        with self._lock:
            self._drop(key)
        return None

    def keep(self, key: object, version: int | None, page: Page) -> None:
        if version is None:
            return
        with self._lock:
            self._drop(key)
            self._pages[key] = (version, page)
            self._bytes += len(page.body)
            while self._bytes > KEPT_BYTES:
                self._drop(next(iter(self._pages)))

    def _drop(self, key: object) -> None:
        if kept := self._pages.pop(key, None):
            self._bytes -= len(kept[1].body)


def _page(
    body: Mapping[str, Any],
    holds_until: datetime | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Page:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return finished(200, CONTENT_TYPE, text, (*readable_anywhere(), *headers), holds_until=holds_until)


_UNREACHABLE = Problem(
    UNAVAILABLE,
    "The posts cannot be read just now. Ask again in ten seconds.",
    headers=(("Retry-After", "10"),),
)
_UNFORESEEN = Problem(UNEXPECTED, "It was written down for us. Asking again may help later.")


def _too_many(allowance: Allowance) -> Problem:
    wait = str(max(1, allowance.next_in_s))
    detail = f"Ask again in {wait} s. Whoever keeps copies needs /changes once a minute, and no more."
    return Problem(TOO_MANY_REQUESTS, detail, headers=(("Retry-After", wait),))


def _preflight() -> list[tuple[str, str]]:
    """Let scripts of every site send what they need. Source: Fetch Standard, CORS protocol."""
    return [
        *readable_anywhere(),
        ("Access-Control-Allow-Methods", ALLOWED),
        ("Access-Control-Allow-Headers", "If-None-Match"),
        ("Access-Control-Max-Age", "86400"),
        ("Allow", ALLOWED),
        ("Cache-Control", "public, max-age=86400"),
        ("X-Content-Type-Options", "nosniff"),
    ]
