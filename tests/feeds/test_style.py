"""The colours are the ones that were chosen, and every text can be read on every ground."""

import base64
import re
from hashlib import sha256
from itertools import product

import pytest

from feeds.page import FRAME_STYLE, HERE, PAGE_STYLE, sheet
from feeds.widget import layouts, style_of

TOKENS = (HERE / "static" / "tokens.css").read_text("utf-8")
LIGHT, DARK = TOKENS.split("@media (prefers-color-scheme: dark)")


def colours(theme: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6})", theme))


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours. Source: WCAG 2.2, relative luminance."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    list(product(["ink", "muted", "primary", "hold"], ["paper", "surface", "sunk"])),
)
def test_every_text_can_be_read_on_every_ground(theme: str, text: str, ground: str) -> None:
    named = colours(theme)
    assert round(contrast(named[text], named[ground]), 1) >= 5.4


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["on-plate", "on-plate-muted"])
def test_words_on_a_plate_can_be_read(theme: str, text: str) -> None:
    named = colours(theme)
    assert contrast(named[text], named["plate"]) >= 5.4


def test_the_button_can_be_read_in_both_themes() -> None:
    for theme in (LIGHT, DARK):
        assert contrast(colours(theme)["surface"], colours(theme)["primary"]) >= 5.4


@pytest.mark.parametrize("layout", layouts())
def test_a_policy_names_exactly_the_style_that_is_written_into_the_page(layout: str) -> None:
    for names in ((*FRAME_STYLE, style_of(layout)), PAGE_STYLE):
        style = sheet(*names)
        digest = base64.b64encode(sha256(str(style.css).encode()).digest()).decode()
        assert style.policy == f"'sha256-{digest}'"
        assert "</style" not in style.css
        assert "/*" not in style.css


def test_no_style_names_a_physical_side_or_loads_anything() -> None:
    for path in HERE.rglob("*.css"):
        css = path.read_text("utf-8")
        assert not re.search(r"[-\s](left|right|top|bottom)\s*:|align: (left|right)", css), path
        assert "url(" not in css
        assert "@import" not in css
