"""Which campaign a screen is about, and how the ways between a campaign's screens are called."""

from flask import Response

from aggregator.settings import Campaign
from feeds.views import featured_name, view_of
from feeds.widget import height_of
from moderation.problems import problem
from moderation.routes import Asked, Desk


def campaign_of(desk: Desk, asked: Asked) -> Campaign | None:
    """Give the campaign that the address names; None when there is none of that name."""
    return desk.settings.campaign(asked.names["campaign"])


def frame_height(campaign: Campaign) -> int:
    """Give the height that a library's site gives the featured frame, in CSS pixels."""
    return height_of(view_of(campaign, featured_name(campaign)))


def nowhere(desk: Desk, asked: Asked) -> Response:
    """Say that there is nothing at this address."""
    return problem(desk, asked, 404, "404")
