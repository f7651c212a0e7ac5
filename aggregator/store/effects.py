"""What decisions cause besides a state: amendments, featured places, withdrawals, objections."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from aggregator.errors import Conflicts, NotAllowed
from aggregator.item import Action, State
from aggregator.store.facets import folded
from aggregator.store.models import amendment, decision, item, objection, slot, withdrawal
from aggregator.store.steps import OBJECTING, OBJECTION, Step


def write_effects(
    connection: Connection, steps: Iterable[Step], numbers: Mapping[str, int], now: datetime
) -> None:
    """Write what a decision causes besides the state: amendments, places, withdrawals, objections."""
    for step in steps:
        number = numbers[step.wanted.item]
        if step.undone is not None:
            _undo_beside(connection, step, number)
        elif step.wanted.action is Action.AMEND:
            _amend(connection, step, number)
        elif step.wanted.action is Action.FEATURE:
            _feature(connection, step, number, now)
        elif step.wanted.action is Action.UNFEATURE:
            _unfeature(connection, step, number)
        elif step.wanted.action is Action.WITHDRAW and step.state_before is not State.WITHDRAWN:
            cause = "upstream" if step.wanted.actor == "upstream" else "request"
            row = {"item_id": step.wanted.item, "cause": cause, "at": now}
            connection.execute(insert(withdrawal).values(**row))
        if step.is_objection:
            _object(connection, step, now)


def _amend(connection: Connection, step: Step, number: int) -> None:
    connection.execute(
        insert(amendment),
        [
            {
                "item_id": step.wanted.item,
                "decision": number,
                "field": name,
                "value": value[:2000],
                "folded": folded(name, value[:2000]),
            }
            for name, value in sorted(step.wanted.changes.items())
        ],
    )


def _feature(connection: Connection, step: Step, number: int, now: datetime) -> None:
    connection.execute(
        insert(slot).values(
            campaign=step.campaign,
            decision=number,
            slot=step.wanted.slot,
            item_id=step.wanted.item,
            from_at=now,
            until_at=step.wanted.until,
        )
    )


def _unfeature(connection: Connection, step: Step, number: int) -> None:
    connection.execute(
        update(slot)
        .where(slot.c.item_id == step.wanted.item, slot.c.ended_by.is_(None))
        .values(ended_by=number)
    )


def _undo_beside(connection: Connection, step: Step, number: int) -> None:
    undone, same = step.undone.number, step.wanted.item
    if step.undone.action == Action.AMEND:
        connection.execute(
            update(amendment)
            .where(amendment.c.item_id == same, amendment.c.decision == undone)
            .values(is_undone=True)
        )
    elif step.undone.action == Action.FEATURE:
        ours = (slot.c.campaign == step.campaign) & (slot.c.decision == undone)
        connection.execute(update(slot).where(ours).values(ended_by=number))
    elif step.undone.action == Action.UNFEATURE:
        ours = (slot.c.item_id == same) & (slot.c.ended_by == undone)
        connection.execute(update(slot).where(ours).values(ended_by=None))
    elif step.undone.action == Action.WITHDRAW and step.state_after is not State.WITHDRAWN:
        connection.execute(withdrawal.delete().where(withdrawal.c.item_id == same))
    if step.undone.reason == OBJECTION and not _still_objects(connection, step):
        ours = (objection.c.campaign == step.campaign) & (objection.c.author_key == step.author_key)
        connection.execute(objection.delete().where(ours))


def _still_objects(connection: Connection, step: Step) -> bool:
    """Say whether another decision that stands, on any post of this author, is an objection too."""
    undone = select(decision.c.undoes).where(
        decision.c.campaign == step.campaign, decision.c.undoes.is_not(None)
    )
    other = select(decision.c.number).where(
        decision.c.campaign == step.campaign,
        decision.c.item_id.in_(
            select(item.c.id).where(
                item.c.campaign == step.campaign, item.c.author_key == step.author_key
            )
        ),
        decision.c.reason == OBJECTION,
        decision.c.action.in_(OBJECTING),
        decision.c.number.not_in(undone),
    )
    return connection.execute(other.limit(1)).first() is not None


def _object(connection: Connection, step: Step, now: datetime) -> None:
    """Remember that an author must never be collected again; an item without an author is refused."""
    if not step.author_key:
        raise Conflicts(
            [
                NotAllowed(
                    step.wanted.item,
                    step.wanted.action,
                    step.state_before,
                    f"{step.wanted.item} names no author who could object",
                )
            ]
        )
    there = connection.execute(
        select(objection.c.at).where(
            objection.c.campaign == step.campaign, objection.c.author_key == step.author_key
        )
    ).first()
    if there is None:
        connection.execute(
            insert(objection).values(campaign=step.campaign, author_key=step.author_key, at=now)
        )
