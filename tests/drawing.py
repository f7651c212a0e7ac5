"""Invented pictures for tests, with and without what must not survive."""

from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from aggregator.copies import public_file
from aggregator.store.published import Picture

CANARY = "CANARY-ana-rivera-48.2082N"
"""Stands in every kind of metadata that a test writes; it may be in no file of ours."""

CANARIES = (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("utf-16-be"))


def photo(width: int = 640, height: int = 480, seed: int = 1) -> Image.Image:
    """Draw a picture whose four quarters differ, so that one can see how it is turned."""
    image = Image.new("RGB", (width, height))
    half = (width // 2, height // 2)
    corners = ((0, 0), (half[0], 0), (0, half[1]), half)
    for corner, colour in zip(corners, quarters(seed), strict=True):
        image.paste(colour, (*corner, min(corner[0] + half[0], width), min(corner[1] + half[1], height)))
    return image


def quarters(seed: int) -> tuple[tuple[int, int, int], ...]:
    """Give the colours of top left, top right, bottom left and bottom right."""
    return (200, 40, seed % 250), (40, 200, 40), (40, 40, 200), (220, 220, 40)


def saved(image: Image.Image, form: str = "JPEG", **more: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **more)
    return file.getvalue()


def jpeg(width: int = 640, height: int = 480, seed: int = 1) -> bytes:
    return saved(photo(width, height, seed), "JPEG", quality=90)


def telling(form: str) -> bytes:
    """Give a picture with a canary in every place for words that its format has."""
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>{CANARY}</dc:creator></x:xmpmeta>".encode()
    more: dict[str, Any] = {"exif": exif().tobytes(), "icc_profile": profile()}
    if form == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", CANARY)
        info.add_text("Author", CANARY, zip=True)
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        more |= {"pnginfo": info}
    elif form == "JPEG":
        more |= {"comment": CANARY.encode(), "xmp": xmp}
    elif form == "GIF":
        more = {"comment": CANARY.encode()}
    else:
        more |= {"xmp": xmp}
    return saved(photo(), form, **more)


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = CANARY  # its description
    made[0x013B] = CANARY  # its author
    place = made.get_ifd(0x8825)
    place[1], place[2], place[29] = "N", (48.0, 12.0, 29.5), CANARY
    return made


def profile() -> bytes:
    """Give a colour profile whose own words are the canary."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    said = b"sRGB built-in"
    assert said.decode().encode("utf-16-be") in made or said in made
    long = CANARY[: len(said)]
    return made.replace(said.decode().encode("utf-16-be"), long.encode("utf-16-be")).replace(
        said, long.encode()
    )


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def draw_copies(folder: Path, *pictures: Picture) -> None:
    """Put real files there for these pictures: a browser shows them."""
    kinds = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
    for each in pictures:
        for width, form in product(each.widths, each.formats):
            file = public_file(folder, each.key, width, form)
            file.parent.mkdir(parents=True, exist_ok=True)
            height = max(1, round(each.height * width / each.width))
            file.write_bytes(saved(photo(width, height), kinds[form]))


def scene(width: int = 960, height: int = 640) -> Image.Image:
    """Draw what is as hard to compress as a photo: soft shapes of all sizes, edges, and fine grain."""
    image = Image.new("RGB", (width, height), (128, 128, 128))
    for step in (128, 64, 32, 16, 8, 4):
        grain = Image.effect_noise((max(2, width // step), max(2, height // step)), 60)
        soft = grain.resize((width, height), Image.Resampling.BICUBIC)
        tint = ImageOps.colorize(soft, (20, 40 + step, 90), (250, 220 - step // 2, 160))
        image = Image.blend(image, tint, 0.28)
    return image
