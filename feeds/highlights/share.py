"""An issue in a few words, ready to be posted: on Mastodon, Bluesky and LinkedIn.

Each network counts in its own way, and calls people in its own way: a handle of another network would
call nobody, or somebody else, so there the person's name stands. Pure; nothing is posted from here.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from aggregator.item import Author
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from aggregator.tags import fold_tag
from feeds.aloud import readable
from feeds.cards import author_of, warning_of
from feeds.highlights.wording import isolated
from feeds.i18n import Words
from feeds.pictures import feed_pictures, jpeg_of
from feeds.texts import cut, lead, legible

Network = Literal["mastodon", "bluesky", "linkedin"]

MOST_PICTURES = 4
"""So many fit one post on each of them."""

URL_COUNTS = 23
"""On Mastodon, however long it is. Source: docs.joinmastodon.org, user/posting."""

_URL = re.compile(r"https?://\S+")
_FEDIVERSE = re.compile(r"@?([A-Za-z0-9_.-]{1,64})@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)")
_BLUESKY = re.compile(r"@?((?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62})")
_MENTION = re.compile(r"(@[A-Za-z0-9_.-]+)@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+")
_LENGTHS = (110, 80, 60, 40, 24)
_MARK = "• "


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture to go with it, and its words: what nobody described is not offered."""

    address: str
    alt: str


@dataclass(frozen=True, slots=True)
class Ready:
    """What to post on one network.

    Attributes:
        length, most: as that network counts.
    """

    network: Network
    text: str
    length: int
    most: int
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    network: Network
    most: int
    count: Callable[[str], int]
    name: Callable[[Author], str]


def ready(
    campaign: Campaign, shown: Sequence[Shown], link: str, say: Words, public_url: str
) -> tuple[Ready, ...]:
    """Give the texts of an issue, one for each network.

    Args:
        shown: its posts that are still shown, in order.
        link: the address of the issue's page.
        say: in the language that the text is to be in.
    """
    pictures = _pictures(shown, campaign, public_url)
    return tuple(_ready(form, campaign, shown, link, say, pictures) for form in _FORMS)


def _ready(
    form: _Form,
    campaign: Campaign,
    shown: Sequence[Shown],
    link: str,
    say: Words,
    pictures: tuple[Picture, ...],
) -> Ready:
    opening = legible(say("share-lead", campaign=isolated(campaign.name, say.direction)))
    tags = " ".join(f"#{tag}" for tag in campaign.hashtags if fold_tag(tag) not in fold_tag(opening))
    closing = "\n".join(part for part in (say("share-all", link=link), tags) if part)
    for lines in _shorter_and_shorter([_Line(each, form, say) for each in shown]):
        text = "\n\n".join(part for part in (opening, "\n".join(lines), closing) if part)
        if form.count(text) <= form.most:
            return Ready(form.network, text, form.count(text), form.most, pictures)
    text = cut(link, form.most)
    return Ready(form.network, text, form.count(text), form.most, pictures)


class _Line:
    """One post in a line: who, and its first words in as many characters as there is room for."""

    def __init__(self, shown: Shown, form: _Form, say: Words) -> None:
        self._who = form.name(shown.item.author) or shown.library or shown.network
        title = shown.item.title.strip()
        words = warning_of(shown.item, say) or title or lead(shown.excerpt or shown.item.text)[0]
        # A post's own handles and hashtags would call people who said nothing here.
        self._words = re.sub(r"[@#](?=\w)", "", " ".join(readable(legible(words)).split()))

    def in_most(self, length: int) -> str:
        """Give the line with so much of the words."""
        return _MARK + ": ".join(part for part in (self._who, cut(self._words, length)) if part)


def _shorter_and_shorter(lines: Sequence[_Line]) -> Sequence[list[str]]:
    """Give the lines with ever fewer words, and then ever fewer lines, down to none."""
    whole = [[line.in_most(length) for line in lines] for length in _LENGTHS]
    fewer = [whole[-1][:count] for count in range(len(lines) - 1, -1, -1)]
    return [*whole, *fewer]


def _pictures(shown: Sequence[Shown], campaign: Campaign, public_url: str) -> tuple[Picture, ...]:
    found = [
        Picture(jpeg_of(picture, public_url), readable(picture.alt))
        for each in shown
        for picture in feed_pictures(each, campaign)[:1]
        if picture.alt and not each.item.warning
    ]
    return tuple(found[:MOST_PICTURES])


def _on_mastodon(author: Author) -> str:
    found = _FEDIVERSE.fullmatch(author.handle.strip())
    return f"@{found[1]}@{found[2]}" if found else _unmarked(author)


def _on_bluesky(author: Author) -> str:
    found = _BLUESKY.fullmatch(author.handle.strip())
    return f"@{found[1]}" if found else _unmarked(author)


def _unmarked(author: Author) -> str:
    """Give a name that calls nobody."""
    return readable(author_of(author)).lstrip("@")


def counted_by_mastodon(text: str) -> int:
    """Count as Mastodon does: an address is 23, of a handle only what stands before its server."""
    return len(_MENTION.sub(r"\1", _URL.sub("x" * URL_COUNTS, text)))


def counted_by_bluesky(text: str) -> int:
    """Count what is seen as one character, never too few: flags and old Korean count by their parts.

    Source: Unicode Standard Annex 29, section 3.1; app.bsky.feed.post, maxGraphemes.
    """
    ties = "\u200d\ufe0f"
    count, is_tied = 0, False
    for character in text:
        is_part = (
            character in ties
            or unicodedata.combining(character) > 0
            or "\U0001f3fb" <= character <= "\U0001f3ff"
        )
        count += not is_part and not is_tied
        is_tied = character == "\u200d"
    return count


_FORMS = (
    _Form("mastodon", 500, counted_by_mastodon, _on_mastodon),
    _Form("bluesky", 300, counted_by_bluesky, _on_bluesky),
    _Form("linkedin", 3000, len, _unmarked),
)
