"""The letters of an edition as this house reads them: as approved, or as they would be now."""

from collections.abc import Mapping

from aggregator.settings import Campaign
from aggregator.store.issues import Issue
from aggregator.store.published import Door, Shown
from feeds.addresses import Address, path_of
from feeds.highlights import composing
from feeds.highlights.draft import Draft
from feeds.highlights.letter import Filled, Letter, filled
from feeds.highlights.wording import MERGED
from moderation.routes import Desk


def posts_of(desk: Desk, campaign: Campaign, draft: Draft) -> dict[str, Shown]:
    """Give the posts and events of a draft that are shown in public now."""
    return composing.shown_of(Door(desk.reader), campaign.slug, composing.items_of(draft))


def letters_of(
    desk: Desk, campaign: Campaign, issue: Issue, shown: Mapping[str, Shown] | None = None
) -> dict[str, Letter]:
    """Give the letters of an edition: word by word what was approved, or what would be frozen now.

    Raises:
        LetterChanged: what was approved was changed in the store.
    """
    if issue.frozen is None and shown is not None:
        return composing.new_letters(issue, shown, campaign, desk.settings)
    return composing.letters_of(issue, Door(desk.reader), campaign, desk.settings)


def as_sent(desk: Desk, campaign: Campaign, issue: Issue, letter: Letter, **fields: str) -> Filled:
    """Give a letter as a reader would get it now: what is no longer shown is not in it.

    Args:
        fields: values of a reader's own links; the edition's public page stands for those left out.
    """
    there = composing.still_there(letter, Door(desk.reader), campaign.slug)
    archive = archive_of(desk, campaign, issue, letter.language)
    return filled(letter, there, {**dict.fromkeys(MERGED, archive), **fields})


def archive_of(desk: Desk, campaign: Campaign, issue: Issue, language: str) -> str:
    """Give the address of an edition's public page."""
    in_path = "" if language == campaign.languages[0] else language
    there = Address("highlights-issue", campaign.slug, str(issue.number), language=in_path)
    return desk.settings.public_url + path_of(there)
