"""The door for decisions: the only way in which an item's state changes, whoever or whatever decides.

Every decision is one row that is never changed, chained to the one before it by a hash, and made in
the transaction that writes the state it causes. Undoing is a decision too.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from aggregator.errors import (
    Conflicts,
    DecisionError,
    NotAllowed,
    StaleDecision,
    UnknownItem,
)
from aggregator.item import Action, Kind, State, is_withdrawn_by
from aggregator.store.chain import write_chain
from aggregator.store.content import CONTENT, from_revision
from aggregator.store.effects import write_effects
from aggregator.store.models import (
    campaign,
    change,
    decision,
    decision_words,
    item,
    revision,
)
from aggregator.store.states import next_state
from aggregator.store.steps import AMENDABLE, OBJECTION, Actor, Decided, Step, Wanted

__all__ = [
    "AMENDABLE",
    "OBJECTION",
    "Actor",
    "Decided",
    "Wanted",
    "decide",
    "is_held_by_a_rule",
    "next_state",
]


def decide(connection: Connection, wanted: Sequence[Wanted], now: datetime) -> list[Decided]:
    """Make all of these decisions, or none.

    Args:
        now: aware UTC, the moment of deciding.

    Returns:
        One for each wanted decision, in their order. One that changes nothing writes nothing.

    Raises:
        Conflicts: with a StaleDecision, NotAllowed or UnknownItem for each that was refused.
    """
    now = now.astimezone(UTC)
    heads = _lock(connection, [one.item for one in wanted])
    rows = _items(connection, [one.item for one in wanted])
    steps: list[Step] = []
    refused: list[DecisionError] = []
    seen: set[str] = set()
    for one in wanted:
        try:
            steps.append(_work_out(connection, one, rows, seen))
        except DecisionError as error:
            refused.append(error)
    if refused:
        raise Conflicts(refused)
    return _write(connection, steps, heads, now)


def _lock(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    """Hold the chain of every campaign concerned, in one order: two writers never wait in a circle."""
    slugs = select(item.c.campaign).where(item.c.id.in_(ids))
    rows = connection.execute(
        select(campaign).where(campaign.c.slug.in_(slugs)).order_by(campaign.c.slug).with_for_update()
    )
    return {row.slug: row for row in rows}


def _items(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    rows = connection.execute(
        select(
            item.c.id,
            item.c.campaign,
            item.c.author_key,
            item.c.state,
            item.c.version,
            item.c.revision,
            item.c.approved_revision,
            item.c.shown_since,
        ).where(item.c.id.in_(ids))
    )
    return {row.id: row for row in rows}


def _work_out(connection: Connection, wanted: Wanted, rows: Mapping[str, Any], seen: set[str]) -> Step:
    row = rows.get(wanted.item)
    if row is None:
        raise UnknownItem(wanted.item)
    if wanted.item in seen:
        raise NotAllowed(wanted.item, wanted.action, row.state, f"{wanted.item} is named twice")
    seen.add(wanted.item)
    if wanted.version is not None and wanted.version != row.version:
        happened = _since(connection, wanted.item, wanted.version)
        raise StaleDecision(wanted.item, wanted.version, row.version, happened)
    if wanted.action is Action.UNDO:
        return _step_back(connection, wanted, row)
    return _step(wanted, row)


def _step(wanted: Wanted, row: Any) -> Step:
    state = State(row.state)
    is_current = row.approved_revision == row.revision
    after = next_state(state, wanted.action, is_approved_current=is_current)
    if after is None:
        raise NotAllowed(wanted.item, wanted.action, state)
    if wanted.action is Action.AMEND:
        _refuse_odd_amendments(wanted, state)
    approved = row.revision if wanted.action is Action.APPROVE else row.approved_revision
    return Step(
        wanted,
        row.campaign,
        row.author_key,
        row.revision,
        row.version,
        state,
        after,
        row.approved_revision,
        approved,
        was_shown=row.shown_since is not None,
    )


def _refuse_odd_amendments(wanted: Wanted, state: State) -> None:
    odd = [name for name in wanted.changes if name not in AMENDABLE]
    if odd or not wanted.changes:
        known = ", ".join(AMENDABLE)
        raise NotAllowed(
            wanted.item, wanted.action, state, f"an amendment changes one of these: {known}"
        )
    kind = wanted.changes.get("kind")
    if kind is not None and kind not in set(Kind):
        known = ", ".join(Kind)
        raise NotAllowed(
            wanted.item, wanted.action, state, f"{kind} is no kind; a kind is one of {known}"
        )


def _step_back(connection: Connection, wanted: Wanted, row: Any) -> Step:
    """Work out the way back from the item's last decision that still stands."""
    last = _standing(connection, wanted.item)
    if last is None:
        raise NotAllowed(wanted.item, wanted.action, row.state, f"{wanted.item} has nothing to undo")
    if last.actor == "upstream":
        why = f"{wanted.item} was removed by its author or its server: that cannot be undone here"
        raise NotAllowed(wanted.item, wanted.action, row.state, why)
    if last.state_before == State.APPROVED and _was_closed(connection, row, last.approved_before):
        why = f"{wanted.item} was closed by its author since: what was approved cannot come back"
        raise NotAllowed(wanted.item, wanted.action, row.state, why)
    return Step(
        wanted,
        row.campaign,
        row.author_key,
        row.revision,
        row.version,
        State(row.state),
        State(last.state_before),
        row.approved_revision,
        last.approved_before,
        undone=last,
        was_shown=row.shown_since is not None,
    )


