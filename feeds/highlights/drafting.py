"""Makes a week's draft when it is due, once, and tells editors; says when a week waits or is late.

Works through the public door: what is not shown cannot come into a mail.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from aggregator.item import Flag, Precision
from aggregator.settings import Campaign
from aggregator.store import issues, outgoing, subscribers
from aggregator.store.issues import Issue
from aggregator.store.published import Door, Shown
from feeds.dates import on_the_dial, weekday, written
from feeds.highlights import moments
from feeds.highlights.assemble import COMPARED_FOR, Wanted, assemble
from feeds.highlights.considered import compared, considered
from feeds.highlights.draft import Draft, as_json
from feeds.highlights.moments import Plan
from feeds.i18n import words

MOST_OCCASIONS = 5
OCCASIONS_WITHIN = timedelta(days=28)
"""Events that begin later than this after the mail stand in a later one."""
REMEMBERED = 60
"""So many issues back are looked at for weeks that have one, and for libraries that stood in one."""


def draft_if_due(
    door: Door, reader: Engine, writer: Engine, campaign: Campaign, now: datetime
) -> Issue | None:
    """Draft the mail whose moment has come, unless its week has one; None: nothing was drafted.

    A week without a single post that fits is not drafted; should one come before the next week's
    moment, it is then. Two workers at once make one draft.
    """
    with reader.connect() as connection:
        weeks = issues.weeks(connection, campaign.slug, REMEMBERED)
    due = moments.draft_due(campaign, now, weeks)
    return draft_week(door, reader, writer, campaign, due.week, now) if due else None


def draft_week(
    door: Door, reader: Engine, writer: Engine, campaign: Campaign, week: date, now: datetime
) -> Issue | None:
    """Draft the mail of a week now, due or not; None: it has one already, or no post fits."""
    with reader.connect() as connection:
        plan = moments.plan(campaign, week, subscribers.zones(connection, campaign.slug))
        made = new_draft(door, connection, campaign, plan, now)
    if not made.picks:
        return None
    codes = {"too-few": made.too_few, "drafted-late": now >= plan.send_at}
    note = " ".join(code for code, holds in codes.items() if holds)
    with writer.begin() as connection:
        issue = issues.begin(
            connection,
            campaign.slug,
            week,
            plan.first_at,
            plan.not_after,
            as_json(made),
            made.items,
            note,
            now,
        )
        if issue:
            about = "few" if made.too_few else "drafted"
            tell_editors(connection, campaign, issue, about, now)
            issues.told(connection, issue.id, now)
    return issue


def new_draft(
    door: Door,
    connection: Connection,
    campaign: Campaign,
    plan: Plan,
    now: datetime,
    instead_of: int | None = None,
) -> Draft:
    """Choose the posts and events of a week, with the words that every mail begins with.

    Args:
        connection: may be read-only.
        instead_of: the id of an issue whose own posts may be chosen again.
    """
    found = considered(door.candidates(campaign.slug, now - COMPARED_FOR, now), campaign.hashtags)
    wanted = Wanted(
        top=campaign.highlights.top,
        since=_since(connection, campaign, now, instead_of),
        now=now,
        used=issues.used_items(connection, campaign.slug, but=instead_of),
        libraries=_libraries(door, campaign),
    )
    made = assemble(found, wanted)
    return Draft(
        subject=_in_each(campaign, "subject"),
        preheader=_in_each(campaign, "preheader"),
        picks=made.picks,
        runners_up=made.runners_up,
        occasions=_occasions(door, campaign, max(plan.send_at, now), made.items),
        unknown_libraries=made.unknown_libraries,
        too_few=made.too_few,
        notes=made.notes,
    )


def remind(reader: Engine, writer: Engine, campaign: Campaign, now: datetime) -> tuple[int, ...]:
    """Tell editors, once, of what was to be sent and waits for them, and of what is too late.

    What is late is not sent by itself any more. Gives the numbers of the issues they are told of.
    """
    with reader.connect() as connection:
        there = issues.standings(connection, campaign.slug, "draft", "seconding", "approved", "sending")
    told = []
    for one in there:
        what = moments.turn(one.state, one.due_at, one.not_after, now)
        if (what == "waits" and "waits" not in one.notes) or what == "late":
            with writer.begin() as connection:
                if _tell(connection, campaign, one.id, now):
                    told.append(one.number)
    return tuple(told)


def _tell(connection: Connection, campaign: Campaign, issue_id: int, now: datetime) -> bool:
    """Look again, now that nobody else can write, and tell."""
    issue = issues.held(connection, issue_id)
    what = moments.turn(issue.state, issue.due_at, issue.not_after, now)
    if what == "late":
        issues.late(connection, issue_id)
        tell_editors(connection, campaign, issue, "late", now)
        return True
    if what == "waits" and issues.mark(connection, issue_id, "waits"):
        tell_editors(connection, campaign, issue, "waiting", now)
        return True
    return False


def tell_editors(
    connection: Connection,
    campaign: Campaign,
    issue: Issue,
    about: str,
    now: datetime,
    **facts: str,
) -> int:
    """Put a mail to each editor and admin with an address among what goes out; give how many.

    Args:
        about: one of `notes.ABOUT`.
        facts: what the words of it name beside the number and the date.
    """
    said = {
        "about": about,
        "number": issue.number,
        "date": _date(campaign, issue),
        "link": f"/moderate/{campaign.slug}/highlights/{issue.number}",
        **facts,
    }
    return outgoing.put_to_editors(connection, campaign.slug, said, now)


def _date(campaign: Campaign, issue: Issue) -> str:
    """Give day and hour of sending in the campaign's zone, in its first language."""
    language, send = campaign.languages[0], campaign.highlights.send
    at = moments.plan(campaign, issue.week).send_at
    day = written(at, Precision.SECOND, campaign.timezone, language, at)
    return f"{weekday(send, language)}, {day}, {on_the_dial(send, language)}"


