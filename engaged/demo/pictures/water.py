"""Scenes by the water and at night. Each takes a sheet and the number of its variant, and fills it."""

import math

from engaged.demo.pictures.paper import Colour, Sheet, darker, lighter, mixed
from engaged.demo.pictures.things import (
    cloud,
    house,
    moon,
    person,
    spines,
    stars,
    water,
)


def boat(sheet: Sheet, number: int) -> None:
    at_night = number in (1, 4)
    sheet.backdrop(until=60)
    if at_night:
        stars(sheet, 50, 50)
        moon(sheet, sheet.wide * 0.78, 18, 7)
    else:
        sheet.disc(sheet.wide * 0.76, 22, 9, None, sheet.bright(1))
        cloud(sheet, sheet.wide * 0.3, 20, 12)
    sheet.hill(52, 5, sheet.palette.far)
    if number in (2, 3, 5):
        sheet.disc(sheet.wide * 0.08, 62, 26, 17, sheet.palette.mid)
        sheet.disc(sheet.wide * 0.95, 62, 24, 14, sheet.palette.near)
    water(sheet, 60)
    if number in (3, 4, 5):
        _small_boat(sheet, number)
    else:
        _ferry(sheet, at_night=at_night)


def lanterns(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    stars(sheet, 30, 40)
    sheet.hill(70, 4, sheet.palette.mid)
    count, is_walk = 9, number == 1
    if is_walk:
        sheet.hill(84, 2, sheet.palette.near)
    else:
        water(sheet, 72)
        _bridge(sheet)
    for place in range(count):
        x = (place + 0.5) * sheet.wide / count
        arch = 46 - 8 * math.sin(math.pi * place / (count - 1))
        y = 40 + 7 * math.sin(place * 1.3) if is_walk else arch
        _lantern(sheet, x, y, sheet.bright(place % 3))
        if is_walk:
            sheet.line([(x, y - 6), (x + 4, y + 22)], sheet.palette.wood, 0.7)
            size = 27 if place % 3 else 20
            person(sheet, x + 5, 92 + 3 * math.sin(place * 2), size, sheet.bright(place + 1))


def storm(sheet: Sheet) -> None:
    sheet.backdrop()
    sheet.hill(66, 5, sheet.palette.mid)
    middle = sheet.wide * 0.5
    sheet.glow(middle, 60, 40, sheet.bright(0))
    house(sheet, middle - 20, 82, 40, 32, darker(sheet.palette.paper, 0.25), sheet.bright(0))
    sheet.hill(82, 2, sheet.palette.near)
    for side, lean in ((0.14, 15), (0.84, 17)):
        x = sheet.wide * side
        top = (x + lean, 42)
        sheet.line([(x, 90), (x + lean * 0.4, 64), top], sheet.palette.wood, 2.4)
        for leaf in range(5):
            tip = (top[0] + 20 - leaf * 4, top[1] - 8 + leaf * 6)
            sheet.cut(
                [(top[0], top[1] - 1.5), (tip[0], tip[1]), (top[0], top[1] + 2)],
                lighter(sheet.palette.near, 0.25),
                0.4,
            )
    for _ in range(90):
        x, y = sheet.chance.uniform(-10, sheet.wide), sheet.chance.uniform(-5, 95)
        sheet.line([(x, y), (x + 3.2, y + 5.5)], lighter(sheet.palette.far, 0.35), 0.25)


def _ferry(sheet: Sheet, *, at_night: bool) -> None:
    x, y = sheet.wide * 0.5, 68
    hull = sheet.palette.paper if not at_night else sheet.palette.wood
    window = sheet.bright(0) if at_night else sheet.bright(2)
    if at_night:
        sheet.glow(x, y - 8, 34, sheet.bright(0))
    sheet.box(x - 26, y - 24, 52, 14, lighter(hull, 0.2), corner=1.5)
    sheet.box(x - 14, y - 34, 30, 11, lighter(hull, 0.3), corner=1.5)
    sheet.box(x + 4, y - 43, 6, 10, sheet.bright(1), corner=0.6)
    for place in range(6):
        sheet.box(x - 23 + place * 8.2, y - 21, 5, 6, window, corner=1, lift=0)
    for place in range(3):
        sheet.box(x - 10 + place * 8, y - 31, 5, 5, window, corner=1, lift=0)
    sheet.cut([(x - 40, y - 11), (x + 42, y - 11), (x + 34, y + 5), (x - 32, y + 5)], hull)
    sheet.cut(
        [(x - 37.5, y - 5), (x + 39, y - 5), (x + 36.5, y - 1), (x - 35, y - 1)], sheet.bright(1), 0
    )
    if not at_night:
        sheet.box(x + 28, y - 17, 9, 6, sheet.palette.wood)
        spines(sheet, x + 28.5, y - 16, 8, 5)
    sheet.hill(78, 1.4, mixed(sheet.palette.near, sheet.bright(2), 0.35), 0.5)


def _small_boat(sheet: Sheet, number: int) -> None:
    x, y = sheet.wide * 0.5, 74
    if number == 4:
        sheet.cut([(x, y - 34), (x - 17, y - 6), (x + 17, y - 6)], sheet.palette.paper)
        sheet.cut([(x, y - 34), (x, y - 6), (x + 17, y - 6)], darker(sheet.palette.paper, 0.12), 0)
        sheet.cut(
            [(x - 30, y - 14), (x, y - 4), (x + 30, y - 14), (x + 18, y + 4), (x - 18, y + 4)],
            lighter(sheet.palette.paper, 0.3),
        )
        return
    person(sheet, x - 18, y - 4, 26)
    spines(sheet, x - 1, y - 9, 19, 10)
    sheet.box(x - 2, y - 13, 21, 9, sheet.palette.wood, corner=0.8)
    sheet.cut(
        [
            (x - 42, y - 9),
            (x - 34, y - 5),
            (x + 34, y - 5),
            (x + 42, y - 9),
            (x + 30, y + 4),
            (x - 30, y + 4),
        ],
        darker(sheet.bright(0), 0.1),
    )
    sheet.line([(x - 26, y - 14), (x - 36, y + 10)], sheet.palette.wood, 1.2)


def _bridge(sheet: Sheet) -> None:
    middle, end = sheet.wide / 2, sheet.wide + 5
    edge = [(-5, 56), (middle, 48), (end, 56), (end, 62), (middle, 54), (-5, 62)]
    sheet.cut(edge, sheet.palette.wood)


def _lantern(sheet: Sheet, x: float, y: float, colour: Colour) -> None:
    sheet.glow(x, y, 15, sheet.bright(0))
    sheet.disc(x, y, 5.2, 6.4, lighter(colour, 0.25), 0.6)
    for ring in (-2.6, 0, 2.6):
        points = [(x - 4.4, y + ring), (x, y + ring + 0.9), (x + 4.4, y + ring)]
        sheet.line(points, darker(colour, 0.15), 0.35)
