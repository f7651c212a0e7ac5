"""How an item becomes a stored revision, and a stored revision an equal item. Shared by the doors."""

from typing import Any

from sqlalchemy import func

from aggregator.item import Item, Kind, Precision, SafeHtml, as_facts, from_facts
from aggregator.store.models import revision, source


def as_revision(item: Item) -> dict[str, Any]:
    """Give the columns of `revision` that hold an item's content."""
    return {
        "hash": item.hash,
        "kind": item.kind.value,
        "url": item.url,
        "title": item.title,
        "html": item.html,
        "text": item.text,
        "language": item.language,
        "direction": item.direction,
        "published_at": item.published_at,
        "precision": item.precision.value,
        "updated_at": item.updated_at,
        "tags": list(item.tags),
        "facts": as_facts(item),
    }


def from_revision(row: Any) -> Item:
    """Give the item that one row of `revision` holds. Its HTML was made safe by clean.py."""
    return Item(
        kind=Kind(row.kind),
        url=row.url,
        title=row.title,
        html=SafeHtml(row.html),
        text=row.text,
        tags=tuple(row.tags),
        language=row.language,
        direction=row.direction,
        published_at=row.published_at,
        precision=Precision(row.precision),
        updated_at=row.updated_at,
        **from_facts(row.facts),
    )


CONTENT = [column for column in revision.columns if column.name not in ("item_id", "number", "seen_at")]
"""The columns that `from_revision` reads."""

NETWORK = func.coalesce(func.nullif(source.c.label, ""), source.c.host).label("network")
"""Where an item stands, for readers: its source's own name, or else the host."""
