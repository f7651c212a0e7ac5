"""The first screen: three steps with their state, until there is something to moderate."""

from dataclasses import dataclass

from flask import Response
from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import queue
from feeds import snippets
from feeds.addresses import Address, path_of
from feeds.snippets import Line
from feeds.views import featured_name
from moderation import sources
from moderation.campaigns import campaign_of, frame_height, nowhere
from moderation.drawing import draw, go_to, link
from moderation.queues import QUEUES, Where
from moderation.routes import Asked, Desk, Role, Route
from moderation.tabs import COUNTED, Toast, in_words


@dataclass(frozen=True, slots=True)
class Overview:
    """One of several campaigns, with how much waits in it."""

    name: str
    path: str
    waiting: str


def home(desk: Desk, asked: Asked) -> Response:
    """Go to the only campaign: to its first steps until something is shown, then to its queue.

    Several campaigns are listed.
    """
    campaigns = desk.settings.campaigns
    if len(campaigns) == 1:
        return go_to(_first_screen(desk, campaigns[0]))
    with desk.reader.connect() as connection:
        there = [_overview(connection, campaign) for campaign in campaigns]
    return draw(desk, asked, "campaigns-list.html", overviews=there)


def _first_screen(desk: Desk, campaign: Campaign) -> str:
    with desk.reader.connect() as connection:
        is_running = queue.count(connection, campaign.slug, QUEUES["shown"], 1)
    return Where(campaign.slug).path() if is_running else link("start", campaign=campaign.slug)


def _overview(connection: Connection, campaign: Campaign) -> Overview:
    waiting = queue.count(connection, campaign.slug, QUEUES["waiting"], COUNTED)
    return Overview(campaign.name, Where(campaign.slug).path(), in_words(waiting))


def show(desk: Desk, asked: Asked) -> Response:
    """Show the steps at an address of their own: the embed line is needed later too."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    with desk.reader.connect() as connection:
        return screen(desk, asked, campaign, connection)


def screen(desk: Desk, asked: Asked, campaign: Campaign, connection: Connection) -> Response:
    """Draw the three steps, each with what is done and what is next."""
    found = sources.lines(desk, campaign, connection)
    is_empty = queue.is_empty(connection, campaign.slug)
    waiting = queue.count(connection, campaign.slug, QUEUES["waiting"], COUNTED)
    shown = queue.count(connection, campaign.slug, QUEUES["shown"], COUNTED)
    assert asked.person  # every row that shows this has a role
    return draw(
        desk,
        asked,
        "steps.html",
        campaign=campaign,
        sources=found,
        has_source=any(line.health.tone == "fine" for line in found),
        is_empty=is_empty,
        waiting=in_words(waiting),
        has_waiting=bool(waiting),
        shown=in_words(shown),
        has_shown=bool(shown),
        tags=" ".join(f"#{tag}" for tag in campaign.hashtags),
        queue=Where(campaign.slug).path(),
        embed=embed_line(desk.settings.public_url, campaign),
        hub=desk.settings.public_url + path_of(Address("hub", campaign.slug)),
        may_hasten=asked.person.role >= Role.MODERATOR,
        may_pause=False,
        toast=_toast(desk, asked),
    )


def _toast(desk: Desk, asked: Asked) -> Toast | None:
    said = asked.query.get("said", "")
    return Toast(desk.say(f"said-{said}")) if said in sources.SAID else None


def embed_line(public_url: str, campaign: Campaign) -> str:
    """Give the line that puts the featured post on a library's page (docs/embedding.md)."""
    name = featured_name(campaign)
    return snippets.frame(Line(public_url, campaign, name, campaign.name, frame_height(campaign)))


ROUTES = (
    Route("/", "home", home, role=Role.VIEWER),
    Route("/<campaign>/start", "start", show, role=Role.VIEWER),
)
