"""Dates as readers see them: always absolute, because "3 hours ago" in a kept page is a lie.

A date older than 60 days is written as month and year. A page therefore says until when it holds.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_interval, format_skeleton, format_time

from aggregator.item import Occasion, Precision
from feeds.i18n import BABEL_FAILS

RECENT = timedelta(days=60)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ISO = {Precision.YEAR: "%Y", Precision.MONTH: "%Y-%m"}


def written(when: datetime, precision: Precision, zone: str, language: str, now: datetime) -> str:
    """Give the date in words of a language.

    Args:
        when: aware UTC; for a day, month or year the one in UTC counts, whatever the zone.
        zone: IANA name; in which a moment becomes a day.

    Returns:
        An ISO date when Babel cannot write it.
    """
    day = _day(when, precision, zone)
    try:
        return _in_words(day, _shown_as(when, precision, now), _locale(language))
    except BABEL_FAILS:
        return day.strftime(_ISO.get(precision, "%Y-%m-%d"))


def week_in_words(monday: date, language: str) -> str:
    """Give the seven days from a Monday on in words of a language; ISO dates when Babel cannot."""
    sunday = monday + timedelta(days=6)
    try:
        return str(format_interval(monday, sunday, "yMMMd", locale=_locale(language)))
    except BABEL_FAILS:
        return f"{monday:%Y-%m-%d} – {sunday:%Y-%m-%d}"


def machine(when: datetime, precision: Precision) -> str:
    """Give the value of a `datetime` attribute, no more exact than is known."""
    if precision is Precision.SECOND:
        return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return when.astimezone(UTC).strftime(_ISO.get(precision, "%Y-%m-%d"))


def weekday(weekly: str, language: str) -> str:
    """Give the name of the day in "friday 09:00", as it stands in a sentence; English if Babel fails."""
    name = weekly.partition(" ")[0]
    try:
        return str(_locale(language).days["format"]["wide"][_DAYS.index(name)])
    except BABEL_FAILS:
        return name.capitalize()


def on_the_dial(weekly: str, language: str) -> str:
    """Give the hour in "friday 09:00" as a language writes it."""
    hour = weekly.partition(" ")[2]
    try:
        return str(format_time(time.fromisoformat(hour), "short", locale=_locale(language)))
    except BABEL_FAILS:
        return hour


def changes_at(when: datetime, precision: Precision, now: datetime) -> datetime | None:
    """Say when `written` will give something else; None: never."""
    turns = when + RECENT
    is_exact = precision in (Precision.SECOND, Precision.DAY)
    return turns if is_exact and now < turns else None


def on_the_clock(occasion: Occasion) -> tuple[datetime, datetime | None]:
    """Give start and end as machines want them.

    Returns:
        Moments in UTC; of whole days, midnight in UTC of the first day and of the day after the last,
        whatever the zone: such a day is one of a calendar, not of a clock.
    """
    if not occasion.is_all_day:
        return occasion.starts_at, occasion.ends_at
    zone = ZoneInfo(occasion.zone)
    first = _midnight(occasion.starts_at, zone)
    if occasion.ends_at is None:
        return first, None
    after = _midnight(occasion.ends_at, zone)
    is_within = occasion.ends_at.astimezone(zone).time() != time()
    after = after + timedelta(days=1) if is_within else after
    return first, after if after > first else None


def _midnight(when: datetime, zone: ZoneInfo) -> datetime:
    return datetime.combine(when.astimezone(zone).date(), time(), UTC)


def _day(when: datetime, precision: Precision, zone: str) -> date:
    return when.astimezone(ZoneInfo(zone) if precision is Precision.SECOND else UTC).date()


def _shown_as(when: datetime, precision: Precision, now: datetime) -> Precision:
    if precision is Precision.YEAR:
        return precision
    if precision is Precision.MONTH or now >= when + RECENT:
        return Precision.MONTH
    return Precision.DAY


def _locale(language: str) -> Locale:
    """Give a language's data, unless it is another language's: Babel writes Haitian dates in French."""
    locale = Locale.parse(language, sep="-")
    parent = get_global("parent_exceptions").get(str(locale), "")
    of = parent.partition("_")[0]
    # Norwegian is no other language to its two written forms.
    if of in ("", "no", locale.language) or Locale.parse(parent).months != locale.months:
        return locale
    raise UnknownLocaleError(language)


def _in_words(day: date, shown_as: Precision, locale: Locale) -> str:
    if shown_as is Precision.DAY:
        return str(format_date(day, format="long", locale=locale))
    skeleton = "y" if shown_as is Precision.YEAR else "yMMMM"
    return str(
        format_skeleton(skeleton, datetime(day.year, day.month, day.day, tzinfo=UTC), locale=locale)
    )
