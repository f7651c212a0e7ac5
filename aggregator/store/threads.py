"""Threads: an author's own answers to a post stand with it, as long as both are shown.

A post names what it answers by an identity. Nothing of this is stored beside the revisions, which never
change: whatever is decided about one post of a thread, the others find their places by themselves.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    not_,
    select,
    tuple_,
    union,
)

from aggregator.store.models import answer, identity, item, revision, source
from aggregator.store.visible import APPROVED, FACE, is_shown

DEEPEST = 20
"""How many answers one above the other make a thread; what is deeper stands alone."""

_IDS: BindParameter[list[str]] = bindparam("ids", expanding=True)


def _belongs(part: Any, post: Any) -> ColumnElement[bool]:
    """Say whether two shown rows of `item` are by one author, and the part is the later one.

    The order keeps posts that claim to answer each other from hiding each other.
    """
    return and_(
        part.c.author_key != "",
        part.c.author_key == post.c.author_key,
        tuple_(post.c.sort_at, post.c.id) < tuple_(part.c.sort_at, part.c.id),
    )


def _above(part: Any, *columns: Any, post: Any) -> Select[Any]:
    """Give what a shown row of `item` answers, of the same author and shown too."""
    said, name = answer.alias(), identity.alias()
    return (
        select(*columns)
        .select_from(said)
        .join(name, and_(name.c.campaign == said.c.campaign, name.c.value == said.c.value))
        .join(post, post.c.id == name.c.item_id)
        .where(
            said.c.item_id == part.c.id,
            said.c.revision == part.c.approved_revision,
            is_shown(post),
            _belongs(part, post),
        )
    )


def _is_too_deep() -> ColumnElement[bool]:
    first, part, post = item.alias("first"), item.alias("part"), item.alias("post")
    up = _above(item, first.c.id, literal(1).label("depth"), post=first).correlate(item)
    climbed = up.cte("up", recursive=True, nesting=True)
    higher = _above(part, post.c.id, climbed.c.depth + 1, post=post)
    higher = higher.where(part.c.id == climbed.c.id, climbed.c.depth <= DEEPEST)
    climbed = climbed.union_all(higher)
    return exists(select(literal(1)).select_from(climbed).where(climbed.c.depth > DEEPEST))


_post = item.alias("post")
HAS_POST_ABOVE = _above(item, literal(1), post=_post).correlate(item).exists()
"""Whether a row of `item` answers a shown post of its author."""
STANDS_ALONE = not_(and_(HAS_POST_ABOVE, not_(_is_too_deep())))
"""Whether a shown row of `item` is no part of a shown thread."""


def _below() -> Any:
    """Give the posts of the threads that begin with `ids`: root, id and how deep it stands."""
    post, part = item.alias("above"), item.alias("below")
    said, name = answer.alias(), identity.alias()
    first = select(item.c.id.label("root"), item.c.id.label("id"), literal(0).label("depth"))
    down = first.where(item.c.id.in_(_IDS), not_(HAS_POST_ABOVE)).cte("down", recursive=True)
    stands = exists(  # apart: among the joins, SQLite begins with all the items that are shown
        select(literal(1)).where(
            post.c.id == down.c.id,
            part.c.id == said.c.item_id,
            part.c.approved_revision == said.c.revision,
            is_shown(part),
            _belongs(part, post),
        )
    )
    return down.union_all(
        select(down.c.root, said.c.item_id, down.c.depth + 1)
        .select_from(down)
        .join(name, name.c.item_id == down.c.id)
        .join(said, and_(said.c.campaign == name.c.campaign, said.c.value == name.c.value))
        .where(down.c.depth < DEEPEST, stands)
    )


_down = _below()
_PARTS = (
    select(_down.c.root, *FACE)
    .select_from(_down)
    .join(item, item.c.id == _down.c.id)
    .join(revision, APPROVED)
    .join(source, source.c.id == item.c.source_id)
    .where(_down.c.depth > 0)
    .order_by(item.c.sort_at, item.c.id)
)


def parts_of(connection: Connection, ids: Collection[str]) -> dict[str, list[Any]]:
    """Give rows of what stands in the threads of these shown items, oldest first, by the item's id."""
    parts: dict[str, list[Any]] = {}
    if ids:
        for row in connection.execute(_PARTS, {"ids": list(ids)}):
            parts.setdefault(row.root, []).append(row)
    return parts


def _onward(name: str, near: Any, far: Any) -> Any:
    """Give `ids` and what one author's other items are to them, up or down, whatever their state."""
    start = select(item.c.id, item.c.author_key, literal(0).label("depth"))
    kin = start.where(item.c.id.in_(_IDS)).cte(name, recursive=True)
    other = item.alias(f"other_{name}")
    return kin.union(  # not UNION ALL: each revision of a post says again what it answers
        select(other.c.id, other.c.author_key, kin.c.depth + 1)
        .select_from(kin)
        .join(near, near.c.item_id == kin.c.id)
        .join(far, and_(far.c.campaign == near.c.campaign, far.c.value == near.c.value))
        .join(other, other.c.id == far.c.item_id)
        .where(kin.c.depth <= DEEPEST, other.c.author_key == kin.c.author_key, other.c.author_key != "")
    )


_KIN = union(
    select(_onward("up", answer.alias("said_up"), identity.alias("name_up")).c.id),
    select(_onward("down", identity.alias("name_down"), answer.alias("said_down")).c.id),
)


def kin_of(connection: Connection, ids: Collection[str]) -> set[str]:
    """Give these items and all that may stand in a thread with them: the pages that show them too."""
    return set(connection.scalars(_KIN, {"ids": list(ids)})) if ids else set()
