"""The door for looking up again what is shown: what is due, what was found, what is gone.

Absence is not deletion: an item that its server no longer has is withdrawn when it was not there at two
visits in a row. What its author took out of public sight leaves at once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from aggregator.item import Action, State
from aggregator.store import decisions, runs
from aggregator.store.decisions import Wanted
from aggregator.store.models import item, sighting, standing
from aggregator.store.upsert import upsert

_DUE = (
    select(sighting.c.native, item.c.id)
    .join(item, item.c.id == sighting.c.item_id)
    .outerjoin(standing, standing.c.item_id == item.c.id)
    .where(
        sighting.c.source_id == bindparam("source"),
        sighting.c.native != "",
        item.c.source_id == bindparam("source"),
        item.c.state == State.APPROVED,
    )
    # Missing ones first, then those never looked up, then the longest ago.
    .order_by(
        standing.c.missing_since.is_(None),
        standing.c.checked_at.is_not(None),
        standing.c.checked_at,
        item.c.id,
    )
    .limit(bindparam("most"))
)


def due(connection: Connection, claimed: runs.Claim, most: int) -> dict[str, str]:
    """Give shown items that this source owns, as native id → item id, the most urgent first."""
    rows = connection.execute(_DUE, {"source": claimed.source_id, "most": most})
    return {row.native: row.id for row in rows}


def note(
    connection: Connection,
    claimed: runs.Claim,
    *,
    asked: Mapping[str, str],
    gone: Collection[str],
    closed: Collection[str],
    now: datetime,
) -> int:
    """Write down what a recheck found, and withdraw what is gone; give how many were withdrawn.

    Args:
        asked: native id → item id, as `due` gave them.
        gone, closed: native ids; see stages.Rechecked.

    Raises:
        LostClaim: another worker has the source now.
    """
    runs.must_hold(connection, claimed)
    missing_before = _missing(connection, asked.values())
    missing = {asked[native] for native in gone if native in asked}
    wanted = [
        *(_withdrawal(one, "deleted") for one in sorted(missing & set(missing_before))),
        *(_withdrawal(asked[native], "no-longer-public") for native in closed if native in asked),
    ]
    upsert(
        connection,
        standing,
        [
            {
                "item_id": one,
                "checked_at": now,
                "missing_since": missing_before.get(one, now) if one in missing else None,
            }
            for one in sorted(asked.values())
        ],
    )
    shown = _shown(connection, [one.item for one in wanted])
    decisions.decide(connection, [one for one in wanted if one.item in shown], now)
    return len(shown)


def _withdrawal(item_id: str, reason: str) -> Wanted:
    return Wanted(item_id, Action.WITHDRAW, "upstream", reason=reason)


def _missing(connection: Connection, ids: Collection[str]) -> dict[str, datetime]:
    rows = connection.execute(
        select(standing.c.item_id, standing.c.missing_since).where(
            standing.c.item_id.in_(list(ids)), standing.c.missing_since.is_not(None)
        )
    )
    return {row.item_id: row.missing_since for row in rows}


def _shown(connection: Connection, ids: Collection[str]) -> set[str]:
    """What a person took away meanwhile needs no withdrawal."""
    shown = select(item.c.id).where(item.c.id.in_(list(ids)), item.c.state == State.APPROVED)
    return set(connection.scalars(shown))
