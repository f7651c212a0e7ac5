"""Pictures drawn by us: what a network shows of a shared post, and what a site shows that keeps only
a linked picture. The same arguments, and the same fonts, give the same bytes.

No word stands on them that a card would not show: nothing from behind a content warning.
"""

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import chain

from PIL import Image, ImageDraw, ImageOps

from feeds.fonts import Style, system_fonts
from feeds.lettering import Lettering, Lines

WIDTH, HEIGHT = 1200, 630
"""What the networks show whole: 1.91 to 1."""
MOST_BYTES = 300_000

# The light colours: a picture cannot know the theme of the page it will stand on.
PAPER, INK, MUTED, PRIMARY, LINE = "#faf8f3", "#1d2430", "#545b69", "#1d4f91", "#d9d4c8"
PLATE, ON_PLATE, ON_PLATE_MUTED = "#1d4f91", "#ffffff", "#d5e2f4"
_SHADE, _ON_SHADE = "#14171c", "#ffffff"

PHOTO = 560
MARGIN, PADDING, GAP = 72, 56, 32
LARGE = (84, 76, 68, 60, 54, 48, 42)
BESIDE = (60, 54, 48, 42, 38)
SMALL = (28,)
_COLOURS = (216, 128, 64, 32, 16)
_PLATE_COLOURS = 40
# Faces are rather above the middle, as on cards.
_FOCUS = (0.5, 0.35)


@dataclass(frozen=True, slots=True)
class Poster:
    """What stands on one picture.

    Attributes:
        tag: the hashtag with its sign, or the campaign's name: at the top.
        words: the title or the first words, large; "" leaves the tag alone, large.
        by: who wrote it, at the foot; `about`, in a second line, where and when.
        is_rtl: whether its language begins at the right: then all of it is mirrored.
        photo: a JPEG of ours; b"" without one.
        colour: `#rrggbb`, behind a photo that may not be cut.
        is_whole: the photo's licence does not let us cut it.
        credit: who made the photo; it goes wherever the photo goes.
    """

    tag: str
    words: str
    by: str = ""
    about: str = ""
    is_rtl: bool = False
    photo: bytes = b""
    colour: str = PLATE
    is_whole: bool = False
    credit: str = ""


@lru_cache(maxsize=32)
def png(poster: Poster) -> bytes:
    """Draw it: 1200 by 630 pixels, at most 300 KB."""
    photo = _photo(poster) if poster.photo else None
    if photo is None:
        return _saved(
            _plate(poster).quantize(_PLATE_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        )
    panel = _panel(poster, WIDTH - PHOTO)
    for colours in _COLOURS:
        data = _saved(_side_by_side(photo, panel, colours, photo_first=not poster.is_rtl))
        if len(data) <= MOST_BYTES:
            break
    return data


def _plate(poster: Poster) -> Image.Image:
    """Draw words alone, on the plate of a card without a picture."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PLATE)
    _write(image, poster, MARGIN, LARGE, (ON_PLATE, ON_PLATE_MUTED, ON_PLATE_MUTED))
    return image


def _panel(poster: Poster, width: int) -> Image.Image:
    """Draw the words that stand beside a photo."""
    image = Image.new("RGB", (width, HEIGHT), PAPER)
    _write(image, poster, PADDING, BESIDE, (INK, PRIMARY, MUTED))
    return image


def _write(
    image: Image.Image,
    poster: Poster,
    margin: int,
    sizes: tuple[int, ...],
    colours: tuple[str, str, str],
) -> None:
    lettering, canvas = Lettering(system_fonts()), ImageDraw.Draw(image)
    width, ink, tag_colour, muted = image.width - 2 * margin, *colours

    def fit(text: str, style: Style, height: int, sizes: tuple[int, ...]) -> Lines:
        return lettering.fit(text, style, width, height, sizes, rtl=poster.is_rtl)

    def write(text: Lines, top: int, colour: str) -> int:
        box = (margin, top, image.width - margin)
        lettering.write(canvas, text, box, colour, from_right=poster.is_rtl)
        return top + text.height

    by, about = fit(poster.by, Style.STRONG, 40, SMALL), fit(poster.about, Style.TEXT, 40, SMALL)
    foot = HEIGHT - margin - by.height - about.height
    write(about, write(by, foot, ink), muted)
    tag = fit(poster.tag, Style.STRONG, 48, (32, 28))
    words = fit(poster.words, Style.HEADING, foot - margin - tag.height - 2 * GAP, sizes)
    if words.lines:
        write(tag, margin, tag_colour)
    else:
        words = fit(poster.tag, Style.HEADING, foot - margin - GAP, sizes)
    write(words, foot - GAP - words.height, ink)


def _photo(poster: Poster) -> Image.Image | None:
    """Give the photo in its place; None when its file cannot be read: the words stand without it."""
    try:
        with Image.open(BytesIO(poster.photo), formats=("JPEG",)) as file:
            photo = file.convert("RGB")
    except (OSError, ValueError):
        return None
    place = (PHOTO, HEIGHT)
    if poster.is_whole:
        shown = ImageOps.pad(photo, place, color=poster.colour, centering=(0.5, 0.5))
    else:
        shown = ImageOps.fit(photo, place, centering=_FOCUS)
    _sign(shown, poster)
    return shown


def _sign(photo: Image.Image, poster: Poster) -> None:
    """Write who made a photo into its lower corner."""
    lettering = Lettering(system_fonts())
    line = lettering.fit(poster.credit, Style.TEXT, PHOTO - 64, 36, (20,), rtl=poster.is_rtl)
    if not line.lines:
        return
    canvas = ImageDraw.Draw(photo)
    width = lettering.width(line.lines[0], line.style, line.size)
    left = PHOTO - 40 - width if poster.is_rtl else 16
    top = HEIGHT - 16 - line.step - 8
    canvas.rounded_rectangle((left, top, left + width + 24, HEIGHT - 16), 8, _SHADE)
    lettering.write(canvas, line, (left + 12, top + 4, left + 12 + width), _ON_SHADE, from_right=False)


def _side_by_side(
    photo: Image.Image, panel: Image.Image, colours: int, *, photo_first: bool
) -> Image.Image:
    """Put both into one image of few colours: words keep theirs, whatever the photo needs."""
    # Its colours are chosen on a small copy: a third of the time, and nobody sees the difference.
    small = photo.resize((photo.width // 4, photo.height // 4)).quantize(
        colours, Image.Quantize.MEDIANCUT
    )
    few = photo.quantize(palette=small, dither=Image.Dither.FLOYDSTEINBERG)
    words = panel.quantize(_PLATE_COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    image = Image.new("P", (WIDTH, HEIGHT))
    image.putpalette([*_palette(small, colours), *_palette(words, _PLATE_COLOURS)])
    moved = words.point([min(index + colours, 255) for index in range(256)])
    image.paste(few, (0 if photo_first else panel.width, 0))
    image.paste(moved, (photo.width if photo_first else 0, 0))
    return image


def _palette(image: Image.Image, colours: int) -> list[int]:
    there = image.getpalette() or []
    return list(chain(there, [0] * 3 * colours))[: 3 * colours]


def _saved(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", compress_level=6)
    return file.getvalue()
