"""The door of receipts: when what was removed had left each place where readers could meet it.

A receipt belongs to one removal: the decision that took an item out of public sight. An item that comes
back and leaves again gets new ones. Times are never guessed: no row, no time.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, exists, func, select

from aggregator.item import State
from aggregator.store.lookup import AT_A_TIME
from aggregator.store.models import decision, item, receipt
from aggregator.store.upsert import insert_missing
from aggregator.store.visible import HAS_LEFT

OUTPUTS = ("pages", "pictures", "files", "webhooks")
"""What a removed item leaves, in the order of a receipt's lines: answers of ours, copies of its
pictures, published files, and those who asked to be told."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One line: `left_at` is None while nobody has said that the item left this output."""

    output: str
    decided_at: datetime
    left_at: datetime | None


def left(connection: Connection, items: Collection[str], output: str, at: datetime) -> None:
    """Write down that these items are no longer in an output. The first time counts.

    An item that is shown, or was removed only after `at`, gets no receipt.
    """
    removed = _last_removals(connection, items)
    rows = [
        {
            "item_id": row.item_id,
            "campaign": row.campaign,
            "decision": row.number,
            "output": output,
            "left_at": at,
        }
        for row in removed
        if row.at <= at
    ]
    insert_missing(connection, receipt, rows)


def of(connection: Connection, item_id: str) -> tuple[Receipt, ...]:
    """Give a line for every output for an item's latest removal; nothing while it is shown."""
    removal = next(iter(_last_removals(connection, [item_id])), None)
    if removal is None:
        return ()
    rows = connection.execute(
        select(receipt.c.output, receipt.c.left_at).where(
            receipt.c.item_id == item_id, receipt.c.decision == removal.number
        )
    )
    times: dict[str, datetime] = {row.output: row.left_at for row in rows}
    lines = (*OUTPUTS, *sorted(set(times) - set(OUTPUTS)))
    return tuple(Receipt(output, removal.at, times.get(output)) for output in lines)


def waiting(connection: Connection, slug: str, output: str, since: datetime) -> tuple[str, ...]:
    """Give items removed at `since` or later that have no receipt of this output yet, the first first.

    A worker that was killed finds here what it has not yet said.
    """
    last = _last_removal_of(item)
    has_receipt = exists().where(
        receipt.c.item_id == item.c.id, receipt.c.decision == last, receipt.c.output == output
    )
    return tuple(
        connection.scalars(
            select(item.c.id)
            .where(
                item.c.campaign == slug,
                HAS_LEFT,
                item.c.public_changed_at >= since,
                last.is_not(None),
                ~has_receipt,
            )
            .order_by(item.c.public_changed_at, item.c.id)
        )
    )


def _last_removal_of(table: Any) -> ScalarSelect[Any]:
    """Give the number of the decision that last took a row of `item` out of public sight."""
    return (
        select(func.max(decision.c.number))
        .where(
            decision.c.item_id == table.c.id,
            decision.c.state_before == State.APPROVED,
            decision.c.state_after != State.APPROVED,
        )
        .correlate(table)
        .scalar_subquery()
    )


def _last_removals(connection: Connection, items: Collection[str]) -> list[Any]:
    """Give the decisions that removed those of these items that are not shown now."""
    found: list[Any] = []
    ids = sorted(items)
    for start in range(0, len(ids), AT_A_TIME):
        found += connection.execute(
            select(decision.c.campaign, decision.c.number, decision.c.item_id, decision.c.at)
            .join(item, item.c.id == decision.c.item_id)
            .where(
                item.c.id.in_(ids[start : start + AT_A_TIME]),
                HAS_LEFT,
                decision.c.number == _last_removal_of(item),
            )
        ).all()
    return found
