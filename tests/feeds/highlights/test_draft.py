"""Drafts: each step of an editor gives a new one, and what is not there is nobody's mistake."""

import json

from hypothesis import given
from hypothesis import strategies as st

from feeds.highlights import draft
from feeds.highlights.draft import MOST_BLOCKS, Block, Draft, Pick, as_json, from_json

THREE = Draft(
    subject={"en": "The week"},
    picks=(Pick("a", ("pinned",), {"en": "Look!"}), Pick("b"), Pick("c")),
    runners_up=(Pick("x"), Pick("y")),
    occasions=("o",),
)


def items(made: Draft) -> str:
    return "".join(made.items) + "|" + "".join(pick.item for pick in made.runners_up)


def test_a_draft_comes_back_from_json_as_it_was() -> None:
    full = Draft(
        {"en": "s"},
        {"en": "p"},
        {"ar": "i"},
        (Block("call", {"en": "t"}, {"en": "w"}, after=True),),
        THREE.picks,
        THREE.runners_up,
        ("o",),
        2,
        True,
        ("fewer",),
    )
    assert from_json(json.loads(json.dumps(as_json(full)))) == full


def test_a_draft_of_an_older_program_is_read() -> None:
    assert from_json({"picks": [{"item": "a"}], "added_later": 1}) == Draft(picks=(Pick("a"),))


def test_posts_are_put_in_order_and_moved() -> None:
    assert items(draft.reorder(THREE, ["c", "a"])) == "cab|xy"
    assert items(draft.reorder(THREE, ["c", "nothing", "c"])) == "cab|xy"
    assert items(draft.move(THREE, "c", -1)) == "acb|xy"
    assert items(draft.move(THREE, "a", 9)) == "bca|xy"
    assert draft.move(THREE, "nothing", 1) == THREE


def test_what_is_dropped_comes_back_with_one_click_and_keeps_its_words() -> None:
    dropped = draft.drop(THREE, "a")
    assert items(dropped) == "bc|axy"
    taken = draft.take(dropped, "a")
    assert items(taken) == "bca|xy"
    assert taken.picks[-1] == THREE.picks[0]


def test_a_runner_up_takes_the_place_of_a_post() -> None:
    assert items(draft.swap(THREE, "b", "y")) == "ayc|bx"
    assert draft.swap(THREE, "b", "nothing") == THREE
    assert draft.swap(THREE, "nothing", "y") == THREE
    assert draft.take(THREE, "b") == THREE
    assert draft.drop(THREE, "nothing") == THREE


def test_what_readers_may_not_see_leaves_every_part() -> None:
    assert items(draft.without(THREE, ["a", "y", "o"])) == "bc|x"
    assert draft.without(THREE, ["o"]).occasions == ()
    assert draft.drop_occasion(THREE, "o").occasions == ()


def test_blocks_come_and_go_and_are_not_too_many() -> None:
    made = draft.add_block(draft.add_block(THREE, "announcement"), "call", after=True)
    assert [(block.kind, block.after) for block in made.blocks] == [
        ("announcement", False),
        ("call", True),
    ]
    assert [block.kind for block in draft.drop_block(made, 0).blocks] == ["call"]
    for _ in range(MOST_BLOCKS + 2):
        made = draft.add_block(made, "call")
    assert len(made.blocks) == MOST_BLOCKS


NAMES = st.sampled_from("abcxyz?")
STEPS = st.one_of(
    st.tuples(st.just(draft.drop), NAMES),
    st.tuples(st.just(draft.take), NAMES),
    st.tuples(st.just(draft.swap), NAMES, NAMES),
    st.tuples(st.just(draft.move), NAMES, st.integers(-4, 4)),
    st.tuples(st.just(draft.reorder), st.lists(NAMES)),
)


@given(st.lists(STEPS, max_size=12))
def test_no_steps_lose_or_double_a_post(steps: list[tuple[object, ...]]) -> None:
    made = THREE
    for step, *values in steps:
        made = step(made, *values)  # type: ignore[operator]  # one of the steps above
    assert sorted(items(made).replace("|", "")) == list("abcxy")
