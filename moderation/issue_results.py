"""What an edition came to, without spying: mails handed over, people who left, clicks on our own pages.

Nothing in a mail tells us that it was opened, and no link in it is a person's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import counts, subscribers
from aggregator.store.issues import Issue
from aggregator.store.published import Door
from feeds.cards import TEXT
from feeds.highlights import share
from feeds.highlights.composing import shown_of
from feeds.highlights.draft import Draft, from_json
from feeds.highlights.share import Picture
from feeds.i18n import words
from feeds.texts import cut
from moderation.card import headline
from moderation.drawing import link
from moderation.issue_letters import archive_of
from moderation.mail_words import handed_over
from moderation.routes import Desk

LEFT_WITHIN = timedelta(days=7)
"""Who unsubscribes later does so because of a later edition."""


@dataclass(frozen=True, slots=True)
class Clicked:
    """One post, and how often its link in the mail was followed; few are not told exactly."""

    path: str
    words: str
    language: str
    direction: str
    number: str


@dataclass(frozen=True, slots=True)
class Results:
    """What an edition came to: names of `result-…` with their numbers, and clicks post by post."""

    sums: tuple[tuple[str, str], ...]
    clicks: tuple[Clicked, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What to post on one network; `rows`: how many lines its field has."""

    network: str
    text: str
    length: int
    most: int
    rows: int
    pictures: tuple[Picture, ...]


def results(
    connection: Connection, issue: Issue, campaign: Campaign, tally: Mapping[str, int], desk: Desk
) -> Results | None:
    """Give what an edition came to; None before it began to go out."""
    if issue.started_at is None:
        return None
    until = issue.started_at + LEFT_WITHIN
    left = subscribers.left_between(connection, campaign.slug, issue.started_at, until)
    clicked = counts.clicks(connection, campaign.slug, f"highlights-{issue.number}")
    sums = (
        ("delivered", f"{handed_over(tally) - tally['bounced']:,}"),
        ("bounced", f"{tally['bounced']:,}"),
        ("left", f"{left:,}"),
        ("clicks", _told(sum(clicked.values()), desk)),
    )
    return Results(sums, _by_post(desk, campaign, from_json(issue.content), clicked))


def _told(number: int, desk: Desk) -> str:
    if 0 < number < counts.FEW:
        return desk.say("result-few")
    return f"{number:,}"


def _by_post(
    desk: Desk, campaign: Campaign, draft: Draft, clicked: Mapping[str, int]
) -> tuple[Clicked, ...]:
    shown = shown_of(Door(desk.reader), campaign.slug, draft.items)
    most_first = sorted(shown, key=lambda item: (-clicked.get(item, 0), item))
    found = []
    for item in most_first if clicked else ():
        content = shown[item].item
        found.append(
            Clicked(
                link("item", campaign=campaign.slug, item=item),
                cut(headline(content.title, content.text[:TEXT], content.warning), 120),
                content.language,
                content.direction,
                _told(clicked.get(item, 0), desk),
            )
        )
    return tuple(found)


def shares(desk: Desk, issue: Issue, campaign: Campaign, language: str) -> Sequence[Text]:
    """Give ready texts about an edition; none before it has its public page."""
    if issue.state not in ("sending", "paused", "sent"):
        return ()
    first = campaign.languages[0]
    said = language if language in campaign.languages else first
    items = from_json(issue.content).items
    shown = tuple(shown_of(Door(desk.reader), campaign.slug, items).values())
    ready = share.ready(
        campaign, shown, archive_of(desk, campaign, issue, said), words(said), desk.settings.public_url
    )
    return tuple(
        Text(one.network, one.text, one.length, one.most, one.text.count("\n") + 3, one.pictures)
        for one in ready
    )
