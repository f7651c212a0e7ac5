"""Quiet weeks: another older post each day, the same for everybody, from midnight to midnight."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator.settings import View
from feeds.addresses import Address
from feeds.rotation import AMONG, next_day, post_of_the_day, quiet_from
from feeds.select import Snapshot, snapshot
from tests.feeds.invented import NOW, SLUG, FakeDoor, a_door, campaign, item_id, settings, shown

ZONE = "America/New_York"
QUIET = tuple(shown(number) for number in range(8, 50))


def featured(door: FakeDoor, now: datetime = NOW, **view: object) -> Snapshot:
    views = {"featured": View.model_validate({"layout": "featured", "slot": "post"} | view)}
    return snapshot(door, settings(campaign(views=views)), Address("frame", SLUG, "featured"), now)


def test_neighbouring_days_show_different_posts_and_all_of_the_newest_get_their_turn() -> None:
    days = [NOW + timedelta(days=number) for number in range(AMONG)]
    turns = [post_of_the_day(QUIET, ZONE, day).id for day in days]
    assert sorted(turns) == sorted(post.id for post in QUIET[:AMONG])


def test_one_post_alone_takes_every_turn() -> None:
    assert post_of_the_day(QUIET[:1], ZONE, NOW) == QUIET[0]


def test_the_day_of_the_campaign_decides_and_not_the_hour() -> None:
    evening = datetime(2026, 5, 21, 3, 59, tzinfo=UTC)  # 23:59 in New York, still the 20th
    morning = datetime(2026, 5, 20, 4, 0, tzinfo=UTC)
    assert post_of_the_day(QUIET, ZONE, morning) == post_of_the_day(QUIET, ZONE, evening)
    assert post_of_the_day(QUIET, ZONE, evening) != post_of_the_day(
        QUIET, ZONE, evening + timedelta(minutes=1)
    )


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("America/New_York", "2026-05-20T12:00+00:00", "2026-05-21T04:00+00:00"),
        # The clocks go forward (a day of 23 hours) and back (one of 25).
        ("America/New_York", "2026-03-08T05:00+00:00", "2026-03-09T04:00+00:00"),
        ("America/New_York", "2026-11-01T04:00+00:00", "2026-11-02T05:00+00:00"),
        # In Santiago they go forward at midnight: the day begins at one o'clock.
        ("America/Santiago", "2026-09-05T12:00+00:00", "2026-09-06T04:00+00:00"),
        # And back at midnight: the last hour of the day comes twice.
        ("America/Santiago", "2026-04-05T03:30+00:00", "2026-04-05T04:00+00:00"),
        ("UTC", "2026-12-31T23:59+00:00", "2027-01-01T00:00+00:00"),
    ],
)
def test_the_next_day_begins_when_the_clocks_of_the_zone_say_so(
    zone: str, now: str, midnight: str
) -> None:
    assert next_day(zone, datetime.fromisoformat(now)) == datetime.fromisoformat(midnight)


def test_in_a_quiet_week_a_featured_place_shows_the_post_of_the_day_until_midnight() -> None:
    evening = NOW + timedelta(hours=14)  # in Greenwich it is tomorrow already
    taken = featured(a_door(*QUIET), evening)
    assert taken.posts == (post_of_the_day(QUIET, ZONE, evening),)
    assert taken.posts != (post_of_the_day(QUIET, "UTC", evening),)
    assert taken.holds_until == next_day(ZONE, evening)


def test_the_newest_stands_until_it_is_a_week_old() -> None:
    taken = featured(a_door(shown(6), *QUIET))
    assert [post.id for post in taken.posts] == [item_id(6)]
    assert taken.holds_until == quiet_from(shown(6)) == NOW + timedelta(days=1)


def test_what_somebody_chose_stands_however_old() -> None:
    door = a_door(*QUIET)
    door.in_slots = frozenset({QUIET[0].id})
    taken = featured(door)
    assert taken.posts == (QUIET[0],)
    assert taken.holds_until is None


def test_a_featured_place_that_ends_before_midnight_is_asked_again_then() -> None:
    door = a_door(*QUIET)
    door.slot_ends = NOW + timedelta(minutes=5)
    assert featured(door).holds_until == door.slot_ends


def test_a_view_that_does_not_want_it_shows_the_newest() -> None:
    taken = featured(a_door(*QUIET), rotate=False)
    assert taken.posts == (QUIET[0],)
    assert taken.holds_until is None


def test_only_posts_that_the_view_is_narrowed_to_take_turns() -> None:
    spanish = shown(40, language="es")
    assert featured(a_door(*QUIET[:10], spanish), languages=["es"]).posts == (spanish,)


def test_a_view_narrowed_to_nothing_is_empty() -> None:
    assert featured(a_door(*QUIET), languages=["fr"]).posts == ()
