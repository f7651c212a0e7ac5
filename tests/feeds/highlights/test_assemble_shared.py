"""The rule over the workplace's 400 synthetic posts: what it promises, in figures."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feeds.highlights.assemble import Wanted, assemble
from feeds.highlights.considered import Post
from tests.shared_folder import shared

pytestmark = pytest.mark.shared

FILE = shared("datasets", "moderation", "featured", "approved_posts_synthetic.jsonl")
NOW = datetime(2026, 10, 7, 16, 0, tzinfo=UTC)


def read(row: dict[str, Any]) -> Post:
    return Post(
        item=row["id"],
        author=row["author"],
        network=row["network"],
        published=NOW - timedelta(hours=row["hours_old"]),
        library=row["library"],
        stories=frozenset({row["dup_group"]}),
        place=row["region"],
        language=row["lang"],
        topics=frozenset({row["topic"]}),
        counts=row["likes"] + 2 * row["shares"] + 3 * row["replies"],
        is_pinned=bool(row["pinned"]),
        is_sensitive=bool(row["sensitive"]),
        is_described=bool(row["alt_text"]) or not row["has_media"],
    )


POSTS = [read(json.loads(line)) for line in FILE.read_text("utf-8").splitlines()]
BY_ID = {post.item: post for post in POSTS}


@pytest.mark.parametrize("days_ago", [0, 7])
def test_ten_posts_of_a_week_repeat_nobody_and_come_from_everywhere(days_ago: int) -> None:
    now = NOW - timedelta(days=days_ago)
    there = [post for post in POSTS if post.published <= now]
    draft = assemble(there, Wanted(10, now - timedelta(days=7), now))
    chosen = [BY_ID[item] for item in draft.items]
    assert len(chosen) == 10
    assert len({post.author for post in chosen}) == 10
    assert len({post.library for post in chosen}) == 10
    assert len({story for post in chosen for story in post.stories}) == 10
    networks = Counter(post.network for post in chosen)
    assert len({post.network for post in there}) == 5
    assert len(networks) >= 4
    assert max(networks.values()) <= 4
    assert {post.item for post in there if post.is_pinned} <= set(draft.items)
    assert not any(post.is_sensitive for post in chosen)
    assert all(pick.reasons for pick in draft.picks)
    assert len({post.place for post in chosen}) >= 4
    assert sum(post.is_described for post in chosen) >= 8
    assert draft.notes == ()


def test_the_second_week_repeats_nothing_of_the_first() -> None:
    before = NOW - timedelta(days=7)
    first = assemble(
        [post for post in POSTS if post.published <= before],
        Wanted(7, before - timedelta(days=7), before),
    )
    second = assemble(POSTS, Wanted(7, before, NOW, used=frozenset(first.items)))
    assert len(first.items) == len(second.items) == 7
    assert not set(first.items) & set(second.items)
