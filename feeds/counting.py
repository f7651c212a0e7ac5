"""Counting without spying: how often a display was seen, on whose site, and nothing about who saw it.

No address of a reader, no browser, no id and no path is kept, not even for a moment. Whoever asks not
to be counted (Global Privacy Control, Do Not Track) is not. Counts are collected in memory and written
from time to time; an answer never waits for that, and no failure to write reaches a reader.
"""

import json
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from aggregator.settings import Settings
from aggregator.store.counts import Counted
from feeds.addresses import parse, settle
from feeds.views import known_name

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_KEYS = 10_000
"""How many different things are counted between two writings; more are left out, never memory."""
MOST_PLACES = 2_000
"""How many addresses are remembered with what is seen there: finding out costs more than answering."""
MOST_BYTES = 2048
_LONGEST_QUERY = 500
FLUSH_EVERY_S = 30.0

ANYWHERE = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "POST"),
    ("Access-Control-Allow-Headers", "Content-Type"),
    ("Access-Control-Max-Age", "86400"),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)

_AT = re.compile(r"/([a-z0-9-]{1,60})/count")
# Who says what it is, is believed; who does not is counted. A longer list would keep more of people.
# Looked for one by one in small letters: a pattern of all took three times as long, for every answer.
_ROBOTS = (
    *("crawl", "spider", "slurp", "preview", "headless", "lighthouse", "monitor", "curl/", "wget"),
    *("python", "java/", "go-http", "okhttp", "axios", "node-fetch", "feed", "rss", "archive"),
    *("facebookexternalhit", "embedly"),
)
_BOT = re.compile(r"bot(?:\b|[/;_-])")
_ISSUE = re.compile("highlights-[1-9][0-9]{0,3}")
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
_PRIVATE = ("localhost", "local", "internal", "lan", "home", "arpa", "test", "onion")

log = logging.getLogger(__name__)

Headers = list[tuple[str, str]]
Sink = Callable[[bytes], object]
What = Literal["view", "permalink", "click"]


def wants_no_counting(environ: "WSGIEnvironment") -> bool:
    """Say whether this reader, or this program, is not to be counted.

    Source: Global Privacy Control, section 3.1; Tracking Preference Expression, section 5.2.
    """
    return (
        environ.get("HTTP_SEC_GPC") == "1"
        or environ.get("HTTP_DNT") == "1"
        or "prefetch" in environ.get("HTTP_SEC_PURPOSE", "")
        or not environ.get("HTTP_USER_AGENT")
        or _is_robot(environ["HTTP_USER_AGENT"].lower())
    )


def _is_robot(name: str) -> bool:
    for word in _ROBOTS:
        if word in name:
            return True
    return "bot" in name and _BOT.search(name) is not None


def site_of(text: str) -> str:
    """Give a site's name from an origin or a host; "" for what is no public name.

    Without its port and its `www.`: a list of registrable domains would have to be kept up to date.
    """
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        name = host.rstrip(".").encode("idna" if not host.isascii() else "ascii").decode("ascii").lower()
    except (UnicodeError, ValueError):
        return ""
    name = name.removeprefix("www.")
    is_public = _HOST.fullmatch(name) and name.rpartition(".")[2] not in _PRIVATE
    return name if is_public and not _is_number(name) else ""


