"""What changed in public after a version: for caches, for files, and for who keeps a copy of his own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from aggregator.store.models import campaign, change, issue, issue_item, item
from aggregator.store.shown import Shown
from aggregator.store.threads import kin_of
from aggregator.store.visible import Gone


@dataclass(frozen=True, slots=True)
class Touched:
    """What changed in public after some version of a campaign.

    A thread is touched with each of its posts: a change of one is in the pages of the others.

    `everything` is True when that version is too old, or unknown: then all must be made again.
    `issues` are the numbers of the mails in which one of the items stands, or that began to be sent.
    """

    version: int
    items: frozenset[str]
    everything: bool = False
    issues: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of the items that changed in public after some version.

    Attributes:
        version: of the campaign now.
        until: the version to ask on from; less than `version` when there is more.
        items: each once, as it is now, in the order of their last change; then posts in whose threads
            one of them stands or stood.
        everything: that version is too old, or unknown: everything must be read again, then go on from
            `until`. `items` is empty.
    """

    version: int
    until: int
    items: tuple[Shown | Gone, ...] = ()
    everything: bool = False


OLDEST_CHANGES = 10_000
"""How many versions back can be answered; beyond that everything is made again."""

NEWEST_ISSUES = 2
"""When a mail begins, its page is new, and the one before it has a page after it."""

VERSION = select(campaign.c.published_version).where(campaign.c.slug == bindparam("slug"))


def touched(connection: Connection, slug: str, since: int) -> Touched:
    """Say which items' public face changed after a version."""
    version = connection.scalar(VERSION, {"slug": slug})
    if version is None or _is_unknown(version, since):
        return Touched(version or 0, frozenset(), everything=True)
    rows = connection.execute(
        select(change.c.item_id, change.c.version).where(
            change.c.campaign == slug, change.c.version > since, change.c.version <= version
        )
    ).all()
    items = frozenset(kin_of(connection, {row.item_id for row in rows}))
    # A version without an item is a mail that began or ended: those are the newest ones.
    has_quiet = len({row.version for row in rows}) < version - since
    return Touched(version, items, issues=_issues(connection, slug, items, has_quiet=has_quiet))


def _issues(
    connection: Connection, slug: str, items: frozenset[str], *, has_quiet: bool
) -> frozenset[int]:
    begun = (issue.c.campaign == slug, issue.c.started_at.is_not(None))
    newest = select(issue.c.number).where(*begun).order_by(issue.c.started_at.desc(), issue.c.id.desc())
    found = set(connection.scalars(newest.limit(NEWEST_ISSUES))) if has_quiet else set()
    if items:
        holding = select(issue.c.number, issue_item.c.item_id).join(issue_item).where(*begun)
        found.update(row.number for row in connection.execute(holding) if row.item_id in items)
        events = select(issue.c.number, issue.c.content["occasions"].label("ids")).where(*begun)
        found.update(row.number for row in connection.execute(events) if items & {*(row.ids or ())})
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of changes: the ids, in the order of their last change, and up to which version."""

    version: int
    until: int
    ids: tuple[str, ...]
    everything: bool = False


def stretch(connection: Connection, slug: str, since: int, limit: int) -> Stretch:
    """Give the next changes after a version, whole versions only, about `limit` of them."""
    version = connection.scalar(VERSION, {"slug": slug}) or 0
    if _is_unknown(version, since):
        return Stretch(version, version, (), everything=True)
    ours = (change.c.campaign == slug, change.c.version > since, change.c.version <= version)
    in_order = select(change.c.version, change.c.item_id).order_by(change.c.version, change.c.item_id)
    rows = connection.execute(in_order.where(*ours).limit(limit + 1)).all()
    until = version
    if len(rows) > limit:
        # One version is one transaction, and is never torn apart.
        until = max((row.version for row in rows if row.version < rows[-1].version), default=0)
        until = until or rows[-1].version
        rows = connection.execute(in_order.where(*ours, change.c.version <= until)).all()
    last = {row.item_id: row.version for row in rows}
    return Stretch(version, until, tuple(sorted(last, key=lambda one: (last[one], one))))


def what_became(
    connection: Connection, changed: Stretch, shown: Mapping[str, Shown], kin: Collection[str]
) -> Changes:
    """Put together what a stretch of changes came to.

    Args:
        shown: those of the changed items and of their kin that are shown now.
        kin: the posts that stand, or stood, in a thread with them.
    """
    left = _left(connection, [one for one in changed.ids if one not in shown])
    items = [shown.get(one) or left[one] for one in changed.ids if one in shown or one in left]
    beside = [shown[one] for one in sorted(set(kin) - set(changed.ids)) if one in shown]
    return Changes(changed.version, changed.until, (*items, *beside), changed.everything)


def _left(connection: Connection, ids: Sequence[str]) -> dict[str, Gone]:
    rows: Sequence[Any] = connection.execute(
        select(item.c.id, item.c.public_changed_at).where(
            item.c.id.in_(ids), item.c.shown_since.is_not(None)
        )
    ).all()
    return {row.id: Gone(row.id, row.public_changed_at) for row in rows}


def _is_unknown(version: int, since: int) -> bool:
    return since > version or version - since > OLDEST_CHANGES
