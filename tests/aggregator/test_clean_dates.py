"""Dates in all the forms that feeds use, judged against the moment of collecting."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aggregator.dates import Dated, judge_date, read_date
from aggregator.item import Flag, Precision

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("claim", "meant"),
    [
        ("Mon, 06 Mar 2023 10:00:00 +0000", "2023-03-06T10:00:00"),
        ("Mon, 06 Mar 2023 10:00:00 GMT", "2023-03-06T10:00:00"),
        ("Mon,06 Mar 2023 10:00:00 GMT", "2023-03-06T10:00:00"),
        ("Wed,  1 Feb 2006 10:27:25 -0500", "2006-02-01T15:27:25"),
        ("Mon, 06 Mar 23 10:00 EST", "2023-03-06T15:00:00"),
        ("06 Mar 99 10:00 PDT", "1999-03-06T17:00:00"),
        ("Monday, 6 March 2023 10:00:00 CEST", "2023-03-06T08:00:00"),
        ("31 Dec 2002 14:20:20 -0234", "2002-12-31T16:54:20"),
        ("Mon, 06 Mar 2023 10:00:00 GMT+0100", "2023-03-06T09:00:00"),
        ("Mon, 06 Mar 2023 10:00:00 +0100 (CET)", "2023-03-06T09:00:00"),
        ("Mon, 06 Mar 2023 10:00:00 XYZ", "2023-03-06T10:00:00"),
        ("Mon, 06 Mar 2023 10:00:00", "2023-03-06T10:00:00"),
        ("Mon, 06 Mar 2023 10:00:00 +9900", "2023-03-06T10:00:00"),
        ("2023-03-06T10:00:00Z", "2023-03-06T10:00:00"),
        ("2023-03-06T10:00:00.250+02:00", "2023-03-06T08:00:00"),
        ("2023-03-06t10:00z", "2023-03-06T10:00:00"),
        ("2023-03-06T10:00:60Z", "2023-03-06T10:00:59"),
        ("2023-03-06T24:00:00Z", "2023-03-07T00:00:00"),
        ("2023-03-06 10:00:00", "2023-03-06T10:00:00"),
        ("2023-03-06 10:00:00.0", "2023-03-06T10:00:00"),
        ("2003-07-01 T 01:55:07-05:00", "2003-07-01T06:55:07"),
        ("2023-3-6 9:05", "2023-03-06T09:05:00"),
        ("2023-03-06T10:00:00 GMT", "2023-03-06T10:00:00"),
        ("2023-03-06T10:00:00+0000", "2023-03-06T10:00:00"),
        ("2023-03-26T02:30:00+01:00[Europe/Paris]", "2023-03-26T01:30:00"),
        ("20021231T192030Z", "2002-12-31T19:20:30"),
        ("20021231T19:20:30.45+01:00", "2002-12-31T18:20:30"),
        ("Sun Nov 22 01:30:00 2020", "2020-11-22T01:30:00"),
        ("Sun Nov 22 01:30:00 EST 2020", "2020-11-22T06:30:00"),
        ("November 22, 2020 1:30 PM", "2020-11-22T13:30:00"),
        ("Monday, March 6, 2023 at 12:05 am PST", "2023-03-06T08:05:00"),
    ],
)
def test_a_moment_is_read(claim: str, meant: str) -> None:
    assert read_date(claim) == (datetime.fromisoformat(f"{meant}+00:00"), Precision.SECOND)


@pytest.mark.parametrize(
    ("claim", "meant", "precision"),
    [
        ("2023", "2023-01-01", Precision.YEAR),
        ("2023-12", "2023-12-01", Precision.MONTH),
        ("March 2023", "2023-03-01", Precision.MONTH),
        ("2023-12-13", "2023-12-13", Precision.DAY),
        ("20231213", "2023-12-13", Precision.DAY),
        ("31 March 2023", "2023-03-31", Precision.DAY),
        ("Fri, 31-Mar-23", "2023-03-31", Precision.DAY),
        ("Sept. 3rd, 2023", "2023-09-03", Precision.DAY),
        ("2023-W10-1", "2023-03-06", Precision.DAY),
        ("2023-065", "2023-03-06", Precision.DAY),
    ],
)
def test_what_is_less_exact_than_a_moment_stays_so(claim: str, meant: str, precision: Precision) -> None:
    assert read_date(claim) == (datetime.fromisoformat(f"{meant}T00:00:00+00:00"), precision)


@pytest.mark.parametrize(
    "claim",
    [
        "insert published date here",
        "Mon, 31 Feb 2023 10:00:00 GMT",
        "2003-07-01T25:51:30-0500",
        "2023-03-09T10:00:Z",
        "0000-00-00 00:00:00",
        "12/31/2002",
        "07-01T01:55:07-05:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٣-٠٣-٠٦",
        "2" * 10_000,
        "Marvellous 2023",
    ],
)
def test_what_names_no_day_is_not_guessed(claim: str) -> None:
    assert read_date(claim) is None


def test_a_moment_of_another_zone_or_of_none_becomes_utc() -> None:
    at = datetime(2023, 3, 6, 10, 0, 0, 999, tzinfo=UTC).replace(tzinfo=None)
    assert read_date(at) == (datetime(2023, 3, 6, 10, tzinfo=UTC), Precision.SECOND)
    assert read_date(at.replace(tzinfo=timezone(timedelta(hours=2)))) == (
        datetime(2023, 3, 6, 8, tzinfo=UTC),
        Precision.SECOND,
    )
    assert read_date(datetime.max.replace(tzinfo=timezone(timedelta(hours=-2)))) is None


def test_no_claim_is_no_fault() -> None:
    assert judge_date(None, NOW) == judge_date("", NOW) == judge_date(" \n", NOW) == Dated(None)


@pytest.mark.parametrize(
    "claim", ["soon", "Thu, 04 Jul 1776 18:30:02 GMT", "1989-12-31T23:59:59Z", "0001-01-01"]
)
def test_what_cannot_be_believed_is_unknown_and_flagged(claim: str) -> None:
    assert judge_date(claim, NOW) == Dated(None, flag=Flag.ODD_DATE)


def test_the_earliest_day_is_believed() -> None:
    assert judge_date("1990-01-01", NOW).flag is None


@pytest.mark.parametrize(
    ("claim", "at", "flag"),
    [
        ("2026-10-05T12:00:00Z", "2026-10-05T12:00:00", None),
        ("2026-10-05T13:00:00Z", "2026-10-05T12:00:00", None),
        ("2026-10-05T13:00:01Z", "2026-10-05T12:00:00", Flag.FUTURE_DATE),
        ("9999-12-31T23:59:59Z", "2026-10-05T12:00:00", Flag.FUTURE_DATE),
        ("2026-10-05", "2026-10-05T00:00:00", None),
        ("2026-10-06", "2026-10-05T00:00:00", None),
        ("2026-10-07", "2026-10-05T00:00:00", Flag.FUTURE_DATE),
        ("2026-12", "2026-10-01T00:00:00", Flag.FUTURE_DATE),
        ("2030", "2026-01-01T00:00:00", Flag.FUTURE_DATE),
    ],
)
def test_the_future_becomes_now_in_its_own_precision(claim: str, at: str, flag: Flag | None) -> None:
    judged = judge_date(claim, NOW)
    assert judged.at == datetime.fromisoformat(f"{at}+00:00")
    assert judged.flag is flag
