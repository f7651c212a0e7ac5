"""Writing many rows at once that may be there already, the same on SQLite and PostgreSQL.

As executemany, not as one long VALUES list: that is ten times slower (docs/performance.md).
"""

from collections.abc import Sequence
from functools import cache, reduce
from importlib import import_module
from operator import or_
from typing import Any

from sqlalchemy import Connection


def insert_missing(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows; those whose key is there already are left alone, whoever writes them."""
    if rows:
        connection.execute(_insert_missing(connection.dialect.name, table), rows)


def upsert(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows by their primary key; those that are there with the same values are left alone."""
    if rows:
        connection.execute(_upsert(connection.dialect.name, table), rows)


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


def _dialect_insert(dialect: str, table: Any) -> Any:
    """Give the insert of one dialect; the other one is not even loaded."""
    return import_module(f"sqlalchemy.dialects.{dialect}").insert(table)
