"""What networks give beyond feeds: shortened links, what a server calls a post, whose picture it is."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from aggregator.clean import ALT_LIMIT, KEY_LIMIT, NOTE_LIMIT, clean
from aggregator.item import Author, Flag, Found, Item, Media, RawHtml, RawItem
from aggregator.markup import body_of

NOW = datetime(2026, 4, 1, tzinfo=UTC)
RAW = RawItem(("https://far.example/o/1",), url="https://far.example/@ana/1", text="Hello readers")
PICTURE = Media("https://far.example/a.jpg", "image")


def found(raw: RawItem = RAW, **more: object) -> Found:
    return clean(replace(raw, **more), home="glammr.example", now=NOW)  # type: ignore[arg-type]  # as given


def item(html: str) -> Item:
    return found(html=RawHtml(html)).item


LINK = (
    '<p>Read <a href="https://blog.example/very/long/path" rel="nofollow">'
    '<span class="invisible">https://</span><span class="ellipsis">blog.example/very</span>'
    '<span class="invisible">/long/path</span></a>!</p>'
)


def test_a_link_is_shown_as_short_as_its_server_shows_it() -> None:
    one = item(LINK)
    assert one.text == "Read blog.example/very…!"
    assert ">blog.example/very…</a>" in one.html
    assert one.links == ("https://blog.example/very/long/path",)


def test_a_link_that_is_short_enough_gets_no_dots() -> None:
    shown = '<span class="invisible">https://</span><span class="">a.example</span>'
    assert item(f'<p><a href="https://a.example/">{shown}</a></p>').text == "a.example"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p>a <span class="invisible">b <b>c</b> <span>d</span> e</span> f</p>', "a f"),
        ('<p>a<span class="invisible">b<br>c</span>d</p>', "ad"),
        ('<p>a <span class="ellipsis"></span>b</p>', "a b"),
        ('<p><span class="ellipsis">a <span class="invisible">b</span></span> c</p>', "a … c"),
        ('<p>a <span class="invisible">b</p><p>c</p>', "a\n\nc"),
        ('<p><span class="invisible">all of it</span></p>', ""),
        ('<p>a <span class="very invisible">b</span></p>', "a b"),
        ('<p>an invisible ellipsis <span class="x">b</span></p>', "an invisible ellipsis b"),
        ('<p>a <em class="invisible">b</em></p>', "a b"),
    ],
)
def test_what_is_hidden_on_the_server_is_hidden_here(html: str, text: str) -> None:
    assert item(html).text == text


def test_a_picture_in_a_hidden_place_is_not_taken() -> None:
    one = item('<p>a <span class="invisible"><img src="https://t.example/x.gif" alt="x"></span></p>')
    assert one.media == ()


def test_a_link_with_nothing_to_see_is_none() -> None:
    one = item('<p>a <a href="https://t.example/"><span class="invisible">b</span></a></p>')
    assert (one.links, "href" in one.html) == ((), False)


def test_cleaned_markup_reads_back_as_it_is() -> None:
    once = item(LINK).html
    assert body_of(once, "").html == once
    assert "span" not in once


def test_what_the_server_calls_a_post_is_carried_on() -> None:
    assert found(native="01JQW3GSQ8").native == "01JQW3GSQ8"


@pytest.mark.parametrize(
    ("native", "kept"), [("1" * 300, "1" * 300), ("1" * 301, ""), ("a\x00\nb", "a b")]
)
def test_what_the_server_calls_a_post_is_whole_or_not_there(native: str, kept: str) -> None:
    assert found(native=native).native == kept


def test_whose_picture_it_is_goes_along() -> None:
    media = replace(PICTURE, credit="Photo: Ana\nLee", licence=" CC BY 4.0 ", poster="p.jpg")
    (one,) = found(media=(media,), base="https://far.example/@ana/").item.media
    assert (one.credit, one.licence) == ("Photo: Ana Lee", "CC BY 4.0")
    assert one.poster == "https://far.example/@ana/p.jpg"


def test_what_is_said_of_a_picture_is_bounded() -> None:
    media = replace(PICTURE, alt="a" * 9_000, credit="c" * 9_000, licence="l" * 9_000)
    one = found(media=(media,)).item
    (kept,) = one.media
    assert [len(text or "") for text in (kept.alt, kept.credit, kept.licence)] == [
        ALT_LIMIT,
        NOTE_LIMIT,
        NOTE_LIMIT,
    ]
    assert Flag.CUT in one.flags


@pytest.mark.parametrize(
    "poster", ["javascript:alert(1)", "data:image/png;base64,x", "https://a@b.example/"]
)
def test_a_poster_is_an_address_or_nothing(poster: str) -> None:
    (one,) = found(media=(replace(PICTURE, type="video", poster=poster),)).item.media
    assert one.poster == ""


def test_who_an_author_is_fits_the_store() -> None:
    author = Author(name="Ana", key="fedi:" + "a" * 2_000 + "@far.example")
    other = replace(author, key=author.key.replace("far", "near"))
    keys = {found(author=each).item.author.key for each in (author, other)}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {KEY_LIMIT}


@pytest.mark.parametrize(
    ("told", "kept"), [(125, 125), (0, None), (-3, None), (10**9, None), (None, None)]
)
def test_a_film_keeps_its_length_where_that_can_be_believed(told: int | None, kept: int | None) -> None:
    film = Media("https://far.example/a.mp4", "video", duration_s=told, captions=True)
    (one,) = found(media=(film,)).item.media
    assert (one.duration_s, one.captions) == (kept, True)
