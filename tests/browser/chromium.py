"""The system's Chromium, as all tests start it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserType

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def program() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser")


def launched(kind: BrowserType) -> Browser:
    return kind.launch(executable_path=program(), args=QUIET)


@contextmanager
def another_like(browser: Browser) -> Iterator[Browser]:
    """Give a Chromium of its own, for pages that may do with it what they like.

    Ending one is bounded (playwright kills it after 30 s), closing one of its contexts is not.
    """
    other = launched(browser.browser_type)
    yield other
    other.close()
