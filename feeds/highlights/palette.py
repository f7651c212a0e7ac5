"""The colours of our mails, light and dark, from the site's own, and how well one is read on another."""

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours as `#rrggbb`. The names are those of the site (tokens.css)."""

    paper: str
    surface: str
    sunk: str
    ink: str
    muted: str
    line: str
    primary: str
    on_primary: str


LIGHT = Palette("#faf8f3", "#ffffff", "#f1ede3", "#1d2430", "#545b69", "#d9d4c8", "#1d4f91", "#ffffff")
DARK = Palette("#14171c", "#1d2128", "#272c35", "#ece9e2", "#aab0bb", "#3a404c", "#93bdf5", "#14171c")
ENOUGH = 4.5
"""What words need at least (WCAG 2.2, 1.4.3)."""

WORDS_ON = (
    ("ink", "paper"), ("ink", "surface"), ("ink", "sunk"), ("muted", "paper"), ("muted", "surface"),
    ("muted", "sunk"), ("primary", "paper"), ("primary", "surface"), ("primary", "sunk"),
    ("on_primary", "primary"),
)  # fmt: skip
"""Which colour is written on which ground."""


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours, 1 to 21.

    Source: WCAG 2.2, definitions of contrast ratio and relative luminance.
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
