"""What every test may use: both databases, and a clock that stands still."""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from sqlalchemy import Engine, create_engine, text

from aggregator.store.database import open_reader, open_writer, upgrade
from tests import postgres

hypothesis_settings.register_profile("check", deadline=None, derandomize=True, print_blob=True)
hypothesis_settings.load_profile("check")

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[postgres.Databases]:
    """Give what makes empty, migrated databases."""
    if postgres.programs() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PostgreSQL must be there in CI")
        pytest.skip("PostgreSQL is not installed")
    # Not in pytest's own folders: another run, started meanwhile, tidies those up.
    with (
        TemporaryDirectory(prefix="engaged-postgres-", ignore_cleanup_errors=True) as folder,
        postgres.cluster(Path(folder)) as address,
    ):
        admin = create_engine(address.format(name="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text("CREATE DATABASE template_engaged"))
        admin.dispose()
        upgrade(address.format(name="template_engaged"))
        databases = postgres.Databases(address, "template_engaged")
        yield databases
        databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Give the address of an empty, migrated database, of each sort in turn."""
    if request.param == "postgresql":
        databases: postgres.Databases = request.getfixturevalue("postgres_databases")
        address = databases.take()
        yield address
        databases.give_back(address)
        return
    file = tmp_path / "engaged.db"
    shutil.copy(request.getfixturevalue("sqlite_template"), file)
    yield f"sqlite:///{file}"


@pytest.fixture
def writer(database: str) -> Iterator[Engine]:
    engine = open_writer(database)
    yield engine
    engine.dispose()


@pytest.fixture
def reader(database: str) -> Iterator[Engine]:
    engine = open_reader(database)
    yield engine
    engine.dispose()
