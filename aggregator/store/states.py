"""Which action leads from which state to which: one table, and nothing else."""

from collections.abc import Mapping

from aggregator.item import Action, State

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
