"""Feeds: RSS, Atom, RDF, JSON Feed. The first visit goes back to the campaign's start, others need not.

A feed is a window that slides: what leaves it was not deleted, and only ids tell what is new, no dates.
"""

import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import SplitResult, urlsplit

from aggregator.errors import Busy, Missing, NotConnected, NotUnderstood, Refused, TlsFailed, TooCostly
from aggregator.item import ParsedFeed, RawItem
from aggregator.settings import Frozen, Source, WebAddress
from aggregator.stages import Fetch, InChild, Mark, Page, Reply, Skipped, Validators

PAGES_A_RUN = 20
PAGES_A_WALK = 1_000
MOST_KNOWN = 500
VISITS_BEFORE_MOVING = 3
ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_IS_WORDPRESS = re.compile(r"""rel=["']?https://api\.w\.org/""")
_PAGED = re.compile(r"(?<=[?&])paged=(\d{1,6})\b")


class Options(Frozen):
    url: WebAddress


def home(options: Options) -> str:
    """Give the host that the feed's ids are scoped to. It stays the same when the feed moves."""
    return _host(urlsplit(options.url))


async def collect(
    source: Source,
    since: Mark,
    fetch: Fetch,
    in_child: InChild,
    *,
    until: datetime | None = None,
) -> AsyncIterator[Page]:
    """Give the first page when it changed, then older ones as far as they are due: at most 20 a run.

    What validates the first page is remembered only once all pages behind it were given: a run that
    breaks off, at whatever page, costs a repetition and never a post.
    """
    visit = _Visit(fetch, in_child, home(source.options), until)
    stored = read_place(since, _web_address(source.options.url))
    reply, place = await visit.look(stored)
    read: frozenset[str] = frozenset()
    if reply is not None:
        first = await visit.read(reply)
        read = frozenset(first.ids)
        place = after_first_page(place, _seen(reply, place.asked), first, until)
        yield first.page(place)
    elif place != stored:
        yield Page((), as_mark(place))
    if place.walk is not None:
        async for page in visit.walk(place, place.walk, read):
            yield page


