"""The form of an edition: what its fields say, what a button does, and two people at it at once."""

import pytest

from feeds.highlights.draft import Block, Draft, Pick
from moderation.issue_form import LONGEST, Typed, done, gathered, marks, merged, spread, typed

ONE, OTHER, THIRD = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
LANGUAGES = ("en", "fr")
DRAFT = Draft(
    subject={"en": "Benches", "fr": "Des bancs"},
    intro={"en": "A good week.\nHere it is."},
    picks=(Pick(ONE, ("pinned",), {"en": "Look!"}), Pick(OTHER, ("percentile:90",))),
    runners_up=(Pick(THIRD, ("percentile:70",)),),
    blocks=(Block("call", {"en": "Tell us"}, {"en": "We listen."}, after=True),),
)


def sent_back(draft: Draft, act: str = "keep", **changes: str) -> Typed:
    """Give the form of a draft as a browser sends it, some fields typed anew."""
    fields = spread(draft, LANGUAGES)
    form = {**fields, **{name.replace("__", ":"): value for name, value in changes.items()}}
    return typed({"version": "3", "act": act, **form}, marks(fields))


def test_a_form_that_nobody_typed_in_changes_nothing() -> None:
    assert gathered(DRAFT, sent_back(DRAFT).words) == DRAFT


def test_each_field_goes_where_its_name_says() -> None:
    words = {
        "subject:fr": "Six bancs",
        f"blurb:{OTHER}:fr": "Voilà",
        "block:0:words:en": "We all listen.",
        "block:0:after": "before",
    }

    after = gathered(DRAFT, words)

    assert after.subject == {"en": "Benches", "fr": "Six bancs"}
    assert after.picks[1].blurb == {"fr": "Voilà"}
    assert after.blocks[0].words == {"en": "We all listen."}
    assert not after.blocks[0].after


def test_an_emptied_field_is_left_out_so_that_it_falls_back() -> None:
    assert gathered(DRAFT, {"subject:fr": ""}).subject == {"en": "Benches"}


def test_words_in_a_language_that_the_form_does_not_show_stay() -> None:
    kept = Draft(subject={"en": "Benches", "yo": "Ìjókòó"})

    assert gathered(kept, {"subject:en": "Six benches"}).subject["yo"] == "Ìjókòó"


def test_what_was_typed_is_settled_line_by_line() -> None:
    found = typed({"subject:en": "  Six\r\n benches ", "intro:en": "One  line\r\n\r\nand another \r\n"})

    assert found.words == {"subject:en": "Six benches", "intro:en": "One line\n\nand another"}


def test_no_field_takes_more_than_its_length() -> None:
    found = typed({"subject:en": "x" * 9_000, "intro:en": "y" * 9_000, "block:0:title:en": "z" * 9_000})

    assert [len(words) for words in found.words.values()] == [
        LONGEST["subject"],
        LONGEST["intro"],
        LONGEST["title"],
    ]


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 20, "1.5", "¹"])
def test_a_version_that_is_none_is_never_current(version: str) -> None:
    assert typed({"version": version}).version == 0


def test_marks_hold_no_words_and_no_line_of_them_is_long() -> None:
    many = Draft(picks=tuple(Pick(f"{number:012x}", (), {"en": "secret words"}) for number in range(20)))
    lines = marks(spread(many, ("en", "es", "am", "fil", "fr", "yo", "ar")))

    assert "secret" not in "".join(lines)
    assert max(map(len, lines)) < 10_000


@pytest.mark.parametrize(
    ("act", "items", "runners_up"),
    [
        (("up", OTHER), (OTHER, ONE), (THIRD,)),
        (("up", ONE), (ONE, OTHER), (THIRD,)),
        (("down", ONE), (OTHER, ONE), (THIRD,)),
        (("drop", ONE), (OTHER,), (ONE, THIRD)),
        (("add", THIRD), (ONE, OTHER, THIRD), ()),
        (("swap", ONE, THIRD), (THIRD, OTHER), (ONE,)),
        (("swap", ONE, "zzzzzzzzzzzz"), (ONE, OTHER), (THIRD,)),
        (("up",), (ONE, OTHER), (THIRD,)),
        (("unblock", "x"), (ONE, OTHER), (THIRD,)),
        (("drop-everything",), (ONE, OTHER), (THIRD,)),
    ],
)
def test_a_button_does_what_it_says_and_nonsense_nothing(
    act: tuple[str, ...], items: tuple[str, ...], runners_up: tuple[str, ...]
) -> None:
    after = done(DRAFT, act)

    assert after.items == items
    assert tuple(pick.item for pick in after.runners_up) == runners_up


def test_blocks_come_and_go() -> None:
    assert [block.kind for block in done(DRAFT, ("block", "announcement")).blocks] == [
        "call",
        "announcement",
    ]
    assert done(DRAFT, ("unblock", "0")).blocks == ()


def test_words_typed_before_somebody_elses_stay_and_theirs_are_taken_elsewhere() -> None:
    late = sent_back(DRAFT, subject__en="Six benches")
    now = gathered(DRAFT, {"intro:en": "A fine week."})

    found = merged(spread(now, LANGUAGES), late)

    assert found.words["subject:en"] == "Six benches"
    assert found.words["intro:en"] == "A fine week."
    assert found.theirs == {}


def test_where_both_wrote_both_are_shown() -> None:
    late = sent_back(DRAFT, subject__en="Six benches")
    now = gathered(DRAFT, {"subject:en": "Benches for all"})

    found = merged(spread(now, LANGUAGES), late)

    assert found.words["subject:en"] == "Six benches"
    assert found.theirs == {"subject:en": "Benches for all"}


def test_words_for_a_post_that_was_taken_out_meanwhile_are_not_lost() -> None:
    late = sent_back(DRAFT, **{f"blurb__{OTHER}__en": "The best of all"})

    found = merged(spread(done(DRAFT, ("drop", OTHER)), LANGUAGES), late)

    assert found.lost == ("The best of all",)


def test_blanks_that_a_program_wrote_are_no_words_of_somebody() -> None:
    odd = Draft(subject={"en": "Two  blanks "})
    late = sent_back(odd)

    found = merged(spread(gathered(odd, {"subject:en": "New"}), LANGUAGES), late)

    assert found.words["subject:en"] == "New"
