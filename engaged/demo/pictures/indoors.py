"""Scenes under a roof. Each takes a sheet and the number of its variant, and fills the sheet."""

from engaged.demo.pictures.paper import Colour, Sheet, darker, lighter, mixed
from engaged.demo.pictures.things import (
    cat,
    house,
    moon,
    open_book,
    person,
    pile,
    spines,
    stars,
)


def storytime(sheet: Sheet, number: int) -> None:
    _room(sheet)
    _window(sheet, sheet.wide * 0.12, 12, 30, 34)
    _shelf(sheet, sheet.wide * 0.56, 14, sheet.wide * 0.36, 2)
    middle = sheet.wide / 2
    for ring, colour in enumerate(
        (sheet.bright(number), sheet.palette.paper, sheet.bright(number + 1), sheet.bright(number + 2))
    ):
        sheet.disc(middle, 84, 58 - ring * 13, 17 - ring * 3.8, colour, 0.7 if ring == 0 else 0)
    person(sheet, middle, 74, 40, sheet.bright(number + 3))
    open_book(sheet, middle, 60, 10, sheet.bright(number))
    places = ((-48, 84), (-34, 92), (-17, 98), (2, 100), (20, 98), (37, 91), (50, 83))
    for x, y in places[number % 2 :]:
        person(sheet, middle + x, y, 22)


def maker(sheet: Sheet, number: int) -> None:
    _room(sheet, floor=100)
    left, wide = sheet.wide * 0.1, sheet.wide * 0.8
    sheet.box(left, 10, wide, 48, lighter(sheet.palette.wood, 0.35), corner=1)
    for row in range(5):
        for hole in range(18):
            sheet.disc(
                left + 4 + hole * (wide - 8) / 17, 15 + row * 9.4, 0.45, None, sheet.palette.wood, 0
            )
    _tools(sheet, left, wide)
    sheet.box(-3, 76, sheet.wide + 6, 8, sheet.palette.wood)
    sheet.box(-3, 84, sheet.wide + 6, 20, darker(sheet.palette.wood, 0.3), lift=0)
    if number == 2:
        _mended(sheet)
    else:
        pile(sheet, sheet.wide * 0.12, 76, 18, 3)
        _spool(sheet, sheet.wide * 0.46, 76, sheet.bright(0))
        _spool(sheet, sheet.wide * 0.54, 76, sheet.bright(number + 1))
        sheet.box(sheet.wide * 0.68, 66, 26, 10, sheet.bright(2), corner=1)
        sheet.box(sheet.wide * 0.68 + 10, 63, 6, 3, sheet.palette.dark, corner=1)


def window(sheet: Sheet, number: int) -> None:
    sheet.backdrop()
    stars(sheet, 60, 70)
    moon(sheet, sheet.wide * 0.84, 18, 6)
    if number == 1:
        _reading_room(sheet)
        return
    sheet.hill(80, 4, sheet.palette.mid)
    middle = sheet.wide * 0.44
    sheet.glow(middle, 62, 44, sheet.bright(0))
    house(sheet, middle - 26, 90, 52, 40, darker(sheet.bright(number), 0.25), sheet.bright(0))
    person(sheet, middle - 11.5, 67.4, 9)
    sheet.hill(90, 2, sheet.palette.near)


def _reading_room(sheet: Sheet) -> None:
    wall = lighter(sheet.palette.near, 0.1)
    sheet.box(sheet.wide * 0.12, 8, sheet.wide * 0.66, 100, wall)
    for place in range(9):
        x = sheet.wide * 0.12 + 5 + place % 3 * (sheet.wide * 0.66 - 3) / 3
        y = 14 + place // 3 * 30
        sheet.box(x - 1, y + 21, 14, 1.6, darker(wall, 0.3), lift=0.3)
        if place == 4:
            _lit_window(sheet, x, y)
        else:
            sheet.box(x, y, 12, 21, lighter(sheet.palette.mid, 0.12), corner=1, lift=0.4)
            sheet.box(x + 5.6, y, 0.8, 21, wall, lift=0)


