"""Pictures drawn by us: the right size and weight, no word that a card would hide, and never a box."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, features

from aggregator.item import SafeHtml
from aggregator.settings import View
from aggregator.store.published import Gone, Shown
from feeds import drawn, fonts
from feeds.addresses import Address
from feeds.drawn import HEIGHT, MOST_BYTES, WIDTH, Poster, png
from feeds.fonts import BUILT_IN, Fonts, Run, Style
from feeds.i18n import words
from feeds.page import Page
from feeds.posters import words_on
from feeds.render import render
from feeds.select import Snapshot, snapshot
from tests.drawing import draw_copies, jpeg
from tests.feeds.invented import (
    AWKWARD,
    NOW,
    PUBLIC_URL,
    SLUG,
    a_door,
    campaign,
    item_id,
    picture,
    pictured,
    settings,
    shown,
)

PHOTO = jpeg(960, 640)
LATIN, ARABIC, ETHIOPIC = "Story hour", "ركن القراءة", "የንባብ ጥግ"


@pytest.fixture(autouse=True)
def _only_the_font_that_pillow_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw the same on every machine, whatever fonts it has."""
    monkeypatch.setattr(drawn, "system_fonts", lambda: Fonts(()))
    png.cache_clear()


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data), formats=("PNG",))


def picture_of(post: Shown | Gone | None, photo: bytes = b"") -> Page:
    found = Snapshot(PUBLIC_URL, campaign(), one=post, photo=photo)
    return render(found, Address("post-picture", SLUG, item_id(1)), "en", NOW)


def face(name: str, characters: str, monkeypatch: pytest.MonkeyPatch, there: dict[str, str]) -> Path:
    """Pretend that there is a font with these characters."""
    there[f"/fonts/{name}.ttf"] = characters
    monkeypatch.setattr(
        fonts, "_characters_of", lambda file: frozenset(map(ord, there.get(file, LATIN + " …")))
    )
    return Path(f"/fonts/{name}.ttf")


def files(runs: Sequence[Run]) -> list[tuple[str, str]]:
    return [(run.text, Path(run.file).stem if run.file else BUILT_IN) for run in runs]


def test_a_text_is_written_in_a_font_that_has_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    there: dict[str, str] = {}
    arabic = face("NotoNaskhArabic-Bold", ARABIC, monkeypatch, there)
    both = face("DejaVuSans-Bold", ARABIC + LATIN, monkeypatch, there)
    plain = face("NotoSerif-Bold", LATIN, monkeypatch, there)
    found = Fonts((both, plain, arabic))
    assert files(found.runs(LATIN, Style.HEADING)) == [(LATIN, "NotoSerif-Bold")]
    assert files(found.runs(ARABIC, Style.HEADING)) == [(ARABIC, "NotoNaskhArabic-Bold")]
    mixed = f"{ARABIC} {LATIN}"
    assert files(found.runs(mixed, Style.HEADING)) == [(mixed, "DejaVuSans-Bold")]


