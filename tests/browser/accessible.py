"""What axe finds on a page: the same program and the same words for every test."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")


def found_by_axe(
    page: Page, rules: dict[str, Any] | None = None, *, on: str | dict[str, list[str]] | None = None
) -> list[str]:
    """Give what axe finds, each with the first place.

    Args:
        rules: what axe calls options; None: all of its rules.
        on: what axe calls context: a selector, or what to include and exclude; None: the document.
    """
    if not page.evaluate("'axe' in self"):
        page.evaluate(AXE)
    asked = "([on, rules]) => axe.run(on ?? document, rules ?? {}).then(result => result.violations)"
    found = page.evaluate(asked, [on, rules])
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


def complaints(page: Page) -> list[str]:
    """Give what axe finds, and whether the page is wider than its window."""
    too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found_by_axe(page), *(["wider than its window"] if too_wide else [])]
