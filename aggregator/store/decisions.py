"""The door for decisions: the only way in which an item's state changes, whoever or whatever decides.

Every decision is one row that is never changed, chained to the one before it by a hash, and made in
the transaction that writes the state it causes. Undoing is a decision too.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, insert, select, update

from aggregator.errors import (
    Conflicts,
    DecisionError,
    NotAllowed,
    StaleDecision,
    UnknownItem,
)
from aggregator.item import Action, Kind, State
from aggregator.store.models import (
    amendment,
    campaign,
    change,
    decision,
    decision_words,
    item,
    objection,
    slot,
    withdrawal,
)

Actor = Literal["person", "shell", "rule", "upstream", "edit-policy"]

OBJECTION = "objection"
"""The reason code that also means: never collect this author again."""

AMENDABLE = ("alt", "kind", "label", "excerpt", "place", "library")

_TABLE: Mapping[Action, Mapping[State, State]] = {
    Action.APPROVE: dict.fromkeys(
        (State.PENDING, State.HELD, State.REJECTED, State.APPROVED), State.APPROVED
    ),
    Action.REJECT: dict.fromkeys(
        (State.PENDING, State.HELD, State.APPROVED, State.REJECTED), State.REJECTED
    ),
    Action.HOLD: dict.fromkeys((State.PENDING, State.HELD, State.APPROVED, State.REJECTED), State.HELD),
    Action.REQUEUE: dict.fromkeys(
        (State.PENDING, State.HELD, State.APPROVED, State.REJECTED), State.PENDING
    ),
    Action.FEATURE: {State.APPROVED: State.APPROVED},
    Action.UNFEATURE: {State.APPROVED: State.APPROVED},
    Action.AMEND: {
        state: state for state in (State.PENDING, State.HELD, State.APPROVED, State.REJECTED)
    },
    Action.TAKE_DOWN: dict.fromkeys(
        (State.PENDING, State.HELD, State.APPROVED, State.REJECTED, State.TAKEN_DOWN),
        State.TAKEN_DOWN,
    ),
    Action.RESTORE: {State.TAKEN_DOWN: State.APPROVED},
    Action.WITHDRAW: dict.fromkeys(State, State.WITHDRAWN),
}


def next_state(state: State, action: Action, *, is_approved_current: bool = True) -> State | None:
    """Say which state an action leads to; None: it does not fit. Undo goes back to what was.

    Args:
        is_approved_current: whether the newest revision is the one once approved. When it is not,
            putting an item back sends it to the queue: nobody has seen what it says now.
    """
    after = _TABLE.get(action, {}).get(state)
    if action is Action.RESTORE and after is not None and not is_approved_current:
        return State.PENDING
    return after


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision somebody asks for.

    Attributes:
        version: the item version that was looked at; None: whatever it is now.
        who: a name for people, such as `ana` or `off-hashtag`; stands aside, where erasure can empty it.
        changes: for amend: field → new words; fields are AMENDABLE.
        slot, until: for feature: which place, and till when.
    """

    item: str
    action: Action
    actor: Actor
    who: str = ""
    version: int | None = None
    reason: str = ""
    note: str = ""
    slot: str = "post"
    until: datetime | None = None
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of it. `number` is None when nothing had to change."""

    item: str
    action: Action
    state: State
    version: int
    number: int | None


@dataclass(frozen=True, slots=True)
class _Step:
    """One decision worked out, before it is written."""

    wanted: Wanted
    campaign: str
    author_key: str
    revision: int
    version: int
    state_before: State
    state_after: State
    approved_before: int | None
    approved_after: int | None
    undone: Any = None
    was_shown: bool = False

    @property
    def changes_nothing(self) -> bool:
        beside = (Action.FEATURE, Action.UNFEATURE, Action.AMEND, Action.UNDO)
        return (
            self.wanted.action not in beside
            and self.state_before == self.state_after
            and self.approved_before == self.approved_after
            and not self.is_objection
        )

    @property
    def is_objection(self) -> bool:
        """It concerns the author, and so it counts even when this item stays as it is."""
        return self.wanted.reason == OBJECTION and self.wanted.action in _OBJECTING

    @property
    def touches_the_public(self) -> bool:
        before = self.approved_before if self.state_before is State.APPROVED else None
        after = self.approved_after if self.state_after is State.APPROVED else None
        beside = self.undone.action if self.undone is not None else self.wanted.action
        is_beside = beside in (Action.FEATURE, Action.UNFEATURE, Action.AMEND)
        return before != after or (is_beside and after is not None)


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
    steps: list[_Step] = []
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


def _work_out(connection: Connection, wanted: Wanted, rows: Mapping[str, Any], seen: set[str]) -> _Step:
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


def _step(wanted: Wanted, row: Any) -> _Step:
    state = State(row.state)
    is_current = row.approved_revision == row.revision
    after = next_state(state, wanted.action, is_approved_current=is_current)
    if after is None:
        raise NotAllowed(wanted.item, wanted.action, state)
    if wanted.action is Action.AMEND:
        _refuse_odd_amendments(wanted, state)
    approved = row.revision if wanted.action is Action.APPROVE else row.approved_revision
    return _Step(
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


def _step_back(connection: Connection, wanted: Wanted, row: Any) -> _Step:
    """Work out the way back from the item's last decision that still stands."""
    last = _standing(connection, wanted.item)
    if last is None:
        raise NotAllowed(wanted.item, wanted.action, row.state, f"{wanted.item} has nothing to undo")
    if last.actor == "upstream":
        why = f"{wanted.item} was removed by its author or its server: that cannot be undone here"
        raise NotAllowed(wanted.item, wanted.action, row.state, why)
    return _Step(
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
    connection: Connection, steps: Sequence[_Step], heads: Mapping[str, Any], now: datetime
) -> list[Decided]:
    numbers: dict[str, int] = {}
    for slug, head in heads.items():
        ours = [step for step in steps if step.campaign == slug and not step.changes_nothing]
        if ours:
            numbers |= _write_chain(connection, head, ours, now)
            _write_items(connection, ours, now)
            _write_beside(connection, ours, numbers, now)
            _tell_the_public(connection, head, ours)
    return [_outcome(step, numbers.get(step.wanted.item)) for step in steps]


