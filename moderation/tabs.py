"""The tabs of a campaign's queues with their counts, and the line that says what was just decided."""

from dataclasses import dataclass

from sqlalchemy import Connection

from aggregator.item import Action, State
from aggregator.settings import Campaign
from aggregator.store import opened, queue
from aggregator.store.opened import Event
from feeds.i18n import Words
from moderation import told
from moderation.queues import FOR_PEOPLE, QUEUES, Where
from moderation.times import day

COUNTED = 5_000
"""Counts stop here: more than that, no number helps anybody, and counting on would take time."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One queue as a tab.

    Attributes:
        count: in words, such as "86", or "5,000+".
        oldest: the date of its oldest post, where something waits for a person.
    """

    name: str
    label: str
    count: str
    number: int
    path: str
    is_current: bool
    oldest: str


@dataclass(frozen=True, slots=True)
class Toast:
    """What was just done, in a sentence, with the number of the decision that Undo takes back."""

    sentence: str
    number: int | None = None
    item: str = ""


def tabs(connection: Connection, campaign: Campaign, where: Where, say: Words) -> tuple[Tab, ...]:
    """Give all tabs, in their order."""
    return tuple(_tab(connection, campaign, name, where, say) for name in QUEUES)


def _tab(connection: Connection, campaign: Campaign, name: str, where: Where, say: Words) -> Tab:
    number = queue.count(connection, campaign.slug, QUEUES[name], COUNTED)
    first = (
        queue.first_date(connection, campaign.slug, QUEUES[name])
        if number and name in FOR_PEOPLE
        else None
    )
    return Tab(
        name=name,
        label=say(f"tab-{name}"),
        count=in_words(number),
        number=number,
        path=Where(campaign.slug, name, view=where.view).path(),
        is_current=name == where.tab,
        oldest=day(first, campaign.timezone, say.language) if first else "",
    )


def in_words(number: int) -> str:
    """Give a count; one that was not counted to its end says so."""
    return f"{number:,}+" if number >= COUNTED else f"{number:,}"


def toast_for(connection: Connection, slug: str, number: str, who: str, say: Words) -> Toast | None:
    """Give the line about a decision of this very person; anybody else's is no news of theirs."""
    if not number.isdecimal() or len(number) > 12:
        return None
    made = opened.decision_of(connection, slug, int(number))
    own = [event for event in made if event.who == who and event.actor == "person"]
    return of_decision(own[-1], say) if own else None


def of_decision(event: Event, say: Words) -> Toast:
    can_be_undone = not event.is_undone and event.action is not Action.UNDO
    return Toast(told.done(_as_said(event), say), event.number if can_be_undone else None, event.item)


def _as_said(event: Event) -> Action:
    """An edited post that is put back waits again: what happened counts, not what was asked."""
    is_waiting = event.action is Action.RESTORE and event.state_after is State.PENDING
    return Action.REQUEUE if is_waiting else event.action
