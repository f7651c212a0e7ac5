"""Opens the store for a command, after a look whether it is there and belongs to this program."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from aggregator.errors import StoreError
from aggregator.settings import Settings
from aggregator.store import database
from engaged.configure import database_file


@contextmanager
def writer(settings: Settings, *, may_create: bool = False) -> Iterator[Engine]:
    """Open the store for writing.

    Args:
        may_create: create or migrate the database first.

    Raises:
        StoreError: it is not there, belongs to another version of the program, or refuses.
    """
    if may_create:
        database.upgrade(settings.database)
    _must_be_there(settings)
    with _checked(database.open_writer(settings.database)) as engine:
        yield engine


@contextmanager
def reader(settings: Settings) -> Iterator[Engine]:
    """Open the store for reading only."""
    _must_be_there(settings)
    with _checked(database.open_reader(settings.database)) as engine:
        yield engine


def _must_be_there(settings: Settings) -> None:
    file = database_file(settings)
    if file is not None and not file.exists():
        raise StoreError(
            f"There is no database at {file} yet: `engaged run` or `engaged collect` makes it."
        )


@contextmanager
def _checked(engine: Engine) -> Iterator[Engine]:
    try:
        database.check_schema(engine)
        yield engine
    except DBAPIError as error:
        words = str(error.orig).strip().splitlines()[:1] or [str(error)]
        hint = "Can this user write it and its folder? `engaged check` looks"
        raise StoreError(f"The database refused: {words[0]}. {hint}") from error
    finally:
        engine.dispose()
