"""Things that lie on a table, seen from above. Each takes a sheet and the number of its variant."""

import math

from engaged.demo.pictures.paper import SKINS, Colour, Sheet, darker, lighter, mixed
from engaged.demo.pictures.things import (
    cup_from_above,
    open_book,
)


def circle(sheet: Sheet, number: int) -> None:
    sheet.backdrop((lighter(sheet.palette.wood, 0.55), lighter(sheet.palette.wood, 0.7)))
    for board in range(13):
        sheet.line(
            [(0, board * 8.2), (sheet.wide, board * 8.2)], lighter(sheet.palette.wood, 0.42), 0.25
        )
    middle = (sheet.wide / 2, 50)
    sheet.disc(*middle, 25, None, sheet.bright(2 + number), 0.4)
    sheet.disc(*middle, 20, None, lighter(sheet.bright(2 + number), 0.5), 0)
    sheet.disc(*middle, 5, None, sheet.palette.wood)
    for leaf in range(8):
        angle = leaf * math.tau / 8 + 0.2
        sheet.disc(
            middle[0] + math.cos(angle) * 4.6,
            middle[1] + math.sin(angle) * 4.6,
            3,
            2.4,
            sheet.palette.near,
            0.5,
        )
    count = 9 + (number - 1)
    for chair in range(count):
        angle = chair * math.tau / count - math.pi / 2
        at = (middle[0] + math.cos(angle) * 37, middle[1] + math.sin(angle) * 37)
        turn, colour = math.degrees(angle) + 90, sheet.bright(chair)
        sheet.cut(sheet.turned(*at, [(-6, -6), (6, -6), (6.4, 6), (-6.4, 6)], turn), colour)
        sheet.cut(
            sheet.turned(*at, [(-6.8, -8), (6.8, -8), (6.8, -5), (-6.8, -5)], turn),
            darker(colour, 0.25),
            0.6,
        )


def chess(sheet: Sheet, number: int) -> None:
    _cloth(sheet, number)
    left, side = sheet.wide / 2 - 38, 9.5
    sheet.box(left - 4, 8, 84, 84, sheet.palette.wood, corner=2, lift=2)
    for row in range(8):
        for column in range(8):
            colour = sheet.palette.paper if (row + column) % 2 else darker(sheet.palette.wood, 0.35)
            sheet.box(left + column * side, 12 + row * side, side + 0.05, side + 0.05, colour, lift=0)
    for piece in range(15):
        column, row = (
            sheet.chance.randrange(8),
            (sheet.chance.randrange(3) if piece % 2 else 7 - sheet.chance.randrange(3)),
        )
        at = (left + (column + 0.5) * side, 12 + (row + 0.5) * side)
        colour = sheet.bright(0) if piece % 2 else lighter(sheet.palette.wood, 0.75)
        sheet.disc(*at, 3.4, None, colour, 0.9)
        sheet.disc(*at, 1.9, None, lighter(colour, 0.3), 0.3)
    for x in (left - 22, left + 98):
        cup_from_above(sheet, x, 32 if x < left else 66, 13, sheet.bright(2))


def bars(sheet: Sheet, number: int) -> None:
    sheet.backdrop((sheet.palette.paper, lighter(sheet.palette.sky[0], 0.3)))
    for row in range(5):
        sheet.line(
            [(sheet.wide * 0.1, 84 - row * 16), (sheet.wide * 0.9, 84 - row * 16)],
            mixed(sheet.palette.paper, sheet.palette.dark, 0.18),
            0.3,
        )
    for place, tall in enumerate((64, 52, 17)):
        x = sheet.wide * (0.2 + place * 0.23)
        sheet.box(x, 84 - tall, sheet.wide * 0.14, tall, sheet.bright(place + number - 1), corner=1)
        if place == 0:
            open_book(sheet, x + sheet.wide * 0.07, 14, 7, sheet.bright(2))
    sheet.line([(sheet.wide * 0.1, 84), (sheet.wide * 0.9, 84)], sheet.palette.dark, 0.8)