def _is_number(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class Seen(NamedTuple):
    """What one request says that was seen. `site` is "" where that is not known."""

    campaign: str
    what: What
    view: str = ""
    item: str = ""
    site: str = ""


class Tally:
    """Counts in memory, for many threads, until somebody takes them."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._most = most
        self._counts: Counter[tuple[Seen, datetime]] = Counter()
        self._hour = self._next = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def add(self, seen: Seen, now: datetime) -> None:
        """Count one, in its hour."""
        with self._lock:
            if not self._hour <= now < self._next:
                self._hour = now.replace(minute=0, second=0, microsecond=0)
                self._next = self._hour + timedelta(hours=1)
            self._put((seen, self._hour), 1)

    def take(self) -> tuple[Counted, ...]:
        """Give all that was counted since the last time, and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return tuple(
            Counted(seen.campaign, hour, seen.what, seen.view, seen.item, seen.site, amount)
            for (seen, hour), amount in taken.items()
        )

    def put_back(self, counted: Iterable[Counted]) -> None:
        """Count again what could not be written, as far as there is room."""
        with self._lock:
            for one in counted:
                seen = Seen(one.campaign, one.what, one.view, one.item, one.host)
                self._put((seen, one.hour), one.amount)

    def _put(self, key: tuple[Seen, datetime], amount: int) -> None:
        if key in self._counts:
            self._counts[key] += amount
        elif len(self._counts) < self._most:
            self._counts[key] = amount


class Counting:
    """A WSGI application around the public one. It counts what is given, and what scripts report."""

    def __init__(
        self,
        behind: "WSGIApplication",
        settings: Settings,
        tally: Tally,
        now: Callable[[], datetime],
    ) -> None:
        self._behind = behind
        self._settings = settings
        self._tally = tally
        self._now = now
        self._seen_at = lru_cache(MOST_PLACES)(partial(seen_at, settings))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method in ("POST", "OPTIONS") and path.endswith("/count") and (at := _AT.fullmatch(path)):
            return self._take(at[1], environ, start_response)
        # All other paths cost two looks at a string: cached pages are given 13,000 times a second.
        if method == "GET" and ("/e/" in path or "/p/" in path) and not wants_no_counting(environ):
            return self._behind(environ, self._counted(environ, path, start_response))
        return self._behind(environ, start_response)

    def _counted(
        self, environ: "WSGIEnvironment", path: str, start_response: "StartResponse"
    ) -> "StartResponse":
        """Count once it is known that something was there."""

        def start(status: str, headers: "Headers", *more: Any) -> "Sink":
            if status[:3] in ("200", "304"):
                query = environ.get("QUERY_STRING", "")
                known = query if len(query) <= _LONGEST_QUERY else ""
                is_ours = environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
                if seen := self._seen_at(path, known, is_ours):
                    self._tally.add(seen, self._now())
            return start_response(status, headers, *more)

        return start

    def _take(
        self, slug: str, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Take a report. The answer is the same whatever comes: nobody learns what was done with it."""
        body = _body(environ)
        if environ["REQUEST_METHOD"] == "POST" and not wants_no_counting(environ):
            seen = reported(self._settings, slug, body, environ.get("HTTP_ORIGIN", ""))
            if seen:
                self._tally.add(seen, self._now())
        start_response("204 No Content", list(ANYWHERE))
        return []


def seen_at(settings: Settings, path: str, query: str, is_ours: bool = False) -> Seen | None:
    """Say what is seen at a path: a frame, or one post's page, on the way from a display or not.

    Frames are asked for without a referrer, by our own wish: on whose site one stands is not known.

    Args:
        is_ours: a page of our own asks, such as the one that hands out frames: no library's.
    """
    address = parse(path)
    settled = settle(settings, address) if address else None
    if settled is None:
        return None
    if settled.kind == "frame" and not is_ours:
        return Seen(settled.campaign, "view", view=settled.name)
    if settled.kind != "permalink":
        return None
    campaign = settings.campaign(settled.campaign)
    view = _view_in(query)
    if view and campaign:
        # From a display, or from an edition of the weekly mail: of whose mail it was, nothing is said.
        known = view if _ISSUE.fullmatch(view) else known_name(campaign, view)
        return Seen(settled.campaign, "click", known, settled.name)
    return Seen(settled.campaign, "permalink", item=settled.name)


def _view_in(query: str) -> str:
    """Give the display that a link came from, as `?v=` says; "" for none, and for what is no query."""
    if "v=" not in query or len(query) > _LONGEST_QUERY:
        return ""
    try:
        return parse_qs(query, max_num_fields=10).get("v", [""])[0]
    except ValueError:
        return ""


def reported(settings: Settings, slug: str, body: bytes, origin: str) -> Seen | None:
    """Read what the script on a library's page reports: `{"view": …, "host": …}`.

    A browser's own word about where the page comes from counts more than what is in the report.
    """
    campaign = settings.campaign(slug)
    report = _read(body)
    view = report.get("view")
    if campaign is None or not isinstance(view, str) or not view:
        return None
    said = report.get("host")
    site = site_of(origin) or site_of(said if isinstance(said, str) else "")
    return Seen(slug, "view", view=known_name(campaign, view), site=site)


def _read(body: bytes) -> Mapping[str, Any]:
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def _body(environ: "WSGIEnvironment") -> bytes:
    """Give the body of a request, b"" for one that is too long or does not say how long it is."""
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() or int(length) > MOST_BYTES:
        return b""
    body: bytes = environ["wsgi.input"].read(int(length))
    return body


Write = Callable[[Sequence[Counted]], None]


def flush(tally: Tally, write: Write) -> None:
    """Write what was counted. What cannot be written is kept for the next time."""
    if not (counted := tally.take()):
        return
    try:
        write(counted)
    except Exception as error:  # noqa: BLE001 - whatever a database can say: no reader may notice
        log.warning("counts could not be written, and will be tried again: %r", error)
        tally.put_back(counted)


def keep_writing(tally: Tally, write: Write, every_s: float = FLUSH_EVERY_S) -> threading.Thread:
    """Write every now and then, and once more at the end of the process.

    The thread waits for the main thread's end, because a server's worker ends without `atexit`.
    """

    def keep() -> None:
        main = threading.main_thread()
        while main.is_alive():
            main.join(every_s)
            flush(tally, write)

    thread = threading.Thread(target=keep, name="counts", daemon=False)
    thread.start()
    return thread
