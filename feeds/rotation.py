"""Quiet weeks: which older post a featured place shows when nobody chose one and nothing new came.

The day decides, in the campaign's own zone, so every cache, page and file shows the same post.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.store.published import Shown

QUIET = timedelta(days=7)
AMONG = 30
"""How many of the newest posts take turns."""


def quiet_from(newest: Shown) -> datetime:
    """Say from when on a week counts as quiet, if nothing newer comes."""
    return newest.sort_at + QUIET


def post_of_the_day(posts: Sequence[Shown], zone: str, now: datetime) -> Shown:
    """Give today's post among at least one.

    Days are counted on, so neighbouring days give different posts as long as the same posts are shown.

    Args:
        posts: newest first; those beyond AMONG never get their turn.
        zone: IANA name.
    """
    candidates = posts[:AMONG]
    return candidates[now.astimezone(ZoneInfo(zone)).toordinal() % len(candidates)]


def next_day(zone: str, now: datetime) -> datetime:
    """Give the moment at which the next day begins in a zone, aware UTC.

    Never earlier than `now`, also where clocks are set back or forward at midnight.
    """
    tomorrow = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), ZoneInfo(zone)).astimezone(UTC)
