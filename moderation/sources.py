"""Sources: how each fares in plain words, what its last visits brought, and what can be done."""

from dataclasses import dataclass

from flask import Response
from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import health
from aggregator.store.health import Health, Visit
from feeds.i18n import Words
from moderation import visits, webhooks
from moderation.campaigns import campaign_of, nowhere
from moderation.drawing import draw, go_to
from moderation.routes import Asked, Desk, Role, Route
from moderation.tabs import Toast
from moderation.times import Moment, moment
from moderation.visits import HealthLine

SAID = ("collect", "collect-patience", "pause", "wake", "not-changed")
SKIPS = 20
"""How many skipped entries of one visit are listed; the rest is a number."""

SKIP_REASONS = frozenset(
    {
        *("no-content", "no-id", "no-author", "repeated", "reblog", "not-public", "suspended"),
        *("deleted", "withdrawn", "objection", "unreadable", "too-many-entries", "too-many-pages"),
        *("repeated-page", "next-page-elsewhere", "only-a-part"),
    }
)
"""Why something is not taken, as far as the language file has words for it."""


@dataclass(frozen=True, slots=True)
class Went:
    """One visit in words. `skips` holds (why, what); `more` counts those that are not listed."""

    when: Moment
    what: str
    detail: str
    skips: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source with its health and its last visits."""

    name: str
    kind: str
    where: str
    health: HealthLine
    visits: tuple[Went, ...]


def show(desk: Desk, asked: Asked) -> Response:
    """Show every source of a campaign, and every site that is told what changes."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    assert asked.person  # the row has a role
    with desk.reader.connect() as connection:
        found = lines(desk, campaign, connection)
        told = webhooks.lines(campaign, connection, desk.now(), desk.say)
    said = asked.query.get("said", "")
    return draw(
        desk,
        asked,
        "sources.html",
        campaign=campaign,
        sources=found,
        webhooks=told,
        may_hasten=asked.person.role >= Role.MODERATOR,
        may_pause=asked.person.role >= Role.EDITOR,
        toast=Toast(desk.say(f"said-{said}")) if said in SAID else None,
    )


def lines(desk: Desk, campaign: Campaign, connection: Connection) -> list[SourceLine]:
    """Give the sources of a campaign, those in trouble first."""
    ours = [one for one in health.health(connection) if one.campaign == campaign.slug]
    ours.sort(key=lambda one: (visits.tone_of(one) != "trouble", one.name))
    return [_line(desk, campaign, one, connection) for one in ours]


def _line(desk: Desk, campaign: Campaign, one: Health, connection: Connection) -> SourceLine:
    source = campaign.source(one.name)
    recent = health.recent(connection, campaign.slug, one.name)
    last = recent[0] if recent else None
    # Only asked when the last visit says nothing: the answer may take a look at every post.
    is_barren = (
        last is not None
        and visits.brought_nothing(last)
        and not health.has_brought(connection, campaign.slug, one.name)
    )
    return SourceLine(
        name=one.name,
        kind=one.kind,
        where=visits.where_of(source, desk.say),
        health=visits.health_line(
            one, source, last, campaign, desk.now(), desk.say, is_barren=is_barren
        ),
        visits=tuple(_went(visit, campaign, desk.say) for visit in recent),
    )


def _went(visit: Visit, campaign: Campaign, say: Words) -> Went:
    what = visits.what_happened(visit.error, say) or visit.error
    return Went(
        when=moment(visit.ended_at, campaign.timezone, say.language),
        what=what or visits.came(visit, say),
        detail=visit.detail,
        skips=tuple((_why(reason, say), what) for reason, what in visit.skips[:SKIPS]),
        more=max(0, visit.skipped - SKIPS),
    )


def _why(reason: str, say: Words) -> str:
    return say(f"skip-{reason}") if reason in SKIP_REASONS else say("skip-other", code=reason)


def collect(desk: Desk, asked: Asked) -> Response:
    """Let a source be visited soon. What its server asked for is obeyed all the same, and said."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    name = asked.names["source"]
    with desk.writer.begin() as connection:
        is_due = health.hasten(connection, campaign.slug, name, desk.now())
        waits = health.patience(connection, campaign.slug, name, desk.now())
    if not is_due:
        return _back(campaign, "not-changed")
    return _back(campaign, "collect-patience" if waits else "collect")


def pause(desk: Desk, asked: Asked) -> Response:
    """Let a source rest until somebody lets it go on."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    with desk.writer.begin() as connection:
        is_paused = health.pause_by_person(connection, campaign.slug, asked.names["source"])
    return _back(campaign, "pause" if is_paused else "not-changed")


def wake(desk: Desk, asked: Asked) -> Response:
    """Let a resting source go on."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    with desk.writer.begin() as connection:
        is_awake = health.wake(connection, campaign.slug, asked.names["source"], desk.now())
    return _back(campaign, "wake" if is_awake else "not-changed")


def _back(campaign: Campaign, said: str) -> Response:
    return go_to(f"/moderate/{campaign.slug}/sources?said={said}")


_ONE = "/<campaign>/sources/<source>"
ROUTES = (
    Route("/<campaign>/sources", "sources", show, role=Role.VIEWER),
    Route(f"{_ONE}/collect", "source-collect", collect, role=Role.MODERATOR, method="POST"),
    Route(f"{_ONE}/pause", "source-pause", pause, role=Role.EDITOR, method="POST"),
    Route(f"{_ONE}/wake", "source-wake", wake, role=Role.EDITOR, method="POST"),
)
