from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import (
    AddressRefused,
    BadReply,
    Busy,
    Denied,
    FetchError,
    HostPaused,
    Missing,
    NotConnected,
    Refused,
    TlsFailed,
    TooLarge,
    TooSlow,
)
from aggregator.patience import LONGEST, Patience, backoff, is_passing, patience_of
from tests.fault_server import NOON


def seconds(status: int, headers: dict[str, str]) -> float | None:
    until = patience_of(status, headers, NOON).until
    return None if until is None else (until - NOON).total_seconds()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("999999999", 86_400),
        ("Tue, 01 Sep 2026 12:02:00 GMT", 120),
        ("Tuesday, 01-Sep-26 12:02:00 GMT", 120),
        ("Tue Sep  1 12:02:00 2026", 120),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("١", None),
        ("soon", None),
        ("120, 120", None),
        ("9" * 400, None),
        ("Tue, 99 Sep 2026 12:02:00 GMT", None),
        ("Tue, 01 Sep 99999999999 12:02:00 GMT", None),
    ],
)
def test_retry_after_in_both_forms_and_garbage_as_absent(value: str, expected: float | None) -> None:
    assert seconds(429, {"retry-after": value}) == expected
    assert seconds(503, {"retry-after": value}) == expected


def test_retry_after_of_an_answer_that_succeeded_means_nothing() -> None:
    assert seconds(200, {"retry-after": "120"}) is None
    assert seconds(301, {"retry-after": "120"}) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-09-01T12:05:00.000Z", 300),
        ("2026-09-01T12:05:00.796213Z", 300.796213),
        ("2026-09-01T14:05:00+02:00", 300),
        ("2026-09-01T12:05:00", 300),
        (str(int(NOON.timestamp()) + 300), 300),
        (str((int(NOON.timestamp()) + 300) * 1000), 300),
        ("300", 300),
        ("300.0", 300),
        ("99999999", 86_400),
        ("999999999999", None),
        ("-1", None),
        ("nan", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("name", ["x-ratelimit-reset", "ratelimit-reset", "x-rate-limit-reset"])
def test_reset_is_read_in_three_spellings(name: str, value: str, expected: float | None) -> None:
    assert seconds(429, {name: value}) == expected


def test_reset_of_a_quota_that_is_not_used_up_asks_for_nothing() -> None:
    headers = {"x-ratelimit-remaining": "299", "x-ratelimit-reset": "300"}
    assert patience_of(200, headers, NOON) == Patience()
    assert patience_of(503, headers, NOON) == Patience()


@pytest.mark.parametrize("status", [200, 304, 404, 429])
def test_used_up_quota_concerns_the_whole_host(status: int) -> None:
    headers = {"ratelimit-remaining": "0", "ratelimit-reset": "300"}
    assert patience_of(status, headers, NOON) == Patience(NOON + timedelta(seconds=300), True)


def test_used_up_quota_without_a_time_says_so_and_no_more() -> None:
    assert patience_of(429, {"x-ratelimit-remaining": "0"}, NOON) == Patience(None, True)


@given(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text(max_size=40))
def test_any_wish_is_none_or_within_a_day(name: str, value: str) -> None:
    until = patience_of(429, {name: value}, NOON).until
    assert until is None or NOON <= until <= NOON + LONGEST


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NotConnected(), True),
        (TooSlow(), True),
        (Busy(status=429), True),
        (Busy(status=503), True),
        *[(Refused(status=status), True) for status in (408, 500, 502, 504)],
        *[(Refused(status=status), False) for status in (400, 405, 501, 505, 520, 999)],
        (Missing(status=404), False),
        (Denied(status=403), False),
        (HostPaused(), False),
        (AddressRefused(), False),
        (TlsFailed(), False),
        (TooLarge(), False),
        (BadReply(), False),
    ],
)
def test_only_what_passes_by_itself_is_asked_again(error: FetchError, expected: bool) -> None:
    assert is_passing(error) is expected


def test_backoff_grows_up_to_a_minute_and_is_left_to_chance() -> None:
    chance = Random(1)
    for tries, most in [(1, 1), (2, 2), (3, 4), (7, 60), (60, 60)]:
        waits = [backoff(tries, chance) for _ in range(200)]
        assert 0 <= min(waits) < most / 4
        assert most * 3 / 4 < max(waits) <= most


def test_times_are_aware() -> None:
    until = patience_of(429, {"retry-after": "Tue, 01 Sep 2026 12:02:00"}, NOON).until
    assert until == datetime(2026, 9, 1, 12, 2, tzinfo=UTC)
