"""Decisions before they are written: what somebody asks for, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from aggregator.item import Action, State

Actor = Literal["person", "shell", "rule", "upstream", "edit-policy"]

OBJECTION = "objection"
"""The reason code that also means: never collect this author again."""

OBJECTING = (Action.WITHDRAW, Action.TAKE_DOWN, Action.REJECT)

AMENDABLE = (
    *("alt", "alt-2", "alt-3", "alt-4", "credit", "licence"),
    *("kind", "label", "excerpt", "place", "library"),
)
"""What moderators may write themselves. `alt` is the first picture's, `alt-2` the second's …"""


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
class Step:
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
        return self.wanted.reason == OBJECTION and self.wanted.action in OBJECTING

    @property
    def touches_the_public(self) -> bool:
        before = self.approved_before if self.state_before is State.APPROVED else None
        after = self.approved_after if self.state_after is State.APPROVED else None
        beside = self.undone.action if self.undone is not None else self.wanted.action
        is_beside = beside in (Action.FEATURE, Action.UNFEATURE, Action.AMEND)
        return before != after or (is_beside and after is not None)
