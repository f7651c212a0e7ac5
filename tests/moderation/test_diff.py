"""What changed between two wordings, word by word."""

from dataclasses import replace
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.item import Flag, Media
from moderation.diff import KEPT_WORDS, Piece, changes, lines, shortened, words
from tests.moderation.filling import a_post


def told(pieces: tuple[Piece, ...]) -> str:
    """Give a comparison as one line: -gone- and +new+."""
    signs = {"same": "", "gone": "-", "new": "+", "cut": "~"}
    return "".join(f"{signs[one.how]}{one.text}{signs[one.how]}" for one in pieces)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at nine", "at nine", "at nine"),
        ("at nine", "at ten", "at -nine-+ten+"),
        ("we met", "we all met", "we +all +met"),
        ("", "new", "+new+"),
        ("gone", "", "-gone-"),
        ("図書館の庭", "図書館の畑", "図書館の-庭-+畑+"),
        ("كل يوم سبت", "كل يوم أحد", "كل يوم -سبت-+أحد+"),
        ("9.30", "9.45", "9.-30-+45+"),
    ],
)
def test_words_that_went_and_came_are_told_apart(old: str, new: str, expected: str) -> None:
    assert told(words(old, new)) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_is_lost_between_two_texts(old: str, new: str) -> None:
    pieces = words(old, new)

    assert "".join(one.text for one in pieces if one.how != "new") == old
    assert "".join(one.text for one in pieces if one.how != "gone") == new


def test_a_list_is_compared_entry_by_entry() -> None:
    pieces = lines(
        ["https://a.example", "https://b.example"], ["https://b.example", "https://c.example"]
    )

    assert [(one.how, one.text[8:9]) for one in pieces] == [("gone", "a"), ("same", "b"), ("new", "c")]


def test_every_part_a_reader_would_notice_is_compared() -> None:
    old = a_post(1, "Come at nine.", media=(Media("https://a.example/1.jpg", "image", alt="A bus"),))
    new = replace(
        old,
        title="New",
        text="Come at ten.",
        warning="loud",
        links=("https://b.example",),
        media=(Media("https://a.example/1.jpg", "image", alt=None),),
        tags=("other",),
        flags=frozenset({Flag.SENSITIVE}),
    )

    assert [change.part for change in changes(old, new)] == [
        *("title", "warning", "text", "links", "media", "tags", "flags")
    ]


def test_what_did_not_change_is_not_mentioned() -> None:
    assert changes(a_post(1), replace(a_post(1), html=a_post(2).html)) == ()


def test_long_runs_that_stayed_are_cut_and_changes_keep_their_neighbours() -> None:
    long = " ".join(f"w{number}" for number in range(500))

    pieces = shortened(words(f"{long} nine {long}", f"{long} ten {long}"))

    assert [one.how for one in pieces] == ["cut", "same", "gone", "new", "same", "cut"]
    assert len(pieces[1].text.split()) <= 2 * KEPT_WORDS


def test_the_longest_texts_are_compared_in_time() -> None:
    old = " ".join(f"a{number}" for number in range(8000))
    new = " ".join(f"b{number}" for number in range(8000))
    start = perf_counter()

    assert [one.how for one in words(f"x {old}", f"x {new}")] == ["same", "gone", "new"]
    assert perf_counter() - start < 2
