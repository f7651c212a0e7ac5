"""The queues that moderators see as tabs, and where in them somebody stands: the address says it all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from aggregator.item import State
from aggregator.store.queue import Queue

QUEUES: Mapping[str, Queue] = {
    "waiting": Queue((State.PENDING,), oldest_first=True),
    "changed": Queue(changed=True, oldest_first=True),
    "later": Queue((State.HELD,), oldest_first=True),
    "shown": Queue((State.APPROVED,)),
    "not-shown": Queue((State.REJECTED,)),
    "removed": Queue((State.TAKEN_DOWN, State.WITHDRAWN)),
}
"""By the word in the address. What waits is read oldest first: new arrivals never push it away."""

FOR_PEOPLE = ("waiting", "changed", "later")
"""The queues in which something waits for a person."""

_TAB_OF = {
    State.PENDING: "waiting",
    State.HELD: "later",
    State.APPROVED: "shown",
    State.REJECTED: "not-shown",
    State.TAKEN_DOWN: "removed",
    State.WITHDRAWN: "removed",
}

ITEM_ID = re.compile(r"[a-z2-7]{12}")


def tab_of(state: State) -> str:
    """Give the tab in which an item of this state stands."""
    return _TAB_OF[state]


def item_id(text: str) -> str:
    """Give the text when it has the form of an item's id, else ""."""
    return text if ITEM_ID.fullmatch(text) else ""


@dataclass(frozen=True, slots=True)
class Where:
    """What somebody looks at, as the address of the queue says it.

    Attributes:
        tab: one of QUEUES.
        after: the list goes on behind this item; "": from its beginning.
        item: the open one; "": the first of the list.
        view: `focus`: one card and nothing else; "": beside the list.
    """

    campaign: str
    tab: str = "waiting"
    after: str = ""
    item: str = ""
    view: str = ""

    @property
    def queue(self) -> Queue:
        return QUEUES[self.tab]

    def at(self, item: str) -> "Where":
        return replace(self, item=item)

    def path(self, *, at: str = "", **more: str | int) -> str:
        """Give the address, with further names for the query, and `at` as its fragment."""
        named = {"state": self.tab, "after": self.after, "item": self.item, "view": self.view}
        known = {name: value for name, value in named.items() if value and (name, value) != _PLAIN}
        query = urlencode(known | {name: str(value) for name, value in more.items()})
        fragment = f"#{at}" if at else ""
        return f"/moderate/{self.campaign}" + (f"?{query}" if query else "") + fragment


_PLAIN = ("state", "waiting")


def read(campaign: str, names: Mapping[str, str]) -> Where:
    """Read an address or a form generously: what nobody understands counts as absent."""
    tab = names.get("state", "")
    return Where(
        campaign,
        tab if tab in QUEUES else "waiting",
        item_id(names.get("after", "")),
        item_id(names.get("item", "")),
        "focus" if names.get("view") == "focus" else "",
    )
