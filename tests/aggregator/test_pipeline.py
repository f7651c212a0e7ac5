"""One run, concluded: what its end means for the source, and when to look again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from aggregator import pipeline
from aggregator.clean import clean
from aggregator.errors import (
    Busy,
    Denied,
    FetchError,
    LostClaim,
    Missing,
    NotUnderstood,
    SourceError,
    TooCostly,
)
from aggregator.item import Found, RawItem
from aggregator.pipeline import LONGEST, Visit, clean_all, conclude, next_visit, pause
from aggregator.settings import Campaign, Source
from aggregator.store.intake import Taken
from aggregator.store.runs import FARTHEST, Claim

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
EVERY = timedelta(minutes=30)


def a_claim(failures: int = 0, since: datetime | None = None, error: str = "") -> Claim:
    return Claim(1, "engagedlibraries", "river", "w", {}, failures, since, error)


def ending(failure: SourceError | None = None, taken: Taken | None = None, **claim: object) -> object:
    visit = Visit(
        Campaign(slug="engagedlibraries", name="#E"),
        Source(name="river", kind="feed", every=EVERY),
        a_claim(**claim),  # type: ignore[arg-type] - as given
    )
    return conclude(visit, taken or Taken(), failure, NOW, NOW, 0)


def test_good_run_is_followed_after_the_usual_pause() -> None:
    end = ending(taken=Taken(new=2))
    assert (end.outcome, end.due_at, end.error) == ("ok", NOW + EVERY, "")


def test_run_that_brought_nothing_is_unchanged() -> None:
    assert ending().outcome == "unchanged"


@pytest.mark.parametrize(
    ("failure", "outcome", "code"),
    [
        (Busy("later", status=503), "soft-failure", "busy"),
        (NotUnderstood("an HTML page"), "soft-failure", "not-understood"),
        (TooCostly("ended"), "soft-failure", "too-costly"),
        (Denied("no", status=403), "hard-failure", "denied"),
        (Missing("not there", status=404), "gone", "missing"),
        (Missing("for good", status=410), "gone", "gone"),
        (LostClaim("other"), "soft-failure", "lost-claim"),
    ],
)
def test_each_failure_has_its_outcome_and_code(failure: SourceError, outcome: str, code: str) -> None:
    end = ending(failure)
    assert (end.outcome, end.error, end.paused) == (outcome, code, "")


def test_what_was_stored_before_a_failure_is_counted() -> None:
    end = ending(Busy("later"), Taken(new=10, skipped=(("repeated", "x"),)))
    assert (end.outcome, end.new, end.skipped) == ("soft-failure", 10, (("repeated", "x"),))


def test_failures_in_a_row_double_the_pause_up_to_a_day() -> None:
    pauses = [next_visit(EVERY, failures, None, NOW, 0) - NOW for failures in (0, 1, 2, 3, 50)]
    assert pauses == [EVERY, EVERY, 2 * EVERY, 4 * EVERY, timedelta(days=1)]


@pytest.mark.parametrize(
    ("wish", "due"),
    [
        (timedelta(hours=3), timedelta(hours=3)),
        (timedelta(seconds=5), EVERY),
        (timedelta(days=-400), EVERY),
        (timedelta(days=30), timedelta(days=1)),
    ],
)
def test_patience_asked_for_is_given_from_the_usual_pause_up_to_a_day(
    wish: timedelta, due: timedelta
) -> None:
    assert next_visit(EVERY, 1, NOW + wish, NOW, 0) == NOW + due


@given(
    every=some.timedeltas(timedelta(seconds=1), timedelta(days=1)),
    failures=some.integers(0, 10_000),
    wish=some.none() | some.datetimes(timezones=some.just(UTC)),
    jitter=some.floats(0, 1),
)
def test_next_visit_is_always_within_what_a_moved_clock_is_told_from(
    every: timedelta, failures: int, wish: datetime | None, jitter: float
) -> None:
    due = next_visit(every, failures, wish, NOW, jitter)
    assert NOW + every <= due <= NOW + FARTHEST


def test_server_s_wish_is_remembered_beside_the_due_time() -> None:
    wish = NOW + timedelta(hours=2)
    end = ending(Busy("quota", retry_at=wish, whole_host=True))
    assert (end.not_before, end.whole_host) == (wish, True)
    assert ending(Busy("quota", retry_at=NOW + timedelta(days=9))).not_before == NOW + LONGEST


@pytest.mark.parametrize(
    ("before", "error", "since", "rests"),
    [
        ("", "gone", None, ""),
        ("gone", "gone", NOW, "gone"),
        ("gone", "", NOW, ""),
        ("missing", "gone", NOW, ""),
        ("busy", "busy", NOW - timedelta(days=29), ""),
        ("busy", "busy", NOW - timedelta(days=31), "failing"),
    ],
)
def test_source_rests_after_two_gones_or_thirty_days_of_failing(
    before: str, error: str, since: datetime | None, rests: str
) -> None:
    assert pause(a_claim(1, since, before), error, NOW) == rests


def test_entry_that_cannot_be_cleaned_costs_itself_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def clean_or_break(raw: RawItem, *, home: str, now: datetime) -> Found:
        if raw.url.endswith("/2"):
            raise ValueError("a mistake of ours")
        return clean(raw, home=home, now=now)

    monkeypatch.setattr(pipeline, "clean", clean_or_break)
    raw = [RawItem((f"guid:{n}",), url=f"https://river.example/{n}", text="Hello") for n in range(4)]
    found, ((reason, what),) = clean_all(raw, "river.example", NOW)
    assert len(found) == 3
    assert (reason, what) == ("unreadable", "https://river.example/2 (a mistake of ours)")


def test_failure_says_its_address_without_query_or_password() -> None:
    assert str(FetchError("no answer", url="https://river.example/feed")).startswith("https://river")
