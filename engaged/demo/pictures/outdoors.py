"""Scenes under the sky. Each takes a sheet and the number of its variant, and fills the sheet."""

import math

from engaged.demo.pictures.paper import Sheet, darker, lighter, mixed
from engaged.demo.pictures.things import (
    cloud,
    flower,
    house,
    moon,
    open_book,
    person,
    pile,
    spines,
    stars,
    tree,
    water,
)


def bookmobile(sheet: Sheet, number: int) -> None:
    _country(sheet)
    sheet.cut(
        [(-5, 88), (sheet.wide + 5, 84), (sheet.wide + 5, 105), (-5, 105)],
        mixed(sheet.palette.dark, sheet.palette.far, 0.5),
    )
    middle, body = sheet.wide / 2, sheet.bright((1, 1, 1, 0, 3)[number % 5])
    left, floor = middle - 44, 84
    sheet.box(left, floor - 40, 74, 36, body, corner=4)
    sheet.box(left + 68, floor - 30, 20, 26, body, corner=4)
    sheet.box(left + 75, floor - 27, 10, 11, lighter(sheet.palette.sky[0], 0.4), corner=1.5, lift=0)
    sheet.box(left + 2, floor - 12, 84, 3, sheet.palette.paper, lift=0)
    sheet.box(left + 8, floor - 34, 46, 19, sheet.palette.dark, corner=1, lift=0)
    spines(sheet, left + 9, floor - 25, 44, 7)
    spines(sheet, left + 9, floor - 15.5, 44, 7)
    _awning(sheet, left + 5, floor - 37, 52)
    for wheel in (left + 15, left + 70):
        sheet.disc(wheel, floor - 3, 7, None, sheet.palette.dark)
        sheet.disc(wheel, floor - 3, 3, None, sheet.palette.paper, 0)
    for at in (left - 8, left + 96) if number != 1 else (left + 97,):
        person(sheet, at, floor + 5, 21)


