"""Calendars: read back by another program, right in every zone, and nothing lives on in them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from aggregator.item import Occasion
from aggregator.settings import View
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address
from feeds.page import Page
from feeds.render import render
from feeds.select import REMEMBERED, Snapshot, snapshot
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, a_door, campaign, item_id, settings, shown
from tests.feeds.reading_feeds import calendar, events, feed_of

NEW_YORK = ZoneInfo("America/New_York")
EVENING = Occasion(
    datetime(2026, 6, 1, 22, tzinfo=UTC),
    datetime(2026, 6, 1, 23, 30, tzinfo=UTC),
    "America/New_York",
    location="Room 2, Riverside; floor 1",
    joining_url="https://meet.example/x",
)
TWO_DAYS = Occasion(
    datetime(2026, 6, 3, 4, tzinfo=UTC), datetime(2026, 6, 5, 4, tzinfo=UTC), "America/New_York", True
)


def event(number: int = 1, occasion: Occasion = EVENING, **changes: object) -> Shown:
    return shown(number, occasion=occasion, **changes)


def test_an_event_says_what_when_and_where() -> None:
    post = event(1, title="Seeds, tea; and more")
    (found,) = events(post)
    assert found["uid"] == f"engaged:{SLUG}:{post.id}"
    assert found["summary"] == "Seeds, tea; and more"
    assert found["dtstart"].dt == datetime(2026, 6, 1, 18, tzinfo=NEW_YORK)
    assert found["dtend"].dt == datetime(2026, 6, 1, 19, 30, tzinfo=NEW_YORK)
    assert found["dtstart"].params["TZID"] == "America/New_York"
    assert found["location"] == "Room 2, Riverside; floor 1"
    assert found["url"] == f"{PUBLIC_URL}/{SLUG}/p/{post.id}"
    assert found["conference"] == "https://meet.example/x"
    assert (found["status"], found["transp"]) == ("CONFIRMED", "TRANSPARENT")
    assert found["description"] == (
        "We read to 1 children in the park.\n\nJoin online: https://meet.example/x\n\n"
        f"Read more: {PUBLIC_URL}/{SLUG}/p/{post.id}"
    )


def test_the_zone_is_described_where_an_event_needs_it() -> None:
    found = calendar(event(1))
    assert [zone["tzid"] for zone in found.timezones] == ["America/New_York"]
    assert not found.get_missing_tzids()
    assert calendar(event(1, replace(EVENING, zone="UTC"))).timezones == []
    (in_utc,) = events(event(1, replace(EVENING, zone="UTC")))
    assert in_utc["dtstart"].to_ical() == b"20260601T220000Z"


def test_whole_days_are_dates_and_end_on_the_day_after() -> None:
    (found,) = events(event(1, TWO_DAYS))
    assert (found["dtstart"].dt, found["dtend"].dt) == (date(2026, 6, 3), date(2026, 6, 5))
    assert found["dtstart"].params["VALUE"] == "DATE"
    (until_evening,) = events(event(1, replace(TWO_DAYS, ends_at=EVENING.starts_at + timedelta(days=2))))
    assert until_evening["dtend"].dt == date(2026, 6, 4)
    (one_day,) = events(event(1, replace(TWO_DAYS, ends_at=None)))
    assert "dtend" not in one_day


def test_an_event_without_an_end_has_none() -> None:
    (found,) = events(event(1, replace(EVENING, ends_at=None)))
    assert "dtend" not in found


def test_the_library_stands_in_for_a_place_that_nobody_named() -> None:
    post = replace(event(1, replace(EVENING, location="")), library="Riverside Library", place="Ohio")
    (found,) = events(post)
    assert found["location"] == "Riverside Library, Ohio"


def test_sequence_rises_with_every_change() -> None:
    post = event(1)
    times = [post.changed_at + timedelta(seconds=after) for after in (0, 1, 3600, 86_400 * 365)]
    numbers = [events(replace(post, changed_at=at))[0]["sequence"] for at in times]
    assert numbers == sorted(set(numbers))
    assert max(numbers) < 2**31
    (gone,) = events(gone=(Gone(post.id, times[1], EVENING),))
    assert numbers[0] < gone["sequence"] < numbers[2]


def test_a_called_off_event_stays_and_says_so() -> None:
    (found,) = events(event(1, replace(EVENING, is_cancelled=True)))
    assert (found["status"], found["summary"]) == ("CANCELLED", "Story hour number 1")


def test_an_event_that_is_no_longer_shown_is_cancelled_without_its_words() -> None:
    (found,) = events(gone=(Gone(item_id(1), NOW, EVENING), Gone(item_id(2), NOW)))
    assert (found["uid"], found["status"]) == (f"engaged:{SLUG}:{item_id(1)}", "CANCELLED")
    assert found["summary"] == "No longer shown"
    assert found["dtstart"].dt == datetime(2026, 6, 1, 18, tzinfo=NEW_YORK)
    for name in ("description", "location", "url", "conference", "image"):
        assert name not in found


def test_lines_are_as_the_standard_wants_them() -> None:
    body = feed_of("feed-ics", event(1, title="Böse " * 100, text="ሰላም\r\nለሁሉም,\r 📚; \\ " * 50)).body
    assert body.endswith(b"END:VCALENDAR\r\n")
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    (found,) = events(event(1, title="Böse " * 100))
    assert found["summary"] == ("Böse " * 100).strip()


def test_a_calendar_says_how_often_to_look_and_where_it_lives() -> None:
    found = calendar(event(1))
    assert found["x-wr-calname"] == found["name"] == "#EngagedLibraries: events"
    assert found["refresh-interval"].dt == timedelta(hours=1)
    assert found["refresh-interval"].params["VALUE"] == "DURATION"
    assert found["x-published-ttl"] == "PT1H"
    assert found["source"] == f"{PUBLIC_URL}/{SLUG}/v/wall.ics"


def test_a_calendar_without_events_is_still_one() -> None:
    assert events() == []
    assert events(shown(1)) == []


def test_a_warning_stands_instead_of_the_words() -> None:
    (found,) = events(event(1, title="", warning="flashing lights"))
    assert found["summary"] == "Content warning: flashing lights"
    assert "We read" not in found["description"]


def test_a_view_narrowed_to_a_language_has_only_those_events() -> None:
    door = a_door(event(1), event(2, language="es-mx"), event(3, language="es"), shown(4, language="es"))
    there = settings(campaign(views={"es": View(layout="list", limit=1, languages=("es",))}))
    found = snapshot(door, there, Address("feed-ics", SLUG, "es"), NOW)
    assert {post.id for post in found.posts} == {item_id(2), item_id(3)}


def test_an_event_stays_for_thirty_days_after_its_end() -> None:
    door, address = a_door(event(1)), Address("feed-ics", SLUG, "wall")
    assert EVENING.ends_at
    over = EVENING.ends_at + REMEMBERED
    assert snapshot(door, settings(), address, NOW).holds_until == over
    assert len(snapshot(door, settings(), address, over).posts) == 1
    assert snapshot(door, settings(), address, over + timedelta(seconds=1)).posts == ()


ZONES = st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo"])
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - `timezones` makes them aware


@given(MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(days=9)), ZONES)
def test_every_moment_in_every_zone_comes_back(starts_at: datetime, lasts: timedelta, zone: str) -> None:
    starts_at = starts_at.replace(microsecond=0)
    ends_at = starts_at + timedelta(seconds=int(lasts.total_seconds()))
    (found,) = events(event(1, Occasion(starts_at, ends_at, zone)))
    assert (
        found["dtstart"].dt.astimezone(ZoneInfo(zone)).date()
        == starts_at.astimezone(ZoneInfo(zone)).date()
    )
    assert found["dtend"].dt > found["dtstart"].dt


def one(post: Shown | Gone | None, language: str = "") -> Page:
    """Give the answer at the address where one event can be taken into a calendar."""
    name = post.id if post else item_id(1)
    seen = Snapshot(PUBLIC_URL, campaign(languages=("en", "es")), one=post)
    return render(seen, Address("post-ics", SLUG, name, language), language or "en", NOW)


def test_one_event_to_add_is_the_same_as_in_a_calendar_to_subscribe_to() -> None:
    post = event(1, title="Seeds, tea; and more")
    page = one(post)
    found = Calendar.from_ical(page.body)
    (alone,), (among) = found.events, events(post)
    assert (page.status, page.content_type) == (200, "text/calendar; charset=utf-8")
    assert [alone.to_ical()] == [each.to_ical() for each in among]
    assert [zone["tzid"] for zone in found.timezones] == ["America/New_York"]
    assert "refresh-interval" not in found


def test_where_there_is_no_event_plain_words_say_so() -> None:
    answers = [(one(shown(1)), 404), (one(None), 404), (one(Gone(item_id(1), NOW)), 410)]
    for page, status in answers:
        assert (page.status, page.content_type) == (status, "text/plain; charset=utf-8")
        assert page.headers == one(event(1)).headers  # servers of files have one rule for all
    assert "no longer shown" in answers[2][0].body.decode()
    assert "ya no" in one(Gone(item_id(1), NOW), "es").body.decode()


def test_an_event_s_page_offers_it_to_calendars_unless_it_was_called_off() -> None:
    def page(post: Shown, language: str = "") -> str:
        seen = Snapshot(PUBLIC_URL, campaign(languages=("en", "es")), one=post)
        address = Address("permalink", SLUG, post.id, language)
        return render(seen, address, language or "en", NOW).body.decode()

    offered = 'class="to-calendar" href="{}/ics/{}.ics"'
    assert offered.format(f"{PUBLIC_URL}/{SLUG}", item_id(1)) in page(event(1))
    assert offered.format(f"{PUBLIC_URL}/{SLUG}/es", item_id(1)) in page(event(1), "es")
    assert "to-calendar" not in page(event(1, replace(EVENING, is_cancelled=True)))
    assert "to-calendar" not in page(shown(1))
