"""Where it appears: the sites that show our posts, new, still there, or gone quiet. Nobody is in it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response

from aggregator.settings import Campaign
from aggregator.store import counts
from aggregator.store.counts import Appearance
from feeds import snippets
from feeds.addresses import Address, path_of
from feeds.builder import title_of
from feeds.i18n import Words, words
from feeds.snippets import Line
from feeds.views import featured_name, view_of
from feeds.widget import height_of
from moderation.campaigns import campaign_of, nowhere
from moderation.drawing import draw
from moderation.routes import Asked, Desk, Role, Route
from moderation.times import day

LISTED = 500
"""More sites than this are counted and not listed."""


@dataclass(frozen=True, slots=True)
class Site:
    """One site in words.

    Attributes:
        shows: what its pages show, such as "The featured post".
        seen: how often in seven days; few are not told exactly.
        first, last: days, in the campaign's zone.
    """

    host: str
    shows: tuple[str, ...]
    seen: str
    first: str
    last: str
    state: str


def show(desk: Desk, asked: Asked) -> Response:
    """Show the sites of a campaign."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    with desk.reader.connect() as connection:
        found = counts.appearances(connection, campaign.slug, desk.now())
    return draw(
        desk,
        asked,
        "appearances.html",
        campaign=campaign,
        sites=[_site(one, campaign, desk.say) for one in found[:LISTED]],
        more=max(0, len(found) - LISTED),
        sums=_sums(found),
        embed=_line(desk, campaign),
        builder=desk.settings.public_url + path_of(Address("embed", campaign.slug)),
    )


def _site(one: Appearance, campaign: Campaign, say: Words) -> Site:
    return Site(
        host=one.host,
        shows=tuple(_title(name, campaign, say) for name in one.views),
        seen=f"{one.views_7d:,}" if one.views_7d is not None else say("where-few"),
        first=day(one.first_seen, campaign.timezone, say.language),
        last=day(one.last_seen, campaign.timezone, say.language),
        state=one.state,
    )


def _title(name: str, campaign: Campaign, say: Words) -> str:
    """Give what readers call a display; one that is no longer kept has only its name."""
    view = campaign.shown_views.get(name)
    return title_of(view, words(say.language)) if view else name


def _line(desk: Desk, campaign: Campaign) -> str:
    """Give the line with the script: it alone can say on which site it stands."""
    name = featured_name(campaign)
    view, public = view_of(campaign, name), desk.settings.public_url
    return snippets.script(Line(public, campaign, name, campaign.name, height_of(view)))


def _sums(found: Sequence[Appearance]) -> tuple[tuple[str, int], ...]:
    """Give how many sites there are: all that show us now, those that are new, those that went."""
    states = Counter(one.state for one in found)
    there = states["new"] + states["alive"]
    return (("there", there), ("new", states["new"]), ("gone", states["gone"]))


ROUTES = (Route("/<campaign>/appearances", "appearances", show, role=Role.EDITOR),)
