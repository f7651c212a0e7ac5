"""A letter: one issue in one language, as it is frozen at approval and sent to each subscriber.

It is put together once. What may have to leave it until it is sent, posts and events, are parts of their
own; what differs between subscribers are three declared fields. Nothing else changes after approval.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Literal

from markupsafe import escape

from aggregator.errors import EngagedError
from aggregator.item import Item
from aggregator.settings import Campaign, Settings
from aggregator.store.published import Shown
from feeds.highlights.content import Content
from feeds.highlights.draft import Draft
from feeds.highlights.sheets import as_html, as_text
from feeds.highlights.wording import MERGED, merged

PartKind = Literal["post", "event", "heading"]
_MARK = re.compile(r"<!--part (\w+) (\w*)-->\n?")
_TEXT_MARK = re.compile("\x1e(\\w+) (\\w*)\x1e\n?")


class LetterChanged(EngagedError):
    """What was frozen is not what was approved."""

    code = "letter-changed"


@dataclass(frozen=True, slots=True)
class Card:
    """One part of a letter that can leave it.

    Attributes:
        item: whose part it is; "" for the heading of events, which stays while one of them does.
        html, text: in its place, with the fields unfilled.
        said: a digest of its author's words: when those change after approval, the part leaves.
    """

    item: str
    html: str
    text: str
    kind: PartKind = "post"
    said: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One issue in one language.

    Attributes:
        cards: posts, then the heading of events, then events.
    """

    subject: str
    preheader: str
    opening_html: str
    cards: tuple[Card, ...]
    closing_html: str
    opening_text: str
    closing_text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """One letter for one reader.

    Attributes:
        posts: how many posts are left in it; a letter without any is not sent.
    """

    subject: str
    html: str
    text: str
    posts: int


def compose(
    draft: Draft,
    shown_by_id: Mapping[str, Shown],
    campaign: Campaign,
    settings: Settings,
    language: str,
    *,
    number: int,
    day: date,
    week: date,
) -> Letter:
    """Put one letter together. Posts and events that are not among those shown are left out.

    Args:
        language: one of the campaign's.
        number: of the issue.
        day: on which it is to be sent, in the campaign's zone.
        week: the Monday of the week that it is about.
    """
    values = Content(draft, shown_by_id, campaign, settings, language, number, day, week).values
    opening, parts, closing = _parted(_MARK, as_html("letter.html", **values))
    opening_text, text_parts, closing_text = _parted(_TEXT_MARK, as_text("letter.txt", **values))
    of_text = {(kind, item): words for kind, item, words in text_parts}
    return Letter(
        subject=values["subject"],
        preheader=values["preheader"],
        opening_html=opening,
        cards=tuple(
            Card(item, markup, of_text[kind, item], kind, said(shown_by_id[item].item) if item else "")  # type: ignore[arg-type] # the kinds are our template's
            for kind, item, markup in parts
        ),
        closing_html=closing,
        opening_text=opening_text,
        closing_text=closing_text,
        language=language,
    )


def letters(
    draft: Draft,
    shown_by_id: Mapping[str, Shown],
    campaign: Campaign,
    settings: Settings,
    *,
    number: int,
    day: date,
    week: date,
) -> dict[str, Letter]:
    """Put an issue together in each language of its campaign."""
    return {
        language: compose(
            draft, shown_by_id, campaign, settings, language, number=number, day=day, week=week
        )
        for language in campaign.languages
    }


def said(item: Item) -> str:
    """Give a digest of what a letter repeats of an author's words."""
    noticed = "\x1e".join((item.title, item.text, item.warning, item.author.name))
    return sha256(noticed.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def freeze(whole: Mapping[str, Letter]) -> tuple[dict[str, Any], str]:
    """Give letters as they are kept from approval on, and the digest that was approved."""
    frozen = {language: asdict(letter) for language, letter in whole.items()}
    return json.loads(json.dumps(frozen)), _digest(frozen)


def thaw(frozen: Mapping[str, Any], digest: str) -> dict[str, Letter]:
    """Give letters back as they were frozen.

    Raises:
        LetterChanged: they are not what was approved.
    """
    if _digest(frozen) != digest:
        raise LetterChanged(
            "The letter is not the one that was approved: it is not sent. Approve it again"
        )
    return {
        language: Letter(**{**kept, "cards": tuple(Card(**card) for card in kept["cards"])})
        for language, kept in frozen.items()
    }


def in_language_of(whole: Mapping[str, Letter], language: str, first: str) -> Letter:
    """Give the letter for a reader of a language: that, or its relative, or the campaign's first."""
    related = [each for each in whole if each.partition("-")[0] == language.partition("-")[0]]
    return whole[
        next(iter(name for name in (language, *related, first) if name in whole), next(iter(whole)))
    ]


def still_shown(letter: Letter, shown_by_id: Mapping[str, Shown]) -> frozenset[str]:
    """Give the items whose words in the letter are the words that are shown now."""
    return frozenset(
        card.item
        for card in letter.cards
        if (shown := shown_by_id.get(card.item)) is not None and said(shown.item) == card.said
    )


def filled(letter: Letter, still_there: Collection[str], fields: Mapping[str, str]) -> Filled:
    """Give a letter for one reader, without the parts of what is no longer shown.

    Args:
        fields: a value for each of `wording.MERGED`.
    """
    left = [card for card in letter.cards if card.item in still_there]
    has_events = any(card.kind == "event" for card in left)
    cards = [card for card in letter.cards if card in left or (card.kind == "heading" and has_events)]
    values = {name: fields[name] for name in MERGED}
    escaped = {name: str(escape(value)) for name, value in values.items()}
    html = "".join((letter.opening_html, *(card.html for card in cards), letter.closing_html))
    text = "".join((letter.opening_text, *(card.text for card in cards), letter.closing_text))
    return Filled(
        letter.subject,
        merged(html, escaped),
        merged(text, values),
        sum(card.kind == "post" for card in left),
    )


def whole_for_preview(letter: Letter, archive: str) -> Filled:
    """Give a letter with everything in it, as a reader without a name would see it."""
    everything = {card.item for card in letter.cards}
    return filled(letter, everything, dict.fromkeys(MERGED, archive))


def _digest(frozen: Mapping[str, Any]) -> str:
    return sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest()


def _parted(mark: "re.Pattern[str]", whole: str) -> tuple[str, list[tuple[str, str, str]], str]:
    """Split a rendered letter at its marks: what is before, (kind, item, words) of each, the rest."""
    opening, *rest = mark.split(whole)
    parts = list(zip(rest[::3], rest[1::3], rest[2::3], strict=True))
    *cards, (_, _, closing) = parts
    return opening, cards, closing
