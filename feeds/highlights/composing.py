"""The letters of an issue as they are now: as approved, or made of its draft and of what is shown."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

from aggregator.settings import Campaign, Settings
from aggregator.store.issues import Issue
from aggregator.store.published import Gone, Shown
from feeds.highlights.content import date_in_words
from feeds.highlights.draft import Draft, from_json
from feeds.highlights.letter import Letter, letters, still_shown, thaw
from feeds.highlights.wording import harmless


class Looks(Protocol):
    """What composing asks of the published side of the store."""

    def one(self, slug: str, item: str) -> Shown | Gone | None:
        """Give one item, or that it was public once, or None: it never was."""


def shown_of(door: Looks, slug: str, items: Iterable[str]) -> dict[str, Shown]:
    """Give those of some items that readers see now."""
    found = {item: door.one(slug, item) for item in items}
    return {item: shown for item, shown in found.items() if isinstance(shown, Shown)}


def items_of(draft: Draft) -> tuple[str, ...]:
    """Give everything that a letter of this draft shows."""
    return (*draft.items, *draft.occasions)


def day_of(issue: Issue, campaign: Campaign) -> date:
    """Give the day for which a letter is made: when it is due, where the campaign is."""
    return issue.due_at.astimezone(ZoneInfo(campaign.timezone)).date()


def fields_of(issue: Issue, campaign: Campaign, language: str) -> dict[str, str]:
    """Give the fields of editors' words as a letter of this language fills them in."""
    date = date_in_words(issue.week, language)
    return {"campaign": harmless(campaign.name), "number": str(issue.number), "date": date}


def still_there(letter: Letter, door: Looks, slug: str) -> frozenset[str]:
    """Give the items of a letter that would be in it if it were sent now."""
    items = dict.fromkeys(card.item for card in letter.cards if card.item)
    return still_shown(letter, shown_of(door, slug, items))


def new_letters(
    issue: Issue, shown_by_id: Mapping[str, Shown], campaign: Campaign, settings: Settings
) -> dict[str, Letter]:
    """Put the letters of a draft together."""
    draft, day = from_json(issue.content), day_of(issue, campaign)
    number, week = issue.number, issue.week
    return letters(draft, shown_by_id, campaign, settings, number=number, day=day, week=week)


def letters_of(issue: Issue, door: Looks, campaign: Campaign, settings: Settings) -> dict[str, Letter]:
    """Give the letters as they were approved, or, before that, as they would be now."""
    if issue.frozen is not None:
        return thaw(issue.frozen, issue.digest)
    shown = shown_of(door, campaign.slug, items_of(from_json(issue.content)))
    return new_letters(issue, shown, campaign, settings)
