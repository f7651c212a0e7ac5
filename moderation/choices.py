"""What can be done with an item now, in a reader's words; what does not fit its state is not offered."""

from dataclasses import dataclass

from aggregator.item import Action, State
from aggregator.store.decisions import next_state
from aggregator.store.opened import Opened, last_standing
from feeds.i18n import Words


@dataclass(frozen=True, slots=True)
class Choice:
    """One button.

    Attributes:
        action: what its form says.
        key: the key that does the same; "" for none.
        hint: what happens, one sentence.
        tone: approve, reject, hold, featured or plain: its colour and its shape.
        takes_reason: a reason may stand with it.
    """

    action: str
    label: str
    hint: str
    key: str = ""
    tone: str = "plain"
    takes_reason: bool = False


_KEYS = {Action.APPROVE: "a", Action.REJECT: "r", Action.HOLD: "h", Action.FEATURE: "f"}
_TONES = {
    Action.APPROVE: "approve",
    Action.RESTORE: "approve",
    Action.REJECT: "reject",
    Action.TAKE_DOWN: "reject",
    Action.HOLD: "hold",
    Action.FEATURE: "featured",
}
_REASONED = (Action.REJECT, Action.TAKE_DOWN)


def main(opened: Opened, say: Words) -> tuple[Choice, ...]:
    """Give the buttons that stand large: at most three, always in the same order."""
    is_shown = opened.listed.state is State.APPROVED
    away = (Action.TAKE_DOWN,) if is_shown else (Action.RESTORE, Action.REJECT)
    wanted = (Action.APPROVE, *away, Action.HOLD)
    return tuple(_choice(action, opened, say) for action in wanted if _fits(action, opened))


def more(opened: Opened, say: Words) -> tuple[Choice, ...]:
    """Give the buttons behind "More"."""
    there = {choice.action for choice in main(opened, say)}
    wanted = (Action.FEATURE, Action.UNFEATURE, Action.REJECT, Action.TAKE_DOWN, Action.REQUEUE)
    fitting = [action for action in wanted if action not in there and _fits(action, opened)]
    last = last_standing(opened.history)
    undo = [Action.UNDO] if last is not None and last.actor != "upstream" else []
    return tuple(_choice(action, opened, say) for action in (*fitting, *undo))


def _fits(action: Action, opened: Opened) -> bool:
    listed = opened.listed
    if action is Action.FEATURE:
        return not opened.is_featured and _may_be_shown(opened)
    if action is Action.UNFEATURE:
        return opened.is_featured and listed.state is State.APPROVED
    after = next_state(listed.state, action, is_approved_current=not listed.is_edited)
    changes_words = action is Action.APPROVE and listed.is_edited
    return after is not None and (after is not listed.state or changes_words)


def _may_be_shown(opened: Opened) -> bool:
    return next_state(opened.listed.state, Action.APPROVE) is not None


def _choice(action: Action, opened: Opened, say: Words) -> Choice:
    name = _name(action, opened)
    return Choice(
        action=action.value,
        label=say(f"do-{name}"),
        hint=say(f"hint-{name}"),
        key=_KEYS.get(action, ""),
        tone=_TONES.get(action, "plain"),
        takes_reason=action in _REASONED,
    )


def _name(action: Action, opened: Opened) -> str:
    """Give the word under which the language file has a button: some depend on where they stand."""
    listed = opened.listed
    if action is Action.APPROVE and listed.is_changed:
        return "approve-changed"
    if action is Action.RESTORE and listed.is_edited:
        return "restore-edited"
    if action is Action.FEATURE and listed.state is not State.APPROVED:
        return "feature-unseen"
    if action is Action.HOLD and listed.state is State.APPROVED:
        return "hold-shown"
    return action.value
