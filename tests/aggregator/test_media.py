"""A stranger's picture becomes one of ours: upright, small enough, and nothing but pixels."""

import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image, ImageCms

from aggregator import media
from aggregator.copies import Drawn, Refusal
from tests.drawing import CANARIES, exif, jpeg, opened, photo, quarters, saved, telling

FORMS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF"]


def drawn(body: bytes) -> Drawn:
    result = media.redraw(body)
    assert isinstance(result, Drawn), result
    return result


def refused(body: bytes) -> str:
    result = media.redraw(body)
    assert isinstance(result, Refusal), result
    assert result.sentence.endswith(".")
    return result.code


def corners(data: bytes) -> list[tuple[int, ...]]:
    """Give the colours of the four quarters, as in `quarters`, roughly."""
    image = opened(data).convert("RGB")
    wide, high = image.size
    points = [(x, y) for y in (high // 4, 3 * high // 4) for x in (wide // 4, 3 * wide // 4)]
    return [tuple(round(part / 60) for part in as_colour(image.getpixel(at))) for at in points]


def as_colour(pixel: Any) -> tuple[int, int, int]:
    red, green, blue = pixel
    return red, green, blue


def roughly(colours: tuple[tuple[int, int, int], ...]) -> list[tuple[int, ...]]:
    return [tuple(round(part / 60) for part in colour) for colour in colours]


@pytest.mark.parametrize("form", FORMS)
def test_each_of_the_five_formats_is_read_by_its_content(form: str) -> None:
    ours = drawn(saved(photo(), form))
    assert opened(ours.data).format == "WEBP"
    assert (ours.width, ours.height) == (640, 480)
    assert corners(ours.data) == roughly(quarters(1))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((2000, 1000), (960, 480)),
        ((500, 5000), (192, 1920)),
        ((100, 80), (100, 80)),
        ((960, 1920), (960, 1920)),
        ((1080, 1921), (960, 1708)),
    ],
)
def test_a_master_is_never_larger_than_it_needs_nor_than_it_was(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    ours = drawn(jpeg(*size))
    assert (ours.width, ours.height) == expected
    assert opened(ours.data).size == expected


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_is_turned_upright_and_odd_orientations_are_left(form: str, orientation: int) -> None:
    original = photo(600, 400)
    turned = media._UPRIGHT.get(orientation)
    lying = original.transpose(_back(turned)) if turned is not None else original
    ours = drawn(saved(lying, form, exif=exif(orientation).tobytes()))
    assert (ours.width, ours.height) == (600, 400)
    assert corners(ours.data) == roughly(quarters(1))


def _back(turn: Image.Transpose) -> Image.Transpose:
    """Give the turn that undoes another: only quarter turns differ from their own."""
    quarter = {
        Image.Transpose.ROTATE_90: Image.Transpose.ROTATE_270,
        Image.Transpose.ROTATE_270: Image.Transpose.ROTATE_90,
    }
    return quarter.get(turn, turn)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_but_pixels_survives(form: str) -> None:
    body = telling(form)
    assert any(canary in body for canary in CANARIES)
    ours = drawn(body)
    for file in (ours.data, *(copy.data for copy in media.copies(ours.data))):
        assert not any(canary in file for canary in CANARIES)
        assert not {"exif", "icc_profile", "xmp", "comment", "Comment"} & set(opened(file).info)
        for marker in (b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"ICCP", b"XMP "):
            assert marker not in file


def test_colours_of_a_profile_are_turned_into_srgb() -> None:
    swapped = saved(Image.new("RGB", (64, 64), (255, 0, 0)), "PNG", icc_profile=_swapping_profile())
    assert drawn(swapped).colour != drawn(saved(Image.new("RGB", (64, 64), (255, 0, 0)), "PNG")).colour


def _swapping_profile() -> bytes:
    """Give sRGB with the colours of two channels exchanged."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(made[at : at + 4]): at for at in range(132, 132 + 12 * made[131], 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    made[red + 4 : red + 12], made[green + 4 : green + 12] = (
        made[green + 4 : green + 12],
        made[red + 4 : red + 12],
    )
    return bytes(made)


def test_profile_that_cannot_be_used_counts_as_none() -> None:
    plain = saved(photo(), "PNG")
    odd = saved(photo(), "PNG", icc_profile=b"no profile at all")
    assert drawn(odd).key == drawn(plain).key


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_is_drawn(mode: str) -> None:
    image = photo(200, 100).convert("L") if mode == "I;16" else photo(200, 100)
    form = "JPEG" if mode == "CMYK" else "PNG"
    ours = drawn(saved(_as_sixteen_bits(image) if mode == "I;16" else image.convert(mode), form))
    assert (ours.width, ours.height) == (200, 100)
    assert opened(ours.data).mode == "RGB"


def _as_sixteen_bits(image: Image.Image) -> Image.Image:
    wide = bytes(part for value in image.tobytes() for part in (0, value))
    return Image.frombytes("I;16", image.size, wide)


def test_sixteen_bits_keep_their_shades() -> None:
    grey = Image.linear_gradient("L")
    eight, sixteen = drawn(saved(grey, "PNG")), drawn(saved(_as_sixteen_bits(grey), "PNG"))
    assert eight.colour == sixteen.colour


def test_what_is_transparent_gets_a_ground_that_it_can_be_seen_on() -> None:
    dark, light = Image.new("RGBA", (64, 64)), Image.new("RGBA", (64, 64))
    dark.paste((10, 10, 10, 255), (16, 16, 48, 48))
    light.paste((255, 255, 255, 255), (16, 16, 48, 48))
    on_white, on_ink = (opened(drawn(saved(each, "PNG")).data) for each in (dark, light))
    assert min(as_colour(on_white.getpixel((2, 2)))) > 240
    assert max(as_colour(on_ink.getpixel((2, 2)))) < 60


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "lime", "blue")]
    ours = drawn(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100))
    assert ours.colour == "#ff0000"


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_an_animation_of_too_many_frames_is_refused(form: str) -> None:
    shades = (number * 97 % 256 for number in range(media.MOST_FRAMES + 1))
    frames = [Image.new("RGB", (32, 32), (shade, 255 - shade, shade)) for shade in shades]
    more = {"lossless": True} if form == "WEBP" else {}
    many = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=20, **more)
    assert refused(many) == "too-many-frames"


def a_png(width: int, height: int) -> bytes:
    """Give a PNG that is tiny on the wire and claims any size in its head."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def a_webp(width: int, height: int) -> bytes:
    """Give the head of an extended WebP of any size, with nothing behind it."""
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("make", [a_png, a_webp])
@pytest.mark.parametrize("size", [(6400, 6400), (1, 20_001), (20_001, 16), (65_535, 65_535)])
def test_too_many_pixels_are_refused_by_the_head_alone(make: Any, size: tuple[int, int]) -> None:
    assert refused(make(*size)) == "too-large"


def test_what_only_counts_readers_is_refused() -> None:
    assert refused(saved(Image.new("RGB", (1, 1)), "GIF")) == "too-small"
    assert refused(saved(Image.new("RGB", (1000, 15)), "PNG")) == "too-small"
    assert refused(saved(Image.new("RGB", (9000, 20)), "PNG")) == "too-small"  # two pixels high for us


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf<?xml version='1.0'?><svg/>",
        b"<!doctype html><img>",
        b"BM" + bytes(60),
        b"II*\x00" + bytes(60),
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"%PDF-1.7",
        b"\x00\x00\x01\x00" + bytes(60),
        b"8BPS" + bytes(60),
    ],
)
def test_everything_else_is_no_picture_for_us(body: bytes) -> None:
    assert refused(body) == "not-a-picture"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_picture_that_breaks_off_is_refused(form: str, share: float) -> None:
    body = saved(photo(), form)
    assert refused(body[: max(12, int(len(body) * share))]) == "damaged"


