"""What the public may see: the one place that says it, and what is read of it.

Statements are made once: to put one together costs more than to ask it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, text

from aggregator.item import Occasion, State
from aggregator.store.content import CONTENT, NETWORK
from aggregator.store.models import item, revision, source, withdrawal


@dataclass(frozen=True, slots=True)
class Gone:
    """An item that was public and is no longer, since then.

    Attributes:
        occasion: when it was to take place, without any words; calendars cannot cancel it otherwise.
    """

    id: str
    since: datetime
    occasion: Occasion | None = None


def is_shown(table: Any) -> ColumnElement[bool]:
    """Say whether the public sees a row of `item`, or of an alias of it."""
    return and_(table.c.state == State.APPROVED, table.c.id.not_in(select(withdrawal.c.item_id)))


IS_SHOWN = is_shown(item)

HAS_LEFT = text("item.state <> 'approved' AND item.shown_since IS NOT NULL")
"""Whether a row of `item` was public and is not. Written out, so that SQLite finds its index."""

APPROVED = (revision.c.item_id == item.c.id) & (revision.c.number == item.c.approved_revision)

FACE = (item.c.id, item.c.sort_at, item.c.shown_since, item.c.public_changed_at, NETWORK, *CONTENT)
"""The columns that a `Shown` is made of."""

SHOWN = (
    select(*FACE).join(revision, APPROVED).join(source, source.c.id == item.c.source_id).where(IS_SHOWN)
)
