"""When and where something takes place: judged, bounded, in its own zone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.clean import clean
from aggregator.dates import read_clock
from aggregator.item import Flag, Kind, Occasion, Precision, RawItem
from aggregator.occasions import judged
from aggregator.pipeline import clean_all

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NAIVE = datetime(2026, 4, 18, 18, 30)  # noqa: DTZ001 - what a clock on a wall shows
IN_NEW_YORK = Occasion(NAIVE, NAIVE + timedelta(hours=2), "America/New_York")


def kept(**changes: object) -> Occasion:
    found = judged(replace(IN_NEW_YORK, **changes), "https://blog.example/")  # type: ignore[arg-type] # fields
    assert found
    return found


def test_a_time_without_a_zone_is_what_clocks_show_in_the_occasions_zone() -> None:
    assert kept().starts_at == datetime(2026, 4, 18, 22, 30, tzinfo=UTC)
    assert kept(zone="Asia/Manila").starts_at == datetime(2026, 4, 18, 10, 30, tzinfo=UTC)


def test_a_time_with_a_zone_keeps_its_moment() -> None:
    at = NAIVE.replace(tzinfo=timezone(timedelta(hours=-4)))
    assert kept(starts_at=at, zone="UTC").starts_at == datetime(2026, 4, 18, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/Atlantis", "../../etc/passwd", "/etc", "a\x00b", "America"]
)
def test_a_zone_that_nobody_knows_is_utc(zone: str) -> None:
    assert (kept(zone=zone).zone, kept(zone=zone).starts_at) == ("UTC", NAIVE.replace(tzinfo=UTC))


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=-1), timedelta(days=5000)])
def test_an_end_that_cannot_be_true_is_none(later: timedelta) -> None:
    assert kept(ends_at=NAIVE + later).ends_at is None


@pytest.mark.parametrize(
    "starts_at",
    [datetime.min, datetime.max, datetime(1989, 1, 1), datetime(2201, 1, 1)],  # noqa: DTZ001, DTZ901 - naive on purpose
)
def test_a_start_that_nobody_believes_makes_no_occasion(starts_at: datetime) -> None:
    assert judged(replace(IN_NEW_YORK, starts_at=starts_at), "") is None
    raw = RawItem(("x",), kind=Kind.OCCASION, title="x", occasion=Occasion(starts_at))
    item = clean(raw, home="blog.example", now=NOW).item
    assert (item.kind, item.occasion, item.flags) == (
        Kind.ARTICLE,
        None,
        {Flag.ODD_DATE, Flag.NO_STABLE_ID} & item.flags,
    )
    assert Flag.ODD_DATE in item.flags


def test_a_whole_day_begins_at_its_midnight() -> None:
    found = kept(is_all_day=True, ends_at=NAIVE + timedelta(days=1))
    assert found.starts_at == datetime(2026, 4, 18, 4, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 4, 19, 4, tzinfo=UTC)


def test_a_place_is_one_line_and_a_link_leads_to_the_web() -> None:
    found = kept(
        location="<b>Room\n2</b>, Main &amp; Oak " + "x" * 400, joining_url="javascript:alert(1)"
    )
    assert found.location.startswith("Room 2, Main & Oak xx")
    assert len(found.location) == 300
    assert found.joining_url == ""
    assert kept(joining_url="/meet").joining_url == "https://blog.example/meet"


def test_what_takes_place_is_an_occasion_and_a_comment_on_it_is_not() -> None:
    raw = RawItem(("x",), kind=Kind.ARTICLE, title="x", occasion=IN_NEW_YORK)
    assert clean(raw, home="blog.example", now=NOW).item.kind is Kind.OCCASION
    comment = replace(raw, kind=Kind.COMMENT)
    assert clean(comment, home="blog.example", now=NOW).item.kind is Kind.COMMENT


def test_the_campaigns_zone_stands_in_where_a_calendar_names_none() -> None:
    raw = RawItem(("x",), title="x", occasion=replace(IN_NEW_YORK, zone=""))
    (found,), _ = clean_all([raw], "blog.example", NOW, "Europe/Paris")
    assert found.item.occasion
    assert found.item.occasion.starts_at == datetime(2026, 4, 18, 16, 30, tzinfo=UTC)
    assert found.item.occasion.zone == "Europe/Paris"


@pytest.mark.parametrize(
    ("written", "at", "precision"),
    [
        ("2026-04-18 18:30:00", NAIVE, Precision.SECOND),
        ("20260418T183000", NAIVE, Precision.SECOND),
        ("2026-04-18T18:30:00Z", NAIVE.replace(tzinfo=UTC), Precision.SECOND),
        ("2026-04-18T14:30:00-04:00", NAIVE.replace(tzinfo=UTC), Precision.SECOND),
        ("Sat, 18 Apr 2026 14:30 EDT", NAIVE.replace(tzinfo=UTC), Precision.SECOND),
        ("2026-04-18", datetime(2026, 4, 18), Precision.DAY),  # noqa: DTZ001 - a day has no zone
    ],
)
def test_a_clock_is_read_with_a_zone_only_where_one_is_written(
    written: str, at: datetime, precision: Precision
) -> None:
    assert read_clock(written) == (at, precision)


@given(
    st.datetimes(),
    st.none() | st.datetimes(),
    st.text(max_size=40),
    st.booleans(),
    st.text(max_size=400),
)
def test_no_occasion_makes_it_raise(
    starts_at: datetime, ends_at: datetime | None, zone: str, is_all_day: bool, location: str
) -> None:
    claim = Occasion(starts_at, ends_at, zone, is_all_day, location, location)
    found = judged(claim, "")
    if found:
        assert found.starts_at.tzinfo is UTC
        assert found.ends_at is None or found.ends_at > found.starts_at
        assert len(found.location) <= 300
        assert "\n" not in found.location
        assert judged(found, "") == found