@dataclass(frozen=True, slots=True)
class Seen:
    """The first page as it was last read: what it was asked with, and a digest of its body.

    A lying ETag is caught by the body: the same body is the same feed, whatever validates it.
    """

    url: str = ""
    etag: str = ""
    last_modified: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """A way through older pages that is not at its end.

    Attributes:
        first: what to remember of the first page when the walk is over.
        met: digests of the ids on the way, those of the first page in front.
        last: all ids of the page that was read last.
        page: its address; "" while only the first page was read.
        following: the address to go on with.
        visited: digests of all addresses so far, so that a circle ends.
    """

    first: Seen
    met: tuple[str, ...]
    last: tuple[str, ...]
    page: str
    following: str
    visited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a feed stands: what a mark says.

    Attributes:
        start: the configured address; a mark of another one is of no use.
        asked: the address that is asked; differs after the feed has moved for good.
        moving_to, moving_visits: how often it said so without interruption.
        known: digests of ids that were collected, at most MOST_KNOWN, newest first.
    """

    start: str
    asked: str
    moving_to: str = ""
    moving_visits: int = 0
    first: Seen = Seen()
    known: tuple[str, ...] = ()
    walk: Walk | None = None

    @property
    def seen(self) -> Seen:
        return self.walk.first if self.walk is not None else self.first


@dataclass(frozen=True, slots=True)
class PageRead:
    """One page of a feed, made ready: items with their identities, and where it goes on."""

    items: tuple[RawItem, ...]
    ids: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    gone: tuple[str, ...]
    following: str
    newest: datetime | None

    def page(self, place: Place) -> Page:
        return Page(items=self.items, mark=as_mark(place), skipped=self.skipped, gone=self.gone)

    def is_last(self, until: datetime | None) -> bool:
        before = until is not None and self.newest is not None and self.newest < until
        return before or not self.ids or not self.following


@dataclass(frozen=True, slots=True)
class _Visit:
    """What one run needs to ask and to read."""

    fetch: Fetch
    in_child: InChild
    home: str
    until: datetime | None

    async def look(self, place: Place) -> tuple[Reply | None, Place]:
        """Ask for the first page. Give it when it changed, and the place with what the answer told."""
        try:
            reply = await self._ask(place, place.asked)
        except (Missing, NotConnected, TlsFailed):
            if place.asked == place.start:
                raise
            # Where the feed had moved to, nobody is at home any more.
            place = replace(place, asked=place.start)
            reply = await self._ask(place, place.asked)
        place = after_redirect(place, reply)
        if reply.status == 304:
            return None, place
        if _digest(reply.body) != place.seen.body:
            return reply, place
        return None, _with_seen(place, _seen(reply, place.asked))

    async def _ask(self, place: Place, url: str) -> Reply:
        seen = place.seen
        validators = Validators(seen.etag, seen.last_modified) if seen.url == url else Validators()
        return await self.fetch(url, validators=validators, accept=ACCEPT)

    async def read(self, reply: Reply) -> PageRead:
        feed: ParsedFeed = await self.in_child(
            "parse_feed", reply.body, reply.headers.get("content-type", ""), reply.url, self.home
        )
        return read_page(feed, reply)

    async def walk(self, place: Place, walk: Walk, read: frozenset[str]) -> AsyncIterator[Page]:
        """Go through older pages. `read` are the ids of the first page, when it was read in this run.

        Pages shift while we are away: a walk goes on by reading its last page again.
        """
        met_now = set(read) or (set() if walk.page else set(walk.met))
        address = walk.page or walk.following
        for _ in range(PAGES_A_RUN - 1):
            page = await self._older(address)
            # A server that knows no pages gives the same one for every number.
            if page is None or met_now.issuperset(page.ids):
                yield Page((), as_mark(finished(place, walk.first, walk.met)))
                return
            met_now.update(page.ids)
            place = after_older_page(place, walk, address, page, self.until)
            if address != walk.page or not set(page.ids) <= {*walk.met, *walk.last}:
                yield page.page(place)
            elif place.walk is None:
                yield Page((), as_mark(place))
            if place.walk is None:
                return
            walk = place.walk
            address = walk.following

    async def _older(self, address: str) -> PageRead | None:
        """Give a page behind the first, None when it is past the end."""
        was_guessed = bool(_PAGED.search(address))
        try:
            return await self.read(await self.fetch(address, accept=ACCEPT))
        except Missing:
            return None
        except Refused as error:
            # Nobody offered the pages that we guess: to refuse them is an answer.
            if was_guessed and not isinstance(error, Busy) and (error.status or 500) < 500:
                return None
            raise
        except NotUnderstood as error:
            if was_guessed and not isinstance(error, TooCostly):
                return None
            raise


def after_redirect(place: Place, reply: Reply) -> Place:
    """Follow a feed that moved for good, once it has said so at a few visits in a row."""
    if not reply.moved_to:
        return replace(place, moving_to="", moving_visits=0)
    again = reply.moved_to == place.moving_to
    visits = place.moving_visits + 1 if again else 1
    if visits < VISITS_BEFORE_MOVING:
        return replace(place, moving_to=reply.moved_to, moving_visits=visits)
    return replace(place, asked=reply.moved_to, moving_to="", moving_visits=0)


def after_first_page(place: Place, seen: Seen, page: PageRead, until: datetime | None) -> Place:
    """Decide whether older pages are due: on the first visit, or when nothing on this page was known."""
    walk = place.walk
    if walk is not None and walk.page and not set(walk.met).isdisjoint(page.ids):
        return replace(place, walk=replace(walk, first=seen, met=_merged(page.ids, walk.met)))
    if page.is_last(until) or not set(place.known).isdisjoint(page.ids):
        return finished(place, seen, page.ids)
    visited = (_digest(seen.url),)
    return replace(place, walk=Walk(seen, _merged(page.ids), page.ids, "", page.following, visited))


def after_older_page(
    place: Place, walk: Walk, address: str, page: PageRead, until: datetime | None
) -> Place:
    """Decide whether the walk is over: a known id, the campaign's start, no more pages, or a circle."""
    met = _merged(walk.met, page.ids)
    visited = tuple(dict.fromkeys((*walk.visited, _digest(address))))
    in_circle = _digest(page.following) in visited or len(visited) >= PAGES_A_WALK
    if in_circle or page.is_last(until) or not set(place.known).isdisjoint(page.ids):
        return finished(place, walk.first, met)
    return replace(place, walk=Walk(walk.first, met, page.ids, address, page.following, visited))


