"""What a view is narrowed to, as a condition on shown items: the same on SQLite and PostgreSQL.

What few posts say is found by an index (`facet`, `amendment.folded`), and then asked of the approved
revision and the last word that stands: a wrong row of `facet` could hide a post, and never show one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    ScalarSelect,
    Select,
    String,
    TableValuedAlias,
    bindparam,
    case,
    column,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from aggregator.store.columns import Moment
from aggregator.store.facets import KIND, LANGUAGE, LIBRARY, PLACE, SAID, TAG, WRITTEN, fold_words
from aggregator.store.models import amendment, facet, item, revision
from aggregator.tags import fold_tag


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


FEW = 200
"""What at most so many say is looked up in an index; anything else is soon met, newest first.

Looking up and sorting 200 costs what reading 50,000 until 12 of 200 are met does.
"""


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
    """Give what a moderator wrote last for a field of a row of `item`, folded; NULL when nobody did."""
    return (
        select(amendment.c.folded)
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


def chosen_by(selection: Selection) -> list[ColumnElement[bool]]:
    """Give what must hold of a row of `item` joined with its approved `revision`."""
    return [_holds(name, values) for name, values in _asked(selection)]


def few_of(connection: Connection, slug: str, selection: Selection) -> frozenset[str] | None:
    """Give the ids of a few items, all that are chosen among them; None when there may be many.

    Looking ends at the limit: what many say costs no more than that.
    """
    few: frozenset[str] | None = None
    for name, values in _asked(selection):
        asked = {"slug": slug, "values": values, "most": FEW + 1}
        found = connection.scalars(_WHO_SAYS[name], asked).all()
        if len(found) <= FEW:
            few = frozenset(found) if few is None else few.intersection(found)
    return few


def comes_after(cursor: Cursor) -> ColumnElement[bool]:
    """Say whether a row of `item` stands below the cursor, newest first."""
    here = tuple_(literal(cursor.sort_at, Moment()), literal(cursor.id))
    return tuple_(item.c.sort_at, item.c.id) < here


def _asked(selection: Selection) -> list[tuple[str, list[str]]]:
    """Give each field that narrows, and its values as they are stored."""
    fields = {
        TAG: [fold_tag(tag) for tag in selection.tags],
        LANGUAGE: [language.lower() for language in selection.languages],
        KIND: list(selection.kinds),
        LIBRARY: [fold_words(each) for each in selection.libraries],
        PLACE: [fold_words(each) for each in selection.places],
    }
    return [(name, values) for name, values in fields.items() if values]


def _holds(name: str, values: list[str]) -> ColumnElement[bool]:
    """Ask the content itself: it lies in the order of dates, and the rows of `facet` do not."""
    if name == TAG:
        tags = tags_of_revision()
        return select(tags.c.value).where(tags.c.value.in_(values)).correlate(revision).exists()
    if name == LANGUAGE:
        return or_(*map(_speaks, values))
    said = func.coalesce(last_word(name), revision.c.kind) if name in SAID else last_word(name)
    # As CASE: PostgreSQL else believes that few meet it, and reads everything before it sorts.
    return case((said.in_(values), true()), else_=false())


def _speaks(tag: str) -> ColumnElement[bool]:
    return or_(revision.c.language == tag, revision.c.language.startswith(f"{tag}-", autoescape=True))


def _who_says(name: str) -> Select[Any]:
    """Give the ids of items of which a revision or a moderator says a value, shown or not."""
    values: BindParameter[list[str]] = bindparam("values", expanding=True)
    said = select(facet.c.item_id).where(
        facet.c.campaign == bindparam("slug"), facet.c.name == name, facet.c.value.in_(values)
    )
    wrote = (
        select(amendment.c.item_id)
        .join(item, item.c.id == amendment.c.item_id)
        .where(item.c.campaign == bindparam("slug"))
        .where(amendment.c.field == name, amendment.c.folded.in_(values))
    )
    both = union_all(*[said] * (name in SAID), *[wrote] * (name in WRITTEN)).subquery()
    return select(both.c.item_id).limit(bindparam("most"))


# Made once: making one costs more than asking it.
_WHO_SAYS = {name: _who_says(name) for name in sorted(SAID | WRITTEN)}