def _was_closed(connection: Connection, row: Any, approved: int) -> bool:
    """Say whether the author took an item out of public sight after this revision."""
    if approved == row.revision:
        return False
    rows = connection.execute(
        select(revision.c.number, *CONTENT).where(
            revision.c.item_id == row.id, revision.c.number.in_((approved, row.revision))
        )
    )
    at = {one.number: from_revision(one) for one in rows}
    return is_withdrawn_by(at[approved], at[row.revision])


def _standing(connection: Connection, item_id: str) -> Any:
    undone = select(decision.c.undoes).where(
        decision.c.item_id == item_id, decision.c.undoes.is_not(None)
    )
    return connection.execute(
        select(decision)
        .where(
            decision.c.item_id == item_id,
            decision.c.action != Action.UNDO,
            decision.c.number.not_in(undone),
        )
        .order_by(decision.c.number.desc())
        .limit(1)
    ).one_or_none()


def _since(connection: Connection, item_id: str, version: int) -> list[str]:
    """Say what happened to an item after a version, for the person whose decision came too late."""
    rows = connection.execute(
        select(decision.c.action, decision.c.actor, decision_words.c.who)
        .join(
            decision_words,
            (decision_words.c.campaign == decision.c.campaign)
            & (decision_words.c.number == decision.c.number),
        )
        .where(decision.c.item_id == item_id, decision.c.item_version >= version)
        .order_by(decision.c.number)
    )
    return [f"{row.action} by {row.who or _NAMELESS.get(row.actor, 'somebody')}" for row in rows] or [
        "edit at its origin"
    ]


_NAMELESS = {"upstream": "its origin", "edit-policy": "an edit at its origin"}
"""How those who never have a name are called. A person's name may have been erased."""


def _write(
    connection: Connection, steps: Sequence[Step], heads: Mapping[str, Any], now: datetime
) -> list[Decided]:
    numbers: dict[str, int] = {}
    for slug, head in heads.items():
        ours = [step for step in steps if step.campaign == slug and not step.changes_nothing]
        if ours:
            numbers |= write_chain(connection, head, ours, now)
            _write_items(connection, ours, now)
            write_effects(connection, ours, numbers, now)
            _tell_the_public(connection, head, ours)
    return [_outcome(step, numbers.get(step.wanted.item)) for step in steps]


def _outcome(step: Step, number: int | None) -> Decided:
    version = step.version if number is None else step.version + 1
    return Decided(step.wanted.item, step.wanted.action, step.state_after, version, number)


def _write_items(connection: Connection, steps: Sequence[Step], now: datetime) -> None:
    written = [
        {
            "key": step.wanted.item,
            "was": step.version,
            "now_state": step.state_after.value,
            "now_approved": step.approved_after,
            "now_version": step.version + 1,
        }
        for step in steps
    ]
    connection.execute(
        update(item)
        .where(item.c.id == bindparam("key"), item.c.version == bindparam("was"))
        .values(
            state=bindparam("now_state"),
            approved_revision=bindparam("now_approved"),
            version=bindparam("now_version"),
        ),
        written,
    )
    touched = [step for step in steps if step.touches_the_public]
    _stamp(connection, [step.wanted.item for step in touched], {"public_changed_at": now})
    first_shown = [
        step.wanted.item for step in touched if step.state_after is State.APPROVED and not step.was_shown
    ]
    _stamp(connection, first_shown, {"shown_since": now})


def _stamp(connection: Connection, ids: Sequence[str], values: Mapping[str, Any]) -> None:
    if ids:
        connection.execute(update(item).where(item.c.id.in_(ids)).values(**values))


def _tell_the_public(connection: Connection, head: Any, steps: Sequence[Step]) -> None:
    """Raise the published version and say which items it concerns, for caches and publishers."""
    concerned = [step.wanted.item for step in steps if step.touches_the_public]
    if not concerned:
        return
    version = head.published_version + 1
    connection.execute(
        update(campaign).where(campaign.c.slug == head.slug).values(published_version=version)
    )
    connection.execute(
        insert(change),
        [{"campaign": head.slug, "version": version, "item_id": one} for one in concerned],
    )


def is_held_by_a_rule(connection: Connection, item_id: str) -> bool:
    """Say whether a rule, and no person, keeps this item held."""
    last = _standing(connection, item_id)
    return last is not None and last.action == Action.HOLD and last.actor == "rule"
