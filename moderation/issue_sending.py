"""How an edition goes out: who got it, who did not, and what only a person can settle."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flask import Response
from sqlalchemy import Connection

from aggregator.errors import IssueNotOpen
from aggregator.settings import Campaign
from aggregator.store import deliveries, issues
from aggregator.store.deliveries import Delivery
from aggregator.store.issues import Issue
from moderation.campaigns import nowhere
from moderation.drawing import draw, go
from moderation.issue_opened import opened
from moderation.issue_results import results, shares
from moderation.mail_words import campaign_languages, progress, standing
from moderation.routes import Asked, Desk, Role, Route
from moderation.times import Moment, moment

SAID = ("paused", "resumed", "retried", "settled", "nothing")
FATES = ("sent", "queued", "failed", "bounced", "uncertain", "skipped")
_TONES = {"uncertain": "hold", "failed": "trouble", "bounced": "trouble"}
HANDED_OVER = ("approved", "sending", "paused", "sent", "late")
"""In these states an edition was approved as a whole: nothing else is given to listmonk."""
LISTED = 100
"""So many mails in doubt are listed; settling all settles the others too."""
ANSWERS = 5
_LOOKED_AT = 1000
_ADDRESS = re.compile(r"<?[^\s<>]+@[^\s<>]+>?")
Act = Callable[[Connection, int, datetime], object]
"""What is done to an edition on its way, by its id, now; what it gives is false when it did nothing."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One mail of which nobody knows whether it arrived. `address` is "" for who may not see it."""

    id: int
    address: str
    message_id: str
    since: Moment


@dataclass(frozen=True, slots=True)
class HandingOver:
    """What somebody says to the server's shell, and the languages that become drafts there."""

    command: str
    languages: str


def show(desk: Desk, asked: Asked) -> Response:
    """Show how far it is."""
    with desk.reader.connect() as connection:
        found = opened(connection, desk, asked)
        if found is None:
            return nowhere(desk, asked)
        campaign, issue = found
        said = asked.query.get("said", "")
        return _screen(desk, asked, campaign, issue, connection, said if said in SAID else "")


def _screen(
    desk: Desk,
    asked: Asked,
    campaign: Campaign,
    issue: Issue,
    connection: Connection,
    said: str,
    status: int = 200,
) -> Response:
    assert asked.person  # the row has a role
    tally = deliveries.tally(connection, issue.id)
    counted = {**tally, "queued": tally["queued"] + tally["claimed"]}
    done, whole = progress(tally)
    is_editor = asked.person.role >= Role.EDITOR
    doubts = deliveries.in_state(connection, issue.id, "uncertain", LISTED)
    return draw(
        desk,
        asked,
        "issue-sending.html",
        status,
        campaign=campaign,
        issue=issue,
        said=desk.say(f"mail-said-{said}") if said else "",
        line=standing(
            issue, tally, campaign, desk.now(), desk.say, can_send=desk.settings.mail.is_ready
        ),
        done=done,
        whole=whole,
        fates=[(name, f"{counted[name]:,}", _TONES.get(name, "")) for name in FATES],
        has_failed=tally["failed"] > 0,
        has_skipped=tally["skipped"] > 0,
        may_steer=is_editor,
        doubts=[_doubt(one, campaign, desk, is_editor=is_editor) for one in doubts],
        more_doubts=max(0, tally["uncertain"] - len(doubts)),
        answers=_answers(connection, issue),
        results=results(connection, issue, campaign, tally, desk),
        shares=shares(desk, issue, campaign, asked.query.get("language", "")),
        languages=campaign_languages(campaign),
        handing_over=_handing_over(desk, campaign, issue) if is_editor else None,
        language=asked.query.get("language", "") or campaign.languages[0],
    )


def _handing_over(desk: Desk, campaign: Campaign, issue: Issue) -> HandingOver | None:
    """Say how an edition gets into listmonk; None: none is set, or nothing is approved yet.

    Only a command: no page speaks to the network, and drafts made twice would stand there twice.
    """
    lists = campaign.highlights.listmonk_lists
    names = [name for code, name in campaign_languages(campaign) if code in lists]
    if desk.settings.mail.listmonk is None or not names or issue.state not in HANDED_OVER:
        return None
    command = f"engaged highlights hand-over --campaign {campaign.slug} --number {issue.number}"
    return HandingOver(command, ", ".join(names))


def _doubt(one: Delivery, campaign: Campaign, desk: Desk, *, is_editor: bool) -> Doubt:
    since = moment(one.claimed_at or one.at, campaign.timezone, desk.say.language)
    return Doubt(one.id, one.address if is_editor else "", one.message_id, since)


def _answers(connection: Connection, issue: Issue) -> list[tuple[str, int]]:
    """Give what other servers said most often to mails that did not arrive, without addresses."""
    said: Counter[str] = Counter()
    for state in ("failed", "bounced"):
        for one in deliveries.in_state(connection, issue.id, state, _LOOKED_AT):
            said[_ADDRESS.sub("…", one.words)] += 1
    return [(words, times) for words, times in said.most_common(ANSWERS) if words]


def pause(desk: Desk, asked: Asked) -> Response:
    """Stop after the mails that are on their way."""
    return _steer(
        desk, asked, "paused", lambda connection, issue_id, _: issues.pause(connection, issue_id)
    )


def resume(desk: Desk, asked: Asked) -> Response:
    """Go on with what was paused, or came too late."""
    return _steer(desk, asked, "resumed", issues.resume)


def retry(desk: Desk, asked: Asked) -> Response:
    """Try again what other servers did not take, and nothing else."""
    return _steer(desk, asked, "retried", deliveries.retry_failed)


def settle(desk: Desk, asked: Asked) -> Response:
    """Write down what a person found out about a mail in doubt, or about all of them."""
    what, _, which = asked.form.get("act", "").partition(":")
    if what not in ("sent", "again") or not re.fullmatch("all|[0-9]{1,12}", which):
        return _steer(desk, asked, "settled", lambda *_: 0)
    found_out: Literal["sent", "again"] = "sent" if what == "sent" else "again"

    def act(connection: Connection, issue_id: int, now: datetime) -> int:
        assert asked.person  # the row has a role
        in_doubt = deliveries.uncertain(connection, issue_id)
        meant = [one.id for one in in_doubt if which in ("all", str(one.id))]
        by = asked.person.name
        return sum(deliveries.settle(connection, number, found_out, by, now) for number in meant)

    return _steer(desk, asked, "settled", act)


def _steer(desk: Desk, asked: Asked, said: str, act: Act) -> Response:
    """Do one thing to the sending. When somebody else was quicker, show how it stands now."""
    with desk.writer.begin() as connection:
        found = opened(connection, desk, asked)
        if found is None:
            return nowhere(desk, asked)
        campaign, issue = found
        if _is_done(connection, issue.id, act, desk.now()):
            return go("sending", campaign=campaign.slug, number=issue.number, said=said)
        return _screen(desk, asked, campaign, issue, connection, "nothing", 409)


def _is_done(connection: Connection, issue_id: int, act: Act, now: datetime) -> bool:
    try:
        return bool(act(connection, issue_id, now))
    except IssueNotOpen:  # raised before anything is written
        return False


_AT = "/<campaign>/highlights/<number>/sending"
ROUTES: Sequence[Route] = (
    Route(_AT, "sending", show, role=Role.VIEWER),
    Route(f"{_AT}/pause", "sending-pause", pause, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/resume", "sending-resume", resume, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/retry", "sending-retry", retry, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/settle", "sending-settle", settle, role=Role.EDITOR, method="POST"),
)
