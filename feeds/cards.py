"""One shown item as a template wants it: words only, decided here, so that templates decide nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.item import Author, Flag, Item
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from aggregator.tags import fold_tag
from feeds.addresses import PICTURES_AT, Address, path_of
from feeds.aloud import parted, readable, spelled
from feeds.dates import changes_at, machine, written
from feeds.i18n import Words
from feeds.pictures import CardPicture, card_pictures
from feeds.qr import Code, code
from feeds.recordings import Recording, recordings
from feeds.texts import cut, has_word, lead

TEXT = 500
TITLE = 200
NAME = 60


@dataclass(frozen=True)
class Card:
    """What a card shows.

    Attributes:
        link: our own permalink, absolute: a frame inside a sandbox may open nothing else, and a
            takedown can reach it.
        title: "" when the post has none.
        words: what stands large on a plate: the title or the first words.
        rest: the text that follows `words`.
        text: the whole text, cut; "" behind a content warning.
        tags: the hashtags that stood in a row at its end, with their capitals where anybody wrote them;
            without the campaign's own, which every post has.
        warning: the author's content warning in the page's words, or "".
        author: a name that can be read aloud; "" when nobody is named.
        library: with its place, as moderators wrote them; "" when they did not.
        date: in words, and `moment` for machines; both "" when unknown.
        language: of the post; "" unknown, which `lang=""` says honestly.
        picture: the post's first; None without one, and behind a content warning.
        name: who to name in a heading: the author, or where the post stands.
        is_highlighted: it stands in a featured place and is drawn larger than its neighbours.
        recording: the first film or sound; None without one, and behind a content warning.
        parts: "Parts in this thread: 3"; "" when it stands alone.
        repeated: the whole words that begin `text` and that `words` say already; "" beside a title.
    """

    link: str
    title: str
    words: str
    rest: str
    text: str
    warning: str
    author: str
    library: str
    network: str
    date: str
    moment: str
    language: str
    direction: str
    picture: CardPicture | None = None
    name: str = ""
    is_highlighted: bool = False
    tags: tuple[str, ...] = ()
    recording: Recording | None = None
    parts: str = ""
    repeated: str = ""

    @property
    def code(self) -> Code:
        """Give the link as a code that a telephone reads."""
        return code(self.link)


def card(
    shown: Shown,
    public_url: str,
    campaign: Campaign,
    say: Words,
    now: datetime,
    pictures_at: str = PICTURES_AT,
    language: str = "",
) -> Card:
    """Give one item's card in the page's language.

    Args:
        language: as in the address of the page, so that its link keeps it.
    """
    item = shown.item
    warning = readable(warning_of(item, say))
    title = cut(readable(item.title), TITLE)
    text, tags = parted(readable(_closer(shown.excerpt or item.text)))
    name = readable(author_of(item.author))
    first, rest = (warning, "") if warning else lead(text)
    return Card(
        link=public_url + path_of(Address("permalink", campaign.slug, shown.id, language)),
        title=title,
        words=title or first,
        rest="" if warning else cut(text if title else rest, TEXT),
        text="" if warning else cut(text, TEXT),
        warning=warning,
        author=name,
        library=", ".join(part for part in (shown.library, shown.place) if part and part != name),
        network=shown.network,
        date=_day(item, campaign, say, now),
        moment=machine(item.published_at, item.precision) if item.published_at else "",
        language=item.language,
        direction=item.direction,
        picture=None if warning else _first(card_pictures(shown, campaign, say, pictures_at)),
        name=name or shown.network,
        tags=() if warning else with_capitals(_further(tags, campaign), item, campaign),
        recording=None if warning else next(iter(recordings(shown, campaign, say, pictures_at)), None),
        parts=parts_of(shown, say),
        repeated="" if warning or title else _said_already(text.strip(), rest),
    )


def _said_already(text: str, rest: str) -> str:
    """Give what of a text its first words say: nothing where they were cut and the rest repeats them."""
    return text.removesuffix(rest).rstrip() if text != rest else ""


def _day(item: Item, campaign: Campaign, say: Words, now: datetime) -> str:
    if item.published_at is None:
        return ""
    return written(item.published_at, item.precision, campaign.timezone, say.language, now)


def _further(tags: Iterable[str], campaign: Campaign) -> tuple[str, ...]:
    """Give the hashtags that are not the campaign's own: every post has those."""
    own = {fold_tag(tag) for tag in campaign.hashtags}
    return tuple(tag for tag in tags if fold_tag(tag) not in own)


def with_capitals(tags: Iterable[str], item: Item, campaign: Campaign) -> tuple[str, ...]:
    """Give hashtags as the post or the campaign spells them."""
    return spelled(tags, item.text, item.title, *(f"#{tag}" for tag in campaign.hashtags))


def parts_of(shown: Shown, say: Words) -> str:
    """Say how many posts of its author belong together; "" for one alone."""
    if not shown.thread:
        return ""
    return say("thread-parts", number=say.number(1 + len(shown.thread)))


def _first(pictures: Sequence[CardPicture]) -> CardPicture | None:
    return next(iter(pictures), None)


def author_of(author: Author) -> str:
    """Give a name to show; a name of emoji alone gets the handle beside it."""
    name = author.name.strip() or author.handle.strip()
    if has_word(name) or not author.handle.strip():
        return cut(name, NAME)
    return cut(f"{name} {author.handle}", NAME)


def warning_of(item: Item, say: Words) -> str:
    """Give the line that stands instead of a text its author put behind a warning; "" for none."""
    if item.warning:
        return say("content-warning", warning=cut(item.warning, TITLE))
    return say("sensitive") if Flag.SENSITIVE in item.flags else ""


def turning_point(items: Iterable[Shown], now: datetime) -> datetime | None:
    """Say when the first date among these will read differently; None: never."""
    turns = (
        changes_at(shown.item.published_at, shown.item.precision, now)
        for shown in items
        if shown.item.published_at
    )
    return min((turn for turn in turns if turn), default=None)


def _closer(text: str) -> str:
    """Give paragraphs as lines: an empty line is one of the six a card has."""
    return "\n".join(line for line in text.splitlines() if line.strip())