@given(data=some.data(), form=some.sampled_from(FORMS))
def test_no_damage_makes_it_raise_anything_that_is_not_foreseen(
    data: some.DataObject, form: str
) -> None:
    body = bytearray(_SMALL[form])
    for at in data.draw(some.lists(some.integers(0, len(body) - 1), max_size=8)):
        body[at] = data.draw(some.integers(0, 255))
    result = media.redraw(bytes(body))
    assert isinstance(result, Drawn | Refusal)


_SMALL = {form: saved(photo(48, 32), form) for form in FORMS}


def test_the_same_pixels_have_the_same_key_whatever_they_came_in() -> None:
    plain = drawn(saved(photo(), "PNG")).key
    assert {drawn(each).key for each in (telling("PNG"), saved(photo(), "GIF"))} == {plain}
    assert drawn(saved(photo(seed=2), "PNG")).key != plain


@pytest.mark.parametrize(
    ("width", "expected"),
    [(960, [160, 320, 640, 960]), (640, [160, 320, 640]), (413, [160, 320, 413]), (100, [100])],
)
def test_copies_have_every_width_in_every_format(width: int, expected: list[int]) -> None:
    copies = media.copies(drawn(jpeg(width, width // 2)).data)
    assert [(copy.width, copy.format) for copy in copies] == [
        (each, form) for each in expected for form in ("avif", "webp", "jpg")
    ]
    kinds = {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
    for copy in copies:
        image = opened(copy.data)
        assert (image.format, image.size) == (kinds[copy.format], (copy.width, round(copy.width / 2)))


def test_jpegs_are_progressive() -> None:
    (jpg,) = (copy for copy in media.copies(drawn(jpeg(100, 80)).data) if copy.format == "jpg")
    assert opened(jpg.data).info.get("progressive")


def test_a_busy_photo_stays_within_what_a_card_may_cost() -> None:
    noise = Image.effect_noise((960, 640), 70)
    busy = Image.merge("RGB", [noise.rotate(turn) for turn in (0, 90, 180)]).resize((480, 320))
    copies = media.copies(drawn(saved(busy.resize((960, 640)), "JPEG", quality=95)).data)
    sizes = {(copy.width, copy.format): len(copy.data) for copy in copies}
    assert sizes[320, "avif"] <= 15_000
    assert sizes[320, "webp"] <= 22_000
    assert sizes[320, "jpg"] <= 22_000
