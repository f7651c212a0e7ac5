"""An author's own answers stand with the post they answer, for as long as both are shown."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.item import Action, Author, Found
from aggregator.store.published import Door, Gone, Shown
from aggregator.store.runs import Claim
from aggregator.store.threads import DEEPEST
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish, take

NAME = "mastodon:river.example/{}"


@pytest.fixture
def claimed(writer: Engine, now: datetime) -> Claim:
    declare(writer, now, "river")
    return claim(writer, now, "river")


def part(now: datetime, number: int, answers: int | None = None, **more: object) -> Found:
    """Give a post; higher numbers are later. What it answers is named as the server names it."""
    said = {"in_reply_to": NAME.format(answers)} if answers is not None else {}
    item = post(number, published_at=now - timedelta(hours=100 - number), **said, **more)
    return found(item, f"https://river.example/o/{number}", NAME.format(number))


def wall(reader: Engine) -> list[tuple[str, list[str]]]:
    latest = Door(reader).latest(SLUG, 50)
    return [(one.item.title, [each.item.title for each in one.thread]) for one in latest]


def alone(*numbers: int) -> list[tuple[str, list[str]]]:
    return [(f"Post {number}", []) for number in numbers]


def test_own_answers_stand_with_their_post_oldest_first(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    parts = [part(now, 1), part(now, 3, 2), part(now, 2, 1), part(now, 4, 1), part(now, 9)]
    publish(writer, claimed, now, *parts)
    assert wall(reader) == [*alone(9), ("Post 1", ["Post 2", "Post 3", "Post 4"])]


def test_a_part_has_its_own_page_and_names_no_thread(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    first, second, _ = publish(writer, claimed, now, part(now, 1), part(now, 2, 1), part(now, 3, 2))
    door = Door(reader)
    one, root = door.one(SLUG, second), door.one(SLUG, first)
    assert isinstance(one, Shown)
    assert isinstance(root, Shown)
    assert one.thread == ()
    assert root.thread[0].id == second
    assert all(each.thread == () for each in root.thread)


def test_without_its_first_post_a_thread_falls_apart_and_comes_together_again(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    first, second, _ = publish(writer, claimed, now, part(now, 1), part(now, 2, 1), part(now, 3, 1))
    decide(writer, Action.TAKE_DOWN, first, now)
    assert wall(reader) == alone(3, 2)
    decide(writer, Action.UNDO, first, now)
    decide(writer, Action.HOLD, second, now)
    assert wall(reader) == [("Post 1", ["Post 3"])]


def test_without_a_post_in_its_middle_the_rest_stands_together(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    parts = [part(now, 1), part(now, 2, 1), part(now, 3, 2), part(now, 4, 3)]
    _, second, *_ = publish(writer, claimed, now, *parts)
    decide(writer, Action.WITHDRAW, second, now)
    assert wall(reader) == [("Post 3", ["Post 4"]), *alone(1)]


def test_answers_of_others_and_of_nobody_stand_alone(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    ben = Author(name="Ben", key="feed:river.example/ben")
    others = [part(now, 1), part(now, 2, 1, author=ben), part(now, 3, 77)]
    nobody = [part(now, 4, author=Author()), part(now, 5, 4, author=Author())]
    publish(writer, claimed, now, *others, *nobody)
    assert wall(reader) == alone(5, 4, 3, 2, 1)


def test_posts_that_answer_each_other_or_themselves_hide_nothing(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, part(now, 1, 2), part(now, 2, 1), part(now, 3, 3))
    assert wall(reader) == [*alone(3), ("Post 1", ["Post 2"])]


def test_an_answer_that_is_not_approved_is_in_no_thread(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, part(now, 1))
    take(writer, claimed, now, part(now, 2, 1))
    assert wall(reader) == alone(1)


def test_a_thread_is_named_by_the_approved_words_and_not_by_an_edit(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    publish(writer, claimed, now, part(now, 1), part(now, 2))
    take(writer, claimed, now, part(now, 2, 1, text="Now an answer"), on_edit="keep")
    assert wall(reader) == alone(2, 1)


def test_too_deep_a_thread_goes_on_alone_and_nothing_is_lost(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    deep = DEEPEST + 3
    parts = [part(now, number, number - 1 if number else None) for number in range(deep)]
    publish(writer, claimed, now, *parts)
    shown = wall(reader)
    assert shown[-1] == ("Post 0", [f"Post {number}" for number in range(1, DEEPEST + 1)])
    assert shown[:-1] == alone(*range(deep - 1, DEEPEST, -1))


def test_a_change_of_a_part_touches_the_whole_way_up_and_of_a_root_all_its_parts(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    parts = [part(now, 1), part(now, 2, 1), part(now, 3, 2), part(now, 8)]
    first, second, third, other = publish(writer, claimed, now, *parts)
    door = Door(reader)

    def touched(action: Action, item_id: str) -> set[str]:
        before = door.version(SLUG)
        decide(writer, action, item_id, now)
        return set(door.touched(SLUG, before).items)

    assert touched(Action.WITHDRAW, third) == {first, second, third}
    assert touched(Action.TAKE_DOWN, first) == {first, second, third}
    assert touched(Action.HOLD, other) == {other}


def test_who_keeps_copies_hears_of_the_post_whose_thread_lost_a_part(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    first, second = publish(writer, claimed, now, part(now, 1), part(now, 2, 1))
    door = Door(reader)
    before = door.version(SLUG)
    decide(writer, Action.TAKE_DOWN, second, now)
    gone, root = door.changes(SLUG, before, 10).items
    assert gone == Gone(second, now)
    assert isinstance(root, Shown)
    assert (root.id, root.thread) == (first, ())


def test_words_and_pictures_of_a_part_come_with_it(
    writer: Engine, reader: Engine, claimed: Claim, now: datetime
) -> None:
    _, second = publish(writer, claimed, now, part(now, 1), part(now, 2, 1))
    decide(writer, Action.AMEND, second, now, changes={"excerpt": "In short"})
    (root,) = Door(reader).latest(SLUG, 5)
    assert [each.excerpt for each in root.thread] == ["In short"]
