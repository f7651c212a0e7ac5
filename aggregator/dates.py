"""Dates as feeds and pages write them, to aware UTC with the precision they really have.

Reads no clock: what counts as the future is told by `now`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from aggregator.item import Flag, Precision

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: nobody published this then
SKEW = timedelta(hours=1)  # a clock that is a little fast is not a claim about the future
FURTHEST_ZONE = timedelta(hours=14)  # a day begins so much earlier on Kiritimati than in UTC
LONGEST = 100

MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
# Hours from UTC. RFC 5322 knows the American ones only; blogs send the others too.
ZONES = {
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "ast": -4, "adt": -3, "akst": -9, "akdt": -8, "hst": -10, "wet": 0, "west": 1, "bst": 1,
    "cet": 1, "cest": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "eat": 3, "wat": 1,
    "cat": 2, "sast": 2, "sgt": 8, "hkt": 8, "pht": 8, "jst": 9, "kst": 9, "awst": 8,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip

_KNOWN_ZONES = frozenset((*ZONES, "z", "ut", "utc", "gmt"))

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]m)?"
_OFFSET = r"(?:gmt|utc?|z)?\s*(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?"
_ZONE = rf"\s*(?:{_OFFSET}|(?P<zone>[a-z]{{1,5}}))?(?:\s*[\[(].*)?"
_DAY_NAME = r"(?:[a-z]{2,9}\.?(?:,\s*|\s+))?"
_MONTH_NAME = (
    r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\.?"
)
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        # W3C date-time (every precision), ISO 8601 without dashes, SQL: 2026, 2026-11, 20261122T0130Z, …
        rf"(?P<year>\d{{4}})(?:-(?P<month>\d{{1,2}})(?:-(?P<day>\d{{1,2}}))?|(?P<month2>\d\d)(?P<day2>\d\d))?"
        rf"(?:(?:\s*t\s*|\s+|_)(?:{_CLOCK}|(?P<hour2>\d\d)(?P<minute2>\d\d)(?P<second2>\d\d)?){_ZONE})?",
        # RFC 822 and after, with what people make of it: Sun, 22 Nov 26 01:30 EST
        rf"{_DAY_NAME}(?:(?P<day>\d{{1,2}})[\s-]+)?{_MONTH_NAME},?[\s-]+(?P<year>\d{{2,4}})"
        rf"(?:,?(?:\s+at)?\s+{_CLOCK}{_ZONE})?",
        # November 22, 2026 1:30 PM
        rf"{_DAY_NAME}{_MONTH_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})"
        rf"(?:,?(?:\s+at)?\s+{_CLOCK}{_ZONE})?",
        # asctime: Sun Nov 22 01:30:00 [UTC] 2026
        rf"{_DAY_NAME}{_MONTH_NAME}\s+(?P<day>\d{{1,2}})\s+{_CLOCK}\s*(?P<zone>[a-z]{{1,5}})?\s+(?P<year>\d{{4}})",
    )
)
_WEEK_OR_ORDINAL = re.compile(r"(\d{4})-?(?:W(\d\d)(?:-?(\d))?|(\d{3}))(?:T.*)?")


@dataclass(frozen=True, slots=True)
class Dated:
    """A judged claim. `at` None: there was none, or it cannot be read or believed (`flag` says so)."""

    at: datetime | None
    precision: Precision = Precision.SECOND
    flag: Flag | None = None


def judge_date(claim: str | datetime | None, now: datetime) -> Dated:
    """Say when something was published, as far as its author's claim can be believed.

    The future becomes `now`, in the claim's own precision; a day stays a day (00:00 UTC of that day).
    """
    if claim is None or (isinstance(claim, str) and not claim.strip()):
        return Dated(None)
    read = read_date(claim)
    if read is None or read[0] < EARLIEST:
        return Dated(None, flag=Flag.ODD_DATE)
    at, precision = read
    if at <= now:
        return Dated(at, precision)
    slack = SKEW if precision is Precision.SECOND else FURTHEST_ZONE
    return Dated(_floor(now, precision), precision, Flag.FUTURE_DATE if at - now > slack else None)


def read_date(claim: str | datetime) -> tuple[datetime, Precision] | None:
    """Read a date in any form that feeds use; None when it is in none of them or names no real day.

    Without a zone it is UTC; an unknown zone counts as UTC; fractions of a second are dropped.

    Source: RFC 5322, sections 3.3 and 4.3; W3C NOTE-datetime; ISO 8601; RSS 2.0 (two-digit years).
    """
    try:
        if isinstance(claim, datetime):
            return _in_utc(claim if claim.tzinfo else claim.replace(tzinfo=UTC)), Precision.SECOND
        written = " ".join(claim.split())
        return _read(written) if len(written) <= LONGEST and written.isascii() else None
    except (ValueError, OverflowError):
        return None


def read_clock(claim: str) -> tuple[datetime, Precision] | None:
    """Read a date as the clock of its writer shows it: naive where no zone is written, else aware UTC.

    A day, month or year has no zone: it is naive.
    """
    written = " ".join(claim.split())
    if not (read := read_date(written)):
        return None
    at, precision = read
    is_zoned = precision is Precision.SECOND and any(
        "sign" in parts or parts.get("zone", "").lower() in _KNOWN_ZONES for parts in _parts_of(written)
    )
    return (at if is_zoned else at.replace(tzinfo=None)), precision


def _parts_of(written: str) -> Iterator[dict[str, str]]:
    for form in _FORMS:
        if found := form.fullmatch(written):
            yield {name: value for name, value in found.groupdict().items() if value}
            return


def _read(written: str) -> tuple[datetime, Precision] | None:
    for parts in _parts_of(written):
        return _assemble(parts)
    if found := _WEEK_OR_ORDINAL.fullmatch(written):
        return _week_or_ordinal(found)
    return None


def _assemble(parts: dict[str, str]) -> tuple[datetime, Precision]:
    month = MONTHS[parts["name"].lower()] if "name" in parts else int(_either(parts, "month") or 0)
    day = int(_either(parts, "day") or 0)
    at = datetime(_year(parts["year"]), month or 1, day or 1, tzinfo=UTC)
    if not day:
        return at, Precision.MONTH if month else Precision.YEAR
    if not _either(parts, "hour"):
        return at, Precision.DAY
    return _in_utc(at + _clock(parts) - _offset(parts)), Precision.SECOND


def _either(parts: dict[str, str], name: str) -> str:
    return parts.get(name) or parts.get(f"{name}2") or ""


def _year(written: str) -> int:
    year = int(written)
    if len(written) == 4:
        return year
    return year + (2000 if len(written) == 2 and year < 50 else 1900)


def _clock(parts: dict[str, str]) -> timedelta:
    hour, minute, second = (int(_either(parts, name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    # 24:00 is the end of a day and :60 a leap second: both are real.
    if hour > 24 or minute > 59 or second > 60 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _offset(parts: dict[str, str]) -> timedelta:
    if "sign" not in parts:
        return timedelta(hours=ZONES.get(parts.get("zone", "").lower(), 0))
    hours, minutes = int(parts["hours"]), int(parts.get("minutes", 0))
    if hours > 15 or minutes > 59:  # no place on Earth: as good as none
        return timedelta()
    return timedelta(hours=hours, minutes=minutes) * (-1 if parts["sign"] == "-" else 1)


def _week_or_ordinal(found: re.Match[str]) -> tuple[datetime, Precision]:
    year, week, weekday, ordinal = found.groups()
    if ordinal:
        day = date.fromordinal(date(int(year), 1, 1).toordinal() + int(ordinal) - 1)
    else:
        day = date.fromisocalendar(int(year), int(week), int(weekday or 1))
    return datetime(day.year, day.month, day.day, tzinfo=UTC), Precision.DAY


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)


def _floor(at: datetime, precision: Precision) -> datetime:
    at = _in_utc(at)
    if precision is Precision.SECOND:
        return at
    at = at.replace(hour=0, minute=0, second=0)
    if precision is Precision.DAY:
        return at
    return at.replace(day=1) if precision is Precision.MONTH else at.replace(month=1, day=1)
