"""Editing an edition: one form, in which every button keeps what was typed.

A form that was made of an older version is refused with what happened meanwhile, and every word that
was typed stands there again.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response

from aggregator.errors import IssueNotOpen, StaleIssue
from aggregator.settings import Campaign
from aggregator.store import issues
from aggregator.store.issues import Issue
from feeds.highlights.draft import Draft, as_json, from_json
from moderation import issue_approving, issue_form, issue_tests
from moderation.campaigns import nowhere
from moderation.drawing import go_to, link
from moderation.issue_form import Typed, done, gathered, merged, spread, typed
from moderation.issue_opened import opened, opened_again
from moderation.issue_screen import Late, Told, screen
from moderation.routes import Asked, Desk, Role, Route

MOST_BYTES = 1024 * 1024
"""Twenty posts in seven languages with words about each, in scripts of three bytes a letter."""

SAID = (
    "kept", "same", "moved", "dropped", "swapped", "added", "drafted", "look-first", "approved",
    "seconding", "reopened", "skipped", "tested", "nothing",
)  # fmt: skip
_SAID_AFTER = {
    "up": "moved",
    "down": "moved",
    "drop": "dropped",
    "event": "kept",
    "swap": "swapped",
    "add": "added",
}


def show(desk: Desk, asked: Asked) -> Response:
    """Show one edition."""
    with desk.reader.connect() as connection:
        found = opened(connection, desk, asked)
        if found is None:
            return nowhere(desk, asked)
        campaign, issue = found
        said = asked.query.get("said", "")
        which, _, item = asked.query.get("at", "").partition(":")
        told = Told(said=desk.say(f"mail-said-{said}") if said in SAID else "", moved=(which, item))
        return screen(desk, asked, campaign, issue, connection, told)


def keep(desk: Desk, asked: Asked) -> Response:
    """Keep what was typed, and do what was pressed."""
    with desk.reader.connect() as connection:
        found = opened(connection, desk, asked)
    if found is None:
        return nowhere(desk, asked)
    form = typed(asked.form, asked.several.get("was", ()))
    try:
        return _done(desk, asked, *found, form)
    except (StaleIssue, IssueNotOpen):
        return _too_late(desk, asked, form)


def _done(desk: Desk, asked: Asked, campaign: Campaign, issue: Issue, form: Typed) -> Response:
    if form.version != issue.version or issue.state != "draft":
        raise StaleIssue(issue.number, form.version, issue.version)
    before = from_json(issue.content)
    after = done(gathered(before, form.words), form.act)
    if form.act == ("approve",) and after == before:
        return issue_approving.first(desk, asked, campaign, issue)
    with desk.writer.begin() as connection:
        kept = issue if after == before else _kept(connection, issue, form.version, after)
        if form.act == ("test",):
            is_sent = issue_tests.put(connection, desk, asked, campaign, kept)
            return _back(campaign, issue, "tested" if is_sent else "nothing", form)
    return _back(campaign, issue, _said(form, is_changed=after != before), form)


def _kept(connection: Any, issue: Issue, version: int, draft: Draft) -> Issue:
    items = list(draft.items)
    return issues.save(connection, issue.id, version, {**issue.content, **as_json(draft)}, items)


def _said(form: Typed, *, is_changed: bool) -> str:
    if not is_changed:
        return "same"
    if form.act == ("approve",):
        return "look-first"
    return _SAID_AFTER.get(form.act[0], "kept")


def _back(campaign: Campaign, issue: Issue, said: str, form: Typed) -> Response:
    """Go back to the form, to the place where somebody was at work."""
    more = {"at": f"{form.act[0]}:{form.act[1]}"} if form.act[0] in ("up", "down") else {}
    there = link("issue", campaign=campaign.slug, number=issue.number, said=said, **more)
    return go_to(there + _place(form.act))


def _place(act: Sequence[str]) -> str:
    match tuple(act):
        case ("up" | "down", item) | ("swap", _, item) | ("add", item) if issue_form.is_item(item):
            return f"#pick-{item}"
        case ("drop", *_) | ("event", *_):
            return "#posts"
        case ("block" | "unblock", *_):
            return "#blocks"
    return ""


def _too_late(desk: Desk, asked: Asked, form: Typed) -> Response:
    """Answer 409: what happened meanwhile, with every word that was typed."""
    with desk.reader.connect() as connection:
        campaign, now = opened_again(connection, desk, asked)
        told = _meanwhile(desk, campaign, now, form)
        return screen(desk, asked, campaign, now, connection, told)


def _meanwhile(desk: Desk, campaign: Campaign, now: Issue, form: Typed) -> Told:
    if now.state != "draft":
        state = desk.say(f"mail-state-{now.state}")
        lost = merged({}, form).lost
        sentence = desk.say("late-state" if lost else "late-state-only", state=state)
        return Told(late=Late(desk.say("late-title"), sentence, lost=lost), status=409)
    found = merged(spread(from_json(now.content), campaign.languages), form)
    sentence = desk.say("late-edited" if form.act in (("keep",), ("test",)) else "late-moved")
    late = Late(desk.say("late-title"), sentence, bool(found.theirs), found.lost)
    return Told(late=late, merged=found, status=409)


_AT = "/<campaign>/highlights/<number>"
ROUTES: Sequence[Route] = (
    Route(_AT, "issue", show, role=Role.VIEWER),
    Route(f"{_AT}/keep", "issue-keep", keep, role=Role.EDITOR, method="POST", most_bytes=MOST_BYTES),
)