def _since(
    connection: Connection, campaign: Campaign, now: datetime, instead_of: int | None
) -> datetime:
    """Give since when posts belong to this mail: the last draft, but a week at least, two at most."""
    last = issues.last_drafted_at(connection, campaign.slug, but=instead_of)
    week_ago = now - moments.WEEK
    return max(now - 2 * moments.WEEK, min(last, week_ago)) if last else week_ago


def _libraries(door: Door, campaign: Campaign) -> frozenset[str]:
    sent = door.issues(campaign.slug, REMEMBERED)
    return frozenset(compared(one.library) for issue in sent for one in issue.items if one.library)


def _occasions(
    door: Door, campaign: Campaign, send_at: datetime, picks: tuple[str, ...]
) -> tuple[str, ...]:
    coming = door.occasions(campaign.slug, send_at, 10 * MOST_OCCASIONS)
    able = (one for one in coming if _may_be_announced(one, send_at) and one.id not in picks)
    return tuple(one.id for one in able)[:MOST_OCCASIONS]


def _may_be_announced(one: Shown, send_at: datetime) -> bool:
    occasion = one.item.occasion
    if occasion is None or occasion.is_cancelled or occasion.starts_at > send_at + OCCASIONS_WITHIN:
        return False
    return Flag.SENSITIVE not in one.item.flags and not one.item.warning


def _in_each(campaign: Campaign, part: str) -> Mapping[str, str]:
    """Give a text in each of the campaign's languages that we have words of; others fall back."""
    said = {language: words(language) for language in campaign.languages}
    return {
        # The name stays a field, so that a campaign that is renamed renames its drafts too.
        language: say(f"mail-draft-{part}", campaign="{{campaign}}")
        for language, say in said.items()
        if say.language.partition("-")[0] == language.lower().partition("-")[0]
    }
