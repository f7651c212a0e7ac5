"""Dates are absolute, no more exact than known, and never make a page fail."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.item import Precision
from feeds.dates import changes_at, machine, written

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
RECENT = datetime(2026, 5, 2, 3, 0, tzinfo=UTC)
ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("when", "precision", "expected"),
    [
        (RECENT, Precision.SECOND, "May 1, 2026"),  # still the evening before in New York
        (RECENT, Precision.DAY, "May 2, 2026"),
        (RECENT, Precision.MONTH, "May 2026"),
        (RECENT, Precision.YEAR, "2026"),
        (RECENT - timedelta(days=100), Precision.SECOND, "January 2026"),
        (RECENT - timedelta(days=100), Precision.YEAR, "2026"),
    ],
)
def test_a_date_in_words(when: datetime, precision: Precision, expected: str) -> None:
    assert written(when, precision, ZONE, "en", NOW) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("es", "1 de mayo de 2026"),
        ("fr", "1 mai 2026"),
        ("ar", "1 مايو 2026"),
        ("am", "1 ሜይ 2026"),
        ("fil", "Mayo 1, 2026"),
        ("tl", "Mayo 1, 2026"),
        ("yo", "1 Oṣù Ẹ̀bibi 2026"),
        ("haw", "1 Mei 2026"),
        ("nb", "1. mai 2026"),
    ],
)
def test_a_date_in_the_pages_language(language: str, expected: str) -> None:
    assert written(RECENT, Precision.SECOND, ZONE, language, NOW) == expected


# Babel has French words under the name of Haitian Creole.
@pytest.mark.parametrize("language", ["hmn", "ht", "x", "zz-zz", ""])
def test_a_language_that_babel_cannot_write_gives_an_iso_date(language: str) -> None:
    assert written(RECENT, Precision.DAY, ZONE, language, NOW) == "2026-05-02"
    assert written(RECENT, Precision.MONTH, ZONE, language, NOW) == "2026-05"


def test_a_date_says_when_it_will_read_differently() -> None:
    turns = changes_at(RECENT, Precision.SECOND, NOW)
    assert turns == RECENT + timedelta(days=60)
    assert turns
    just_before = turns - timedelta(seconds=1)
    assert written(RECENT, Precision.SECOND, ZONE, "en", just_before) == "May 1, 2026"
    assert written(RECENT, Precision.SECOND, ZONE, "en", turns) == "May 2026"
    assert changes_at(RECENT, Precision.SECOND, turns) is None


def test_a_month_never_reads_differently() -> None:
    assert changes_at(RECENT, Precision.MONTH, NOW) is None


def test_machines_are_told_no_more_than_is_known() -> None:
    assert machine(RECENT, Precision.SECOND) == "2026-05-02T03:00:00Z"
    assert machine(RECENT, Precision.DAY) == "2026-05-02"
    assert machine(RECENT, Precision.YEAR) == "2026"
