"""Bytes of a stranger's picture to a picture of our own. Runs in a child, with limits (child.py).

What it is, its content says: a label or an ending is never asked. What comes out is drawn anew, so that
nothing of the original survives but what the eye sees: no place, no name, no comment, no program.
It never fetches and never opens a file.
"""

import struct
import warnings
import zlib
from collections.abc import Callable, Mapping
from hashlib import sha256
from io import BytesIO

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageStat,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from aggregator.copies import Copy, Drawn, Refusal, widths_for

RECIPE = 1
"""Part of every key: a new way of drawing gives new names, so that no cache mixes old with new."""

MOST_PIXELS = 40_000_000
LONGEST_SIDE = 20_000
SHORTEST_SIDE = 16  # what is smaller counts readers, or draws a line
MOST_FRAMES = 200
MASTER_WIDTH, MASTER_HEIGHT, MASTER_QUALITY = 960, 1920, 90

_PAPER, _INK = (255, 255, 255), (29, 36, 48)

# Each may be tried in turn until a copy is small enough for the page it stands on.
_QUALITIES = {"avif": (55, 45, 35), "webp": (75, 62, 50), "jpg": (80, 70, 58)}
# In bytes, for an ordinary photo at 320 pixels; what is wider or taller may have more.
_ENOUGH = {"avif": 15_000, "webp": 22_000, "jpg": 22_000}

_OPENERS: Mapping[str, Callable[[BytesIO], Image.Image]] = {
    "JPEG": JpegImagePlugin.jpeg_factory,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "AVIF": AvifImagePlugin.AvifImageFile,
}

# What Pillow's decoders have been seen to raise over damaged bytes.
_DAMAGED = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, RuntimeError),
    *(struct.error, zlib.error),
)

# Source: Exif 2.32, section 4.6.4, tag 0x0112: how the picture is to be turned to stand upright.
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)