def garden(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    sheet.disc(sheet.wide * (0.2 if number % 2 else 0.8), 24, 11, None, sheet.bright(1))
    cloud(sheet, sheet.wide * 0.55, 18, 12)
    sheet.hill(58, 5, sheet.palette.far)
    house(sheet, sheet.wide * 0.66, 62, 22, 20, sheet.palette.paper, sheet.bright(2))
    sheet.hill(66, 3, lighter(sheet.palette.near, 0.25))
    _bean_poles(sheet, sheet.wide * 0.18, 80)
    for row, floor in enumerate((80, 95)):
        sheet.box(-2, floor, sheet.wide + 4, 20, darker(sheet.palette.wood, 0.25 - 0.1 * row), corner=1)
        for place in range(11):
            x = (place + 0.5 + 0.35 * row) * sheet.wide / 11
            if (place + row + number) % 3 == 0:
                flower(sheet, x, floor + 1, 20 - 5 * row, sheet.bright(1))
            elif (place + number) % 2:
                sheet.disc(x, floor, 4.2, 3.6, lighter(sheet.palette.near, 0.15), 0.6)
                sheet.disc(x, floor - 1.4, 2.2, 1.9, lighter(sheet.palette.near, 0.4), 0.2)
            else:
                sheet.disc(x, floor - 0.6, 3.6, 3, sheet.bright(0), 0.6)
                sheet.box(x - 0.4, floor - 4.6, 0.8, 1.8, sheet.palette.near, lift=0)
    _watering_can(sheet, sheet.wide * 0.52, 78)


def mountain(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    cloud(sheet, sheet.wide * 0.2, 20, 14)
    cloud(sheet, sheet.wide * 0.82, 30, 11)
    sheet.hill(52, 9, sheet.palette.far)
    sheet.disc(sheet.wide / 2, 118, sheet.wide * 0.52, 56, sheet.palette.near)
    middle = sheet.wide * (0.5, 0.46, 0.54)[number % 3]
    path = ((-2, 64), (3, 64), (2, 76), (16, 86), (26, 105), (6, 105), (2, 90), (-5, 78))
    sheet.cut([(middle + x, y) for x, y in path], lighter(sheet.palette.wood, 0.5), 0.4)
    sheet.box(middle - 15, 44, 30, 21, sheet.palette.paper, corner=2)
    sheet.cut(
        [(middle - 20, 45), (middle - 8, 30), (middle + 8, 30), (middle + 20, 45)], sheet.bright(2)
    )
    sheet.box(middle - 3.5, 52, 7, 13, sheet.palette.wood, corner=2, lift=0)
    for window in (middle - 11, middle + 6):
        sheet.box(window, 50, 5, 6, sheet.bright(1), corner=1, lift=0)
    for x, y, size in ((-8, 82, 13), (6, 80, 11), (21, 92, 16), (-26, 96, 17), (12, 99, 18)):
        person(sheet, middle + x, y, size)
    tree(sheet, sheet.wide * 0.12, 90, 34)


def bicycle(sheet: Sheet, number: int) -> None:
    _country(sheet)
    tree(sheet, sheet.wide * 0.22, 88, 62, sheet.bright(1) if number % 2 else None)
    middle, floor, frame = sheet.wide * 0.55, 90, sheet.bright(0 if number % 2 else 3)
    back, front, seat, bars = (
        (middle - 17, floor - 13),
        (middle + 19, floor - 13),
        (middle - 8, floor - 32),
        (middle + 13, floor - 34),
    )
    for hub in (back, front):
        sheet.disc(*hub, 13, None, sheet.palette.dark)
        sheet.disc(*hub, 11.2, None, mixed(sheet.palette.near, sheet.palette.paper, 0.25), 0)
        for spoke in range(6):
            across = (math.cos(spoke * math.pi / 6) * 11, math.sin(spoke * math.pi / 6) * 11)
            sheet.line(
                [(hub[0] - across[0], hub[1] - across[1]), (hub[0] + across[0], hub[1] + across[1])],
                sheet.palette.paper,
                0.3,
            )
    pedal = (middle - 1, floor - 13)
    for points in ((back, pedal, bars), (back, seat, pedal), (seat, bars), (front, bars)):
        sheet.line(points, frame, 2)
    sheet.line([(seat[0] - 5, seat[1] - 1), (seat[0] + 4, seat[1] - 1)], sheet.palette.dark, 2.4)
    sheet.line([bars, (bars[0] - 1, bars[1] - 6), (bars[0] + 5, bars[1] - 8)], sheet.palette.dark, 1.5)
    spines(sheet, middle + 17, floor - 36, 15, 11)
    sheet.box(middle + 16, floor - 39, 17, 12, sheet.palette.wood, corner=2)
    for slat in range(3):
        sheet.box(middle + 17, floor - 37 + slat * 3.4, 15, 1, lighter(sheet.palette.wood, 0.3), lift=0)


def starry_roof(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    stars(sheet, 140, 72)
    if number % 2:
        moon(sheet, sheet.wide * 0.17, 20, 6)
    for step in range(9):
        tall = sheet.chance.uniform(8, 22)
        sheet.box(
            step * sheet.wide / 8 - 8, 78 - tall, sheet.wide / 8 + 1, 40, sheet.palette.mid, lift=0.4
        )
    sheet.box(-3, 80, sheet.wide + 6, 30, sheet.palette.near)
    sheet.box(-3, 76, sheet.wide + 6, 5, lighter(sheet.palette.near, 0.2))
    middle = sheet.wide * 0.55
    sheet.cut(
        sheet.turned(middle, 54, [(-20, -3), (14, -2.2), (14, 2.2), (-20, 3)], -145 + 180),
        sheet.bright(0),
    )
    sheet.cut(
        sheet.turned(middle, 54, [(12, -1.4), (20, -1.4), (20, 1.4), (12, 1.4)], -145 + 180),
        sheet.palette.paper,
    )
    for foot in (-9, 0, 10):
        sheet.line([(middle, 56), (middle + foot, 80)], sheet.palette.wood, 1.3)
    for x, size in ((-46, 25), (-31, 17), (22, 23), (38, 15), (52, 26)):
        if 6 < middle + x < sheet.wide - 6:
            person(sheet, middle + x, 88, size)


def market(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    sheet.hill(60, 4, sheet.palette.far)
    house(sheet, sheet.wide * 0.02, 74, 26, 30, sheet.bright(2), sheet.palette.paper)
    house(sheet, sheet.wide * 0.82, 74, 24, 24, sheet.bright(4), sheet.palette.paper)
    sheet.box(-3, 74, sheet.wide + 6, 30, lighter(sheet.palette.wood, 0.55), lift=0)
    left, wide = sheet.wide * 0.2, sheet.wide * 0.6
    person(sheet, left + wide * 0.5, 70, 28)
    for post in (left + 2, left + wide - 4):
        sheet.box(post, 30, 2.2, 60, sheet.palette.wood)
    _awning(sheet, left - 4, 24, wide + 8, deep=15)
    sheet.box(left, 66, wide, 26, sheet.palette.wood, corner=1)
    half = wide / 2
    for place in range(12):
        colour = sheet.bright((0, 1, 3)[place % 3]) if number < 3 else lighter(sheet.palette.wood, 0.35)
        at = (left + 4 + (place % 6) * (half - 6) / 6, 64.5 - (place // 6) * 3.5)
        sheet.disc(*at, 3.2, 2.8 if number < 3 else 2, colour, 0.5)
    spines(sheet, left + half + 2, 66, half - 6, 12)
    sheet.box(left + 3, 76, wide - 6, 2, darker(sheet.palette.wood, 0.25), lift=0)
    person(sheet, left - 8, 97, 33)
    person(sheet, left + wide + 9, 97, 29)


def book_house(sheet: Sheet, number: int) -> None:
    _country(sheet)
    path = [
        (sheet.wide * 0.62, 70),
        (sheet.wide * 0.7, 70),
        (sheet.wide * 1.02, 105),
        (sheet.wide * 0.7, 105),
    ]
    sheet.cut(path, lighter(sheet.palette.wood, 0.55), 0.4)
    middle = sheet.wide * 0.42
    sheet.box(middle - 2.5, 60, 5, 38, sheet.palette.wood)
    sheet.box(middle - 19, 28, 38, 34, sheet.bright(0), corner=1)
    sheet.box(middle - 15, 32, 30, 26, darker(sheet.palette.wood, 0.3), lift=0)
    spines(sheet, middle - 14.5, 44.5, 29, 11)
    spines(sheet, middle - 14.5, 57.5, 29, 11)
    sheet.box(middle - 15.5, 44.6, 31, 1.2, sheet.palette.paper, lift=0)
    sheet.cut([(middle - 25, 30), (middle, 12), (middle + 25, 30)], sheet.palette.dark)
    if number == 1:
        sheet.disc(middle + 11, 19.6, 4, None, sheet.bright(1), 0.5)
        sheet.disc(middle + 11, 19.6, 2, None, darker(sheet.bright(1)), 0)
        sheet.line(
            [(middle + 5, 23.5), (middle + 15, 23.8), (middle + 19, 19.5)], sheet.palette.paper, 1.6
        )
    for place in range(6):
        flower(sheet, 4 + place * 6, 99, 13 + 4 * (place % 2), sheet.bright(place))


def goat(sheet: Sheet, number: int) -> None:
    _country(sheet)
    x, floor, coat = sheet.wide * 0.64, 92, lighter(sheet.palette.paper, 0.5)
    for leg in (-14, -8, 9, 15):
        sheet.box(x + leg, floor - 22, 3.2, 22, darker(coat, 0.08), corner=1, lift=0.5)
    sheet.disc(x, floor - 29, 22, 12.5, coat)
    sheet.cut(
        [(x - 20, floor - 34), (x - 12, floor - 38), (x - 18, floor - 56), (x - 27, floor - 52)],
        coat,
        0.3,
    )
    sheet.disc(x - 26, floor - 54, 8, 6, coat, 0.8)
    sheet.cut(
        [(x - 30, floor - 50), (x - 26, floor - 49), (x - 29, floor - 42)], darker(coat, 0.15), 0.2
    )
    for horn in (0, 4):
        sheet.line(
            [(x - 23 + horn, floor - 59), (x - 20 + horn, floor - 67), (x - 15 + horn, floor - 69)],
            sheet.palette.wood,
            1.4,
        )
    sheet.disc(x - 17, floor - 54, 5, 2.2, darker(coat, 0.18), 0.3)
    sheet.disc(x - 28, floor - 55.5, 0.9, None, sheet.palette.dark, 0)
    sheet.disc(x + 22, floor - 36, 3, 5, coat, 0.4)
    if number == 1:
        left = sheet.wide * 0.26
        sheet.box(left - 9, floor - 12, 18, 12, sheet.palette.wood, corner=1)
        person(sheet, left, floor - 10, 40, sheet.bright(2))
        open_book(sheet, left + 4, floor - 23, 9, sheet.bright(0))
    else:
        sheet.box(x - 44, floor - 56, 12, 8, sheet.palette.paper, corner=0.5)
        pile(sheet, sheet.wide * 0.12, 98, 24, 5)


def kites(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    cloud(sheet, sheet.wide * 0.2, 60, 14)
    cloud(sheet, sheet.wide * 0.85, 22, 12)
    if number == 2:
        water(sheet, 78)
    else:
        sheet.hill(84, 4, sheet.palette.mid)
        for place in range(5):
            house(
                sheet,
                8 + place * sheet.wide / 5,
                99,
                17,
                13 + 4 * (place % 2),
                sheet.bright(place),
                sheet.palette.paper,
            )
    for place, (x, y, turn) in enumerate(((0.26, 34, -18), (0.55, 22, 12), (0.78, 46, -6))):
        x *= sheet.wide
        edge = ((0, -15), (10, 0), (0, 19), (-10, 0))
        corners = sheet.turned(x, y, edge, turn)
        tail = [(corners[2][0] + 4 * math.sin(step), corners[2][1] + step * 4) for step in range(7)]
        sheet.line(tail, sheet.palette.dark, 0.4)
        for bow in tail[1::2]:
            sheet.disc(*bow, 1.8, 1, sheet.bright(place + 2), 0.2)
        sheet.cut(corners, sheet.bright(place))
        sheet.cut([corners[0], corners[1], (x, y)], lighter(sheet.bright(place), 0.35), 0)
        sheet.cut([corners[2], corners[3], (x, y)], darker(sheet.bright(place), 0.15), 0)


def trees(sheet: Sheet, number: int) -> None:
    _country(sheet)
    fruit = {1: sheet.bright(0), 2: sheet.bright(1), 3: sheet.bright(1)}.get(number)
    tree(sheet, sheet.wide * 0.5, 88, 76, fruit)
    if number == 1:
        for x in (0.14, 0.3, 0.7, 0.86):
            sheet.disc(sheet.wide * x, 95, 13, 4, sheet.any_bright(), 0.6)
            person(sheet, sheet.wide * x, 95, 24)
    elif number == 4:
        sheet.box(sheet.wide * 0.56, 80, 40, 3, sheet.palette.wood)
        for leg in (3.0, 34.0):
            sheet.box(sheet.wide * 0.56 + leg, 82, 2.4, 12, darker(sheet.palette.wood), lift=0.4)
        sheet.box(sheet.wide * 0.56 + 13, 77.4, 14, 2.6, sheet.palette.paper, lift=0.5)
        for piece in range(4):
            sheet.box(
                sheet.wide * 0.56 + 14 + piece * 3.2,
                74,
                1.7,
                3.6,
                sheet.palette.dark if piece % 2 else sheet.bright(0),
                corner=0.7,
                lift=0.2,
            )
    else:
        for place in range(6):
            x = sheet.wide * (0.1, 0.24, 0.38, 0.64, 0.78, 0.92)[place]
            colour = sheet.bright(place)
            sheet.box(x - 4, 74, 8, 11, colour, corner=1)
            sheet.box(x - 5, 84, 10, 3, darker(colour), corner=1)
            for leg in (-4.4, 3.2):
                sheet.box(x + leg, 86, 1.3, 9, darker(colour, 0.35), lift=0.3)


def _country(sheet: Sheet) -> None:
    sheet.backdrop()
    sheet.disc(sheet.wide * sheet.chance.choice((0.15, 0.86)), 20, 9, None, sheet.bright(1))
    cloud(sheet, sheet.wide * 0.4, 16, 12)
    sheet.hill(54, 7, sheet.palette.far)
    sheet.hill(66, 5, sheet.palette.mid)
    sheet.hill(78, 2.5, sheet.palette.near)


def _awning(sheet: Sheet, x: float, y: float, wide: float, deep: float = 7) -> None:
    strips = max(6, round(wide / 7))
    strip = wide / strips
    sheet.box(x, y, wide, 0.1, sheet.palette.dark, lift=2.4)
    for number in range(strips):
        colour = sheet.bright(0) if number % 2 else sheet.palette.paper
        sheet.box(x + number * strip, y, strip + 0.1, deep, colour, lift=0)
        sheet.disc(x + (number + 0.5) * strip, y + deep, strip / 2, strip * 0.4, colour, 0.3)


def _bean_poles(sheet: Sheet, x: float, floor: float) -> None:
    for pole in range(4):
        at = x - 12 + pole * 8
        sheet.line([(at, floor), (x, floor - 42)], sheet.palette.wood, 1)
        for leaf in range(5):
            part = 0.12 + leaf * 0.17
            here = (at + (x - at) * part, floor - 42 * part)
            sheet.disc(here[0] - 1.4, here[1], 2.2, 1.5, lighter(sheet.palette.near, 0.2), 0.3)
            if leaf % 2:
                sheet.disc(here[0] + 1.6, here[1] - 1, 1.2, None, sheet.bright(0), 0.2)


def _watering_can(sheet: Sheet, x: float, floor: float) -> None:
    colour = sheet.bright(2)
    sheet.cut(
        [(x + 9, floor - 6), (x + 21, floor - 15), (x + 22.5, floor - 13), (x + 11, floor - 2)],
        colour,
        0.6,
    )
    sheet.disc(x - 8, floor - 8, 6, None, colour, 0.5)
    sheet.disc(x - 8, floor - 8, 4, None, lighter(sheet.palette.near, 0.25), 0)
    sheet.box(x - 8, floor - 13, 19, 14, colour, corner=1.5)
