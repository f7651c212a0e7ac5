"""What the templates of a letter are filled with: values only, in one language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from markupsafe import Markup

from aggregator.settings import Campaign, Settings
from aggregator.store.published import Shown
from feeds.addresses import Address, path_of
from feeds.dates import week_in_words
from feeds.highlights.draft import Block, Draft
from feeds.highlights.faces import Event, Face, event, face, link_to
from feeds.highlights.wording import (
    MERGED,
    Words,
    direction_of,
    harmless,
    in_language,
    isolated,
    merged,
    start_of,
)
from feeds.i18n import Words as Say
from feeds.i18n import words
from feeds.texts import followable


def date_in_words(week: date, language: str) -> str:
    """Give what `{{date}}` stands for: the week, which is true on whatever day the letter leaves.

    Args:
        week: its Monday.
    """
    return week_in_words(week, language)


@dataclass(frozen=True, slots=True)
class Own:
    """A block of the editors' own."""

    title: Words
    words: Words
    is_call: bool


@dataclass(frozen=True, slots=True)
class Content:
    """One issue in one language of its campaign.

    Attributes:
        day: on which it is to be sent, in the campaign's zone.
        week: the Monday of the week that it is about.
    """

    draft: Draft
    shown_by_id: Mapping[str, Shown]
    campaign: Campaign
    settings: Settings
    language: str
    number: int
    day: date
    week: date

    @property
    def values(self) -> dict[str, Any]:
        """Give everything that the templates name."""
        draft = self.draft
        return {
            **self._around(),
            "subject": self._own(draft.subject).text,
            "preheader": self._own(draft.preheader).text,
            "intro": self._own(draft.intro),
            "before": [self._block(block) for block in draft.blocks if not block.after],
            "after": [self._block(block) for block in draft.blocks if block.after],
            "faces": list(self._faces()),
            "events": list(self._events()),
        }

    def _around(self) -> dict[str, Any]:
        """Give what stands above and below the posts."""
        campaign, say, first = self.campaign, self._say, self.campaign.languages[0]
        name = harmless(campaign.name)
        hub = path_of(Address("hub", campaign.slug, language=self._in_path))
        return {
            "say": say,
            "start": start_of(say.direction),
            "name": name,
            "isolated_name": isolated(name, say.direction),
            "line": say("mail-issue", number=say.number(self.number), date=self._date),
            "hub": self.settings.public_url + hub,
            "share": self.settings.public_url + hub,
            "header": self._own({first: campaign.highlights.header}),
            "footer": self._own({first: campaign.highlights.footer}),
            "fields": {name: Markup(f"{{{{{name}}}}}") for name in MERGED},  # noqa: S704 - three words of ours
            "contact": campaign.contact,
            "contact_link": followable(campaign.contact) or f"mailto:{campaign.contact}",
            "postal": harmless(self.settings.mail.postal_address).strip().splitlines(),
            "postal_direction": direction_of(first),
        }

    def _faces(self) -> Iterator[Face]:
        for pick in self.draft.picks:
            if shown := self.shown_by_id.get(pick.item):
                where = (self.campaign, self.settings.public_url, self._say, self._link(shown))
                yield face(shown, *where, self._own(pick.blurb), self._at)

    def _events(self) -> Iterator[Event]:
        for item in self.draft.occasions:
            if shown := self.shown_by_id.get(item):
                where = (self.settings.public_url, self.campaign, self._say, self._link(shown))
                if found := event(shown, *where, self._at):
                    yield found

    def _block(self, block: Block) -> Own:
        return Own(self._own(block.title), self._own(block.words), block.kind == "call")

    def _own(self, texts: Mapping[str, str]) -> Words:
        """Give editors' words in this language or the nearest, with their fields filled in."""
        found = in_language(texts, self.language, self.campaign.languages[0])
        name = harmless(self.campaign.name)
        known = {"campaign": name, "number": str(self.number), "date": self._date}
        return replace(found, text=merged(found.text, known))

    def _link(self, shown: Shown) -> str:
        return link_to(shown, self.campaign, self.settings.public_url, self._in_path, self.number)

    @property
    def _say(self) -> Say:
        return words(self.language)

    @property
    def _in_path(self) -> str:
        return "" if self.language == self.campaign.languages[0] else self.language

    @property
    def _at(self) -> datetime:
        return datetime.combine(self.day, time(), UTC)

    @property
    def _date(self) -> str:
        return date_in_words(self.week, self._say.language)
