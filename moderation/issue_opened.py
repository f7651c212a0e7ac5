"""Which edition a screen is about, and of which version a form was made."""

import re

from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import issues
from aggregator.store.issues import Issue
from moderation.routes import Asked

_NUMBER = re.compile("[1-9][0-9]{0,4}")


def issue_of(connection: Connection, campaign: Campaign, asked: Asked) -> Issue | None:
    """Give the edition that an address names; None when there is none."""
    number = asked.names["number"]
    if not _NUMBER.fullmatch(number):
        return None
    return issues.one(connection, campaign.slug, int(number))


def version_in(asked: Asked) -> int:
    """Give the version that a form was made of; 0 for nonsense, which is never current."""
    version = asked.form.get("version", "")
    return int(version) if re.fullmatch("[0-9]{1,9}", version) else 0