def finished(place: Place, first: Seen, met: Iterable[str]) -> Place:
    return replace(place, first=first, known=_merged(met, place.known), walk=None)


def read_page(feed: ParsedFeed, reply: Reply) -> PageRead:
    following, elsewhere = _following(feed, reply)
    skipped = [Skipped(reason, what) for reason, what in feed.skipped]
    if elsewhere:
        skipped.append(Skipped("next-page-elsewhere", elsewhere[:300]))
    return PageRead(
        items=feed.items,
        ids=tuple(_digest(item.identities[0]) for item in feed.items),
        skipped=tuple(skipped),
        gone=feed.gone,
        following=following,
        newest=feed.newest,
    )


def _following(feed: ParsedFeed, reply: Reply) -> tuple[str, str]:
    """Give where the feed goes on; and where it says so on another host, which is not followed."""
    if feed.next_url:
        url = feed.next_url
        if reply.url.startswith("https://") and url.startswith("http://"):
            url = "https://" + url.removeprefix("http://")
        same = _safe_host(url) == _safe_host(reply.url)
        return (url, "") if same else ("", feed.next_url)
    if feed.is_wordpress or _IS_WORDPRESS.search(reply.headers.get("link", "")):
        return (_next_number(reply.url), "")
    return "", ""


def _next_number(url: str) -> str:
    url = url.partition("#")[0]
    if number := _PAGED.search(url):
        return _PAGED.sub(f"paged={int(number[1]) + 1}", url)
    return f"{url}{'&' if '?' in url else '?'}paged=2"


def _web_address(url: str) -> str:
    """feed: was a way to say that http: should open a reader."""
    for scheme in ("feed://", "webcal://"):
        if url.lower().startswith(scheme):
            return "http://" + url[len(scheme) :]
    return url


def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").rstrip(".")
    usual = {"http": 80, "https": 443}.get(parts.scheme, 80)
    return name if parts.port in (None, usual) else f"{name}:{parts.port}"


def _safe_host(url: str) -> str:
    with suppress(ValueError):
        return _host(urlsplit(url))
    return ""


def _seen(reply: Reply, asked: str) -> Seen:
    return Seen(asked, reply.validators.etag, reply.validators.last_modified, _digest(reply.body))


def _with_seen(place: Place, seen: Seen) -> Place:
    if place.walk is not None:
        return replace(place, walk=replace(place.walk, first=seen))
    return replace(place, first=seen)


def _merged(*ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for some in ids for one in some))[:MOST_KNOWN]


def _digest(value: str | bytes) -> str:
    """Twelve digits are enough to tell a thousand things apart, and keep marks small."""
    data = value if isinstance(value, bytes) else value.encode("utf-8", "replace")
    return sha256(data).hexdigest()[: 32 if isinstance(value, bytes) else 12]


def as_mark(place: Place) -> Mark:
    return Mark(json.loads(json.dumps(asdict(place))))


def read_place(mark: Mark, start: str) -> Place:
    """Give the place a mark says; a new one when it is empty, of another address or of another form."""
    try:
        if mark["start"] == start:
            return _place(mark)
    except (KeyError, TypeError):
        pass
    return Place(start=start, asked=start)


def _place(mark: Mark) -> Place:
    walk = mark["walk"]
    return Place(
        **{
            **mark,
            "first": Seen(**mark["first"]),
            "known": tuple(mark["known"]),
            "walk": walk and _walk(walk),
        }
    )


def _walk(written: dict[str, Any]) -> Walk:
    lists = {name: tuple(written[name]) for name in ("met", "last", "visited")}
    return Walk(**{**written, **lists, "first": Seen(**written["first"])})
