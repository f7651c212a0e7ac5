"""When and where something takes place, as RSS feeds of calendars write it: three vocabularies.

They are the event module of RSS 1.0 (`ev:`), which The Events Calendar for WordPress writes too; xCal,
as Trumba and city calendars write it; and LibCal's own elements. Times stay as they were written: naive
where no zone was. clean.py judges them.

Source: RSS 1.0 Modules: Event; RFC 6321; Springshare's rss.php as libraries publish it.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from aggregator.dates import read_clock
from aggregator.item import Occasion, Precision

NAMESPACES = {
    "http://purl.org/rss/2.0/modules/event/": "ev",
    "event": "ev",  # what The Events Calendar declares; URIs are compared in lower case
    "urn:ietf:params:xml:ns:xcal": "xcal",
    "https://libcal.com/rss_xmlns.php": "libcal",
    "http://libcal.com/rss_xmlns.php": "libcal",
}
"""Prefixes under which any_xml.py knows the elements, whatever prefix a feed uses."""

LONGEST = 2_000
_DAY = timedelta(days=1)
_WHOLE_DAY = ("00:00:00", "23:59:59")
_CALLED_OFF = re.compile(r"\W{0,3}cancell?ed\s*[:\-–—)\]]", re.IGNORECASE)
_LATEST = datetime(2999, 1, 1)  # noqa: DTZ001 - compared with what a clock shows, whatever its zone


def occasion_of(fields: Mapping[str, object], title: str) -> Occasion | None:
    """Give what an entry says of a time and a place; None when it names no day that can be read.

    Args:
        fields: the entry's elements, named PREFIX_NAME with the prefixes of NAMESPACES.
        title: where calendars without a word for it write that something is called off.
    """
    written = {name: value.strip() for name, value in fields.items() if isinstance(value, str)}
    found = _of_libcal(written) or _of_times(written, "ev_startdate", "ev_enddate")
    found = found or _of_times(written, "xcal_dtstart", "xcal_dtend")
    if found is None:
        return None
    starts_at, ends_at, is_all_day = found
    called_off = written.get("xcal_status", "").lower() == "cancelled" or _CALLED_OFF.match(title)
    return Occasion(
        starts_at=starts_at,
        ends_at=ends_at,
        zone="",  # none of the three names one
        is_all_day=is_all_day,
        location=_location(written)[:LONGEST],
        joining_url=written.get("xcal_conference", "")[:LONGEST],
        is_cancelled=bool(called_off),
    )


_Times = tuple[datetime, datetime | None, bool]


def _of_times(written: Mapping[str, str], start: str, end: str) -> _Times | None:
    """Read a start and an end that each hold day and time. The end of a whole day is the day after:
    xCal says so of its own, and calendars that name a last day in `ev:enddate` mean all of it."""
    starts = read_clock(written.get(start, ""))
    if starts is None or starts[1] not in (Precision.DAY, Precision.SECOND):
        return None
    is_all_day = starts[1] is Precision.DAY
    ends = read_clock(written.get(end, ""))
    if ends is None or ends[1] is not starts[1] or ends[0] >= _late(ends[0]):
        return starts[0], None, is_all_day
    names_last_day = is_all_day and end == "ev_enddate"
    return starts[0], ends[0] + _DAY if names_last_day else ends[0], is_all_day


def _of_libcal(written: Mapping[str, str]) -> _Times | None:
    """Read a day with two times on it. An end before the start is on the day after."""
    day = read_clock(written.get("libcal_date", ""))
    if day is None or day[1] is not Precision.DAY or day[0] >= _late(day[0]):
        return None
    start, end = written.get("libcal_start", ""), written.get("libcal_end", "")
    starts, ends = (_at(written["libcal_date"], clock) for clock in (start, end))
    if starts is None or (start, end) == _WHOLE_DAY:
        return day[0], day[0] + _DAY, True
    if ends is not None and ends < starts:
        ends += _DAY
    return starts, ends, False


def _at(day: str, clock: str) -> datetime | None:
    read = read_clock(f"{day} {clock}") if clock else None
    return read[0] if read and read[1] is Precision.SECOND and read[0].tzinfo is None else None


def _late(like: datetime) -> datetime:
    return _LATEST.replace(tzinfo=like.tzinfo)


def _location(written: Mapping[str, str]) -> str:
    """Give the place; LibCal names the room and the branch apart."""
    if room := _first(written, "libcal_location", "libcal_campus"):
        return ", ".join(dict.fromkeys((room, written.get("libcal_campus") or room)))
    return _first(written, "ev_location", "xcal_location")


def _first(written: Mapping[str, str], *names: str) -> str:
    return next((value for name in names if (value := written.get(name, ""))), "")
