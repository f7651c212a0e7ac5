"""The door of issues: each week's mail from its draft to its end.

    draft -> approved -> sending <-> paused      seconding stands between draft and approved when a
    sending -> sent                              second person must look; late is what was approved
    approved, sending -> late                    and not sent in time; what has not begun to be sent
    draft, seconding, approved, late -> skipped  can be reopened: then it is a draft again.

Every step is one guarded change of one row: made twice, or by two at once, it is made once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from aggregator.errors import IssueNotOpen, NeedsAnother, StaleIssue, UnknownIssue
from aggregator.store.mailings import ISSUE_STATES as ISSUE_STATES
from aggregator.store.models import campaign, issue, issue_item
from aggregator.store.upsert import insert_missing

NOTES = ("too-few", "drafted-late", "waits", "late")
"""What editors are told: fewer posts than asked for, drafted after its day, not approved when it was to
be sent, not sent in time."""

_NOT_BEGUN = ("draft", "seconding", "approved", "late")
_LONGEST_NOTE = 500


@dataclass(frozen=True, slots=True)
class Issue:
    """One week's mail.

    Attributes:
        number: counted within its campaign from 1; stands in the address of its page.
        week: the Monday of its week in the campaign's zone.
        version: each change adds one; who changes it says which one was looked at.
        due_at, not_after: aware UTC, when it is to be sent, and until when that happens by itself.
        told_at: when the editors were told that there is a draft.
        content: the draft, as `feeds.highlights.draft` writes and reads it.
        frozen, digest: what was approved, word by word; None and "" before.
        note: codes of NOTES with blanks between them.
    """

    id: int
    campaign: str
    number: int
    week: date
    state: str
    version: int
    drafted_at: datetime
    due_at: datetime
    not_after: datetime
    told_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    seconded_by: str
    started_at: datetime | None
    ended_at: datetime | None
    content: Mapping[str, Any]
    frozen: Mapping[str, Any] | None
    digest: str
    note: str

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self.note.split())


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an issue is, without what is in it: read often."""

    id: int
    number: int
    state: str
    due_at: datetime
    not_after: datetime
    note: str

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self.note.split())


def begin(
    connection: Connection,
    slug: str,
    week: date,
    due_at: datetime,
    not_after: datetime,
    content: Mapping[str, Any],
    items: Sequence[str],
    note: str,
    now: datetime,
) -> Issue | None:
    """Write this week's draft down; None when the week has an issue already, whatever became of it."""
    insert_missing(connection, campaign, [{"slug": slug, "created_at": now}])
    connection.execute(select(campaign.c.slug).where(campaign.c.slug == slug).with_for_update())
    is_ours = issue.c.campaign == slug
    if connection.execute(select(issue.c.id).where(is_ours, issue.c.week == week)).first():
        return None
    last: int = connection.scalar(select(func.max(issue.c.number)).where(is_ours)) or 0
    written = connection.execute(
        insert(issue).values(
            campaign=slug,
            number=last + 1,
            week=week,
            state="draft",
            drafted_at=now,
            due_at=due_at,
            not_after=not_after,
            content=dict(content),
            note=note[:_LONGEST_NOTE],
        )
    )
    issue_id = int((written.inserted_primary_key or (0,))[0])
    _write_items(connection, issue_id, items)
    return by_id(connection, issue_id)


def by_id(connection: Connection, issue_id: int) -> Issue:
    """Give one issue.

    Raises:
        UnknownIssue: there is none.
    """
    row = connection.execute(select(issue).where(issue.c.id == issue_id)).mappings().one_or_none()
    if row is None:
        raise UnknownIssue(f"there is no edition with the inner number {issue_id}")
    return Issue(**row)


def one(connection: Connection, slug: str, number: int) -> Issue | None:
    """Give the issue with this number; None when there is none."""
    ours = (issue.c.campaign == slug, issue.c.number == number)
    row = connection.execute(select(issue).where(*ours)).mappings().one_or_none()
    return Issue(**row) if row else None


def newest(connection: Connection, slug: str, limit: int) -> tuple[Issue, ...]:
    """Give the newest issues, newest first."""
    asked = select(issue).where(issue.c.campaign == slug).order_by(issue.c.number.desc()).limit(limit)
    return tuple(Issue(**row) for row in connection.execute(asked).mappings())


def in_states(connection: Connection, slug: str, *states: str) -> tuple[Issue, ...]:
    """Give the issues that are in one of these states, oldest first."""
    ours = (issue.c.campaign == slug, issue.c.state.in_(states))
    rows = connection.execute(select(issue).where(*ours).order_by(issue.c.number))
    return tuple(Issue(**row) for row in rows.mappings())


