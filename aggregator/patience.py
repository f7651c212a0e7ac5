"""When a server may be asked again: what it says about it, and what we say when it says nothing.

Pure: values in, values out. The sleeping is done in `fetch.py`, the pausing of a host in `pace.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from random import Random

from aggregator.errors import FetchError, HostPaused, NotConnected, Refused, TooSlow

LONGEST = timedelta(days=1)
_FIRST_BACKOFF_S = 1.0
_LONGEST_BACKOFF_S = 60.0
_PASSING = frozenset((408, 429, 500, 502, 503, 504))

# Mastodon and GitHub, Bluesky and the IETF draft, X: the same two facts under three names.
_REMAINING = ("x-ratelimit-remaining", "ratelimit-remaining", "x-rate-limit-remaining")
_RESET = ("x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset")
_SECONDS = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,9})?")
_EPOCH_FROM = 1_000_000_000  # as seconds left this would be 31 years
_MILLISECONDS_FROM = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """What an answer asks of us.

    Attributes:
        until: aware UTC, at most a day away; None when it asks for nothing that can be read.
        whole_host: True when the host says that its quota is used up, not only this address busy.
    """

    until: datetime | None = None
    whole_host: bool = False


def patience_of(status: int, headers: Mapping[str, str], now: datetime) -> Patience:
    """Read how long a server wants to be left alone.

    Args:
        headers: names in lower case.
        now: the moment of the answer, aware, UTC.

    Returns:
        Retry-After before a reset header; a moment that has passed is `now`. A reset counts only when
        the quota is used up or the status is 429: otherwise it is merely the end of a window.

    Source: RFC 9110, section 10.2.3; draft-ietf-httpapi-ratelimit-headers; the three spellings of a
        reset (a time in ISO 8601, seconds since 1970, seconds left) are Mastodon's, GitHub's and X's.
    """
    is_used_up = any(headers.get(name, "").strip() == "0" for name in _REMAINING)
    moment = _retry_after(headers.get("retry-after", ""), now) if status >= 400 else None
    if moment is None and (is_used_up or status == 429):
        resets = (_reset(headers[name], now) for name in _RESET if name in headers)
        moment = next((reset for reset in resets if reset is not None), None)
    if moment is not None:
        moment = min(max(moment, now), now + LONGEST)
    return Patience(moment, is_used_up)


def is_passing(error: FetchError) -> bool:
    """Say whether the same request may succeed a moment later: no connection, no time, a busy status."""
    if isinstance(error, Refused):
        return error.status in _PASSING
    return isinstance(error, NotConnected | TooSlow) and not isinstance(error, HostPaused)


def backoff(tries: int, random: Random) -> float:
    """Give the seconds before the next try: anything from 0 to 1 s, 2 s, 4 s … a minute.

    Full jitter: those who failed together do not come back together.
    """
    return random.uniform(0, min(_FIRST_BACKOFF_S * 2.0 ** (tries - 1), _LONGEST_BACKOFF_S))


def _retry_after(value: str, now: datetime) -> datetime | None:
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return now + min(timedelta(seconds=int(value)), LONGEST)
    return http_date(value)


def http_date(value: str) -> datetime | None:
    """Read a date of an HTTP header, aware UTC; None when it is none.

    Source: RFC 9110, section 5.6.7.
    """
    if not value.isascii() or not value[:3].isalpha():  # the parser would take "1.5" for something
        return None
    try:
        read = parsedate_to_datetime(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _reset(value: str, now: datetime) -> datetime | None:
    value = value.strip()
    if not _NUMBER.fullmatch(value):
        return _iso_time(value)
    number = float(value)
    if number >= _EPOCH_FROM:
        return _since_1970(number / (1000 if number >= _MILLISECONDS_FROM else 1))
    return now + min(timedelta(seconds=number), LONGEST)


def _since_1970(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError):  # later than the year 9999
        return None


def _iso_time(value: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
