"""Check my page, the public half: asks the worker to look at a library's page, and says what it found.

The web half never fetches: what is asked here is an errand of the store, and the answer is looked up
there. Who asks is kept for an hour, as a network, in memory.
"""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from aggregator.store.errands import Errand
from feeds.snippets import NEXT, Way

KIND = "check-page"
TRIED: tuple[Way, ...] = ("script", "frame", "address", "picture", "feed")
LONGEST = 500
PER_HOUR = 12
"""So many pages an hour may be asked about from one network: a library has one or two."""
HOUR = timedelta(hours=1)

_ELSEWHERE = frozenset({"cross-site", "same-site"})


class Errands(Protocol):
    """Where wishes to the worker are kept, bound to a writing connection in `engaged/`."""

    def ask(self, slug: str, kind: str, question: Mapping[str, Any], now: datetime) -> str:
        """Give the token of a new errand.

        Raises:
            TooManyErrands: enough is waiting already.
        """

    def answer_of(self, token: str) -> Errand | None:
        """Give an errand as it stands now; None: there is none (any more)."""


def page_address(text: str) -> str:
    """Give the address of a library's page as it will be asked; "" for what is none.

    The worker's guard judges the address again, and every number behind it; this only spares it work.
    """
    text = text.strip()
    if text and "://" not in text:
        text = f"https://{text}"
    if len(text) > LONGEST or not text.isprintable() or " " in text:
        return ""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    # What ends in a number is a number, however it is written: no name on the web does (RFC 3696, 2).
    is_name = "." in host.strip(".") and host.rstrip(".").rpartition(".")[2][:1].isalpha()
    is_plain = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return text if is_plain and is_name and port in (None, 80, 443) else ""


def comes_from_us(headers: Headers, public_url: str) -> bool:
    """Say whether a form of ours may have sent this: our pages send no referrer, so Origin is `null`."""
    if headers.get("Sec-Fetch-Site", "") in _ELSEWHERE:
        return False
    parts = urlsplit(public_url)
    return headers.get("Origin", "null") in ("null", "", f"{parts.scheme}://{parts.netloc}")


class Patience:
    """Counts what each network asked within an hour. In memory: a restart forgives."""

    def __init__(self, most: int = PER_HOUR, networks: int = 5000) -> None:
        self._most = most
        self._networks = networks
        self._asked: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = Lock()

    def may_ask(self, network: str, now: datetime) -> bool:
        """Count one question, unless there were too many. Who is not known shares with all such."""
        with self._lock:
            asked = self._asked[network]
            while asked and now - asked[0] >= HOUR:
                asked.popleft()
            if len(asked) >= self._most:
                return False
            asked.append(now)
            if len(self._asked) > self._networks:
                self._asked.pop(next(iter(self._asked)))
            return True


Progress = Literal["asking", "waiting", "slow", "lost", "unread", "works", "trouble", "nothing"]
SLOW, LOST = timedelta(seconds=20), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said about a page.

    Attributes:
        progress: decides the heading.
        again_s: after how many seconds to look again; 0: there is nothing to wait for.
        sentences: keys of the language file, most important first.
        works: by which way our posts stand there.
        next: which way to try now.
    """

    progress: Progress
    again_s: int = 0
    sentences: tuple[str, ...] = ()
    works: Way | None = None
    next: Way | None = None


def told(errand: Errand, now: datetime) -> Told:
    """Say how an errand stands."""
    if errand.answered_at is None:
        waited = now - errand.asked_at
        if waited >= LOST:
            return Told("lost")
        return Told("slow", 10) if waited >= SLOW else Told("waiting", 2)
    answer = errand.answer or {}
    if not answer.get("read"):
        why = answer.get("why")
        known = why if why in ("no-answer", "refused", "too-large", "no-page") else "no-answer"
        return Told("unread", sentences=(f"check-why-{known}",))
    tried = errand.question.get("tried")
    return judge(
        frozenset(answer.get("found", ())),
        frozenset(answer.get("refused", ())),
        tried if tried in TRIED else None,
    )


def judge(found: frozenset[str], refused: frozenset[str], tried: Way | None) -> Told:
    """Say what survived on a page, and which way to try next.

    Args:
        found: words of `aggregator/page_reading.py`.
        refused: what the page's own rules refuse, as `aggregator/page_policy.py` says.
        tried: what the person pasted; None: they do not say.
    """
    if works := _working(found, refused):
        return Told("works", sentences=(f"check-works-{works}",), works=works)
    for is_so, sentence, way in _troubles(found, tried or "script"):
        if is_so:
            # A line that stands there as text is the right one in the wrong place.
            following = way if sentence == "check-as-text" else NEXT[way]
            return Told("trouble", sentences=(sentence,), next=_open(following, refused))
    # What leaves no trace is looked for where it was pasted; unless somebody says what it was.
    following = NEXT[tried] if tried else None
    return Told("nothing", sentences=("check-nothing-why",), next=_open(following, refused))


def _working(found: frozenset[str], refused: frozenset[str]) -> Way | None:
    if {"element", "loader"} <= found and "script" not in refused:
        return "script"
    if "frame" in found and "frame" not in refused:
        return "frame"
    if "picture" in found and "picture" not in refused:
        return "picture"
    return "feed" if "post" in found else None


def _troubles(found: frozenset[str], tried: Way) -> Sequence[tuple[bool, str, Way]]:
    """Give what can have happened, most telling first, with the way that met it."""
    return (
        ({"element", "loader"} <= found, "check-script-refused", "script"),
        ("frame" in found, "check-frame-refused", "address"),
        ("element" in found, "check-script-taken", "script"),
        ("picture" in found, "check-picture-refused", "picture"),
        ("code" in found, "check-as-text", "frame"),
        ("bare" in found, "check-bare", "address"),
        ("link" in found, "check-link-only", tried),
    )


def _open(way: Way | None, refused: frozenset[str]) -> Way | None:
    """Give the first way from here on that the page's own rules do not refuse."""
    while way is not None and ("frame" if way == "address" else way) in refused:
        way = NEXT[way]
    return way
