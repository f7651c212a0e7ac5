"""Writing many rows at once that may be there already, the same on SQLite and PostgreSQL.

As executemany, not as one long VALUES list: that is ten times slower (docs/performance.md).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def _dialect_insert(connection: Connection, table: Any) -> Any:
    is_sqlite = connection.dialect.name == "sqlite"
    return sqlite_insert(table) if is_sqlite else postgresql_insert(table)


def insert_missing(connection: Connection, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Write rows; those whose key is there already are left alone, whoever writes them."""
    if rows:
        connection.execute(_dialect_insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(
    connection: Connection, table: Any, rows: Sequence[dict[str, Any]], key: Sequence[str]
) -> None:
    """Write rows; those that are there already with the same values are left alone."""
    if not rows:
        return
    statement = _dialect_insert(connection, table)
    others = [column for column in table.columns if column.name not in key]
    differs = [
        column.is_distinct_from(statement.excluded[column.name])
        for column in others
        if column.name != "seen_at"
    ]
    where = differs[0]
    for one in differs[1:]:
        where |= one
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=key,
            set_={column.name: statement.excluded[column.name] for column in others},
            where=where,
        ),
        rows,
    )