def _outcome(step: _Step, number: int | None) -> Decided:
    version = step.version if number is None else step.version + 1
    return Decided(step.wanted.item, step.wanted.action, step.state_after, version, number)


def _write_chain(
    connection: Connection, head: Any, steps: Sequence[_Step], now: datetime
) -> dict[str, int]:
    rows, words, numbers = [], [], {}
    length, previous = head.chain_length, head.chain_head
    for step in steps:
        length += 1
        aside = {"salt": token_hex(16), "who": step.wanted.who[:100], "note": step.wanted.note[:2000]}
        row = _row(step, head.slug, length, now, words_digest(**aside), previous)
        previous = row["hash"]
        rows.append(row)
        words.append({"campaign": head.slug, "number": length, **aside})
        numbers[step.wanted.item] = length
    connection.execute(insert(decision), rows)
    connection.execute(insert(decision_words), words)
    connection.execute(
        update(campaign)
        .where(campaign.c.slug == head.slug)
        .values(chain_length=length, chain_head=previous)
    )
    return numbers


def _row(
    step: _Step, slug: str, number: int, now: datetime, digest: str, previous: str
) -> dict[str, Any]:
    row = {
        "campaign": slug,
        "number": number,
        "item_id": step.wanted.item,
        "item_version": step.version,
        "actor": step.wanted.actor,
        "at": now,
        "action": step.wanted.action.value,
        "reason": step.wanted.reason[:40],
        "revision": step.revision,
        "state_before": step.state_before.value,
        "state_after": step.state_after.value,
        "approved_before": step.approved_before,
        "approved_after": step.approved_after,
        "undoes": step.undone.number if step.undone is not None else None,
        "words_digest": digest,
        "previous": previous,
    }
    return {**row, "hash": link(row)}


def link(row: Mapping[str, Any]) -> str:
    """Give the hash of one decision: over its columns and the hash before it. 64 hexadecimal digits."""
    columns = [column.name for column in decision.columns if column.name != "hash"]
    values = [
        row[name].isoformat() if isinstance(row[name], datetime) else row[name] for name in columns
    ]
    return sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def words_digest(*, salt: str, who: str, note: str) -> str:
    """Give what the chain knows of a name and a note. Once emptied, they cannot be guessed back."""
    return sha256(json.dumps([salt, who, note], ensure_ascii=False).encode()).hexdigest()


def _write_items(connection: Connection, steps: Sequence[_Step], now: datetime) -> None:
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


def _tell_the_public(connection: Connection, head: Any, steps: Sequence[_Step]) -> None:
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


def _write_beside(
    connection: Connection, steps: Iterable[_Step], numbers: Mapping[str, int], now: datetime
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


_OBJECTING = (Action.WITHDRAW, Action.TAKE_DOWN, Action.REJECT)


def _amend(connection: Connection, step: _Step, number: int) -> None:
    connection.execute(
        insert(amendment),
        [
            {"item_id": step.wanted.item, "decision": number, "field": name, "value": value[:2000]}
            for name, value in sorted(step.wanted.changes.items())
        ],
    )


def _feature(connection: Connection, step: _Step, number: int, now: datetime) -> None:
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


def _unfeature(connection: Connection, step: _Step, number: int) -> None:
    connection.execute(
        update(slot)
        .where(slot.c.item_id == step.wanted.item, slot.c.ended_by.is_(None))
        .values(ended_by=number)
    )


def _undo_beside(connection: Connection, step: _Step, number: int) -> None:
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


def _still_objects(connection: Connection, step: _Step) -> bool:
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
        decision.c.action.in_(_OBJECTING),
        decision.c.number.not_in(undone),
    )
    return connection.execute(other.limit(1)).first() is not None


def _object(connection: Connection, step: _Step, now: datetime) -> None:
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


def is_held_by_a_rule(connection: Connection, item_id: str) -> bool:
    """Say whether a rule, and no person, keeps this item held."""
    last = _standing(connection, item_id)
    return last is not None and last.action == Action.HOLD and last.actor == "rule"
