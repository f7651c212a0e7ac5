"""When the weekly mail is drafted and sent: moments of a week in a zone, and what is due now. Pure.

A week is named by its Monday, in the campaign's zone. An hour that clocks leave out is the next one that
they show; of an hour that they show twice, the first counts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from aggregator.settings import Campaign

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEK = timedelta(days=7)
AHEAD = 2 * WEEK
"""A week further ahead than this was drafted by a clock that went wrong: it keeps nobody waiting."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The moments of one week's mail, aware UTC.

    Attributes:
        week: its Monday in the campaign's zone.
        draft_at: when it is drafted.
        send_at: when it is sent in the campaign's zone; always after `draft_at`.
        first_at, not_after: when the first reader gets it, and until when it is sent by itself. They
            differ from `send_at` by more than the configured hours only where readers' own zones count.
    """

    week: date
    draft_at: datetime
    send_at: datetime
    first_at: datetime
    not_after: datetime


def week_of(now: datetime, zone: str) -> date:
    """Give the Monday of the week that it is in a zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return today - timedelta(days=today.weekday())


def moment(week: date, weekly: str, zone: str) -> datetime:
    """Give the moment of a week at which clocks of a zone show a day and an hour, aware UTC.

    Args:
        weekly: such as `friday 09:00`.
    """
    day, clock = weekly.split()
    at = datetime.combine(week + timedelta(days=DAYS.index(day)), time.fromisoformat(clock))
    return _first_shown(at, ZoneInfo(zone))


def _first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    before = wall.replace(tzinfo=zone).astimezone(UTC)
    after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    # PEP 495: where clocks go forward, the time after the change (fold=1) comes out as the earlier one.
    return before if before <= after else _change_between(after, before, zone)


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """Give the first second at which a zone's clocks show what they show at `late`."""
    offset = late.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            late = middle
        else:
            early = middle
    return late


def plan(campaign: Campaign, week: date, zones: Iterable[str] = ()) -> Plan:
    """Give the moments of a week.

    Args:
        zones: of readers; they count when each gets the mail at their own hour. "" is the campaign's.
    """
    settings = campaign.highlights
    draft_at = moment(week, settings.draft, campaign.timezone)
    send_week = _send_week(campaign, week)
    send_at = moment(send_week, settings.send, campaign.timezone)
    every = [send_at]
    if settings.own_zone:
        every += [_in_zone(campaign, send_week, zone) for zone in set(zones)]
    return Plan(
        week=week,
        draft_at=draft_at,
        send_at=send_at,
        # Nobody gets what is not drafted yet, however early their Friday begins.
        first_at=max(min(every), draft_at),
        not_after=max(every) + timedelta(hours=settings.late_hours),
    )


def send_at(campaign: Campaign, week: date, zone: str) -> datetime:
    """Give when a reader in a zone gets the mail of a week. An unknown zone is the campaign's."""
    send_week = _send_week(campaign, week)
    if not campaign.highlights.own_zone:
        return moment(send_week, campaign.highlights.send, campaign.timezone)
    return _in_zone(campaign, send_week, zone)


def _send_week(campaign: Campaign, week: date) -> date:
    """Give the week in which it is sent: the next one, when its day comes before that of drafting."""
    settings, zone = campaign.highlights, campaign.timezone
    is_before = moment(week, settings.send, zone) <= moment(week, settings.draft, zone)
    return week + WEEK if is_before else week


def _in_zone(campaign: Campaign, week: date, zone: str) -> datetime:
    try:
        return moment(week, campaign.highlights.send, zone or campaign.timezone)
    except (ValueError, OSError, LookupError):  # what ZoneInfo raises for names of no zone
        return moment(week, campaign.highlights.send, campaign.timezone)


def draft_due(campaign: Campaign, now: datetime, weeks: Collection[date]) -> Plan | None:
    """Say which week's mail is to be drafted now; None: none.

    The latest week whose moment has come, unless it has an issue, or a later one has. So a week that was
    missed is drafted late, once, and a clock that jumps back drafts nothing again. What a campaign
    missed before its first issue is not made up for.

    Args:
        weeks: those that have an issue, at least the newest of them.
    """
    week = week_of(now, campaign.timezone)
    if moment(week, campaign.highlights.draft, campaign.timezone) > now:
        week -= WEEK
    if any(week <= each <= week + AHEAD for each in weeks):
        return None
    found = plan(campaign, week)
    is_first = not any(each < week for each in weeks)
    return None if is_first and now >= found.send_at else found


def coming(campaign: Campaign, now: datetime, weeks: Collection[date] = ()) -> Plan:
    """Give the moments of the next mail that is still to be sent, for screens that say the next date."""
    week = week_of(now, campaign.timezone) - WEEK
    while week in weeks or plan(campaign, week).send_at <= now:
        week += WEEK
    return plan(campaign, week)


Turn = Literal["start", "late", "waits", ""]


def turn(state: str, due_at: datetime, not_after: datetime, now: datetime) -> Turn:
    """Say what is to be done about an issue now.

    Returns:
        `start` what is approved and due; `late`: its time is over, a person decides; `waits`: it was to
        be sent and nobody approved it; "": nothing.
    """
    if now < due_at:
        return ""
    if state in ("draft", "seconding"):
        return "waits"
    if state not in ("approved", "sending"):
        return ""
    if now > not_after:
        return "late"
    return "start" if state == "approved" else ""
