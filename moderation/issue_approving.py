"""Approving an edition, opening it again, leaving a week out, testing it: what ends or begins editing.

What is approved is what was looked at: the letters in all languages, word by word, by their digest.
"""

import logging
from collections.abc import Callable, Sequence

from flask import Response
from sqlalchemy import Connection

from aggregator.errors import IssueNotOpen, NeedsAnother, StaleIssue
from aggregator.settings import Campaign
from aggregator.store import issues
from aggregator.store.issues import Issue
from feeds.highlights.draft import from_json
from feeds.highlights.letter import freeze
from moderation import issue_tests
from moderation.campaigns import nowhere
from moderation.drawing import go
from moderation.issue_check import stops
from moderation.issue_letters import letters_of, posts_of
from moderation.issue_opened import opened, opened_again, version_in
from moderation.issue_screen import Late, Told, screen
from moderation.routes import Asked, Desk, Role, Route

LONGEST_WHY = 200

log = logging.getLogger(__name__)


def first(desk: Desk, asked: Asked, campaign: Campaign, issue: Issue) -> Response:
    """Approve a draft as it stands, unless something in it must be put right.

    Raises:
        StaleIssue, IssueNotOpen: somebody else was quicker.
    """
    assert asked.person  # the row has a role
    shown = posts_of(desk, campaign, from_json(issue.content))
    why_not = stops(desk, campaign, issue, shown)
    if why_not:
        with desk.reader.connect() as connection:
            told = Told(late=Late(desk.say("approve-not"), why_not), status=422)
            return screen(desk, asked, campaign, issue, connection, told)
    frozen, digest = freeze(letters_of(desk, campaign, issue, shown))
    needs_second = campaign.highlights.second_person
    with desk.writer.begin() as connection:
        approved = issues.approve(
            connection,
            issue.id,
            issue.version,
            frozen,
            digest,
            asked.person.name,
            needs_second,
            desk.now(),
        )
    log.info("person %s approved edition %s of %s", asked.person.id, issue.number, campaign.slug)
    return _to(campaign, approved)


def second(desk: Desk, asked: Asked) -> Response:
    """Approve as the second person the very words that the first one approved."""

    def act(connection: Connection, issue: Issue) -> str:
        assert asked.person  # the row has a role
        if issue.state != "seconding" or issue.frozen is None:
            raise IssueNotOpen(issue.number, issue.state)
        digest, who = asked.form.get("digest", ""), asked.person.name
        issues.approve(connection, issue.id, issue.version, issue.frozen, digest, who, True, desk.now())
        return "approved"

    return _step(desk, asked, act)


def reopen(desk: Desk, asked: Asked) -> Response:
    """Make a draft of it again; what was approved is approved no more."""

    def act(connection: Connection, issue: Issue) -> str:
        issues.reopen(connection, issue.id)
        return "reopened"

    return _step(desk, asked, act)


def skip(desk: Desk, asked: Asked) -> Response:
    """Leave this week out, with the reason for colleagues."""
    why = " ".join(asked.form.get("why", "").split())[:LONGEST_WHY]

    def act(connection: Connection, issue: Issue) -> str:
        assert asked.person  # the row has a role
        issues.skip(connection, issue.id, asked.person.name, why)
        return "skipped"

    return _step(desk, asked, act)


def test(desk: Desk, asked: Asked) -> Response:
    """Send a test of what was approved: a draft is tested from its own form, which keeps it first."""
    with desk.writer.begin() as connection:
        found = opened(connection, desk, asked)
        if found is None:
            return nowhere(desk, asked)
        campaign, issue = found
        is_sent = issue_tests.put(connection, desk, asked, campaign, issue)
    return _to(campaign, issue, "tested" if is_sent else "nothing")


def _step(desk: Desk, asked: Asked, act: Callable[[Connection, Issue], str]) -> Response:
    """Do one thing to the edition that was looked at; when it changed since, show it as it is now."""
    assert asked.person  # the row has a role
    try:
        with desk.writer.begin() as connection:
            found = opened(connection, desk, asked)
            if found is None:
                return nowhere(desk, asked)
            campaign, issue = found
            if issue.version != version_in(asked):
                raise StaleIssue(issue.number, version_in(asked), issue.version)
            said = act(connection, issue)
    except NeedsAnother:
        return _refused(desk, asked, "approve-wait-second")
    except (StaleIssue, IssueNotOpen):
        return _refused(desk, asked, "late-moved")
    log.info("person %s: edition %s of %s %s", asked.person.id, issue.number, campaign.slug, said)
    return _to(campaign, issue, said)


def _refused(desk: Desk, asked: Asked, why: str) -> Response:
    with desk.reader.connect() as connection:
        campaign, now = opened_again(connection, desk, asked)
        told = Told(late=Late(desk.say("late-title"), desk.say(why)), status=409)
        return screen(desk, asked, campaign, now, connection, told)


def _to(campaign: Campaign, issue: Issue, said: str = "") -> Response:
    return go("issue", campaign=campaign.slug, number=issue.number, said=said or issue.state)


_AT = "/<campaign>/highlights/<number>"
ROUTES: Sequence[Route] = (
    Route(f"{_AT}/approve", "issue-approve", second, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/reopen", "issue-reopen", reopen, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/skip", "issue-skip", skip, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/test", "issue-test", test, role=Role.EDITOR, method="POST"),
)
