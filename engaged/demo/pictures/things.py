"""What scenes are put together from: people, books, trees, cups, cats. Each stands where it is told."""

import math

from engaged.demo.pictures.paper import HAIRS, SKINS, Colour, Sheet, darker, lighter, mixed


def person(sheet: Sheet, x: float, y: float, size: float, coat: Colour | None = None) -> None:
    """Put somebody down whose feet, or lap, are at the given point."""
    skin, hair = sheet.chance.choice(SKINS), sheet.chance.choice(HAIRS)
    coat = coat or sheet.any_bright()
    shoulder = size * 0.24
    sheet.cut(
        [
            (x - shoulder * 1.5, y),
            (x - shoulder, y - size * 0.5),
            (x - shoulder * 0.5, y - size * 0.6),
            (x + shoulder * 0.5, y - size * 0.6),
            (x + shoulder, y - size * 0.5),
            (x + shoulder * 1.5, y),
        ],
        coat,
        0.6,
    )
    head = y - size * 0.76
    sheet.disc(x, head - size * 0.03, size * 0.2, size * 0.2, hair, 0.4)
    sheet.disc(x, head + size * 0.025, size * 0.155, size * 0.165, skin, 0)
    if sheet.chance.random() < 0.4:  # a bun, a turban or a cap
        sheet.disc(x, head - size * 0.19, size * 0.11, size * 0.08, sheet.any_bright(), 0.3)


def open_book(sheet: Sheet, x: float, y: float, size: float, cover: Colour) -> None:
    page = lighter(sheet.palette.paper, 0.4)
    sheet.cut(
        [
            (x - size, y - size * 0.42),
            (x, y - size * 0.2),
            (x + size, y - size * 0.42),
            (x + size, y + size * 0.38),
            (x, y + size * 0.6),
            (x - size, y + size * 0.38),
        ],
        cover,
    )
    for side in (-1, 1):
        sheet.cut(
            [
                (x, y - size * 0.24),
                (x + side * size * 0.92, y - size * 0.5),
                (x + side * size * 0.92, y + size * 0.26),
                (x, y + size * 0.5),
            ],
            page,
            0.2,
        )
        for line in range(4):
            start = y - size * 0.2 + line * size * 0.15
            sheet.line(
                [
                    (x + side * size * 0.14, start - size * 0.03),
                    (x + side * size * 0.74, start - size * 0.2),
                ],
                mixed(page, sheet.palette.dark, 0.3),
                size * 0.035,
            )


def spines(sheet: Sheet, x: float, floor: float, width: float, height: float) -> None:
    """Stand books side by side until the width is full."""
    end = x + width
    while x < end - 1.2:
        thick = min(sheet.chance.uniform(1.8, 4.2), end - x)
        tall = height * sheet.chance.uniform(0.68, 1)
        colour = mixed(sheet.any_bright(), sheet.palette.paper, sheet.chance.choice((0, 0, 0.2, 0.35)))
        sheet.box(x, floor - tall, thick - 0.25, tall, colour, corner=0.4, lift=0.4)
        band = floor - tall * sheet.chance.uniform(0.7, 0.85)
        sheet.box(x + thick * 0.18, band, thick * 0.5, tall * 0.06, sheet.palette.paper, lift=0)
        x += thick


def pile(sheet: Sheet, x: float, floor: float, width: float, count: int) -> float:
    """Lay books on each other; give how high the pile reaches."""
    for number in range(count):
        thick = sheet.chance.uniform(2.4, 3.8)
        shift = sheet.chance.uniform(-1.2, 1.2)
        floor -= thick
        sheet.box(x + shift, floor, width, thick - 0.2, sheet.bright(number + 1), corner=0.7, lift=0.5)
        sheet.box(
            x + shift + width * 0.86,
            floor + thick * 0.2,
            width * 0.13,
            thick * 0.55,
            sheet.palette.paper,
            lift=0,
        )
    return floor


def tree(sheet: Sheet, x: float, floor: float, size: float, fruit: Colour | None = None) -> None:
    trunk = sheet.palette.wood
    sheet.cut(
        [
            (x - size * 0.07, floor),
            (x - size * 0.045, floor - size * 0.55),
            (x + size * 0.045, floor - size * 0.55),
            (x + size * 0.09, floor),
        ],
        trunk,
    )
    leaf = sheet.palette.near
    for dx, dy, radius, tone in (
        (-0.24, -0.6, 0.24, 0.12),
        (0.25, -0.58, 0.23, 0.05),
        (0, -0.82, 0.27, 0.2),
        (0.02, -0.62, 0.27, 0),
    ):
        sheet.disc(x + dx * size, floor + dy * size, radius * size, None, lighter(leaf, tone), 0.9)
    for _ in range(14 if fruit else 0):
        angle, far = sheet.chance.uniform(0, math.tau), sheet.chance.uniform(0.05, 0.36)
        at = (x + math.cos(angle) * far * size, floor - size * 0.7 + math.sin(angle) * far * size * 0.75)
        sheet.disc(*at, size * 0.035, None, fruit or leaf, 0.3)


