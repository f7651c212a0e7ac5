"""A site of ours and libraries' pages that hold its script."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browser.script.libraries import Site, opened
from tests.browser.test_public_pages import DESK


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with opened(tmp_path_factory.mktemp("media")) as there:
        yield there


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": DESK, "height": 900})
    yield made
    made.close()
