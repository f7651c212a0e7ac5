"""Opens the database the way the house needs it, and brings it to the schema of this program."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from aggregator.errors import SchemaMismatch, StoreBusy, StoreError

SCHEMA = "0005"
"""The newest migration: what this program needs. A test compares it with the folder."""

_WHAT_NEXT = "Make it readable and writable, restore a backup, or change `database` in config.yaml"


def open_writer(url: str, *, patience_s: float = 30) -> Engine:
    """Give an engine whose every transaction takes the write lock at once.

    A transaction that reads first and writes later fails on SQLite when somebody else wrote between
    (measured: 50 of 50), so each opens with BEGIN IMMEDIATE. Commits wait for the disk: an
    acknowledged decision survives a power cut.

    Args:
        url: `sqlite:///FILE` (absolute) or `postgresql+psycopg://…`.
        patience_s: how long to wait for another writer on SQLite, in seconds.
    """
    if not is_sqlite(url):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": patience_s, "check_same_thread": False})
    _prepare(engine, begin="BEGIN IMMEDIATE")
    return engine


def open_reader(url: str) -> Engine:
    """Give an engine that cannot write: SQLite by mode=ro, PostgreSQL by read-only transactions."""
    if not is_sqlite(url):
        return create_engine(
            url,
            pool_pre_ping=True,
            connect_args={"options": "-c default_transaction_read_only=on"},
        )
    file = make_url(url).database
    engine = create_engine(
        f"sqlite:///file:{file}?mode=ro&uri=true",
        connect_args={"timeout": 5, "check_same_thread": False},
    )
    _prepare(engine, begin="BEGIN")
    return engine


def is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _prepare(engine: Engine, *, begin: str) -> None:
    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: Any) -> None:
        # SQLAlchemy's own SELECT would run before BEGIN: we open transactions ourselves.
        connection.isolation_level = None
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "recursive_triggers=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def upgrade(url: str) -> None:
    """Create the database or migrate it to this program's schema; does nothing when it is there already.

    Raises:
        SchemaMismatch: the database was made by a newer program.
        StoreBusy: somebody else holds it.
    """
    if is_sqlite(url):
        _make_file(Path(make_url(url).database or ""))
    engine = open_writer(url)
    try:
        with _refusals(), engine.connect() as connection:
            found = _found(connection)
            connection.rollback()
            if found != SCHEMA:
                # Loading alembic takes longer than a whole `engaged items`: only when it has work.
                from aggregator.store.migrations import migrate

                migrate.upgrade(connection, found)
    finally:
        engine.dispose()


def check_schema(engine: Engine) -> None:
    """Raise SchemaMismatch unless the database has exactly this program's schema."""
    with _refusals(), engine.connect() as connection:
        found = _found(connection)
    if found is None:
        raise SchemaMismatch("the database is empty: `engaged run` or `engaged collect` sets it up")
    if found > SCHEMA:
        raise SchemaMismatch(newer(found))
    if found < SCHEMA:
        hint = "`engaged run` or `engaged collect` brings it up to date"
        raise SchemaMismatch(f"the database is at {found}, this program at {SCHEMA}: {hint}")


def _found(connection: Connection) -> str | None:
    """Give the migration that the database stands at; they are numbered: a later one is greater."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the driver says into a sentence of ours."""
    try:
        yield
    except DBAPIError as error:
        words = str(error.orig).strip().splitlines()[0] if error.orig else str(error)
        kind = StoreBusy if "locked" in words else StoreError
        raise kind(f"the database cannot be used: {words}. {_WHAT_NEXT}") from error


def _make_file(file: Path) -> None:
    """WAL is a property of the file: set once, outside of any transaction."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        hint = "let this user write there, or change `database` in config.yaml"
        raise StoreError(f"{file.parent} cannot be made ({error.strerror}): {hint}") from error
    is_new = not file.exists()
    with _refusals():
        connection = sqlite3.connect(file, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.Error as error:
            raise StoreError(f"{file} cannot be used: {error}. {_WHAT_NEXT}") from error
        finally:
            connection.close()
    if is_new:
        file.chmod(0o600)


def newer(found: str) -> str:
    return f"the database ({found}) was made by a newer program: install that one, or restore a backup"


def integrity(connection: Connection) -> list[str]:
    """Give what the database says is wrong with its own file: an empty list when nothing is."""
    if connection.dialect.name != "sqlite":
        return []
    broken = [
        str(row[0]) for row in connection.execute(text("PRAGMA integrity_check")) if row[0] != "ok"
    ]
    dangling = connection.execute(text("PRAGMA foreign_key_check")).all()
    return broken + [f"{row[0]} row {row[1]} points to a missing {row[2]}" for row in dangling]