class _Refused(Exception):
    """Ends the work on a picture that we do not take."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(code)
        self.refusal = Refusal(code, sentence)


def redraw(body: bytes) -> Drawn | Refusal:
    """Give our master of a picture: upright, sRGB, at most 960 x 1,920, without anything beside pixels.

    An animation gives its first frame. What is transparent gets a ground that it can be seen on.

    Args:
        body: as it was fetched; it may be anything.
    """
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each thread would take its share of our memory limit
    Image.MAX_IMAGE_PIXELS = None  # we judge ourselves, and by less
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's words on odd metadata, which is dropped anyway
        try:
            return _drawn(_plain(_decoded(body)))
        except _Refused as refused:
            return refused.refusal
        except _DAMAGED:
            return Refusal("damaged", "The picture is damaged, or it breaks off.")


def copies(master: bytes) -> list[Copy]:
    """Give all public forms of one of our masters."""
    with Image.open(BytesIO(master), formats=("WEBP",)) as image:
        picture = image.convert("RGB")
    made = []
    for width in widths_for(picture.width):
        height = max(1, round(picture.height * width / picture.width))
        small = _bare(picture.resize((width, height), Image.Resampling.LANCZOS))
        made += [Copy(width, form, _encoded(small, form)) for form in _QUALITIES]
    return made


def _decoded(body: bytes) -> Image.Image:
    """Judge a picture by its head, then decode it no larger than we need, and turn it upright."""
    image = _opened(body)
    size = image.size
    # JPEG can be decoded at a fraction of its size. Which way it stands is only known afterwards.
    (wide, low), (narrow, high) = _fitted(*size), _fitted(*size[::-1])
    image.draft(None, (2 * max(wide, high), 2 * max(low, narrow)))
    image.load()
    orientation = _orientation(image)
    target = (high, narrow) if orientation in _LYING else (wide, low)
    small = _smooth(image).resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    small.info = {"icc_profile": image.info.get("icc_profile")}
    return small.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else small


def _opened(body: bytes) -> Image.Image:
    """Read the head alone, and refuse what would be too much."""
    form = _form_of(body)
    if form == "WebP":
        _judge_size(*_webp_size(body))  # its decoder takes memory for the whole canvas as it opens
    image = _OPENERS[form](BytesIO(body))
    _judge_size(*image.size)
    if getattr(image, "n_frames", 1) > MOST_FRAMES:
        raise _Refused("too-many-frames", f"The animation has more than {MOST_FRAMES} frames.")
    return image


def _form_of(body: bytes) -> str:
    """Say what the content is. Source: the first bytes that each of the five specifications asks for."""
    if body[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if body[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if body[:6] in (b"GIF87a", b"GIF89a"):
        return "GIF"
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "WebP"
    if body[4:8] == b"ftyp" and body[8:12] in (b"avif", b"avis", b"mif1", b"msf1"):
        return "AVIF"
    raise _Refused("not-a-picture", "It is no JPEG, PNG, GIF, WebP or AVIF, whatever it is called.")


def _webp_size(body: bytes) -> tuple[int, int]:
    """Read the canvas from the head. Source: RFC 9649, sections 2.5 to 2.7; RFC 6386, section 9.1."""
    if body[12:16] == b"VP8X":
        return 1 + int.from_bytes(body[24:27], "little"), 1 + int.from_bytes(body[27:30], "little")
    if body[12:16] == b"VP8L":
        bits = int.from_bytes(body[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    width, height = struct.unpack_from("<HH", body, 26)
    return width & 0x3FFF, height & 0x3FFF


def _judge_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE:
        most = f"{MOST_PIXELS // 1_000_000} megapixels and {LONGEST_SIDE} on a side"
        raise _Refused("too-large", f"The picture has {width} x {height} pixels; we take {most}.")
    if min(width, height) < SHORTEST_SIDE:
        raise _Refused("too-small", f"The picture has only {width} x {height} pixels.")


def _fitted(width: int, height: int) -> tuple[int, int]:
    """Give the size of the master: never larger than the original, in its proportions."""
    scale = min(1.0, MASTER_WIDTH / width, MASTER_HEIGHT / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _orientation(image: Image.Image) -> int:
    """Give how the picture is to be turned; 1 when it says nothing that can be read."""
    try:
        found = image.getexif().get(_ORIENTATION)
    except (*_DAMAGED, TypeError, AttributeError):
        return 1
    return found if found in _UPRIGHT else 1


def _smooth(image: Image.Image) -> Image.Image:
    """Give an image of a mode that can be scaled without steps."""
    if image.mode.startswith("I;16"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK") else image.convert("RGB")


def _plain(image: Image.Image) -> Image.Image:
    """Give what is seen as sRGB on a ground, and nothing beside it."""
    profile = image.info.get("icc_profile")
    flat = _on_ground(image) if image.mode in ("LA", "RGBA") else image
    return _bare(_in_srgb(flat, profile) if profile else flat)


def _bare(image: Image.Image) -> Image.Image:
    """Give the pixels alone: Pillow writes comments and profiles that it read into what it saves."""
    bare = Image.new("RGB", image.size)
    bare.paste(image.convert("RGB"))
    return bare


def _on_ground(image: Image.Image) -> Image.Image:
    """Put a transparent picture on white; one that is nearly white itself, on ink."""
    alpha = image.getchannel("A")
    seen = alpha.point(lambda value: 255 if value > 127 else 0)
    light = image.convert("L")
    is_white = seen.getbbox() is not None and ImageStat.Stat(light, seen).mean[0] > 225
    ground = Image.new("RGB", image.size, _INK if is_white else _PAPER)
    ground.paste(image.convert("RGB"), mask=alpha)
    return ground


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Give the colours that a profile means; one that cannot be used counts as none."""
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return turned or image


def _drawn(picture: Image.Image) -> Drawn:
    if min(picture.size) < SHORTEST_SIDE:
        words = "The picture is a line: it would be too thin to be seen."
        raise _Refused("too-small", words)
    red, green, blue = (round(mean) for mean in ImageStat.Stat(picture).mean)
    shape = f"{RECIPE} {picture.width} {picture.height} ".encode()
    return Drawn(
        key=sha256(shape + picture.tobytes()).hexdigest()[:24],
        width=picture.width,
        height=picture.height,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        data=_saved(picture, "webp", MASTER_QUALITY),
    )


def _encoded(picture: Image.Image, form: str) -> bytes:
    """Give one copy, at the first quality that makes it small enough, or else at the lowest."""
    width, height = picture.size
    # A tall picture is as much larger on the page as it is in the file.
    enough = _ENOUGH[form] * max(1.0, 0.75 * height / width) * max(1.0, (width / 320) ** 1.5)
    data = b""
    for quality in _QUALITIES[form]:
        data = _saved(picture, form, quality)
        if len(data) <= enough:
            break
    return data


def _saved(picture: Image.Image, form: str, quality: int) -> bytes:
    file = BytesIO()
    if form == "avif":
        picture.save(file, "AVIF", quality=quality, speed=6, max_threads=1)
    elif form == "webp":
        picture.save(file, "WEBP", quality=quality, method=4)
    else:
        picture.save(file, "JPEG", quality=quality, progressive=True, optimize=True)
    return file.getvalue()
