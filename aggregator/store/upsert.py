"""Writing many rows at once that may be there already, the same on SQLite and PostgreSQL.

As executemany, not as one long VALUES list: that is ten times slower (docs/performance.md).
"""

from collections.abc import Sequence
from functools import cache, reduce
from importlib import import_module
from operator import or_
from typing import Any

from sqlalchemy import Connection, case


def insert_missing(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows; those whose key is there already are left alone, whoever writes them."""
    if rows:
        connection.execute(_insert_missing(connection.dialect.name, table), rows)


def upsert(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows by their primary key; those that are there with the same values are left alone."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table), rows)


def add_up(connection: Connection, table: Any, rows: Sequence[dict[str, Any]], column: str) -> None:
    """Write rows by their primary key; of those that are there already, the column grows."""
    if rows:
        connection.execute(_add_up(connection.dialect.name, table, column), rows)


def widen(
    connection: Connection, table: Any, rows: Sequence[dict[str, Any]], first: str, last: str
) -> None:
    """Write rows by their primary key; those that are there begin at the earlier, end at the later."""
    if rows:
        connection.execute(_widen(connection.dialect.name, table, first, last), rows)


# Made once for each table: to put a statement together costs more than to run it.


@cache
def _insert_missing(dialect: str, table: Any) -> Any:
    return _dialect_insert(dialect, table).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: Any) -> Any:
    statement = _dialect_insert(dialect, table)
    others = [column for column in table.columns if not column.primary_key]
    differs = [
        column.is_distinct_from(statement.excluded[column.name])
        for column in others
        if column.name != "seen_at"
    ]
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column.name: statement.excluded[column.name] for column in others},
        where=reduce(or_, differs),
    )


@cache
def _add_up(dialect: str, table: Any, column: str) -> Any:
    statement = _dialect_insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column: table.c[column] + statement.excluded[column]},
    )


@cache
def _widen(dialect: str, table: Any, first: str, last: str) -> Any:
    statement = _dialect_insert(dialect, table)
    earlier = table.c[first] > statement.excluded[first]
    later = table.c[last] < statement.excluded[last]
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={
            first: case((earlier, statement.excluded[first]), else_=table.c[first]),
            last: case((later, statement.excluded[last]), else_=table.c[last]),
        },
        where=earlier | later,
    )


def _dialect_insert(dialect: str, table: Any) -> Any:
    """Give the insert of one dialect; the other one is not even loaded."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
