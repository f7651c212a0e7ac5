"""What the public sees of issues of the weekly mail, and the posts that the next one is chosen from.

Part of the door `published`: an issue is public from its first mail on, and loses what readers may not
see any more.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from aggregator.item import Engagement, Flag
from aggregator.store.models import issue, issue_item
from aggregator.store.shown import Shown

MOST_CANDIDATES = 2000

PUBLIC_PARTS = ("subject", "preheader", "intro", "blocks", "picks", "occasions")


@dataclass(frozen=True, slots=True)
class Sent:
    """One issue as its page shows it.

    Attributes:
        week: the Monday of its week in the campaign's zone.
        sent_at: aware UTC, when its first mail left.
        content: PUBLIC_PARTS of the draft as it was approved, without what is no longer shown.
        items: its posts that are still shown, in their order, as they are now.
        occasions: its events that are still shown, in their order.
        frozen: the letters as they were approved. They still hold the cards of all posts: whoever
            writes one out leaves those out that are not among `items` (`highlights.letter.filled`).
            Empty where several issues are given at once: they weigh a megabyte each.
        lost: how many of its posts are no longer shown.
    """

    number: int
    week: date
    sent_at: datetime
    content: Mapping[str, Any]
    items: tuple[Shown, ...]
    occasions: tuple[Shown, ...]
    frozen: Mapping[str, Any]
    lost: int = 0

    @property
    def subject(self) -> Mapping[str, str]:
        """Give its subject by language."""
        subject: Mapping[str, str] = self.content.get("subject", {})
        return subject


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shown post that may come into the weekly mail.

    Attributes:
        engagement: what its network counted; None: it never said.
        is_pinned: it stands in a featured place.
        source_kind: of what it was collected from, such as `mastodon` or `feed`.
    """

    shown: Shown
    engagement: Engagement | None = None
    is_pinned: bool = False
    source_kind: str = ""

    @property
    def is_sensitive(self) -> bool:
        """Say whether its author or network asks readers before showing it."""
        return Flag.SENSITIVE in self.shown.item.flags or bool(self.shown.item.warning)


_PUBLIC = select(issue.c.id, issue.c.number, issue.c.week, issue.c.started_at, issue.c.content).where(
    issue.c.started_at.is_not(None), issue.c.state != "skipped"
)


def newest(connection: Connection, slug: str, limit: int) -> Sequence[Any]:
    """Give rows of the newest public issues, newest first."""
    ours = _PUBLIC.where(issue.c.campaign == slug)
    return connection.execute(ours.order_by(issue.c.number.desc()).limit(limit)).all()


def one(connection: Connection, slug: str, number: int) -> Sequence[Any]:
    """Give the row of one public issue, or none."""
    ours = _PUBLIC.add_columns(issue.c.frozen)
    return connection.execute(ours.where(issue.c.campaign == slug, issue.c.number == number)).all()


def with_items(connection: Connection, slug: str, items: Collection[str]) -> tuple[int, ...]:
    """Give the numbers of the public issues in which any of these items stands or stood."""
    asked = (
        select(issue.c.number)
        .join(issue_item, issue_item.c.issue_id == issue.c.id)
        .where(
            issue.c.campaign == slug,
            issue.c.started_at.is_not(None),
            issue_item.c.item_id.in_(sorted(items)),
        )
        .distinct()
        .order_by(issue.c.number)
    )
    return tuple(connection.scalars(asked)) if items else ()


def places(connection: Connection, rows: Sequence[Any]) -> dict[int, list[str]]:
    """Give the ids of the posts of issues, in their order, by the issue's own id."""
    found: dict[int, list[str]] = {row.id: [] for row in rows}
    asked = select(issue_item).where(issue_item.c.issue_id.in_(list(found)))
    for each in connection.execute(asked.order_by(issue_item.c.place)) if found else ():
        found[each.issue_id].append(each.item_id)
    return found


def put_together(
    rows: Sequence[Any], places: Mapping[int, Sequence[str]], shown: Mapping[str, Shown]
) -> tuple[Sent, ...]:
    """Give issues as their pages show them."""
    return tuple(
        Sent(
            number=row.number,
            week=row.week,
            sent_at=row.started_at,
            content=_still(row.content, shown),
            items=tuple(shown[item_id] for item_id in places[row.id] if item_id in shown),
            occasions=tuple(shown[each] for each in row.content.get("occasions", ()) if each in shown),
            frozen=getattr(row, "frozen", None) or {},
            lost=sum(item_id not in shown for item_id in places[row.id]),
        )
        for row in rows
    )


def _still(content: Mapping[str, Any], shown: Mapping[str, Shown]) -> dict[str, Any]:
    """Give the public parts of a draft without posts that readers may not see any more."""
    kept = {name: content[name] for name in PUBLIC_PARTS if name in content}
    return {
        **kept,
        "picks": [pick for pick in content.get("picks", ()) if pick["item"] in shown],
        "occasions": [each for each in content.get("occasions", ()) if each in shown],
    }


def as_candidates(
    rows: Sequence[Any], shown: Sequence[Shown], pinned: Collection[str]
) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(one, _counted(row), one.id in pinned, row.source_kind)
        for row, one in zip(rows, shown, strict=True)
    )


def _counted(row: Any) -> Engagement | None:
    counts = (row.likes, row.shares, row.replies)
    return None if all(count is None for count in counts) else Engagement(*counts)