def _lit_window(sheet: Sheet, x: float, y: float) -> None:
    sheet.glow(x + 6, y + 11, 30, sheet.bright(0))
    sheet.box(x, y, 12, 21, sheet.bright(0), corner=1, lift=0.4)
    person(sheet, x + 5.5, y + 21, 14)
    sheet.line([(x + 10, y + 21), (x + 10, y + 12)], sheet.palette.dark, 0.5)
    shade = [(x + 8, y + 13), (x + 12, y + 13), (x + 11, y + 10), (x + 9, y + 10)]
    sheet.cut(shade, sheet.palette.paper, 0)


def music(sheet: Sheet, number: int) -> None:
    _room(sheet)
    x = sheet.wide * 0.36
    sheet.box(x - 2.4, 10, 4.8, 44, darker(sheet.palette.wood, 0.4), corner=1)
    sheet.box(x - 4, 5, 8, 9, sheet.palette.wood, corner=1)
    body = sheet.bright(number)
    sheet.disc(x, 54, 13, 12, body, 1.2)
    sheet.disc(x, 74, 18, 16, body, 1.2)
    sheet.disc(x, 57, 5, None, sheet.palette.dark, 0)
    sheet.box(x - 6, 76, 12, 2.6, sheet.palette.dark, lift=0)
    for string in range(4):
        sheet.line([(x - 1.5 + string, 8), (x - 1.5 + string, 77)], sheet.palette.paper, 0.18)
    drum = sheet.wide * 0.64
    sheet.box(drum - 16, 62, 32, 26, sheet.bright(number + 1), corner=2)
    for stripe in range(5):
        sheet.line(
            [(drum - 14 + stripe * 7, 64), (drum - 10.5 + stripe * 7, 86)], sheet.palette.paper, 0.8
        )
    sheet.disc(drum, 62, 16, 5, lighter(sheet.palette.paper, 0.4), 0.6)
    pile(sheet, sheet.wide * 0.8, 92, 22, 5)


