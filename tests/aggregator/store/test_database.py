"""The schema: what migrations make is what the models say, on both databases."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Engine, String, inspect, text

from aggregator.errors import SchemaMismatch, StoreError
from aggregator.store.database import SCHEMA, check_schema, open_reader, open_writer, upgrade
from aggregator.store.migrations import migrate
from aggregator.store.models import metadata
from aggregator.store.triggers import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS


def test_migrated_database_is_what_the_models_say(writer: Engine) -> None:
    with writer.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_checks_and_triggers_of_the_models_are_in_the_database(writer: Engine) -> None:
    inspector = inspect(writer)
    for table in metadata.tables.values():
        wanted = {c.name for c in table.constraints if isinstance(c, CheckConstraint)}
        assert wanted == {check["name"] for check in inspector.get_check_constraints(table.name)}
    is_sqlite = writer.dialect.name == "sqlite"
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite
        else "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with writer.connect() as connection:
        there = set(connection.execute(text(catalogue)).scalars())
    assert there == set(SQLITE_TRIGGERS if is_sqlite else POSTGRESQL_TRIGGERS)


def test_program_needs_the_newest_migration() -> None:
    assert migrate.known()[0] == SCHEMA


def test_down_and_up_again_gives_the_same_schema(database: str) -> None:
    engine = open_writer(database)
    with engine.connect() as connection:
        command.downgrade(migrate.configuration(connection), "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    engine.dispose()
    upgrade(database)
    engine = open_writer(database)
    test_migrated_database_is_what_the_models_say(engine)
    engine.dispose()


def test_upgrading_twice_changes_nothing(database: str) -> None:
    upgrade(database)
    engine = open_reader(database)
    check_schema(engine)
    engine.dispose()


def test_newer_database_is_refused_with_what_to_do(database: str) -> None:
    engine = open_writer(database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="newer program"):
        check_schema(engine)
    with pytest.raises(SchemaMismatch, match="newer program"):
        upgrade(database)
    engine.dispose()


def test_empty_database_says_how_to_set_it_up(tmp_path: Path) -> None:
    engine = open_writer(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(SchemaMismatch, match="engaged run"):
        check_schema(engine)
    engine.dispose()


def test_file_that_is_no_database_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "engaged.db"
    file.write_text("this is a letter to a friend, not a database at all" * 40)
    with pytest.raises(StoreError, match="cannot be used"):
        upgrade(f"sqlite:///{file}")


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="cannot be made"):
        upgrade(f"sqlite:///{tmp_path}/var/engaged.db")


def test_new_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/var/engaged.db")
    assert (tmp_path / "var" / "engaged.db").stat().st_mode & 0o077 == 0


def test_every_stored_text_has_a_length() -> None:
    endless = [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.type.length is None
    ]
    assert endless == []


def test_readers_work_beside_a_writer(writer: Engine, reader: Engine) -> None:
    with writer.begin() as writing:
        writing.execute(text("UPDATE campaign SET chain_length = 1"))
        with reader.connect() as reading:
            assert reading.execute(text("SELECT count(*) FROM campaign")).scalar() == 0
