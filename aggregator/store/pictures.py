"""The door of pictures on their way in: which are wanted, who fetches them, which are here.

A row of `media` is one picture as its address says it; a key is one picture as it looks, and several
rows may share it. What becomes of a picture that is here is the business of `public_copies`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, exists, or_, select, update

from aggregator.copies import Drawn, Refusal
from aggregator.item import State
from aggregator.store.models import item, media, media_use
from aggregator.store.upsert import insert_missing

LEASE = timedelta(minutes=2)
"""How long a picture belongs to the worker that took it; after that, to whoever takes it next."""

CANDIDATES = 200
AT_A_TIME = 500

WANTED, READY, REFUSED = "wanted", "ready", "refused"


@dataclass(frozen=True, slots=True)
class Use:
    """A picture stands at a place of one revision of an item."""

    item: str
    revision: int
    place: int
    address: str
    sort_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A picture to be fetched, taken by this worker.

    Attributes:
        key, width: of the master there was once; "" and None for a picture that never was here.
        tries: how often it was tried before.
        until: till when it is ours; whoever took it later has another moment here.
    """

    id: int
    campaign: str
    address: str
    key: str
    width: int | None
    tries: int
    until: datetime


def want(connection: Connection, slug: str, uses: Sequence[Use]) -> None:
    """Write down which pictures new revisions have. The newest posts' pictures come first."""
    if not uses:
        return
    digests = {use.address: sha256(use.address.encode()).hexdigest() for use in uses}
    newest = {use.address: use.sort_at for use in sorted(uses, key=lambda use: use.sort_at)}
    rows = [
        {
            "campaign": slug,
            "digest": digest,
            "address": address,
            "state": WANTED,
            "due_at": newest[address],
        }
        for address, digest in digests.items()
    ]
    insert_missing(connection, media, rows)
    ids = _ids(connection, slug, sorted(digests.values()))
    insert_missing(
        connection,
        media_use,
        [
            {
                "item_id": use.item,
                "revision": use.revision,
                "place": use.place,
                "media_id": ids[digests[use.address]],
            }
            for use in uses
        ],
    )


def _ids(connection: Connection, slug: str, digests: Sequence[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for start in range(0, len(digests), AT_A_TIME):
        some = digests[start : start + AT_A_TIME]
        rows = connection.execute(
            select(media.c.digest, media.c.id).where(media.c.campaign == slug, media.c.digest.in_(some))
        )
        ids |= {row.digest: row.id for row in rows}
    return ids


def take(
    connection: Connection, slugs: Collection[str], busy: Collection[str], now: datetime, limit: int
) -> list[Due]:
    """Take pictures to be fetched, at most one from each host, newest posts first.

    Only those of posts that somebody may still look at: pending, held or approved.

    Args:
        slugs: the campaigns that are configured.
        busy: hosts that are being asked already.
    """
    rows = connection.execute(
        select(media)
        .where(
            media.c.state == WANTED,
            media.c.due_at <= now,
            media.c.campaign.in_(slugs),
            is_free(now),
            _is_looked_at(),
        )
        .order_by(media.c.due_at.desc(), media.c.id)
        .limit(CANDIDATES)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    chosen = _one_for_each_host(rows, busy, limit)
    claim(connection, [row.id for row in chosen], now + LEASE)
    return [
        Due(row.id, row.campaign, row.address, row.key, row.width, row.tries, now + LEASE)
        for row in chosen
    ]


def _one_for_each_host(rows: Sequence[Any], busy: Collection[str], limit: int) -> list[Any]:
    taken: dict[str, Any] = {}
    for row in rows:
        host = host_of(row.address)
        if host not in busy and len(taken) < limit:
            taken.setdefault(host, row)
    return list(taken.values())


def host_of(address: str) -> str:
    return urlsplit(address).netloc


def keep(connection: Connection, due: Due, drawn: Drawn, now: datetime) -> bool:
    """Write down that a master is here. False: it took too long, and the picture is somebody else's."""
    return _conclude(
        connection,
        due,
        state=READY,
        key=drawn.key,
        width=drawn.width,
        height=drawn.height,
        colour=drawn.colour,
        error="",
        detail="",
        tries=0,
        due_at=now,
    )


def find_again(connection: Connection, due: Due, now: datetime) -> bool:
    """Write down that a master that was missed is here after all."""
    return _conclude(connection, due, state=READY, error="", detail="", tries=0, due_at=now)


def refuse(connection: Connection, due: Due, why: Refusal) -> bool:
    """Write down that there will be no picture, and why. The post keeps its words."""
    return _conclude(
        connection,
        due,
        state=REFUSED,
        error=why.code[:40],
        detail=why.sentence[:300],
        tries=due.tries + 1,
    )


def postpone(connection: Connection, due: Due, why: Refusal, due_at: datetime, *, tries: int) -> bool:
    """Write down that it did not work now, and when to try again."""
    return _conclude(
        connection, due, error=why.code[:40], detail=why.sentence[:300], tries=tries, due_at=due_at
    )


def _conclude(connection: Connection, due: Due, **values: Any) -> bool:
    written = connection.execute(
        update(media)
        .where(media.c.id == due.id, media.c.claimed_until == due.until)
        .values(claimed_until=None, **values)
    )
    return written.rowcount == 1


def is_free(now: datetime) -> ColumnElement[bool]:
    """Say whether nobody has a row of `media` at work."""
    until = media.c.claimed_until
    # A claim that ends much too late was made by a clock that was set back since.
    return or_(until.is_(None), until <= now, until > now + 2 * LEASE)


def claim(connection: Connection, ids: Sequence[int], until: datetime) -> None:
    """Take rows of `media` for a while."""
    if ids:
        connection.execute(update(media).where(media.c.id.in_(ids)).values(claimed_until=until))


def used(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Say whether some item with this property uses the picture of a row of `media`."""
    return exists().where(media_use.c.media_id == media.c.id, item.c.id == media_use.c.item_id, *where)


def _is_looked_at() -> ColumnElement[bool]:
    now_or_shown = or_(
        media_use.c.revision == item.c.revision, media_use.c.revision == item.c.approved_revision
    )
    return used(item.c.state.in_([State.PENDING, State.HELD, State.APPROVED]), now_or_shown)
