"""What a view is narrowed to, as a condition on shown items: the same on SQLite and PostgreSQL."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from unicodedata import normalize

from sqlalchemy import (
    ColumnElement,
    Connection,
    ScalarSelect,
    String,
    TableValuedAlias,
    column,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from aggregator.item import fold_tag
from aggregator.store.columns import Moment
from aggregator.store.models import amendment, item, revision


@dataclass(frozen=True, slots=True)
class Selection:
    """What a view is narrowed to. Within one field: any of them; between fields: all must hold.

    Attributes:
        tags: as `fold_tag` gives them.
        languages: `es` means `es-mx` too.
        kinds: a moderator's word counts before the source's own.
        libraries, places: as moderators wrote them, whatever their case.
    """

    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last post of the page before."""

    sort_at: datetime
    id: str


class elements(FunctionElement[Any]):  # noqa: N801 - it is written like the function it is
    """The elements of a list in JSON, as rows with one column `value`."""

    name = "elements"
    inherit_cache = True


@compiles(elements, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **more)})"


@compiles(elements, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"json_array_elements_text({compiler.process(element.clauses, **more)})"


def tags_of_revision() -> TableValuedAlias:
    """Give the tags of a row of `revision` as a table of its own, with the column `value`."""
    return elements(revision.c.tags).table_valued(column("value", String), joins_implicitly=True)


def last_word(field: str) -> ScalarSelect[Any]:
    """Give what a moderator wrote last for a field of a row of `item`; NULL when nobody did."""
    return (
        select(amendment.c.value)
        .where(
            amendment.c.item_id == item.c.id,
            amendment.c.field == field,
            amendment.c.is_undone == false(),
        )
        .order_by(amendment.c.decision.desc())
        .limit(1)
        .correlate(item)
        .scalar_subquery()
    )


def chosen_by(connection: Connection, slug: str, selection: Selection) -> list[ColumnElement[bool]]:
    """Give what must hold of a row of `item` joined with its approved `revision`."""
    chosen: list[ColumnElement[bool]] = []
    if selection.tags:
        tags = tags_of_revision()
        folded = [fold_tag(tag) for tag in selection.tags]
        chosen.append(select(tags.c.value).where(tags.c.value.in_(folded)).correlate(revision).exists())
    if selection.languages:
        chosen.append(or_(*map(_speaks, selection.languages)))
    if selection.kinds:
        chosen.append(func.coalesce(last_word("kind"), revision.c.kind).in_(selection.kinds))
    for field, wanted in (("library", selection.libraries), ("place", selection.places)):
        if wanted:
            chosen.append(last_word(field).in_(_as_written(connection, slug, field, wanted)))
    return chosen


def comes_after(cursor: Cursor) -> ColumnElement[bool]:
    """Say whether a row of `item` stands below the cursor, newest first."""
    here = tuple_(literal(cursor.sort_at, Moment()), literal(cursor.id))
    return tuple_(item.c.sort_at, item.c.id) < here


def _speaks(language: str) -> ColumnElement[bool]:
    tag = language.lower()
    return or_(revision.c.language == tag, revision.c.language.startswith(f"{tag}-", autoescape=True))


def words_written(connection: Connection, slug: str, field: str) -> list[str]:
    """Give each different word that moderators wrote for a field anywhere in a campaign."""
    return list(
        connection.scalars(
            select(amendment.c.value)
            .join(item, item.c.id == amendment.c.item_id)
            .where(item.c.campaign == slug, amendment.c.field == field, amendment.c.is_undone == false())
            .distinct()
        )
    )


def _as_written(connection: Connection, slug: str, field: str, wanted: Collection[str]) -> Sequence[str]:
    """Give the words as they stand in the store. Not `lower()` there: SQLite's knows ASCII only."""
    folded = {fold_words(each) for each in wanted}
    return [each for each in words_written(connection, slug, field) if fold_words(each) in folded]


def fold_words(words: str) -> str:
    """Give words as they are compared, whatever their case."""
    return " ".join(normalize("NFKC", words).casefold().split())