def test_a_text_that_no_font_has_as_a_whole_is_written_in_several(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there: dict[str, str] = {}
    ethiopic = face("NotoSerifEthiopic-Bold", ETHIOPIC, monkeypatch, there)
    found = Fonts((ethiopic,))
    runs = files(found.runs(f"{ETHIOPIC} Story", Style.HEADING))
    assert runs == [(f"{ETHIOPIC} ", "NotoSerifEthiopic-Bold"), ("Story", BUILT_IN)]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (LATIN, LATIN),
        (f"{LATIN} 📚👩🏽‍🚀🇪🇹❤️", LATIN),
        ("📚🎉", ""),
        (ARABIC, ""),
        (f"{LATIN} {ETHIOPIC}", ""),
        ("𝗦𝘁𝗼𝗿𝘆\nhour\u202e\u200b", LATIN),
        ("", ""),
    ],
)
def test_what_no_font_can_write_is_not_drawn_and_emoji_are_left_out(
    text: str, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = face("NotoSans-Bold", LATIN, monkeypatch, {})
    assert Fonts((plain,)).writable(text, Style.HEADING) == written


def test_letters_that_must_be_joined_are_not_drawn_where_nothing_can_join_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = face("DejaVuSans-Bold", ARABIC + LATIN, monkeypatch, {})
    assert Fonts((both,)).writable(ARABIC, Style.HEADING)
    assert not Fonts((both,), joins=False).writable(ARABIC, Style.HEADING)
    assert Fonts((both,), joins=False).writable(LATIN, Style.HEADING)


def test_the_font_that_pillow_brings_says_what_it_can_write() -> None:
    there = Fonts(())
    assert files(there.runs("Story hour 2026!", Style.TEXT)) == [("Story hour 2026!", BUILT_IN)]
    assert there.runs("ẹ̀kọ́", Style.TEXT) == ()
    assert there.writable("1990 – 2026 „now“ —", Style.TEXT) == "1990 - 2026 “now“ -"


def test_every_font_of_this_machine_is_read_or_left_alone() -> None:
    for file in fonts.system_fonts()._files[:40]:
        characters = fonts._characters_of(str(file))
        assert all(0 <= each <= 0x10FFFF for each in characters)


def test_what_a_font_says_that_it_can_write_is_what_it_does_not_draw_as_a_box() -> None:
    font = fonts.at_size(BUILT_IN, 40)
    box, there = bytes(font.getmask("\uffff")), fonts._characters_of(BUILT_IN)
    for code in range(0x21, 0x180):
        is_letter = chr(code).isprintable() and not chr(code).isspace()
        assert not is_letter or (bytes(font.getmask(chr(code))) != box) == (code in there)


@pytest.mark.parametrize("data", [b"", b"x" * 11, b"\x00\x01\x00\x00" + b"\xff" * 500, bytes(500)])
def test_what_is_no_font_writes_nothing(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "NotoSans-Bold.ttf"
    file.write_bytes(data)
    assert files(Fonts((file,)).runs("Hi", Style.TEXT)) == [("Hi", BUILT_IN)]


@pytest.mark.parametrize("name", AWKWARD)
def test_every_awkward_post_has_its_picture(name: str) -> None:
    page = picture_of(AWKWARD[name])
    image = opened(page.body)
    assert (page.status, page.content_type, image.size) == (200, "image/png", (WIDTH, HEIGHT))
    assert len(page.body) < 100_000


def test_a_photo_stands_beside_the_words_and_weighs_little() -> None:
    noise = Image.effect_noise((960, 640), 90).convert("RGB")
    file = BytesIO()
    noise.save(file, "JPEG")
    for photo in (PHOTO, file.getvalue()):
        data = picture_of(pictured(shown(1)), photo).body
        assert len(data) <= MOST_BYTES
        assert opened(data).size == (WIDTH, HEIGHT)
        assert data != picture_of(shown(1)).body


def test_a_photo_too_heavy_is_drawn_with_fewer_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.merge("RGB", [Image.effect_noise((960, 640), 90) for _ in range(3)])
    file = BytesIO()
    noise.save(file, "JPEG")
    heavy = png(Poster("#A", "Words", photo=file.getvalue()))
    png.cache_clear()
    monkeypatch.setattr(drawn, "MOST_BYTES", len(heavy) - 1)
    assert len(png(Poster("#A", "Words", photo=file.getvalue()))) < len(heavy)


def test_the_photo_stands_where_a_line_begins() -> None:
    left = opened(png(Poster("#A", "Words", photo=PHOTO))).convert("RGB")
    right = opened(png(Poster("#A", "Words", photo=PHOTO, is_rtl=True))).convert("RGB")
    paper = (250, 248, 243)
    assert (left.getpixel((WIDTH - 5, 5)), right.getpixel((5, 5))) == (paper, paper)
    assert paper not in (left.getpixel((5, 5)), right.getpixel((WIDTH - 5, 5)))


def test_a_photo_that_may_not_be_cut_is_whole_on_its_own_colour() -> None:
    poster = Poster("#A", "Words", photo=PHOTO, colour="#5f7382", is_whole=True)
    top = opened(png(poster)).convert("RGB").getpixel((280, 10))
    assert isinstance(top, tuple)
    assert all(abs(a - b) < 12 for a, b in zip(top, (0x5F, 0x73, 0x82), strict=True))  # of few colours


def test_a_credit_goes_where_the_photo_goes() -> None:
    plain = Poster("#A", "Words", photo=PHOTO)
    assert png(plain) != png(replace(plain, credit="Photo: Ana Lee"))


def test_a_photo_that_cannot_be_read_leaves_the_words() -> None:
    assert png(Poster("#A", "Words", photo=b"broken")) == png(Poster("#A", "Words"))


def test_other_words_make_another_picture_and_the_same_words_the_same() -> None:
    first = picture_of(shown(1))
    assert first == picture_of(shown(1))
    assert first.body != picture_of(shown(2)).body
    assert first.etag != picture_of(shown(2)).etag


def test_nothing_from_behind_a_content_warning_is_drawn() -> None:
    warned = AWKWARD["warned-picture"]
    other = replace(warned, item=replace(warned.item, text="OTHER", html=SafeHtml("OTHER")), pictures=())
    assert picture_of(warned, PHOTO).body == picture_of(other).body
    assert "flashing lights" in words_on(warned, Snapshot(PUBLIC_URL), campaign(), words("en"), NOW)


@pytest.mark.parametrize(("post", "status"), [(Gone(item_id(1), NOW), 410), (None, 404)])
def test_a_removed_post_leaves_a_neutral_picture(post: Gone | None, status: int) -> None:
    page = picture_of(post)
    assert page.status == status
    assert opened(page.body).size == (WIDTH, HEIGHT)
    assert dict(page.headers)["Cache-Control"] == dict(picture_of(shown(1)).headers)["Cache-Control"]
    assert page.body != picture_of(shown(1)).body


def test_a_view_draws_its_first_post_as_it_is_set_up_to() -> None:
    def drawn_as(view: View, *posts: Shown) -> bytes:
        found = Snapshot(PUBLIC_URL, campaign(), view=view, posts=posts, photo=PHOTO)
        return render(found, Address("view-picture", SLUG, "wall"), "en", NOW).body

    posts = (pictured(shown(1)), shown(2))
    whole = drawn_as(View(layout="grid"), *posts)
    assert whole == picture_of(posts[0], PHOTO).body
    assert whole != drawn_as(View(layout="grid", picture=False), *posts)
    assert whole != drawn_as(View(layout="grid", date=False), *posts)
    assert whole != drawn_as(View(layout="grid"))


def test_a_picture_is_drawn_with_our_copy_of_the_photo(tmp_path: Path) -> None:
    post = pictured(shown(1), picture())
    here = settings().model_copy(update={"media": str(tmp_path)})
    at = Address("post-picture", SLUG, post.id)
    without = snapshot(a_door(post), here, at, NOW)
    draw_copies(tmp_path, picture())
    for address in (at, Address("view-picture", SLUG, "wall")):
        found = snapshot(a_door(post), here, address, NOW)
        assert (without.photo, found.photo[:2]) == (b"", b"\xff\xd8")
    assert snapshot(a_door(post), here, Address("permalink", SLUG, post.id), NOW).photo == b""


def test_a_campaign_that_hides_pictures_draws_none(tmp_path: Path) -> None:
    hiding = campaign(policy={"pictures_without_consent": "hide"})
    here = settings(hiding).model_copy(update={"media": str(tmp_path)})
    draw_copies(tmp_path, picture())
    for address in (Address("post-picture", SLUG, item_id(1)), Address("view-picture", SLUG, "wall")):
        assert snapshot(a_door(pictured(shown(1))), here, address, NOW).photo == b""


def test_a_picture_holds_until_its_date_reads_differently() -> None:
    post = shown(1)
    assert post.item.published_at
    holds_until = picture_of(post).holds_until
    assert holds_until
    assert (holds_until - post.item.published_at).days == 60


@pytest.mark.skipif(not features.check("raqm"), reason="this machine cannot join letters")
def test_a_long_text_and_a_long_word_stay_within_their_place() -> None:
    for text in ("Donaudampfschifffahrt" * 30, "many words " * 90):
        image = opened(png(Poster("#A", text))).convert("RGB")
        for edge in ((WIDTH - 60, 0, WIDTH, HEIGHT), (0, 0, WIDTH, 60)):
            assert [colour for _, colour in image.crop(edge).getcolors()] == [(0x1D, 0x4F, 0x91)]
