"""One Chromium for each file of tests; each test opens windows of its own in it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import launched, program


# Not for the session: while playwright is open, no other test on its thread may run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if program() is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium must be there in CI")
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = launched(playwright.chromium)
        yield chromium
        chromium.close()


@pytest.fixture
def database(sqlite_template: Path, tmp_path: Path) -> str:
    """Give a fresh SQLite database: a browser sees no difference."""
    file = tmp_path / "engaged.db"
    shutil.copy(sqlite_template, file)
    return f"sqlite:///{file}"
