"""Times as moderators see them: absolute and with their zone. "3 hours ago" is the browser's to say."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from aggregator.item import Precision
from feeds.dates import machine, written
from feeds.i18n import BABEL_FAILS


@dataclass(frozen=True, slots=True)
class Moment:
    """A time for people, and for machines as a `datetime` attribute has it."""

    words: str
    machine: str


def moment(when: datetime, zone: str, language: str, precision: Precision = Precision.SECOND) -> Moment:
    """Give a time in words, to the minute and with its zone; a day stays a day.

    Args:
        when: aware UTC.
        zone: IANA name.
    """
    if precision is not Precision.SECOND:
        # `now` only matters for shortening old dates: nothing is shortened here.
        return Moment(written(when, precision, zone, language, when), machine(when, precision))
    local = when.astimezone(ZoneInfo(zone))
    return Moment(f"{_in_words(local, language)} {_zone_of(local)}", machine(when, precision))


def day(when: datetime, zone: str, language: str) -> str:
    """Give the day alone, where the hour matters to nobody."""
    local = when.astimezone(ZoneInfo(zone))
    try:
        return format_date(local, format="medium", locale=language.replace("-", "_"))
    except BABEL_FAILS:
        return f"{local:%Y-%m-%d}"


def _in_words(local: datetime, language: str) -> str:
    try:
        locale = language.replace("-", "_")
        day = format_date(local, format="medium", locale=locale)
        return f"{day}, {format_time(local, format='short', locale=locale)}"
    except BABEL_FAILS:
        return f"{local:%Y-%m-%d %H:%M}"


def _zone_of(local: datetime) -> str:
    """Give what people of the zone call it, such as EDT; zones without a name give their distance."""
    name = local.strftime("%Z")
    return name if name.isalpha() else f"UTC{local:%z}"[:6]
