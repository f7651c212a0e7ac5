"""When the weekly mail is due: at the hour that clocks show, through every change of them, once."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.settings import Campaign, Highlights
from feeds.highlights.moments import DAYS, WEEK, coming, draft_due, moment, plan, send_at, turn, week_of

ZONES = ("America/New_York", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Apia")
MONDAY = date(2026, 10, 5)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def campaign(zone: str = "America/New_York", **more: object) -> Campaign:
    return Campaign(slug="one", name="One", timezone=zone, highlights=Highlights.model_validate(more))


def wall(when: datetime, zone: str) -> str:
    return when.astimezone(ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("week", "weekly", "zone", "shown"),
    [
        # An ordinary week.
        (MONDAY, "friday 09:00", "America/New_York", "Fri 2026-10-09 09:00"),
        # 02:30 does not exist: clocks go from 02:00 to 03:00.
        (date(2026, 3, 2), "sunday 02:30", "America/New_York", "Sun 2026-03-08 03:00"),
        # 01:30 comes twice: the first one counts (EDT).
        (date(2026, 10, 26), "sunday 01:30", "America/New_York", "Sun 2026-11-01 01:30"),
        # In Cairo clocks went forward at midnight between Thursday and Friday.
        (date(2026, 4, 20), "friday 00:10", "Africa/Cairo", "Fri 2026-04-24 01:00"),
        # Samoa left out a whole Friday.
        (date(2011, 12, 26), "friday 09:00", "Pacific/Apia", "Sat 2011-12-31 00:00"),
    ],
)
def test_it_is_the_hour_that_clocks_show_or_the_next_one(
    week: date, weekly: str, zone: str, shown: str
) -> None:
    assert wall(moment(week, weekly, zone), zone) == shown


def test_of_an_hour_that_comes_twice_the_first_counts() -> None:
    at = moment(date(2026, 10, 26), "sunday 01:30", "America/New_York")
    assert at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@given(
    st.dates(date(2005, 1, 1), date(2037, 1, 1)),
    st.sampled_from(ZONES),
    st.sampled_from(["monday", "friday", "sunday"]),
    st.times(),
)
def test_a_moment_is_the_first_at_which_clocks_show_its_hour_or_a_later_one(
    day: date, zone: str, weekday: str, clock: time
) -> None:
    week = day - timedelta(days=day.weekday())
    clock = clock.replace(second=0, microsecond=0)
    wanted = datetime.combine(week + timedelta(days=DAYS.index(weekday)), clock)
    at = moment(week, f"{weekday} {clock:%H:%M}", zone)
    shown, before = (each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for each in (at, at - SECOND))
    assert before < wanted <= shown


def test_sent_on_a_day_before_that_of_drafting_means_the_week_after() -> None:
    found = plan(campaign(draft="friday 12:00", send="monday 09:00"), MONDAY)
    assert wall(found.send_at, "America/New_York") == "Mon 2026-10-12 09:00"


def test_readers_in_their_own_zones_get_it_at_their_own_hour() -> None:
    own = campaign(own_zone=True)
    there = {zone: send_at(own, MONDAY, zone) for zone in (*ZONES, "Pacific/Honolulu")}
    assert {wall(at, zone) for zone, at in there.items()} == {"Fri 2026-10-09 09:00"}
    found = plan(own, MONDAY, there)
    assert found.first_at == there["Pacific/Apia"] < found.send_at
    assert found.not_after == there["Pacific/Honolulu"] + 6 * HOUR
    assert send_at(own, MONDAY, "") == send_at(own, MONDAY, "Not/AZone") == found.send_at
    assert send_at(campaign(), MONDAY, "Pacific/Apia") == found.send_at
    assert plan(campaign(), MONDAY, there).not_after == found.send_at + 6 * HOUR


def test_nobody_gets_it_before_it_is_drafted() -> None:
    found = plan(campaign(own_zone=True, draft="friday 08:00"), MONDAY, ZONES)
    assert found.first_at == found.draft_at


def test_a_missed_week_is_drafted_late_and_once() -> None:
    one, before = campaign(), {MONDAY - WEEK}
    monday_after = moment(MONDAY + WEEK, "monday 08:00", one.timezone)
    due = draft_due(one, monday_after, before)
    assert due
    assert due.week == MONDAY
    assert draft_due(one, monday_after, {*before, MONDAY}) is None


def test_of_several_missed_weeks_only_the_last_is_drafted() -> None:
    one = campaign()
    due = draft_due(one, moment(MONDAY + 5 * WEEK, "thursday 08:00", one.timezone), {MONDAY})
    assert due
    assert due.week == MONDAY + 5 * WEEK


def test_a_new_campaign_makes_up_for_nothing() -> None:
    one = campaign()
    saturday = moment(MONDAY, "saturday 08:00", one.timezone)
    assert draft_due(one, saturday, ()) is None
    assert draft_due(one, moment(MONDAY, "thursday 08:00", one.timezone), ())


def test_a_clock_that_jumps_back_repeats_nothing() -> None:
    one = campaign()
    now = moment(MONDAY, "thursday 08:00", one.timezone)
    weeks = {MONDAY - 2 * WEEK, MONDAY}  # the week between was missed
    assert draft_due(one, now - WEEK, weeks) is None
    assert draft_due(one, now - 2 * WEEK, weeks) is None


def test_a_clock_that_once_was_far_ahead_keeps_nobody_waiting() -> None:
    one = campaign()
    weeks = {MONDAY - WEEK, MONDAY + 500 * WEEK}
    assert draft_due(one, moment(MONDAY, "thursday 08:00", one.timezone), weeks)


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_fridays_have_one_draft_each_and_are_sent_once(zone: str) -> None:
    one, first = campaign(zone), date(2020, 1, 6)
    weeks: dict[date, datetime] = {}
    sent: dict[date, datetime] = {}
    for number in range(522):
        week = first + number * WEEK
        found = plan(one, week)
        moments = [found.draft_at, found.send_at, found.not_after]
        # The clock also jumps a week back and comes again, and visits the hours around each change.
        back = [at - WEEK for at in moments] if number % 9 == 0 else []
        around = [
            at + shift
            for at in (*moments, *back, *moments)
            for shift in (-HOUR, -SECOND, 0 * HOUR, HOUR)
        ]
        for now in around:
            due = draft_due(one, now, weeks)
            if due:
                assert due.week not in weeks
                weeks[due.week] = now
            state = "approved" if week in weeks and week not in sent else "sent"
            if turn(state, found.send_at, found.not_after, now) == "start":
                sent[week] = now
    assert sorted(weeks) == sorted(sent) == [first + number * WEEK for number in range(522)]
    assert all(wall(at, zone)[:3] + wall(at, zone)[14:] == "Wed 12:00" for at in weeks.values())
    assert all(wall(at, zone)[:3] + wall(at, zone)[14:] == "Fri 09:00" for at in sent.values())
    assert all(later - earlier > timedelta(days=6) for earlier, later in pairwise(sent.values()))


@pytest.mark.parametrize(
    ("state", "hours", "what"),
    [
        ("approved", -0.1, ""),
        ("approved", 0, "start"),
        ("approved", 6, "start"),
        ("approved", 6.1, "late"),
        ("sending", 1, ""),
        ("sending", 7, "late"),
        ("draft", 0, "waits"),
        ("seconding", 500, "waits"),
        ("draft", -1, ""),
        ("paused", 7, ""),
        ("sent", 7, ""),
        ("skipped", 7, ""),
        ("late", 7, ""),
    ],
)
def test_only_what_was_approved_is_sent_and_only_in_its_time(
    state: str, hours: float, what: str
) -> None:
    due = datetime(2026, 10, 9, 13, tzinfo=UTC)
    assert turn(state, due, due + 6 * HOUR, due + hours * HOUR) == what


def test_the_next_mail_is_the_next_one_that_is_still_to_come() -> None:
    one = campaign()
    friday = moment(MONDAY, "friday 09:00", one.timezone)
    assert coming(one, friday - SECOND).week == MONDAY
    assert coming(one, friday).week == MONDAY + WEEK
    assert coming(one, friday - SECOND, {MONDAY}).week == MONDAY + WEEK


def test_weeks_begin_on_monday_in_the_campaigns_zone() -> None:
    sunday_night = datetime(2026, 10, 12, 3, 0, tzinfo=UTC)
    assert week_of(sunday_night, "America/New_York") == MONDAY
    assert week_of(sunday_night, "UTC") == MONDAY + WEEK