def shelves(sheet: Sheet, number: int) -> None:
    sheet.backdrop((lighter(sheet.palette.sky[0], 0.1), sheet.palette.sky[1]))
    if number == 2:
        sheet.box(-3, 84, sheet.wide + 6, 20, sheet.palette.wood)
        pile(sheet, sheet.wide * 0.06, 84, 26, 9)
        pile(sheet, sheet.wide * 0.74, 84, 28, 11)
        open_book(sheet, sheet.wide * 0.47, 74, 26, sheet.bright(2))
        cat(sheet, sheet.wide * 0.48, 76, 40, lighter(sheet.palette.wood, 0.2))
        return
    for row, floor in enumerate((38, 67, 96)):
        sheet.box(
            sheet.wide * 0.05, floor - 25, sheet.wide * 0.9, 25, darker(sheet.palette.wood, 0.3), lift=0
        )
        spines(sheet, sheet.wide * 0.07, floor, sheet.wide * (0.5 if row == 1 else 0.84), 21)
        if row == 1:
            pile(sheet, sheet.wide * 0.66, floor, 22, 5)
        sheet.box(sheet.wide * 0.03, floor, sheet.wide * 0.94, 3, sheet.palette.wood)
    sheet.box(sheet.wide * 0.03, 10, sheet.wide * 0.94, 3, sheet.palette.wood)
    if number in (1, 3, 5):
        cat(
            sheet, sheet.wide * (0.7, 0.3, 0.5)[number // 2], 10.4, 22, lighter(sheet.palette.wood, 0.15)
        )


def desk(sheet: Sheet, number: int) -> None:
    _room(sheet)
    _window(sheet, sheet.wide * 0.08, 12, 30, 36)
    x, colour = sheet.wide * 0.52, sheet.bright(number + 2)
    sheet.glow(x + 33, 34, 36, sheet.bright(1))
    sheet.line([(x + 33, 92), (x + 33, 34)], sheet.palette.dark, 1.3)
    sheet.disc(x + 33, 92, 8, 2, sheet.palette.dark)
    sheet.cut([(x + 22, 38), (x + 44, 38), (x + 39, 22), (x + 27, 22)], sheet.bright(1))
    sheet.box(x - 18, 44, 36, 34, colour, corner=7)
    sheet.box(x - 20, 66, 40, 20, darker(colour, 0.12), corner=4)
    for arm in (-25, 16):
        sheet.box(x + arm, 60, 9, 27, lighter(colour, 0.12), corner=4)
    for leg in (-20, 16):
        sheet.box(x + leg, 86, 3, 7, sheet.palette.wood)
    sheet.box(x - 12, 56, 24, 17, lighter(sheet.palette.near, 0.2), corner=4, lift=0.7)
    pile(sheet, x - 52, 94, 20, 4 + number)


def flood(sheet: Sheet, number: int) -> None:
    _room(sheet)
    _window(sheet, sheet.wide * 0.4, 8, 30, 18)
    _shelf(sheet, sheet.wide * 0.06, 24, sheet.wide * 0.24, 2)
    _shelf(sheet, sheet.wide * 0.72, 24, sheet.wide * 0.22, 2)
    for step in range(4):
        sheet.hill(60 + step * 10, 1.8, darker(lighter(sheet.palette.wood, 0.2), 0.08 * step), 0.8)
        for boat in range(2):
            x, y = sheet.wide * (0.16 + 0.44 * boat + 0.09 * step), 60 + step * 10
            if (step + boat + number) % 2:
                sheet.cut(
                    [(x - 7, y - 2), (x + 7, y - 2), (x + 4, y + 3), (x - 4, y + 3)],
                    sheet.palette.paper,
                    0.6,
                )
                sheet.cut(
                    [(x - 4, y - 2), (x, y - 9), (x + 4, y - 2)], lighter(sheet.palette.paper, 0.4), 0.4
                )
            else:
                open_book(sheet, x, y - 1, 7, sheet.bright(step))


def umbrellas(sheet: Sheet, number: int) -> None:
    _room(sheet)
    _window(sheet, sheet.wide * 0.2, 8, sheet.wide * 0.6, 46)
    for drop in range(60):
        x, y = sheet.chance.uniform(sheet.wide * 0.22, sheet.wide * 0.78), sheet.chance.uniform(10, 48)
        sheet.line(
            [(x, y), (x + 0.8, y + 3)], lighter(sheet.palette.sky[0], 0.6 if drop % 2 else 0.2), 0.3
        )
    for place in range(7):
        x = sheet.wide * (0.12 + place * 0.127)
        colour = sheet.bright(place + number)
        sheet.line([(x, 52), (x, 94)], sheet.palette.wood, 0.9)
        sheet.cut([(x - 4.5, 62), (x + 4.5, 62), (x + 0.6, 95), (x - 0.6, 95)], colour)
        sheet.cut([(x, 62), (x + 4.5, 62), (x + 0.6, 95)], darker(colour, 0.18), 0)
        sheet.line([(x, 52), (x + 1, 49), (x + 3.4, 49.4), (x + 3.6, 52)], sheet.palette.wood, 1)


def _room(sheet: Sheet, floor: float = 74) -> None:
    wall = lighter(sheet.palette.sky[0], 0.1)
    sheet.backdrop((wall, lighter(wall, 0.3)))
    if floor < 100:
        sheet.box(-3, floor, sheet.wide + 6, 40, lighter(sheet.palette.wood, 0.5), lift=0)
        sheet.box(-3, floor - 2, sheet.wide + 6, 2, sheet.palette.wood, lift=0)


def _window(sheet: Sheet, x: float, y: float, wide: float, tall: float) -> None:
    sheet.box(x - 2, y - 2, wide + 4, tall + 4, sheet.palette.paper, corner=1)
    sheet.box(x, y, wide, tall, mixed(sheet.bright(2), sheet.palette.paper, 0.6), lift=0)
    sheet.disc(x + wide * 0.3, y + tall, wide * 0.28, tall * 0.3, lighter(sheet.palette.near, 0.2), 0)
    sheet.box(x, y + tall, wide, 4, sheet.palette.paper, lift=0)
    sheet.box(x + wide / 2 - 0.6, y, 1.2, tall, sheet.palette.paper, lift=0)
    sheet.box(x, y + tall / 2 - 0.6, wide, 1.2, sheet.palette.paper, lift=0)
    sheet.box(x - 4, y + tall + 2, wide + 8, 2.4, sheet.palette.wood)


def _shelf(sheet: Sheet, x: float, y: float, wide: float, rows: int) -> None:
    for row in range(rows):
        floor = y + 18 + row * 22
        spines(sheet, x + 1, floor, wide - 2, 15)
        sheet.box(x, floor, wide, 2, sheet.palette.wood)


def _tools(sheet: Sheet, left: float, wide: float) -> None:
    hammer, saw, pliers = (left + wide * part for part in (0.16, 0.46, 0.8))
    sheet.box(hammer - 1.3, 20, 2.6, 32, sheet.palette.wood, corner=1)
    sheet.box(hammer - 8, 16, 16, 7, sheet.palette.dark, corner=1)
    teeth = [(saw - 18 + tooth * 1.5, 42 + (1.8 if tooth % 2 else 0)) for tooth in range(24)]
    sheet.cut([(saw - 18, 34), (saw + 17, 28), *reversed(teeth)], lighter(sheet.palette.far, 0.3))
    sheet.box(saw + 15, 26, 9, 17, sheet.bright(0), corner=3)
    for side in (-1, 1):
        sheet.line(
            [(pliers + side * 5, 50), (pliers + side * 3, 34), (pliers - side * 2, 22)],
            sheet.bright(2),
            2.4,
        )
    sheet.disc(pliers, 31, 2, None, sheet.palette.dark, 0)


def _spool(sheet: Sheet, x: float, floor: float, thread: Colour) -> None:
    sheet.box(x - 4, floor - 14, 8, 2.6, sheet.palette.wood, corner=0.8, lift=0.3)
    sheet.box(x - 3, floor - 11.6, 6, 9, thread, lift=0.3)
    sheet.box(x - 4, floor - 2.8, 8, 2.8, sheet.palette.wood, corner=0.8, lift=0.3)


def _mended(sheet: Sheet) -> None:
    lamp, radio, bear = (sheet.wide * part for part in (0.2, 0.44, 0.76))
    sheet.glow(lamp, 52, 26, sheet.bright(1))
    sheet.box(lamp - 1, 56, 2, 20, sheet.palette.dark)
    sheet.cut([(lamp - 11, 60), (lamp + 11, 60), (lamp + 6, 46), (lamp - 6, 46)], sheet.bright(1))
    sheet.box(lamp - 8, 74, 16, 2.4, sheet.palette.dark, corner=1)
    sheet.cut(
        [(radio - 18, 58), (radio + 18, 58), (radio + 21, 50), (radio - 15, 50)],
        darker(sheet.bright(0), 0.2),
    )
    sheet.box(radio - 18, 57, 36, 19, sheet.bright(0), corner=1.5)
    sheet.disc(radio - 8, 67, 6.5, None, sheet.palette.paper, 0)
    for knob in (5, 12):
        sheet.disc(radio + knob, 70, 2, None, sheet.palette.dark, 0)
    fur = lighter(sheet.palette.wood, 0.15)
    for ear in (-7, 7):
        sheet.disc(bear + ear, 43, 3.6, None, fur, 0.4)
    sheet.disc(bear, 66, 11, 11, fur)
    sheet.disc(bear, 50, 9, None, fur, 0.5)
    sheet.disc(bear, 53, 4, 3, lighter(fur, 0.5), 0)
    for eye in (-3, 3):
        sheet.disc(bear + eye, 48, 0.9, None, sheet.palette.dark, 0)
    sheet.cut(
        [(bear - 9, 43), (bear - 6, 40.6), (bear + 9, 47), (bear + 8, 50)], sheet.palette.paper, 0.3
    )
    for arm in (-12, 12):
        sheet.disc(bear + arm, 64, 4, 6, fur, 0.4)
