"""The collector over pages that a real WordPress 6.1 gave: a tag feed of 13 posts, five to a page."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest

from aggregator import parse
from aggregator.collectors import feed
from aggregator.errors import Missing
from aggregator.item import Flag, RawItem
from aggregator.settings import Source
from aggregator.stages import Mark, Reply, Validators
from tests.shared_folder import shared

pytestmark = pytest.mark.shared

PAGES = shared("fixtures", "wordpress")
TAG = "https://blog.library.example/tag/engagedlibraries/feed/"
NONE = Validators()
NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def wordpress(
    url: str, *, validators: Validators = NONE, accept: str = "", max_bytes: int = 0
) -> Reply:
    files = {TAG: "page1", f"{TAG}?paged=2": "page2", f"{TAG}?paged=3": "page_last"}
    file = PAGES / f"tag_feed_{files.get(url, 'past_the_end')}.xml"
    if url not in files:
        raise Missing(url=url, status=404, body=file.read_bytes())
    return Reply(
        url, 200, {"content-type": "application/rss+xml; charset=UTF-8"}, file.read_bytes(), NOW
    )


async def in_child(task: str, *arguments: Any) -> Any:
    return getattr(parse, task)(*arguments)


async def collected() -> list[RawItem]:
    source = Source(name="tag", kind="feed", options=feed.Options(url=TAG))
    async with aclosing(feed.collect(source, Mark({}), wordpress, in_child)) as pages:
        return [item async for page in pages for item in page.items]


def test_all_thirteen_posts_come_once_each_and_the_404_behind_them_is_the_end() -> None:
    items = asyncio.run(collected())
    assert len({item.identities for item in items}) == len(items) == 13


def test_the_password_protected_post_is_flagged_and_its_form_is_nowhere() -> None:
    items = asyncio.run(collected())
    assert [item.title for item in items if Flag.PROTECTED in item.flags] == [
        "Protected: Members only notes"
    ]
    assert "post_password" not in json.dumps([(item.html, item.text) for item in items])
