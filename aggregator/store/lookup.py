"""What we have already of the items of a page, and of their authors: read in a few batched queries."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from aggregator.store.models import engagement, identity, item, objection, revision, sighting, source

AT_A_TIME = 500
"""How many values one IN list carries."""

# Statements of every page are made once: to put one together costs more than to run it.
_SOME: BindParameter[str] = bindparam("some", expanding=True)
_OWNERS = select(identity.c.value, identity.c.item_id).where(
    identity.c.campaign == bindparam("slug"), identity.c.value.in_(_SOME)
)
_OBJECTIONS = select(objection.c.author_key).where(
    objection.c.campaign == bindparam("slug"), objection.c.author_key.in_(_SOME)
)
_SEEN = select(sighting.c.item_id, sighting.c.native).where(
    sighting.c.source_id == bindparam("source"), sighting.c.item_id.in_(_SOME)
)
_STORED = (
    select(
        item.c.id,
        item.c.state,
        item.c.version,
        item.c.revision,
        item.c.approved_revision,
        item.c.source_id,
        revision.c.hash,
        source.c.is_active.label("owner_is_active"),
        source.c.host.label("owner_host"),
        engagement.c.likes,
        engagement.c.shares,
        engagement.c.replies,
    )
    .join(revision, (revision.c.item_id == item.c.id) & (revision.c.number == item.c.revision))
    .join(source, source.c.id == item.c.source_id)
    .outerjoin(engagement, engagement.c.item_id == item.c.id)
    .where(item.c.id.in_(_SOME))
)


def owners(connection: Connection, slug: str, values: Iterable[str]) -> dict[str, str]:
    """Give identity → item id for those of these identities that are known."""
    found: dict[str, str] = {}
    for some in _some(sorted(values)):
        rows = connection.execute(_OWNERS, {"slug": slug, "some": some})
        found |= {row.value: row.item_id for row in rows}
    return found


def stored(connection: Connection, ids: Iterable[str]) -> dict[str, Any]:
    """Give what comparing needs of items we have: state, newest hash, who owns their content."""
    rows: dict[str, Any] = {}
    for some in _some(sorted(ids)):
        found = connection.execute(_STORED, {"some": some})
        rows |= {row.id: row for row in found}
    return rows


def objections(connection: Connection, slug: str, keys: Iterable[str]) -> set[str]:
    """Give those of these authors who must never be collected."""
    held: set[str] = set()
    for some in _some(sorted(keys)):
        held |= set(connection.scalars(_OBJECTIONS, {"slug": slug, "some": some}))
    return held


def seen_by(connection: Connection, source_id: int, ids: Iterable[str]) -> dict[str, str]:
    """Give what a source calls the items that it has shown before; "" for those it cannot name."""
    seen: dict[str, str] = {}
    for some in _some(list(ids)):
        rows = connection.execute(_SEEN, {"source": source_id, "some": some})
        seen |= {row.item_id: row.native for row in rows}
    return seen


def _some(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + AT_A_TIME] for start in range(0, len(values), AT_A_TIME))
