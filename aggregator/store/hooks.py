"""The door of webhooks: what each one has not yet been told of what changed in public.

There is no outbox that could be forgotten: what is due follows from the changes themselves and a mark of
how far a hook was told. A worker that is killed loses nothing: at worst a message goes out again, with
the same event id.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, or_, select, tuple_, update

from aggregator.store.models import campaign, change, hook, item
from aggregator.store.upsert import insert_missing

LEASE = timedelta(minutes=1)
"""How long what `due` gave belongs to who asked; after that it is due again."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)

# No id sorts behind this one, in any collation: all of a version is behind such a mark.
_BEHIND_ALL = "z" * 12

_LATER = change.alias()
_IS_LAST = ~exists().where(
    _LATER.c.campaign == change.c.campaign,
    _LATER.c.item_id == change.c.item_id,
    _LATER.c.version > change.c.version,
)
"""Whether a row of `change` is its item's last: only that is told."""


@dataclass(frozen=True, slots=True)
class Due:
    """One message that a hook is to be sent. What to say is the item as it is now: shown, or gone.

    Attributes:
        event: `CAMPAIGN:VERSION:ITEM`, the same however often the message is sent.
        tries: how often the hook has failed in a row.
    """

    event: str
    version: int
    item: str
    tries: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How a hook fares, for people.

    Attributes:
        tries: how often it has failed in a row.
        next_at: when it is tried again; None: as soon as there is something to tell.
        told_of: when the newest change was made that it has heard of; None: it has heard of none.
        waiting: how many items changed since in ways that it has not heard of.
        behind_since: when the first of these changes was made; None: there is none.
    """

    tries: int
    next_at: datetime | None
    told_of: datetime | None
    waiting: int
    behind_since: datetime | None


def standing(connection: Connection, slug: str, name: str) -> Standing | None:
    """Say how a hook fares; None while no worker has seen it."""
    mark = connection.execute(select(hook).where(*_is(slug, name))).one_or_none()
    if mark is None:
        return None
    at, heard = item.c.public_changed_at, _place() <= tuple_(mark.version, mark.item_id)
    last = (change.c.campaign == slug, _IS_LAST, item.c.id == change.c.item_id)
    waiting, since = connection.execute(select(func.count(), func.min(at)).where(*last, ~heard)).one()
    newest = select(at).where(*last, heard).order_by(change.c.version.desc(), at.desc()).limit(1)
    told_of = connection.scalar(newest) if mark.item_id != _BEHIND_ALL else None
    return Standing(mark.tries, mark.next_at, told_of, waiting, since)


def due(connection: Connection, slug: str, name: str, now: datetime, most: int) -> tuple[Due, ...]:
    """Give what a hook is to be told next, in order, and keep it for who asks for a minute.

    A hook that is new is told what changes from now on. An item that changed again since is told of
    once, at its last change: a message says how things are now.
    """
    mark = _mark(connection, slug, name)
    if mark is None or (mark.next_at is not None and now < mark.next_at <= now + 2 * LONGEST_PAUSE):
        return ()
    rows = connection.execute(
        select(change.c.version, change.c.item_id)
        .where(
            change.c.campaign == slug,
            _place() > tuple_(mark.version, mark.item_id),
            _IS_LAST,
        )
        .order_by(change.c.version, change.c.item_id)
        .limit(most)
    ).all()
    if rows:
        _wait(connection, slug, name, now + LEASE, mark.tries)
    return tuple(
        Due(f"{slug}:{row.version}:{row.item_id}", row.version, row.item_id, mark.tries) for row in rows
    )


def noted(connection: Connection, slug: str, name: str, told: Due) -> None:
    """Write down that a hook was told everything up to and with this message."""
    further = tuple_(hook.c.version, hook.c.item_id) < tuple_(told.version, told.item)
    connection.execute(
        update(hook)
        .where(*_is(slug, name), further)
        .values(version=told.version, item_id=told.item, tries=0, next_at=None)
    )


def failed(connection: Connection, slug: str, name: str, now: datetime) -> datetime:
    """Write down that a hook could not be told, and give when to try again: later each time."""
    tries: int = connection.scalar(select(hook.c.tries).where(*_is(slug, name))) or 0
    pause = min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)
    _wait(connection, slug, name, now + pause, tries + 1)
    return now + pause


def keep(connection: Connection, slug: str, names: Collection[str]) -> None:
    """Forget the hooks of a campaign that are no longer configured: one that returns begins anew."""
    others = (hook.c.campaign == slug, hook.c.name.not_in(list(names)))
    connection.execute(delete(hook).where(*others))


def told(connection: Connection, slug: str, item: str) -> frozenset[str]:
    """Give the names of the hooks that were told of an item's last change."""
    last = (
        select(func.max(change.c.version))
        .where(change.c.campaign == slug, change.c.item_id == item)
        .scalar_subquery()
    )
    names = select(hook.c.name).where(
        hook.c.campaign == slug,
        or_(hook.c.version > last, and_(hook.c.version == last, hook.c.item_id >= item)),
    )
    return frozenset(connection.scalars(names))


def _mark(connection: Connection, slug: str, name: str) -> Any:
    """Give a hook's mark, held till the end of the transaction; None when another worker holds it."""
    there = connection.execute(select(hook.c.name).where(*_is(slug, name))).first()
    if there is None:
        _begin(connection, slug, name)
    held = select(hook).where(*_is(slug, name)).with_for_update(skip_locked=True)
    return connection.execute(held).one_or_none()


def _begin(connection: Connection, slug: str, name: str) -> None:
    version = connection.scalar(select(campaign.c.published_version).where(campaign.c.slug == slug))
    if version is not None:
        row = {"campaign": slug, "name": name, "version": version, "item_id": _BEHIND_ALL}
        insert_missing(connection, hook, [row])


def _place() -> Any:
    return tuple_(change.c.version, change.c.item_id)


def _wait(connection: Connection, slug: str, name: str, until: datetime, tries: int) -> None:
    connection.execute(update(hook).where(*_is(slug, name)).values(next_at=until, tries=tries))


def _is(slug: str, name: str) -> tuple[Any, ...]:
    return hook.c.campaign == slug, hook.c.name == name
