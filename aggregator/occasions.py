"""The time and place of an occasion, judged: what cannot be true is left out, what is too much is cut.

Pure. A part of cleaning, apart because it is about clocks and not about markup.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.dates import EARLIEST
from aggregator.item import Occasion
from aggregator.links import absolute
from aggregator.markup import words_of
from aggregator.text import one_line, shorten

LOCATION_LIMIT = 300
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=3 * 366)
"""An exhibition may last years; an end further away than that is a slip of somebody's hand."""


def judged(claim: Occasion, base: str) -> Occasion | None:
    """Give the occasion that is meant; None when its start cannot be read or believed.

    Args:
        claim: a naive time is what clocks show in its zone; an unknown or empty zone counts as UTC.
        base: what a relative link is relative to.

    Returns:
        Times aware UTC. A whole day begins at its midnight. An end that does not follow its start, or
        follows too late, is none.
    """
    zone = known_zone(claim.zone)
    starts_at = _moment(claim.starts_at, zone, claim.is_all_day)
    if starts_at is None:
        return None
    ends_at = _moment(claim.ends_at, zone, claim.is_all_day) if claim.ends_at else None
    return Occasion(
        starts_at=starts_at,
        ends_at=ends_at if ends_at and starts_at < ends_at <= starts_at + LONGEST else None,
        zone=zone.key,
        is_all_day=claim.is_all_day,
        location=shorten(one_line(words_of(claim.location)), LOCATION_LIMIT),
        joining_url=absolute(claim.joining_url, base),
        is_cancelled=claim.is_cancelled,
    )


def known_zone(name: str) -> ZoneInfo:
    """Give a zone by its IANA name; UTC for a name that nobody knows, or that is a path to a file."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not found, a folder, a name that leads out of it
        return ZoneInfo("UTC")


def _moment(claim: datetime, zone: ZoneInfo, is_all_day: bool) -> datetime | None:
    try:
        local = claim.astimezone(zone) if claim.tzinfo else claim.replace(tzinfo=zone)
        if is_all_day:
            local = local.replace(hour=0, minute=0, second=0)
        at = local.replace(microsecond=0).astimezone(UTC)
    except (ValueError, OverflowError):  # beyond the first or the last year there is
        return None
    return at if EARLIEST <= at <= LATEST else None
