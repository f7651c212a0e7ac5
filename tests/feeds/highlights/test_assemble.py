"""Choosing the posts of a week: fair between networks, one of each author, library, story."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.highlights.assemble import RUNNERS_UP, SHARE, Wanted, assemble
from feeds.highlights.considered import Post
from feeds.highlights.draft import Draft

NOW = datetime(2026, 10, 7, 16, 0, tzinfo=UTC)
WEEK = timedelta(days=7)
WANTED = Wanted(top=5, since=NOW - WEEK, now=NOW)
NETWORKS = ("mastodon", "bluesky", "instagram", "youtube", "blog.example")


def one(number: int, network: str = "", hours: float = 24, counts: int | None = 10, **more: Any) -> Post:
    """Give a post of an author and library of its own."""
    return Post(
        item=f"i{number:03}",
        author=more.pop("author", f"author {number}"),
        network=network or NETWORKS[number % len(NETWORKS)],
        published=NOW - timedelta(hours=hours),
        library=more.pop("library", f"library {number}"),
        counts=counts,
        **more,
    )


def many(amount: int, **more: Any) -> list[Post]:
    return [one(number, counts=number, **more) for number in range(amount)]


def reasons(draft: Draft, number: int) -> tuple[str, ...]:
    return next(pick.reasons for pick in draft.picks if pick.item == f"i{number:03}")


def test_what_did_well_in_a_small_network_beats_what_did_badly_in_a_large_one() -> None:
    large = [one(number, "mastodon", counts=1000 + number) for number in range(10)]
    small = [one(20 + number, "blog.example", counts=number) for number in range(10)]
    picks = assemble([*large, *small], replace(WANTED, top=2)).items
    assert set(picks) == {"i009", "i029"}


def test_equals_share_their_place_and_what_is_not_counted_stands_in_the_middle() -> None:
    posts = [one(0, "a", counts=5), one(1, "a", counts=5), one(2, "b", counts=None)]
    posts += [one(3, "c"), one(4, "d")]
    draft = assemble(posts, WANTED)
    assert reasons(draft, 0)[0] == reasons(draft, 1)[0] == reasons(draft, 3)[0] == "percentile:50"
    assert reasons(draft, 2)[0] == "no-counts"


def test_three_days_halve_what_a_post_is_worth() -> None:
    old_and_loved = one(0, "a", hours=100, counts=9)
    others = [one(1, "a", hours=100, counts=0), one(2, "a", hours=4, counts=8)]
    assert assemble([old_and_loved, *others], replace(WANTED, top=1)).items == ("i002",)


@pytest.mark.parametrize(
    "same",
    [
        {"author": "ana"},
        {"library": "riverside"},
        {"stories": frozenset({"blog.example/soup"})},
    ],
)
def test_an_author_a_library_and_a_story_have_one_post(same: dict[str, Any]) -> None:
    posts = [*many(10), *(one(50 + number, counts=99, hours=1, **same) for number in range(5))]
    draft = assemble(posts, replace(WANTED, top=8))
    assert sum(item >= "i050" for item in draft.items) == 1
    assert not any(pick.item >= "i050" for pick in draft.runners_up)


def test_an_unknown_library_counts_as_its_author_and_editors_hear_how_many() -> None:
    draft = assemble([one(number, library="") for number in range(5)], WANTED)
    assert len(draft.items) == draft.unknown_libraries == 5


def test_no_network_has_more_than_its_share_and_few_are_left_out() -> None:
    posts = [one(number, "mastodon", counts=100 + number) for number in range(30)]
    posts += [one(40 + number, NETWORKS[number % 4 + 1], hours=150, counts=0) for number in range(20)]
    draft = assemble(posts, replace(WANTED, top=10))
    networks = Counter(post.network for post in posts if post.item in draft.items)
    assert len(draft.items) == 10
    assert max(networks.values()) == 4
    assert len(networks) >= 4
    assert draft.notes == ()


def test_of_five_networks_four_are_in_it_though_three_did_far_better() -> None:
    posts = [one(number, NETWORKS[number % 3], hours=1, counts=number) for number in range(30)]
    weak = [("youtube", 0), ("youtube", 9), ("blog.example", 0), ("blog.example", 9)]
    posts += [
        one(50 + number, network, hours=160, counts=counts)
        for number, (network, counts) in enumerate(weak)
    ]
    draft = assemble(posts, replace(WANTED, top=10))
    assert len({post.network for post in posts if post.item in draft.items}) == 4


def test_of_equals_the_newest_comes_first_then_the_id_decides() -> None:
    posts = [one(number, "a", counts=None, library="") for number in range(5)]
    posts.append(one(9, "a", hours=-1, counts=None, library=""))
    for asked in (posts, posts[::-1]):
        assert assemble(asked, replace(WANTED, top=3)).items == ("i009", "i000", "i001")


def test_rather_fewer_posts_than_a_network_over_its_share() -> None:
    posts = [one(number, "mastodon") for number in range(30)]
    posts += [one(40, "a"), one(41, "a"), one(42, "b"), one(43, "b"), one(44, "c")]
    draft = assemble(posts, replace(WANTED, top=10))
    networks = Counter(post.network for post in posts if post.item in draft.items)
    assert (len(draft.items), networks["mastodon"]) == (8, 3)
    assert draft.notes == ("fewer", "share-kept")
    assert not draft.too_few


def test_a_campaign_with_one_network_has_a_mail_that_says_so() -> None:
    draft = assemble([one(number, "mastodon") for number in range(20)], WANTED)
    assert len(draft.items) == 5
    assert draft.notes == ("share-over",)
    assert [pick.reasons[-1] == "beyond-share" for pick in draft.picks] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_pins_come_first_whatever_their_age_and_their_network() -> None:
    pins = [one(90 + n, "mastodon", hours=900, counts=0, is_pinned=True) for n in range(3)]
    draft = assemble([*many(20), *pins], WANTED)
    assert set(draft.items[:3]) == {"i090", "i091", "i092"}
    assert all("pinned" in pick.reasons for pick in draft.picks[:3])
    assert len(draft.items) == 5
    assert draft.notes == ("share-over",)


@pytest.mark.parametrize(
    "why", [{"is_comment": True}, {"is_sensitive": True}, {"is_comment": True, "is_pinned": True}]
)
def test_comments_and_sensitive_posts_never_come(why: dict[str, Any]) -> None:
    draft = assemble([*many(4), one(90, counts=999, hours=1, **why)], WANTED)
    assert "i090" not in [pick.item for pick in (*draft.picks, *draft.runners_up)]


def test_nothing_comes_twice_not_even_a_pin() -> None:
    posts = [*many(9), one(90, is_pinned=True)]
    draft = assemble(posts, replace(WANTED, used=frozenset({"i090", "i008"})))
    assert not {"i090", "i008"} & {pick.item for pick in (*draft.picks, *draft.runners_up)}
    assert "pin-left" in draft.notes


def test_only_posts_of_the_week_come_or_those_approved_in_it() -> None:
    old = 9 * 24
    posts = [
        one(0, hours=old, shown_since=NOW - timedelta(hours=1)),
        one(1, hours=old, shown_since=NOW - timedelta(hours=old)),
        one(2, hours=15 * 24, shown_since=NOW - timedelta(hours=1)),
        one(3, is_occasion=True),
        one(4),
    ]
    assert set(assemble(posts, WANTED).items) == {"i000", "i004"}


def test_the_rest_of_a_fortnight_serves_to_compare_with() -> None:
    posts = [one(0, "a", counts=5), *(one(n, "a", hours=200, counts=n) for n in range(1, 5))]
    assert reasons(assemble(posts, WANTED), 0)[0] == "percentile:90"


def test_what_the_mail_does_not_have_yet_is_worth_a_little_more() -> None:
    same = {"place": "riverside", "language": "en", "topics": frozenset({"soup"})}
    posts = [one(number, "a", counts=10, hours=1, **same) for number in range(6)]
    posts.append(
        one(50, "a", counts=10, hours=4, place="hillside", language="es", topics=frozenset({"bus"}))
    )
    draft = assemble(posts, replace(WANTED, top=2))
    assert "i050" in draft.items
    assert {"new-place", "new-language", "new-topic"} <= set(reasons(draft, 50))


def test_a_library_that_never_stood_in_it_is_told_of() -> None:
    draft = assemble(many(2), replace(WANTED, libraries=frozenset({"library 1"})))
    assert "first-from-library" in reasons(draft, 0)
    assert "first-from-library" not in reasons(draft, 1)


def test_pictures_with_words_are_preferred() -> None:
    posts = [one(0, "a", is_described=False), one(1, "a")]
    draft = assemble(posts, replace(WANTED, top=1))
    assert draft.items == ("i001",)
    assert "described" in reasons(draft, 1)


def test_runners_up_would_all_fit() -> None:
    draft = assemble(many(30), WANTED)
    assert len(draft.runners_up) == RUNNERS_UP
    assert not set(draft.items) & {pick.item for pick in draft.runners_up}
    assert all(pick.reasons for pick in draft.runners_up)


@pytest.mark.parametrize(("amount", "too_few"), [(0, True), (2, True), (3, False)])
def test_editors_hear_when_there_is_too_little(amount: int, too_few: bool) -> None:
    draft = assemble(many(amount), WANTED)
    assert len(draft.items) == amount
    assert (draft.too_few, "fewer" in draft.notes) == (too_few, True)


POSTS = st.lists(
    st.builds(
        Post,
        item=st.integers(0, 500).map(lambda number: f"i{number:03}"),
        author=st.sampled_from("abcdefghijkl"),
        network=st.sampled_from(NETWORKS),
        published=st.integers(0, 400).map(lambda hours: NOW - timedelta(hours=hours)),
        library=st.sampled_from(["", "r", "s", "t", "u", "v", "w", "x", "y", "z"]),
        stories=st.sets(st.integers(0, 40), max_size=2).map(lambda ids: frozenset(map(str, ids))),
        place=st.sampled_from(["", "p", "q"]),
        language=st.sampled_from(["", "en", "es"]),
        counts=st.none() | st.integers(0, 50),
        is_pinned=st.integers(0, 9).map(lambda number: number == 0),
        is_sensitive=st.integers(0, 9).map(lambda number: number == 0),
        is_comment=st.integers(0, 9).map(lambda number: number == 0),
    ),
    max_size=40,
    unique_by=lambda post: post.item,
)


@given(POSTS, st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_promises_hold_for_any_posts(posts: list[Post], top: int, random: Any) -> None:
    wanted = replace(WANTED, top=top, used=frozenset(post.item for post in posts[::7]))
    draft = assemble(posts, wanted)
    by_id = {post.item: post for post in posts}
    chosen = [by_id[item] for item in draft.items]
    assert len(chosen) <= top
    for name in ("item", "author", "house"):
        assert len({getattr(post, name) for post in chosen}) == len(chosen)
    stories = [story for post in chosen for story in post.stories]
    assert len(stories) == len(set(stories))
    everything = [by_id[pick.item] for pick in (*draft.picks, *draft.runners_up)]
    assert not any(
        post.is_comment or post.is_sensitive or post.item in wanted.used for post in everything
    )
    assert all(pick.reasons for pick in (*draft.picks, *draft.runners_up))
    largest = max(Counter(post.network for post in chosen).values(), default=0)
    assert largest <= SHARE * len(chosen) or len(chosen) < 3 or "share-over" in draft.notes
    shuffled = list(posts)
    random.shuffle(shuffled)
    assert assemble(shuffled, wanted) == draft


def test_one_person_on_two_networks_has_one_post() -> None:
    name = {"name": "tobias lindqvist-rao"}
    posts = [one(1, "blog.example", **name), one(2, "mastodon", **name), one(3), one(4), one(5)]
    assert len({"i001", "i002"} & set(assemble(posts, WANTED).items)) == 1
