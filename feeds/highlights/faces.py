"""What a letter shows of posts and events: values only, so that its templates decide nothing."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton

from aggregator.item import Occasion
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from feeds.addresses import PICTURES_AT, Address, path_of, picture_path
from feeds.aloud import readable
from feeds.cards import Card, card
from feeds.highlights.wording import Words, isolated, name_of_a_post, of_a_post, start_of
from feeds.i18n import BABEL_FAILS
from feeds.i18n import Words as Say
from feeds.pictures import credit_of, feed_pictures
from feeds.texts import cut

TEXT = 320
"""How much of a post stands in a letter: the rest is one click away, and Gmail cuts long mails off."""
WIDTH, TALLEST, SMALLEST = 598, 460, 180
"""Of a picture as it is drawn, in pixels; smaller ones than the last are left out."""
SHARP = 2


@dataclass(frozen=True, slots=True)
class Photo:
    """One picture, as every mail program draws it.

    Attributes:
        src: absolute, our own JPEG.
        width: as drawn, in pixels.
        alt: None: nobody described it, which the lint says.
        is_wide: it reaches from edge to edge of its card.
    """

    src: str
    width: int
    alt: str | None
    credit: str
    is_wide: bool


@dataclass(frozen=True, slots=True)
class Face:
    """One post in a letter.

    Attributes:
        title: "" when it has none.
        author: who to name in bold; the rest of the line is `about`, and behind it `date`.
        language, direction: of the post's own words.
        name: what its link is called for people who hear it.
    """

    item: str
    link: str
    title: str
    lines: tuple[str, ...]
    author: str
    about: tuple[str, ...]
    date: str
    language: str
    direction: str
    warning: str
    photo: Photo | None
    blurb: Words
    name: str

    @property
    def start(self) -> str:
        return start_of(self.direction)

    @property
    def who(self) -> str:
        return " · ".join(part for part in (self.author, *self.about, self.date) if part)


@dataclass(frozen=True, slots=True)
class Event:
    """One event in a letter.

    Attributes:
        day, month: for the block that shows its date; the day in this language's digits.
        when: in words, with its zone.
    """

    item: str
    link: str
    title: str
    language: str
    direction: str
    day: str
    month: str
    when: str
    where: str
    is_cancelled: bool


def face(
    shown: Shown, campaign: Campaign, public_url: str, say: Say, link: str, blurb: Words, now: datetime
) -> Face:
    """Give one post's face in a letter of this language."""
    seen = card(shown, public_url, campaign, say, now)
    title = of_a_post(seen.title)
    text = of_a_post("" if seen.warning else cut(seen.text, TEXT))
    direction = seen.direction if seen.direction == "rtl" else "ltr"
    about = (seen.library, seen.network, *_recorded(seen), seen.parts)
    return Face(
        item=shown.id,
        link=link,
        title=title,
        lines=tuple(line for line in text.splitlines() if line.strip()),
        author=name_of_a_post(seen.author, direction),
        about=tuple(name_of_a_post(each, direction) for each in about if each),
        date=name_of_a_post(seen.date, direction),
        language=seen.language,
        direction=direction,
        warning=of_a_post(seen.warning),
        photo=None if seen.warning else photo(shown, campaign, public_url, say),
        blurb=blurb,
        name=title or of_a_post(seen.name),
    )


def _recorded(seen: Card) -> tuple[str, ...]:
    return (seen.recording.name,) if seen.recording else ()


def photo(shown: Shown, campaign: Campaign, public_url: str, say: Say) -> Photo | None:
    """Give the first picture that every mail program can draw; None: none, or only a tiny one."""
    first = next(iter(feed_pictures(shown, campaign)), None)
    if first is None:
        return None
    drawn = min(WIDTH, first.width, round(TALLEST * first.width / first.height))
    if drawn < min(SMALLEST, first.width) or first.width < SMALLEST:
        return None
    wide_enough = [width for width in first.widths if width >= SHARP * drawn]
    width = min(wide_enough) if wide_enough else first.widths[-1]
    return Photo(
        src=public_url + picture_path(PICTURES_AT, first.key, width, "jpg"),
        width=drawn,
        alt=None if first.alt is None else of_a_post(readable(first.alt)),
        credit=of_a_post(credit_of(first, say)),
        is_wide=drawn == WIDTH,
    )


def event(
    shown: Shown, public_url: str, campaign: Campaign, say: Say, link: str, now: datetime
) -> Event | None:
    """Give one event's face; None for what takes place at no known time."""
    occasion = shown.item.occasion
    if occasion is None:
        return None
    seen = card(shown, public_url, campaign, say, now)
    starts = occasion.starts_at.astimezone(ZoneInfo(occasion.zone))
    where = occasion.location or (say("mail-online") if occasion.joining_url else "")
    return Event(
        item=shown.id,
        link=link,
        title=of_a_post(seen.title or seen.words or seen.name),
        language=seen.language if seen.title or seen.words else "",
        direction=seen.direction if seen.direction == "rtl" else "ltr",
        day=str(starts.day),
        month=_month(starts, say.language),
        when=when(occasion, say),
        where=name_of_a_post(cut(where, 120), say.direction),
        is_cancelled=occasion.is_cancelled,
    )


def when(occasion: Occasion, say: Say) -> str:
    """Say when something begins, in its own zone, which is named: readers live in many."""
    zone = ZoneInfo(occasion.zone)
    starts = occasion.starts_at.astimezone(zone)
    locale = say.language.replace("-", "_")
    try:
        if occasion.is_all_day:
            return str(format_date(starts.date(), format="full", locale=locale))
        day = format_date(starts.date(), format="full", locale=locale)
        clock = format_skeleton("Hm", starts, locale=locale)
    except BABEL_FAILS:
        day, clock = f"{starts:%Y-%m-%d}", f"{starts:%H:%M}"
        if occasion.is_all_day:
            return day
    return say(
        "mail-when", day=str(day), time=str(clock), zone=isolated(_zone(occasion.zone), say.direction)
    )


def _zone(name: str) -> str:
    """Give a zone's city: "New York" says more than EST does."""
    return name.rpartition("/")[2].replace("_", " ")


def _month(starts: datetime, language: str) -> str:
    try:
        return str(format_date(starts.date(), format="MMM", locale=language.replace("-", "_")))
    except BABEL_FAILS:
        return f"{starts:%m}"


def link_to(shown: Shown, campaign: Campaign, public_url: str, language: str, number: int) -> str:
    """Give the address of a post's page, counted as a click of this issue and of nobody."""
    path = path_of(Address("permalink", campaign.slug, shown.id, language))
    return f"{public_url}{path}?v=highlights-{number}"