def standings(connection: Connection, slug: str, *states: str) -> tuple[Standing, ...]:
    """Give how far the issues are that are in one of these states, oldest first."""
    ours = (issue.c.campaign == slug, issue.c.state.in_(states))
    asked = select(*(issue.c[name] for name in Standing.__slots__)).where(*ours)
    rows = connection.execute(asked.order_by(issue.c.number))
    return tuple(Standing(**row) for row in rows.mappings())


def weeks(connection: Connection, slug: str, limit: int) -> frozenset[date]:
    """Give the newest weeks that have an issue."""
    asked = select(issue.c.week).where(issue.c.campaign == slug).order_by(issue.c.week.desc())
    return frozenset(connection.scalars(asked.limit(limit)))


def last_drafted_at(connection: Connection, slug: str, but: int | None = None) -> datetime | None:
    """Say when the newest issue that was not skipped was drafted; None: there is none.

    Args:
        but: the id of an issue that does not count.
    """
    counts = (issue.c.campaign == slug, issue.c.state != "skipped", issue.c.id.is_distinct_from(but))
    asked = select(issue.c.drafted_at).where(*counts).order_by(issue.c.number.desc()).limit(1)
    return connection.scalars(asked).one_or_none()


def used_items(connection: Connection, slug: str, but: int | None = None) -> frozenset[str]:
    """Give the items of all issues that were not skipped: none comes twice.

    Args:
        but: the id of an issue whose items do not count.
    """
    asked = (
        select(issue_item.c.item_id)
        .join(issue, issue.c.id == issue_item.c.issue_id)
        .where(issue.c.campaign == slug, issue.c.state != "skipped", issue.c.id.is_distinct_from(but))
    )
    return frozenset(connection.scalars(asked))


def save(
    connection: Connection,
    issue_id: int,
    version: int,
    content: Mapping[str, Any],
    items: Sequence[str],
) -> Issue:
    """Write a draft anew.

    Raises:
        StaleIssue: it changed after it was looked at, or is a draft no longer.
    """
    found = held(connection, issue_id)
    if found.version != version or found.state != "draft":
        raise StaleIssue(found.number, version, found.version)
    connection.execute(delete(issue_item).where(issue_item.c.issue_id == issue_id))
    _write_items(connection, issue_id, items)
    return _moved(connection, found, content=dict(content))


def approve(
    connection: Connection,
    issue_id: int,
    version: int,
    frozen: Mapping[str, Any],
    digest: str,
    by: str,
    needs_second: bool,
    now: datetime,
) -> Issue:
    """Approve what was looked at, word by word.

    The first of two approvals keeps the words; the second one, of somebody else, must be of the same
    words. Approved after its moment, it goes out at once: the time in which it may be sent begins anew.

    Raises:
        StaleIssue: it changed after it was looked at, or the words are others than were approved first.
        IssueNotOpen: it is neither a draft nor waiting for the second person.
        NeedsAnother: the same person approved it already.
    """
    found = held(connection, issue_id)
    if found.state not in ("draft", "seconding"):
        raise IssueNotOpen(found.number, found.state)
    is_other = found.state == "seconding" and found.digest != digest
    if found.version != version or is_other:
        raise StaleIssue(found.number, version, found.version)
    if found.state == "draft":
        first = {"frozen": dict(frozen), "digest": digest, "approved_by": by}
        if needs_second:
            return _moved(connection, found, state="seconding", **first)
        return _moved(connection, found, **_approved(found, now), **first)
    if found.approved_by == by:
        raise NeedsAnother(found.number, by)
    return _moved(connection, found, **_approved(found, now), seconded_by=by)


def _approved(found: Issue, now: datetime) -> dict[str, Any]:
    return {
        "state": "approved",
        "approved_at": now,
        "note": _without(found, "waits", "late"),
        **_moment_from(found, now),
    }


def reopen(connection: Connection, issue_id: int) -> Issue:
    """Make a draft again of what has not begun to be sent; what was approved is approved no more."""
    found = held(connection, issue_id)
    if found.state not in ("seconding", "approved", "late", "skipped") or found.started_at:
        raise IssueNotOpen(found.number, found.state)
    emptied = {"frozen": None, "digest": "", "approved_by": "", "approved_at": None, "seconded_by": ""}
    return _moved(connection, found, state="draft", **emptied)


