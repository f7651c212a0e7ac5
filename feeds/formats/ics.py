"""A view's events as a calendar to subscribe to, and one event to add. Calendars are written here only.

An event that is called off, or no longer shown, stays for a while as cancelled: a calendar that has it
would keep it otherwise. Source: RFC 5545; RFC 7986 (names, colours, joining); RFC 9073 is not used.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration, vText, vUri

from aggregator.item import Occasion
from aggregator.settings import Campaign
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address, path_of
from feeds.cards import TEXT, warning_of
from feeds.dates import on_the_clock
from feeds.formats import first_words
from feeds.i18n import Words
from feeds.page import Page, finished, readable_anywhere
from feeds.pictures import TYPES, feed_pictures, jpeg_of
from feeds.select import Snapshot
from feeds.texts import cut, followable, legible

CONTENT_TYPE = "text/calendar; charset=utf-8"
LOOK_AGAIN = timedelta(hours=1)
_BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def write(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Give the calendar, soonest first. Lines end as the standard wants, at 75 octets at most."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    calendar = _empty(snapshot, address, campaign, say)
    starts = []
    for shown in snapshot.posts:
        if occasion := shown.item.occasion:
            calendar.add_component(_event(shown, occasion, snapshot.public_url, campaign, say))
            starts.append(occasion.starts_at.date())
    for gone in snapshot.gone:
        if gone.occasion:
            calendar.add_component(_cancelled(gone, gone.occasion, campaign, say))
            starts.append(gone.occasion.starts_at.date())
    _add_zones(calendar, starts)
    text = calendar.to_ical().decode()
    return finished(200, CONTENT_TYPE, text, readable_anywhere(), holds_until=snapshot.holds_until)


def write_one(snapshot: Snapshot, _address: Address, say: Words) -> Page:
    """Give one event to add to a calendar: the same one as in calendars to subscribe to."""
    campaign, shown = snapshot.campaign, snapshot.one
    assert campaign  # select.snapshot gives it for a post's address
    occasion = shown.item.occasion if isinstance(shown, Shown) else None
    if not isinstance(shown, Shown) or occasion is None:
        status = 410 if isinstance(shown, Gone) else 404
        words = f"{say(f'notice-{status}-title')}\n"
        return finished(status, "text/plain; charset=utf-8", words, readable_anywhere())
    calendar = _begun()
    calendar.add_component(_event(shown, occasion, snapshot.public_url, campaign, say))
    _add_zones(calendar, [occasion.starts_at.date()])
    return finished(200, CONTENT_TYPE, calendar.to_ical().decode(), readable_anywhere())


def _begun() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Engaged//Engaged//EN")
    return calendar


def _empty(snapshot: Snapshot, address: Address, campaign: Campaign, say: Words) -> Calendar:
    calendar = _begun()
    name = say("calendar-name", campaign=campaign.name)
    itself = snapshot.public_url + path_of(address)
    hub = Address("hub", campaign.slug, language=address.language)
    for key in ("name", "x-wr-calname"):  # the standard's, and what calendars understood before it
        calendar.add(key, _text(name))
    if campaign.about:
        for key in ("description", "x-wr-caldesc"):
            calendar.add(key, _text(campaign.about))
    calendar.add("x-wr-timezone", campaign.timezone)
    calendar.add("url", vUri(snapshot.public_url + path_of(hub)))
    calendar.add("source", vUri(itself), {"VALUE": "URI"})
    calendar.add("refresh-interval", vDuration(LOOK_AGAIN), {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(LOOK_AGAIN))
    return calendar


def _event(shown: Shown, occasion: Occasion, public_url: str, campaign: Campaign, say: Words) -> Event:
    item, warning = shown.item, warning_of(shown.item, say)
    permalink = public_url + path_of(Address("permalink", campaign.slug, shown.id))
    event = _dated(shown.id, occasion, campaign, shown.changed_at)
    event.add("created", shown.shown_since)
    language = {"LANGUAGE": item.language} if item.language.isalpha() else {}
    event.add("summary", _text(first_words(shown, warning, campaign)), language)
    event.add("description", _text(_words(shown, occasion, warning, permalink, say)), language)
    if place := occasion.location or ", ".join(filter(None, (shown.library, shown.place))):
        event.add("location", _text(place))
    if joining := followable(occasion.joining_url):
        event.add("conference", vUri(legible(joining)), {"VALUE": "URI", "FEATURE": "VIDEO"})
    event.add("url", vUri(permalink))
    if item.tags:
        event.add("categories", [_line(tag) for tag in item.tags])
    for picture in () if warning else feed_pictures(shown, campaign)[:1]:
        how = {"VALUE": "URI", "DISPLAY": "BADGE", "FMTTYPE": TYPES["jpg"]}
        event.add("image", vUri(jpeg_of(picture, public_url)), how)
    event.add("status", "CANCELLED" if occasion.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # who subscribes has not promised to come
    return event


def _cancelled(gone: Gone, occasion: Occasion, campaign: Campaign, say: Words) -> Event:
    """Give what takes an event out of calendars that have it: its times, and none of its words."""
    event = _dated(gone.id, occasion, campaign, gone.since)
    event.add("summary", _text(say("event-gone")))
    event.add("status", "CANCELLED")
    event.add("transp", "TRANSPARENT")
    return event


def _dated(item: str, occasion: Occasion, campaign: Campaign, changed_at: datetime) -> Event:
    event = Event()
    event.add("uid", f"engaged:{campaign.slug}:{item}")
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    # Rises with every change, whoever counts: seconds since a day that never moves.
    event.add("sequence", max(0, int((changed_at - _BEGINNING).total_seconds())))
    starts, ends = on_the_clock(occasion)
    event.add("dtstart", _written(starts, occasion))
    if ends and ends > starts:
        event.add("dtend", _written(ends, occasion))
    return event


def _written(when: datetime, occasion: Occasion) -> datetime | date:
    return when.date() if occasion.is_all_day else when.astimezone(_zone(occasion.zone))


def _zone(name: str) -> tzinfo:
    """Give the zone; UTC itself for all its names, so that times of it are written with a Z."""
    return UTC if name in ("", "UTC", "Etc/UTC", "GMT") else ZoneInfo(name)


def _words(shown: Shown, occasion: Occasion, warning: str, permalink: str, say: Words) -> str:
    """Give plain words, then where to join and where to read on: some calendars show nothing else."""
    words = warning or cut(shown.excerpt or shown.item.text, TEXT)
    joining = followable(occasion.joining_url)
    links = (
        say("event-join", address=joining) if joining else "",
        say("event-read", address=permalink),
    )
    return "\n\n".join(part for part in (words, *links) if part)


def _add_zones(calendar: Calendar, starts: list[date]) -> None:
    """Describe the zones that events are in, for the years in which these take place."""
    if starts:
        calendar.add_missing_timezones(
            date(min(starts).year - 1, 1, 1), date(max(starts).year + 2, 1, 1)
        )


def _text(words: str) -> vText:
    """Give text with line feeds alone: no other control character may stand in a calendar."""
    return vText(legible(words.replace("\r\n", "\n").replace("\r", "\n")))


def _line(words: str) -> str:
    return " ".join(legible(words).split())
