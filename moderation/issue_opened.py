"""Which edition a screen is about, and of which version a form was made."""

import re

from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import issues
from aggregator.store.issues import Issue
from moderation.campaigns import campaign_of
from moderation.routes import Asked, Desk

_NUMBER = re.compile("[1-9][0-9]{0,4}")


def opened(connection: Connection, desk: Desk, asked: Asked) -> tuple[Campaign, Issue] | None:
    """Give the campaign and the edition that an address names; None when either is not there."""
    campaign, number = campaign_of(desk, asked), asked.names["number"]
    if campaign is None or not _NUMBER.fullmatch(number):
        return None
    issue = issues.one(connection, campaign.slug, int(number))
    return (campaign, issue) if issue else None


def opened_again(connection: Connection, desk: Desk, asked: Asked) -> tuple[Campaign, Issue]:
    """Give the same for an edition that was there a moment ago: none is ever deleted."""
    found = opened(connection, desk, asked)
    assert found
    return found


def version_in(asked: Asked) -> int:
    """Give the version that a form was made of; 0 for nonsense, which is never current."""
    version = asked.form.get("version", "")
    return int(version) if re.fullmatch("[0-9]{1,9}", version) else 0
