"""Visits to sources in words."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator import errors
from aggregator.errors import SourceError
from aggregator.pipeline import Unexpected
from aggregator.schedule import Ran
from engaged.visits import in_words
from moderation.visits import CODES

AT = datetime(2026, 10, 5, 12, tzinfo=UTC)
FINE = Ran("tea", "river", "ok", 2, 1, 0, 0, "", AT, AT, again=AT.replace(hour=13))
FAILED = replace(
    FINE, outcome="gone", error="https://river.example/feed: status 404", code="missing", new=0
)


def test_a_good_visit_is_counted() -> None:
    assert in_words(FINE) == "river: 2 new, 1 changed, 0 unchanged, 0 skipped"


def test_a_failed_visit_says_what_happened_what_to_look_at_and_when_it_goes_on() -> None:
    assert in_words(FAILED) == (
        "river: there is nothing at its address (https://river.example/feed: status 404). "
        "Is its address right? It is tried again at 2026-10-05 13:00 UTC."
    )


def test_a_source_that_rests_says_how_it_is_woken() -> None:
    assert in_words(replace(FAILED, paused="gone")).endswith(
        "It rests until `engaged collect river` wakes it."
    )


def test_a_visit_that_was_not_made_says_why_and_promises_nothing() -> None:
    not_made = replace(FAILED, error="another worker is visiting it right now", code="", again=None)

    assert in_words(not_made) == "river: another worker is visiting it right now."


@pytest.mark.parametrize("kind", [*vars(errors).values(), Unexpected])
def test_every_way_to_fail_has_words(kind: object) -> None:
    if (
        isinstance(kind, type)
        and issubclass(kind, SourceError)
        and kind
        not in (
            SourceError,
            errors.FetchError,
        )
    ):
        assert kind.code in CODES
