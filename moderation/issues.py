"""The weekly mail: this week's edition first, those before it with what became of them, the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response

from aggregator.settings import Campaign
from aggregator.store import deliveries, issues, subscribers
from aggregator.store.issues import Issue
from aggregator.store.published import Door
from feeds.highlights import drafting, moments
from feeds.highlights.composing import fields_of, shown_of
from feeds.highlights.draft import from_json
from feeds.highlights.wording import in_language, merged
from feeds.i18n import Words
from moderation import mail_words
from moderation.campaigns import campaign_of, nowhere
from moderation.drawing import draw, go, link
from moderation.mail_words import Standing
from moderation.routes import Asked, Desk, Role, Route
from moderation.times import moment

LISTED = 53
"""A year of editions."""
SAID = ("no-post",)
OPEN = ("draft", "seconding", "approved", "sending", "paused", "late")
"""States in which an edition still needs somebody, or is on its way."""
_SENT = ("sending", "paused", "sent", "late")


@dataclass(frozen=True, slots=True)
class Now:
    """The edition that is being made or sent.

    Attributes:
        do: what its button says.
        sending: the address of its progress; "" before it began.
    """

    over: str
    subject: str
    path: str
    standing: Standing
    facts: tuple[str, ...]
    do: str
    sending: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """One line of the table."""

    over: str
    subject: str
    path: str
    when: str
    became: str
    unsettled: str
    by: str
    sending: str


def show(desk: Desk, asked: Asked) -> Response:
    """Show the editions of a campaign."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    return _screen(desk, asked, campaign)


def _screen(desk: Desk, asked: Asked, campaign: Campaign) -> Response:
    assert asked.person  # the row has a role
    is_editor = asked.person.role >= Role.EDITOR
    said = asked.query.get("said", "")
    with desk.reader.connect() as connection:
        found = issues.newest(connection, campaign.slug, LISTED)
        readers = subscribers.counts(connection, campaign.slug)["confirmed"]
        tallies = {one.id: deliveries.tally(connection, one.id) for one in found}
    now = next((one for one in found if one.state in OPEN), None)
    this_week = moments.week_of(desk.now(), campaign.timezone)
    coming = moments.coming(campaign, desk.now(), {one.week for one in found if one is not now})
    return draw(
        desk,
        asked,
        "highlights.html",
        campaign=campaign,
        now=_now(desk, campaign, now, tallies[now.id], is_editor=is_editor) if now else None,
        earlier=[_earlier(one, campaign, tallies[one.id], desk.say) for one in found if one is not now],
        is_made=any(one.week == this_week for one in found),
        next_draft=_at(_next_draft(campaign, desk.now(), found), campaign, desk.say),
        next_send=_at(
            now.due_at if now and now.due_at > desk.now() else coming.send_at, campaign, desk.say
        ),
        readers=f"{readers:,}",
        may_edit=is_editor,
        hints=_hints(desk),
        said=desk.say(f"mail-said-{said}") if said in SAID else "",
    )


def _next_draft(campaign: Campaign, now: datetime, found: Sequence[Issue]) -> datetime:
    """Give when the next draft is made by itself: in the first week to come that has none."""
    week, taken = moments.week_of(now, campaign.timezone), {one.week for one in found}
    while week in taken or moments.plan(campaign, week).draft_at <= now:
        week += moments.WEEK
    return moments.plan(campaign, week).draft_at


def _at(when: datetime, campaign: Campaign, say: Words) -> object:
    return moment(when, campaign.timezone, say.language)


def _now(
    desk: Desk, campaign: Campaign, issue: Issue, tally: Mapping[str, int], *, is_editor: bool
) -> Now:
    say = desk.say
    do = "mail-open" if issue.state == "draft" and is_editor else "mail-open-look"
    if issue.state == "seconding" and is_editor:
        do = "mail-open-second"
    can_send = desk.settings.mail.is_ready
    return Now(
        over=_over(issue, say),
        subject=subject_of(issue, campaign, say),
        path=link("issue", campaign=campaign.slug, number=issue.number),
        standing=mail_words.standing(issue, tally, campaign, desk.now(), say, can_send=can_send),
        facts=_facts(desk, campaign, issue),
        do=say(do),
        sending=_sending(issue, campaign),
    )


def _facts(desk: Desk, campaign: Campaign, issue: Issue) -> tuple[str, ...]:
    items = from_json(issue.content).items
    nameless = [
        one for one in shown_of(Door(desk.reader), campaign.slug, items).values() if not one.library
    ]
    facts = [desk.say("mail-posts", number=str(len(items)))]
    if nameless:
        facts.append(desk.say("mail-fact-unknown", number=str(len(nameless))))
    return tuple(facts)


def _earlier(issue: Issue, campaign: Campaign, tally: Mapping[str, int], say: Words) -> Earlier:
    when = issue.ended_at or issue.started_at or issue.due_at
    return Earlier(
        over=_over(issue, say),
        subject=subject_of(issue, campaign, say),
        path=link("issue", campaign=campaign.slug, number=issue.number),
        when=moment(when, campaign.timezone, say.language).words,
        became=mail_words.became(issue, tally, say),
        unsettled=mail_words.unsettled(tally, say),
        by=mail_words.approvers(issue, say),
        sending=_sending(issue, campaign),
    )


def _sending(issue: Issue, campaign: Campaign) -> str:
    if issue.state not in _SENT:
        return ""
    return link("sending", campaign=campaign.slug, number=issue.number)


def subject_of(issue: Issue, campaign: Campaign, say: Words) -> str:
    """Give an edition's subject in the campaign's first language, or in any that has one."""
    subjects = from_json(issue.content).subject
    words = in_language(subjects, campaign.languages[0], campaign.languages[0]).text
    return merged(words, fields_of(issue, campaign, campaign.languages[0])) or say("mail-no-subject")


def _over(issue: Issue, say: Words) -> str:
    return say("mail-of-week", number=str(issue.number), week=mail_words.week_of(issue.week, say))


def _hints(desk: Desk) -> list[str]:
    mail = desk.settings.mail
    if mail.waiting_for:
        return [desk.say("mail-hint-waiting", names=", ".join(mail.waiting_for))]
    return [] if mail.smtp else [desk.say("mail-hint-no-server")]


def draft(desk: Desk, asked: Asked) -> Response:
    """Make this week's draft now, or, when this week has an edition, show that."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    week = moments.week_of(desk.now(), campaign.timezone)
    door = Door(desk.reader)
    made = drafting.draft_week(door, desk.reader, desk.writer, campaign, week, desk.now())
    with desk.reader.connect() as connection:
        newest = issues.newest(connection, campaign.slug, LISTED)
    found = made or next((one for one in newest if one.week == week), None)
    if found is None:
        return go("highlights", campaign=campaign.slug, said="no-post")
    said = "drafted" if made else "nothing"
    return go("issue", campaign=campaign.slug, number=found.number, said=said)


_AT = "/<campaign>/highlights"
ROUTES: Sequence[Route] = (
    Route(_AT, "highlights", show, role=Role.VIEWER),
    Route(f"{_AT}/draft", "highlights-draft", draft, role=Role.EDITOR, method="POST"),
)