def skip(connection: Connection, issue_id: int, by: str = "", why: str = "") -> Issue:
    """Leave a week out. Its posts may stand in a later issue; its content says who did it and why."""
    found = held(connection, issue_id)
    if found.state not in _NOT_BEGUN or found.started_at:
        raise IssueNotOpen(found.number, found.state)
    content = {**found.content, "skipped": {"by": by, "why": why}}
    return _moved(connection, found, state="skipped", content=content)


def start(connection: Connection, issue_id: int, now: datetime) -> Issue:
    """Begin to send what was approved: from now on it has a public page."""
    found = _from(connection, issue_id, "approved")
    _tell_the_public(connection, found.campaign)
    return _moved(connection, found, state="sending", started_at=found.started_at or now)


def pause(connection: Connection, issue_id: int) -> Issue:
    """Stop sending after the mails that are on their way."""
    return _moved(connection, _from(connection, issue_id, "sending"), state="paused")


def resume(connection: Connection, issue_id: int, now: datetime) -> Issue:
    """Go on sending what was paused or came too late. A person asks for it: the time begins anew."""
    found = _from(connection, issue_id, "paused", "late")
    note = _without(found, "late")
    if found.started_at is None:  # approved, and late before its first mail: it starts in the usual way
        return _moved(connection, found, state="approved", note=note, **_moment_from(found, now))
    return _moved(connection, found, state="sending", note=note, **_moment_from(found, now))


def late(connection: Connection, issue_id: int) -> Issue:
    """Send no more of it by itself: its time is over. A person resumes, reopens or skips it."""
    found = _from(connection, issue_id, "approved", "sending")
    return _moved(connection, found, state="late", note=_with(found, "late"))


def end(connection: Connection, issue_id: int, now: datetime) -> Issue:
    """Say that everybody got it who was to get it."""
    found = _from(connection, issue_id, "sending")
    _tell_the_public(connection, found.campaign)
    return _moved(connection, found, state="sent", ended_at=now)


def open_again(connection: Connection, issue_id: int, now: datetime) -> Issue:
    """Go on sending an issue that had ended: somebody wants a few of its mails sent again."""
    found = held(connection, issue_id)
    if found.state != "sent":
        return found
    return _moved(connection, found, state="sending", ended_at=None, **_moment_from(found, now))


def told(connection: Connection, issue_id: int, now: datetime) -> bool:
    """Note that the editors are told of a draft; False when they were already."""
    guarded = update(issue).where(issue.c.id == issue_id, issue.c.told_at.is_(None))
    return connection.execute(guarded.values(told_at=now)).rowcount == 1


def mark(connection: Connection, issue_id: int, code: str) -> bool:
    """Add a code of NOTES; False when it stands there already. It makes no look at the issue stale."""
    found = held(connection, issue_id)
    if code in found.notes:
        return False
    noted = update(issue).where(issue.c.id == issue_id).values(note=_with(found, code))
    connection.execute(noted)
    return True


def held(connection: Connection, issue_id: int) -> Issue:
    """Give an issue, held till the end of the transaction."""
    connection.execute(select(issue.c.id).where(issue.c.id == issue_id).with_for_update())
    return by_id(connection, issue_id)


def _from(connection: Connection, issue_id: int, *states: str) -> Issue:
    found = held(connection, issue_id)
    if found.state not in states:
        raise IssueNotOpen(found.number, found.state)
    return found


def _moved(connection: Connection, found: Issue, **values: Any) -> Issue:
    values = {"version": found.version + 1, **values}
    connection.execute(update(issue).where(issue.c.id == found.id).values(**values))
    return by_id(connection, found.id)


def _moment_from(found: Issue, now: datetime) -> dict[str, datetime]:
    """Give when it is sent after what a person did now: as planned, or at once when that is over."""
    if now <= found.due_at:
        return {}
    return {"not_after": max(found.not_after, now + (found.not_after - found.due_at))}


def _write_items(connection: Connection, issue_id: int, items: Sequence[str]) -> None:
    rows = [
        {"issue_id": issue_id, "item_id": item_id, "place": place}
        for place, item_id in enumerate(dict.fromkeys(items), start=1)
    ]
    if rows:
        connection.execute(insert(issue_item), rows)


def _tell_the_public(connection: Connection, slug: str) -> None:
    """Raise the published version, so that pages and files are made again; no item's face changed."""
    higher = campaign.c.published_version + 1
    connection.execute(update(campaign).where(campaign.c.slug == slug).values(published_version=higher))


def _with(found: Issue, code: str) -> str:
    return " ".join(dict.fromkeys((*found.notes, code)))[:_LONGEST_NOTE]


def _without(found: Issue, *codes: str) -> str:
    return " ".join(each for each in found.notes if each not in codes)
