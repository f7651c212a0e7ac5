"""Going back through a blog that does not stand still: whatever breaks off, no post is lost."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator import parse
from aggregator.collectors import feed, kinds
from aggregator.errors import Busy, Missing, SourceError
from aggregator.settings import Source
from aggregator.stages import Mark, Reply, Validators

NONE = Validators()
NOW = datetime(2026, 4, 1, tzinfo=UTC)
START = datetime(2026, 1, 1, tzinfo=UTC)
ADDRESS = "https://blog.example/feed/"
SOURCE = Source(name="blog", kind="feed", options=feed.Options(url=ADDRESS))


@dataclass
class Blog:
    """A blog of numbered posts, newest first, so many a page; `style` is how it leads to older ones."""

    style: str
    size: int = 3
    posts: list[int] = field(default_factory=list)
    written: int = 0
    fails_at_request: int | None = None
    asked: list[str] = field(default_factory=list)

    def write(self, count: int) -> None:
        for _ in range(count):
            self.written += 1
            self.posts.insert(0, self.written)

    async def __call__(
        self, url: str, *, validators: Validators = NONE, accept: str = "", max_bytes: int = 0
    ) -> Reply:
        assert url.startswith(ADDRESS)
        self.asked.append(url)
        if len(self.asked) == self.fails_at_request:
            raise Busy(url=url, status=503)
        query = parse_qs(urlsplit(url).query)
        page = int(query.get("paged", query.get("page", ["1"]))[0])
        here = self.posts[(page - 1) * self.size : page * self.size]
        if page > 1 and not here:
            raise Missing(url=url, status=404)
        body = self.rss(here, page) if self.style == "wordpress" else self.json(here, page)
        own = Validators(etag=f'"{sha256(body).hexdigest()}"')
        unchanged = validators == own
        return Reply(url, 304 if unchanged else 200, {}, b"" if unchanged else body, NOW, own)

    def json(self, here: Sequence[int], page: int) -> bytes:
        following = {"next_url": f"?page={page + 1}"} if page * self.size < len(self.posts) else {}
        items = [
            {"id": str(number), "title": f"Post {number}", "date_published": day(number)}
            for number in here
        ]
        version = "https://jsonfeed.org/version/1.1"
        return json.dumps({"version": version, "title": "Blog", "items": items, **following}).encode()

    def rss(self, here: Sequence[int], page: int) -> bytes:
        items = "".join(
            f"<item><guid isPermaLink='false'>{number}</guid><title>Post {number}</title>"
            f"<pubDate>{day(number)}</pubDate></item>"
            for number in here
        )
        generator = "<generator>https://wordpress.org/?v=6.1.9</generator>"
        return (
            f"<rss version='2.0'><channel><title>Blog</title>{generator}{items}</channel></rss>".encode()
        )


def day(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


async def in_child(task: str, *arguments: Any) -> Any:
    return getattr(parse, task)(*arguments)


@dataclass
class Collector:
    """Remembers what a run stored: the mark moves only together with the items of its page."""

    mark: Mark = field(default_factory=lambda: Mark({}))
    stored: set[int] = field(default_factory=set)
    pages: int = 0

    def run(self, blog: Blog, breaks_after: int | None = None, until: datetime | None = None) -> int:
        """Give how many pages came."""
        blog.asked.clear()
        return asyncio.run(self._run(blog, breaks_after, until))

    async def _run(self, blog: Blog, breaks_after: int | None, until: datetime | None) -> int:
        came = 0
        try:
            async with aclosing(feed.collect(SOURCE, self.mark, blog, in_child, until=until)) as pages:
                async for page in pages:
                    came += 1
                    self.stored |= {int(item.identities[0].rpartition(":")[2]) for item in page.items}
                    self.mark = Mark(json.loads(json.dumps(page.mark)))
                    if came == breaks_after:
                        break
        except SourceError:
            pass
        return came

    def run_until_nothing_comes(self, blog: Blog) -> None:
        for _ in range(50):
            if self.run(blog) == 0:
                return
        pytest.fail("a feed that does not change must come to rest")


PAUSES = st.tuples(
    st.integers(0, 8),  # posts written meanwhile
    st.integers(0, 3),  # posts deleted meanwhile, at most a page
    st.one_of(st.none(), st.integers(1, 4)),  # the run is killed after so many pages
    st.one_of(st.none(), st.integers(1, 5)),  # or the server fails at this request
)


@pytest.mark.parametrize("style", ["wordpress", "json"])
@given(
    first=st.integers(0, 70),
    pauses=st.lists(PAUSES, max_size=8),
    choice=st.randoms(use_true_random=False),
)
def test_no_post_is_lost_whenever_a_run_breaks_off(
    style: str, first: int, pauses: list[tuple[int, int, int | None, int | None]], choice: Any
) -> None:
    blog, collector = Blog(style), Collector()
    blog.write(first)
    for written, deleted, breaks_after, fails_at in pauses:
        blog.fails_at_request = fails_at
        collector.run(blog, breaks_after)
        for number in choice.sample(blog.posts, min(deleted, len(blog.posts))):
            blog.posts.remove(number)
        blog.write(written)
    blog.fails_at_request = None
    collector.run_until_nothing_comes(blog)
    assert collector.stored >= set(blog.posts)


@pytest.mark.parametrize("style", ["wordpress", "json"])
def test_a_run_killed_after_its_first_page_makes_progress_every_time(style: str) -> None:
    blog, collector = Blog(style), Collector()
    blog.write(60)
    runs = 0
    while collector.run(blog, breaks_after=1):
        runs += 1
    assert collector.stored == set(blog.posts)
    assert runs <= 22


def test_a_run_reads_twenty_pages_and_the_next_goes_on() -> None:
    blog, collector = Blog("wordpress"), Collector()
    blog.write(100)
    assert collector.run(blog) == 20
    assert len(collector.stored) == 60
    collector.run(blog)
    assert collector.stored == set(blog.posts)


def test_new_posts_come_first_while_old_ones_are_still_being_fetched() -> None:
    blog, collector = Blog("wordpress"), Collector()
    blog.write(100)
    collector.run(blog)
    blog.write(1)
    collector.run(blog, breaks_after=1)
    assert 101 in collector.stored


def test_an_unchanged_feed_costs_one_conditional_request_and_no_page() -> None:
    blog, collector = Blog("json"), Collector()
    blog.write(10)
    collector.run_until_nothing_comes(blog)
    assert collector.run(blog) == 0
    assert blog.asked == [ADDRESS]


def test_back_fill_ends_at_the_campaigns_start() -> None:
    blog, collector = Blog("wordpress"), Collector()
    blog.write(30)
    collector.run(blog, until=START + timedelta(days=20))
    assert min(collector.stored) in (16, 17, 18)


def test_a_mark_of_another_address_or_form_is_begun_anew() -> None:
    blog = Blog("json")
    blog.write(3)
    for mark in ({"start": "https://old.example/"}, {"start": ADDRESS, "known": 3}, {"nonsense": []}):
        collector = Collector(Mark(mark))
        collector.run(blog)
        assert collector.stored == {1, 2, 3}


def test_a_mark_stays_small() -> None:
    blog, collector = Blog("json", size=100), Collector()
    blog.write(1900)
    collector.run(blog)
    assert len(json.dumps(collector.mark)) < 24_000


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Blog.Example/feed/", "blog.example"),
        ("https://blog.example:443/feed/", "blog.example"),
        ("http://127.0.0.1:8601/feed/", "127.0.0.1:8601"),
        ("feed://blog.example/rss", "blog.example"),
        ("https://blog.example./feed/", "blog.example"),
    ],
)
def test_home_is_the_host_with_an_unusual_port(url: str, host: str) -> None:
    assert feed.home(feed.Options(url=url)) == host


def test_the_folder_is_the_register() -> None:
    assert kinds()["feed"] is feed
