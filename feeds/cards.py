"""One shown item as a template wants it: words only, decided here, so that templates decide nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.item import Author, Flag, Item
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from feeds.addresses import PICTURES_AT, Address, path_of
from feeds.dates import changes_at, machine, written
from feeds.i18n import Words
from feeds.pictures import CardPicture, card_pictures
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
        warning: the author's content warning in the page's words, or "".
        author: a name that can be read aloud; "" when nobody is named.
        library: with its place, as moderators wrote them; "" when they did not.
        date: in words, and `moment` for machines; both "" when unknown.
        language: of the post; "" unknown, which `lang=""` says honestly.
        picture: the post's first; None without one, and behind a content warning.
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


def card(
    shown: Shown,
    public_url: str,
    campaign: Campaign,
    say: Words,
    now: datetime,
    pictures_at: str = PICTURES_AT,
) -> Card:
    """Give one item's card in the page's language."""
    item = shown.item
    warning = warning_of(item, say)
    title = cut(item.title, TITLE)
    text = _closer(shown.excerpt or item.text)
    first, rest = (warning, "") if warning else lead(text)
    when = item.published_at
    return Card(
        link=public_url + path_of(Address("permalink", campaign.slug, shown.id)),
        title=title,
        words=title or first,
        rest="" if warning else cut(text if title else rest, TEXT),
        text="" if warning else cut(text, TEXT),
        warning=warning,
        author=author_of(item.author),
        library=", ".join(part for part in (shown.library, shown.place) if part),
        network=shown.network,
        date=written(when, item.precision, campaign.timezone, say.language, now) if when else "",
        moment=machine(when, item.precision) if when else "",
        language=item.language,
        direction=item.direction,
        picture=None if warning else _first(card_pictures(shown, campaign, say, pictures_at)),
    )


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
