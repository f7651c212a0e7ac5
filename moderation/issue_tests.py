"""Test mails of an edition: to oneself, or to the configured list of people who look at it first."""

from collections.abc import Sequence

from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import outgoing
from aggregator.store.issues import Issue
from moderation.routes import Asked, Desk

MOST_WAITING = 40
"""So many tests of a campaign may be on their way: a stuck finger fills nobody's mailbox."""


def addressees(desk: Desk, asked: Asked, campaign: Campaign) -> tuple[tuple[str, str], ...]:
    """Give to whom a test can be sent, as a form says it and in words."""
    assert asked.person  # the row has a role
    found = []
    if asked.person.email:
        found.append(("me", desk.say("test-me", address=asked.person.email)))
        if len(campaign.languages) > 1:
            many = str(len(campaign.languages))
            found.append(("me-all", desk.say("test-me-all", address=asked.person.email, number=many)))
    if desk.settings.mail.test_to:
        found.append(("list", desk.say("test-list", number=str(len(desk.settings.mail.test_to)))))
    return tuple(found)


def put(connection: Connection, desk: Desk, asked: Asked, campaign: Campaign, issue: Issue) -> bool:
    """Let a test be sent soon; False when there is nobody to send it to.

    In the campaign's first language, or in all of them when that is asked for.
    """
    languages = campaign.languages if asked.form.get("to") == "me-all" else campaign.languages[:1]
    waiting = outgoing.waiting(connection, campaign.slug, "test")
    addresses = _addresses(desk, asked)
    letters = [(address, language) for address in addresses for language in languages]
    for address, language in letters[: max(0, MOST_WAITING - waiting)]:
        facts = {"number": issue.number, "language": language}
        outgoing.put(connection, campaign.slug, "test", address, facts, desk.now())
    return bool(letters)


def _addresses(desk: Desk, asked: Asked) -> Sequence[str]:
    assert asked.person  # the row has a role
    if not desk.settings.mail.smtp:
        return ()
    if asked.form.get("to") == "list":
        return desk.settings.mail.test_to
    return (asked.person.email,) if asked.person.email else ()