def flower(sheet: Sheet, x: float, floor: float, size: float, colour: Colour) -> None:
    sheet.line([(x, floor), (x, floor - size)], darker(sheet.palette.near, 0.1), size * 0.06)
    sheet.disc(x - size * 0.13, floor - size * 0.4, size * 0.13, size * 0.06, sheet.palette.near, 0.2)
    for petal in range(9):
        angle = petal * math.tau / 9
        at = (x + math.cos(angle) * size * 0.2, floor - size + math.sin(angle) * size * 0.2)
        sheet.disc(*at, size * 0.1, None, colour, 0.2)
    sheet.disc(x, floor - size, size * 0.13, None, sheet.palette.wood, 0.3)


def cup_from_above(sheet: Sheet, x: float, y: float, size: float, colour: Colour) -> None:
    sheet.disc(x, y, size, None, lighter(sheet.palette.paper, 0.5))
    sheet.disc(x, y, size * 0.74, None, lighter(colour, 0.65), 0)
    sheet.disc(x + size * 0.62, y - size * 0.14, size * 0.2, size * 0.1, colour, 0.3)
    sheet.disc(x, y, size * 0.55, None, colour, 0.7)
    sheet.disc(x, y, size * 0.44, None, mixed(sheet.palette.wood, (120, 60, 20), 0.4), 0)
    sheet.disc(
        x - size * 0.12, y - size * 0.14, size * 0.12, size * 0.07, lighter(sheet.palette.wood, 0.35), 0
    )


def cat(sheet: Sheet, x: float, floor: float, size: float, fur: Colour) -> None:
    """Put a sleeping cat down, its nose to the left."""
    sheet.disc(x, floor - size * 0.24, size * 0.5, size * 0.27, fur, 0.7)
    head = (x - size * 0.42, floor - size * 0.24)
    for side in (-1, 1):
        ear = (head[0] + side * size * 0.11, head[1] - size * 0.15)
        sheet.cut(
            [
                (ear[0] - size * 0.07, ear[1]),
                (ear[0] + side * size * 0.03, ear[1] - size * 0.15),
                (ear[0] + size * 0.07, ear[1]),
            ],
            fur,
            0.3,
        )
    sheet.disc(*head, size * 0.21, size * 0.19, lighter(fur, 0.12), 0.5)
    for side in (-1, 1):
        eye = head[0] + side * size * 0.08
        sheet.line(
            [(eye - size * 0.035, head[1]), (eye + size * 0.035, head[1])],
            sheet.palette.dark,
            size * 0.018,
        )
    for stripe in range(3):
        at = x - size * 0.02 + stripe * size * 0.14
        sheet.line(
            [(at, floor - size * 0.49), (at + size * 0.03, floor - size * 0.33)],
            darker(fur, 0.3),
            size * 0.04,
        )
    tail = [
        (x + size * 0.42, floor - size * 0.12),
        (x + size * 0.1, floor - size * 0.02),
        (x - size * 0.25, floor - size * 0.04),
    ]
    sheet.line(tail, darker(fur, 0.12), size * 0.11)


def house(
    sheet: Sheet, x: float, floor: float, width: float, height: float, wall: Colour, light: Colour
) -> None:
    """Put up a house with a roof, a door and windows of one colour."""
    sheet.box(x, floor - height, width, height, wall)
    sheet.cut(
        [
            (x - width * 0.1, floor - height),
            (x + width / 2, floor - height - width * 0.42),
            (x + width * 1.1, floor - height),
        ],
        darker(wall, 0.35),
    )
    side = min(width * 0.2, height * 0.26)
    for row in range(2):
        for column in range(2):
            if row == 1 and column == 1:
                continue
            at = (x + width * (0.16 + column * 0.46), floor - height * (0.84 - row * 0.44))
            sheet.box(*at, side, side, light, corner=0.3, lift=0)
    sheet.box(
        x + width * 0.6,
        floor - height * 0.42,
        width * 0.24,
        height * 0.42,
        darker(wall, 0.5),
        corner=0.4,
        lift=0,
    )


def cloud(sheet: Sheet, x: float, y: float, size: float) -> None:
    colour = lighter(sheet.palette.sky[1], 0.5)
    for dx, dy, radius in ((-0.6, 0.1, 0.35), (0, -0.1, 0.5), (0.6, 0.12, 0.33)):
        sheet.disc(x + dx * size, y + dy * size, radius * size, radius * size * 0.7, colour, 0.4)


def moon(sheet: Sheet, x: float, y: float, size: float) -> None:
    sheet.glow(x, y, size * 3, sheet.palette.paper)
    sheet.disc(x, y, size, None, sheet.palette.paper, 0.3)
    sheet.disc(x + size * 0.45, y - size * 0.2, size * 0.85, None, mixed(*sheet.palette.sky, 0.15), 0)


def stars(sheet: Sheet, count: int, until: float) -> None:
    for _ in range(count):
        x, y = sheet.chance.uniform(0, sheet.wide), sheet.chance.uniform(0, until)
        sheet.disc(x, y, sheet.chance.choice((0.25, 0.35, 0.6)), None, sheet.palette.paper, 0)


def water(sheet: Sheet, y: float) -> None:
    colour = mixed(sheet.palette.near, sheet.bright(2), 0.45)
    for step in range(4):
        sheet.hill(y + step * 11, 1.6, lighter(colour, 0.3 - step * 0.1), 0.8)
