"""Coloured paper and scissors: shapes with a soft shadow, on a canvas that is 100 high.

A scene says where things lie; how wide the sheet is, which colours it has and how it is rounded at the
edges is decided here. Everything is drawn at twice its size and made smaller, which smooths the edges.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Point = tuple[float, float]

FINER = 2
SHADOW = (28, 22, 40)


@dataclass(frozen=True)
class Palette:
    """The papers of one picture; `day` is a light sky, `bright` holds what draws the eye."""

    sky: tuple[Colour, Colour]
    far: Colour
    mid: Colour
    near: Colour
    paper: Colour
    dark: Colour
    wood: Colour
    bright: tuple[Colour, ...]


def _rgb(written: str) -> Colour:
    return int(written[:2], 16), int(written[2:4], 16), int(written[4:], 16)


def _palette(
    sky: str, far: str, mid: str, near: str, paper: str, dark: str, wood: str, bright: str
) -> Palette:
    high, low = (_rgb(part) for part in sky.split())
    bright_ones = tuple(_rgb(part) for part in bright.split())
    return Palette(
        (high, low), _rgb(far), _rgb(mid), _rgb(near), _rgb(paper), _rgb(dark), _rgb(wood), bright_ones
    )


DAYS = (
    _palette("f7e3c0 fdf4e3", "e8b98a", "cf8a5b", "7d8f5a", "fffaf0", "3d3230", "a9714b",
             "d9573f e9a23b 3f7d8c 6b8f4e 8c4a6b"),
    _palette("cfe6ea f2f8f1", "a9cbbd", "6fa58f", "3f7a63", "fbf7ec", "23383a", "8a6a4a",
             "e2703a f0b94a 2f6f8f c2475b 7b9e3f"),
    _palette("fbd9cf fff1e6", "f0b3a0", "d9826f", "9a5b5f", "fff8f2", "40262f", "a4664d",
             "c8443f f2a65a 457b8f 6d9a7d 7c4d79"),
    _palette("dfe3f5 f7f6fb", "b9c0e0", "8791c4", "5a659c", "fcfaf4", "262a45", "8d7055",
             "e0664f f4c052 4a6fc0 57a08a a5598e"),
    _palette("fdeec2 fff9e6", "e6cf87", "b9b45c", "7c8a3f", "fffcf0", "33361f", "96733f",
             "d95d39 f0a202 2e7f86 5b8c3e 94486b"),
)  # fmt: skip
NIGHTS = (
    _palette("1b2250 4a4f8c", "3b4382", "2b3168", "1e2350", "f7ecd0", "12152f", "7a5640",
             "f6c453 f08a5d 8fb8de e5e0c8 b794c9"),
    _palette("14323f 3c6e71", "2f5d62", "234b52", "17363d", "f4ecd8", "0c1f26", "805c43",
             "ffcf70 ef8354 9bd1c7 f3e9d2 d98c9f"),
    _palette("2d1b3d 7a4a6e", "5c3560", "45284d", "301b38", "fbead6", "1c0f26", "8a5a48",
             "ffd07b f2896b a5c4e6 f5e6d3 c58bc0"),
)  # fmt: skip
SKINS = tuple(_rgb(tone) for tone in ("f2cfae", "e0aa7e", "c58556", "9a6038", "70432a", "4f2f20"))
HAIRS = tuple(_rgb(tone) for tone in ("2a1f1d", "4a3226", "7a4b2a", "a86f3a", "c9c4bd", "1d1d26"))


class Sheet:
    """A canvas, 100 high and `wide` wide, with its palette and its own chance."""

    def __init__(self, pixels: tuple[int, int], palette: Palette, chance: Random) -> None:
        self.palette = palette
        self.chance = chance
        self.wide = 100 * pixels[0] / pixels[1]
        self._pixels = pixels
        self._unit = pixels[1] * FINER / 100
        self._image = Image.new("RGB", (pixels[0] * FINER, pixels[1] * FINER), palette.paper)
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def finished(self) -> Image.Image:
        """Give the picture at its size; the sheet is used up."""
        return self._image.reduce(FINER)

    def bright(self, number: int) -> Colour:
        return self.palette.bright[number % len(self.palette.bright)]

    def any_bright(self) -> Colour:
        return self.chance.choice(self.palette.bright)

    def backdrop(self, colours: tuple[Colour, Colour] | None = None, until: float = 100) -> None:
        """Fill the sheet from above with one colour running into another."""
        high, low = colours or self.palette.sky
        rows = round(until * self._unit)
        for row in range(rows):
            colour = mixed(high, low, row / rows)
            self._draw.line([(0, row), (self._image.width, row)], fill=colour)

    def cut(self, points: Iterable[Point], colour: Colour, lift: float = 1) -> None:
        """Lay down a polygon; `lift` is how high it lies, so how long its shadow falls; 0: none."""
        there = [(x * self._unit, y * self._unit) for x, y in points]
        for step in (3, 2, 1) if lift else ():
            away = lift * step * 0.3 * self._unit
            self._draw.polygon([(x + away * 0.5, y + away) for x, y in there], fill=(*SHADOW, 22))
        self._draw.polygon(there, fill=colour)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Colour,
        *,
        corner: float = 0,
        lift: float = 1,
    ) -> None:
        """Lay down a rectangle from its upper left corner, with round corners if wished."""
        for step in (3, 2, 1) if lift else ():
            away = lift * step * 0.3
            self._rounded(x + away * 0.5, y + away, width, height, corner, (*SHADOW, 22))
        self._rounded(x, y, width, height, corner, colour)

    def disc(
        self, x: float, y: float, rx: float, ry: float | None, colour: Colour, lift: float = 1
    ) -> None:
        ry = rx if ry is None else ry
        for step in (3, 2, 1) if lift else ():
            away = lift * step * 0.3
            self._ellipse(x + away * 0.5, y + away, rx, ry, (*SHADOW, 22))
        self._ellipse(x, y, rx, ry, colour)

    def glow(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Let light fall around a point."""
        for step in range(8, 0, -1):
            self._ellipse(x, y, radius * step / 8, radius * step / 8, (*colour, 14))

    def line(self, points: Sequence[Point], colour: Colour, width: float) -> None:
        there = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(there, fill=colour, width=max(1, round(width * self._unit)), joint="curve")
        for x, y in (points[0], points[-1]):
            self._ellipse(x, y, width / 2, width / 2, colour)

    def turned(self, x: float, y: float, shape: Iterable[Point], degrees: float) -> list[Point]:
        """Give a shape around 0, 0, turned and moved to a place."""
        sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        return [(x + a * cosine - b * sine, y + a * sine + b * cosine) for a, b in shape]

    def hill(self, height: float, swing: float, colour: Colour, lift: float = 1.4) -> None:
        """Lay a wavy strip over the whole width, down to the lower edge."""
        shift, waves = self.chance.uniform(0, 6), self.chance.uniform(0.9, 2.1)
        edge = [
            (x, height - swing * math.sin(shift + waves * math.tau * x / (self.wide * 1.3)))
            for x in (step * self.wide / 60 for step in range(-2, 63))
        ]
        self.cut([*edge, (self.wide + 5, 105), (-5, 105)], colour, lift)

    def _rounded(
        self, x: float, y: float, width: float, height: float, corner: float, fill: tuple[int, ...]
    ) -> None:
        place = [value * self._unit for value in (x, y, x + width, y + height)]
        self._draw.rounded_rectangle(place, corner * self._unit, fill=fill)

    def _ellipse(self, x: float, y: float, rx: float, ry: float, fill: tuple[int, ...]) -> None:
        place = [value * self._unit for value in (x - rx, y - ry, x + rx, y + ry)]
        self._draw.ellipse(place, fill=fill)


def mixed(one: Colour, other: Colour, part: float) -> Colour:
    """Give a colour between two: 0 is the one, 1 the other."""
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(one, other, strict=True))
    return red, green, blue


def darker(colour: Colour, part: float = 0.2) -> Colour:
    return mixed(colour, (0, 0, 0), part)


def lighter(colour: Colour, part: float = 0.3) -> Colour:
    return mixed(colour, (255, 255, 255), part)
