"""One sort of database, for tests of what stands above the store: the store itself is tested on both."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> str:
    """Give the address of an empty, migrated SQLite database."""
    file = tmp_path / "engaged.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"