def quilt(sheet: Sheet, number: int) -> None:
    columns, rows = (9, 1) if number == 3 else (6, 4)
    sheet.backdrop((lighter(sheet.palette.wood, 0.6), lighter(sheet.palette.wood, 0.75)))
    wide, tall = sheet.wide * 0.9 / columns, 24 if number == 3 else 88 / rows
    top, left = (38 if number == 3 else 6), sheet.wide * 0.05
    sheet.box(
        left - 2, top - 2, wide * columns + 4, tall * rows + 4, sheet.palette.paper, corner=2, lift=2
    )
    for place in range(columns * rows):
        x, y = left + place % columns * wide, top + place // columns * tall
        ground, figure = (
            sheet.bright(place * 2 + place // columns),
            sheet.bright(place * 2 + place // columns + 2),
        )
        sheet.box(
            x + 0.4,
            y + 0.4,
            wide - 0.8,
            tall - 0.8,
            lighter(ground, 0.2 * (place % 3)),
            corner=0.6,
            lift=0.3,
        )
        _patch(sheet, (x + wide / 2, y + tall / 2), min(wide, tall) * 0.36, figure, (place + number) % 4)


def cups(sheet: Sheet, number: int) -> None:
    _cloth(sheet, number)
    if number == 7:
        _typewriter(sheet)
        return
    places = ((0.16, 26), (0.36, 74), (0.6, 22), (0.86, 32), (0.84, 78), (0.13, 78))
    for place, (x, y) in enumerate(places):
        if number in (2, 3) and place % 2 == 0:
            sheet.box(sheet.wide * x - 12, y - 9, 24, 18, sheet.bright(place), corner=1)
            sheet.box(sheet.wide * x - 8, y - 5, 16, 2, sheet.palette.paper, lift=0)
        else:
            cup_from_above(sheet, sheet.wide * x, y, 12, sheet.bright(place))
    sheet.disc(sheet.wide * 0.52, 52, 21, None, lighter(sheet.palette.paper, 0.5), 1.2)
    sheet.disc(sheet.wide * 0.52, 52, 16, None, lighter(sheet.palette.sky[0], 0.2), 0)
    if number == 6:
        _cake(sheet, sheet.wide * 0.52, 52)
        return
    for biscuit in range(9):
        angle, far = biscuit * math.tau / 8, (9.5 if biscuit < 8 else 0)
        at = (sheet.wide * 0.52 + math.cos(angle) * far, 52 + math.sin(angle) * far)
        sheet.disc(*at, 4, None, lighter(sheet.palette.wood, 0.3), 0.7)
        sheet.disc(*at, 1.2, None, sheet.bright(biscuit), 0)


def hands(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    middle = (sheet.wide / 2, 52)
    arms: tuple[tuple[float, float, float, int], ...]
    if number == 2:
        open_book(sheet, middle[0], 78, 26, sheet.bright(0))
        arms = ((-40, 105, 52, 0), (40, 105, -52, 1), (-24, 12, 168, 2), (24, 12, -168, 3))
    elif number == 3:
        sheet.disc(*middle, 60, 40, lighter(sheet.palette.sky[1], 0.4), 0)
        arms = ((26, 72, -68, 3), (-16, 56, 82, 1))
    else:
        sheet.disc(middle[0], 54, 23, None, sheet.bright(2), 1.4)
        sheet.disc(middle[0], 54, 18, None, darker(sheet.bright(2), 0.25), 0)
        arms = ((-68, 24, 70, 0), (68, 22, -70, 2), (-58, 98, 48, 4), (58, 98, -48, 1))
        for note in range(7):
            at = (middle[0] + sheet.chance.uniform(-9, 9), 54 + sheet.chance.uniform(-9, 9))
            sheet.cut(
                sheet.turned(*at, [(-4, -2.4), (4, -2.4), (4, 2.4), (-4, 2.4)], note * 37),
                sheet.bright(note),
                0.5,
            )
    for x, y, turn, tone in arms:
        _hand(sheet, middle[0] + x, y, turn, SKINS[tone], sheet.bright(tone + number))
    if number == 3:
        sheet.cut(sheet.turned(middle[0] + 4, 53, _star(5), 10), sheet.bright(1), 0.5)


def town_map(sheet: Sheet, number: int) -> None:
    sheet.backdrop((lighter(sheet.palette.paper, 0.2), lighter(sheet.palette.sky[0], 0.5)))
    for _ in range(26):
        x, y = sheet.chance.uniform(4, sheet.wide - 16), sheet.chance.uniform(4, 86)
        sheet.box(
            x,
            y,
            sheet.chance.uniform(6, 15),
            sheet.chance.uniform(5, 11),
            lighter(sheet.any_bright(), 0.6),
            corner=1.4,
            lift=0.3,
        )
    river = [(step * sheet.wide / 20, 55 + 14 * math.sin(step / 3 + number)) for step in range(-1, 23)]
    sheet.line(river, mixed(sheet.bright(2), sheet.palette.paper, 0.35), 8)
    for street in range(5):
        y = 12 + street * 19
        sheet.line(
            [(0, y), (sheet.wide * 0.4, y + 6 * math.sin(street)), (sheet.wide, y - 4)],
            sheet.palette.wood,
            0.9,
        )
    for street in range(6):
        x = (street + 0.5) * sheet.wide / 6
        sheet.line([(x, 0), (x + 7 * math.sin(street * 2), 50), (x - 3, 100)], sheet.palette.wood, 0.9)
    for flag in range(7):
        x, y = sheet.chance.uniform(12, sheet.wide - 16), sheet.chance.uniform(22, 90)
        size = 1.9 if number == 4 and flag == 6 else 1
        sheet.line([(x, y), (x, y - 12 * size)], sheet.palette.dark, 0.7 * size)
        sheet.cut(
            [(x, y - 12 * size), (x + 8 * size, y - 9.5 * size), (x, y - 7 * size)], sheet.bright(0), 0.6
        )
        sheet.disc(x, y, 1.3, 0.8, sheet.palette.dark, 0)


def _cake(sheet: Sheet, x: float, y: float) -> None:
    sheet.disc(x, y, 14.5, None, lighter(sheet.bright(1), 0.35), 1)
    sheet.disc(x, y, 12, None, lighter(sheet.bright(1), 0.6), 0)
    for slice_number in range(8):
        angle = slice_number * math.tau / 8
        edge = (x + math.cos(angle) * 14, y + math.sin(angle) * 14)
        sheet.line([(x, y), edge], sheet.palette.wood, 0.3)
        berry = (x + math.cos(angle + 0.4) * 9, y + math.sin(angle + 0.4) * 9)
        sheet.disc(*berry, 1.9, None, sheet.bright(0), 0.4)


def _cloth(sheet: Sheet, number: int) -> None:
    ground = lighter(sheet.bright(number + 1), 0.62)
    sheet.backdrop((ground, ground))
    for stripe in range(0, 13, 2):
        sheet.box(
            stripe * sheet.wide / 12,
            0,
            sheet.wide / 24,
            100,
            lighter(sheet.bright(number + 1), 0.4),
            lift=0,
        )


def _star(size: float) -> list[tuple[float, float]]:
    reach = [size if step % 2 else size * 0.45 for step in range(10)]
    turns = [step * math.pi / 5 for step in range(10)]
    return [(math.cos(turn) * far, math.sin(turn) * far) for turn, far in zip(turns, reach, strict=True)]


def _patch(sheet: Sheet, at: tuple[float, float], size: float, colour: Colour, figure: int) -> None:
    if figure == 0:
        sheet.cut(sheet.turned(*at, _star(size), 18), colour, 0.3)
    elif figure == 1:
        for stripe in (-0.8, -0.2, 0.4):
            sheet.box(at[0] - size, at[1] + stripe * size, size * 2, size * 0.36, colour, lift=0.2)
    elif figure == 2:
        sheet.cut(
            sheet.turned(*at, [(-size, 0), (0, -size * 0.45), (size, 0), (0, size * 0.45)], -40),
            colour,
            0.3,
        )
        sheet.line(sheet.turned(*at, [(-size, 0), (size, 0)], -40), sheet.palette.paper, size * 0.06)
    else:
        sheet.disc(*at, size * 0.8, None, colour, 0.3)
        sheet.disc(*at, size * 0.4, None, sheet.palette.paper, 0)


def _typewriter(sheet: Sheet) -> None:
    x = sheet.wide * 0.48
    sheet.box(x - 20, 8, 40, 38, lighter(sheet.palette.paper, 0.6), corner=0.6)
    for line in range(5):
        sheet.line(
            [(x - 15, 15 + line * 5), (x + (13, 9, 14, 11, 2)[line], 15 + line * 5)],
            mixed(sheet.palette.paper, sheet.palette.dark, 0.5),
            0.5,
        )
    sheet.box(x - 34, 38, 68, 50, sheet.bright(2), corner=5, lift=1.6)
    sheet.box(x - 40, 40, 80, 7, sheet.palette.dark, corner=2)
    for row in range(3):
        for key in range(9):
            sheet.disc(x - 25 + key * 6 + row * 1.2, 58 + row * 8, 2.2, None, sheet.palette.paper, 0.4)
    cup_from_above(sheet, sheet.wide * 0.12, 36, 12, sheet.bright(0))
    cup_from_above(sheet, sheet.wide * 0.88, 70, 12, sheet.bright(3))
    for place, turn in ((0.14, -12), (0.86, 9)):
        envelope = [(-13, -8), (13, -8), (13, 8), (-13, 8)]
        sheet.cut(
            sheet.turned(sheet.wide * place, 78 if turn < 0 else 22, envelope, turn), sheet.palette.paper
        )
        sheet.cut(
            sheet.turned(
                sheet.wide * place, 78 if turn < 0 else 22, [(-13, -8), (13, -8), (0, 2)], turn
            ),
            darker(sheet.palette.paper, 0.1),
            0,
        )


def _hand(sheet: Sheet, x: float, y: float, turn: float, skin: Colour, sleeve: Colour) -> None:
    """Lay an arm whose fingers point to where `turn` says: 0 is up."""

    def part(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
        return sheet.turned(x, y, points, turn)

    sheet.cut(part([(-6, 60), (-5.5, -14), (5.5, -14), (6, 60)]), skin)
    sheet.cut(part([(-9, 70), (-8.5, 4), (8.5, 4), (9, 70)]), sleeve)
    sheet.cut(part([(-8.7, 8), (-8.6, 4), (8.6, 4), (8.7, 8)]), lighter(sleeve, 0.35), 0)
    sheet.disc(*part([(0, -20)])[0], 8, None, skin, 0.4)
    for finger, (away, reach) in enumerate(((-6, -33), (-2, -37), (2.2, -36), (6, -32))):
        sheet.line(part([(away * 0.8, -20), (away, reach)]), darker(skin, 0.03 * finger), 3.5)
    sheet.line(part([(-5, -17), (-12, -24)]), skin, 3.6)
