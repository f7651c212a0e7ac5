"""A timeline that does not stand still: whatever breaks off, however late a post comes, none is lost."""

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
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import timeline
from aggregator.collectors import mastodon
from aggregator.errors import Busy, Missing, SourceError
from aggregator.settings import Source
from aggregator.stages import Mark, Page, Reply, Validators
from tests.aggregator.collectors.replaying import in_child

START = datetime(2026, 3, 1, tzinfo=UTC)
SOURCE = Source(
    name="tag", kind="mastodon", options=mastodon.Options(server="glammr.example", tag="library")
)
TIMELINE = "/api/v1/timelines/tag/library"
NONE = Validators()
HOUR = timedelta(hours=1)
A_SECOND = timedelta(seconds=1)
A_LITTLE = timedelta(minutes=1)


@dataclass
class Post:
    """A post at its server: `place` is what the server orders by, `name` what it shows of that."""

    place: tuple[datetime, int]
    name: str
    text: str = "first words"
    is_deleted: bool = False

    def status(self) -> dict[str, Any]:
        created = self.place[0].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "id": self.name,
            "uri": f"https://glammr.example/o/{self.name}",
            "created_at": created,
            "visibility": "public",
            "content": f"<p>{self.text}</p>",
            "account": {"acct": "ana"},
        }


@dataclass
class Server:
    """Mastodon's paging over posts whose ids tell nothing: they are digests.

    Attributes:
        size: posts a page, at most.
        fails_at: the request of a run that is answered by 503.
        arrives: posts that reach the server just before the request of that number.
    """

    size: int = 3
    now: datetime = START
    posts: dict[str, Post] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fails_at: int | None = None
    arrives: dict[int, int] = field(default_factory=dict)

    def write(
        self, count: int = 1, late: timedelta = timedelta(), apart: timedelta = A_SECOND
    ) -> list[Post]:
        """Let posts reach the server that were written `late` before: their ids say when."""
        written = []
        for _ in range(count):
            self.now += apart
            place = (self.now - late, len(self.posts))
            post = Post(place, sha256(str(place).encode()).hexdigest()[:16])
            self.posts[post.name] = post
            written.append(post)
        return written

    @property
    def alive(self) -> list[Post]:
        """Give the posts that are there, newest first."""
        there = (post for post in self.posts.values() if not post.is_deleted)
        return sorted(there, key=lambda post: post.place, reverse=True)

    async def __call__(
        self,
        url: str,
        *,
        validators: Validators = NONE,
        accept: str = "",
        max_bytes: int = 0,
        token: str = "",
    ) -> Reply:
        self.now += timedelta(seconds=1)
        self.asked.append(url)
        self.write(self.arrives.pop(len(self.asked), 0))
        parts = urlsplit(url)
        if parts.path != TIMELINE:
            raise Missing(url=url, status=404)
        if len(self.asked) == self.fails_at:
            raise Busy(url=url, status=503)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        here = [post.status() for post in self.page(query)]
        return Reply(url, 200, {}, json.dumps(here).encode(), self.now)

    def page(self, query: dict[str, str]) -> Sequence[Post]:
        """Source: Mastodon's Paginable: all of them give newest first; only min_id reads from below."""
        size = min(self.size, int(query["limit"]))
        alive = self.alive
        if below := query.get("max_id"):
            alive = [post for post in alive if post.place < self.posts[below].place]
        if above := query.get("since_id"):
            alive = [post for post in alive if post.place > self.posts[above].place]
        if above := query.get("min_id"):
            return [post for post in alive if post.place > self.posts[above].place][-size:]
        return alive[:size]


@dataclass
class Collector:
    """Remembers what a run stored: the mark moves only together with the items of its page."""

    until: datetime | None = None
    mark: Mark = field(default_factory=lambda: Mark({}))
    stored: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def run(self, server: Server, breaks_after: int | None = None) -> int:
        """Give how many pages came."""
        server.asked.clear()
        return asyncio.run(self._run(server, breaks_after))

    async def _run(self, server: Server, breaks_after: int | None) -> int:
        came = 0
        coming = mastodon.collect(SOURCE, self.mark, server, in_child, until=self.until)
        try:
            async with aclosing(coming):
                async for page in coming:
                    came += 1
                    self._store(page)
                    if came == breaks_after:
                        break
        except SourceError:
            pass
        return came

    def _store(self, page: Page) -> None:
        self.stored |= {item.native: item.html for item in page.items}
        self.skipped += [skip.reason for skip in page.skipped]
        self.mark = Mark(json.loads(json.dumps(page.mark)))

    def settle(self, server: Server) -> None:
        """Visit until all that is there was seen: often enough, and an hour apart."""
        for _ in range(60):
            server.now += HOUR
            before = dict(self.mark)
            self.run(server)
            is_at_rest = self.mark["walk"] is None and self.mark["top"] == before.get("top")
            if is_at_rest and before.get("walk", 1) is None:
                return
        pytest.fail("a timeline that does not change must come to rest")


@dataclass(frozen=True)
class Step:
    """What happens between two visits, and how the next one ends."""

    pause_minutes: int
    written: int
    late_hours: tuple[float, ...]
    edited: int
    deleted: int
    meanwhile: dict[int, int]
    breaks_after: int | None
    fails_at: int | None


STEPS = st.builds(
    Step,
    pause_minutes=st.sampled_from([1, 5, 61, 240, 3_000, 20_000]),
    written=st.integers(0, 12),
    late_hours=st.lists(st.floats(0, 47), max_size=3).map(tuple),
    edited=st.integers(0, 2),
    deleted=st.integers(0, 3),
    meanwhile=st.dictionaries(st.integers(1, 6), st.integers(0, 5), max_size=2),
    breaks_after=st.one_of(st.none(), st.integers(1, 4)),
    fails_at=st.one_of(st.none(), st.integers(1, 6)),
)


@given(
    first=st.integers(0, 90),
    apart=st.sampled_from([A_SECOND, HOUR]),
    size=st.sampled_from([2, 3, 40]),
    steps=st.lists(STEPS, max_size=6),
    choice=st.randoms(use_true_random=False),
)
def test_no_post_is_lost_whenever_a_run_breaks_off(
    first: int, apart: timedelta, size: int, steps: list[Step], choice: Any
) -> None:
    server, collector = Server(size), Collector()
    server.write(first, apart=apart)
    edited: set[str] = set()
    for step in steps:
        server.fails_at, server.arrives = step.fails_at, dict(step.meanwhile)
        collector.run(server, step.breaks_after)
        edited |= happens(server, step, choice)
    server.fails_at, server.arrives = None, {}
    collector.settle(server)

    assert {post.name for post in server.alive} <= set(collector.stored)
    still = {post.name for post in server.alive} & edited
    assert {name for name in still if "edited" not in collector.stored[name]} == set()


def happens(server: Server, step: Step, choice: Any) -> set[str]:
    """Let time pass; give what was edited while it was young enough to be walked over again."""
    alive = server.alive
    for post in choice.sample(alive, min(step.deleted, len(alive))):
        post.is_deleted = True
    server.now += timedelta(minutes=step.pause_minutes)
    server.write(step.written)
    for hours in step.late_hours:
        server.write(late=timedelta(hours=hours))
    young = [post for post in server.alive if server.now - post.place[0] < timedelta(hours=47)]
    edited = choice.sample(young, min(step.edited, len(young)))
    for post in edited:
        post.text = "edited words"
    return {post.name for post in edited}


@settings(max_examples=60)
@given(
    first=st.integers(0, 5),
    steps=st.lists(
        st.tuples(
            st.integers(0, 12),  # posts written meanwhile
            st.integers(0, 2),  # posts deleted meanwhile, the one on top among them
            st.one_of(st.none(), st.integers(1, 3)),  # the run is killed after so many pages
            st.one_of(st.none(), st.integers(1, 4)),  # or the server fails at this request
        ),
        max_size=6,
    ),
)
def test_what_is_new_needs_no_walk_down_to_be_found(
    first: int, steps: list[tuple[int, int, int | None, int | None]]
) -> None:
    server, collector = Server(), Collector()
    server.write(first + 1)
    collector.settle(server)
    for written, deleted, breaks_after, fails_at in steps:
        server.write(written)
        server.fails_at = fails_at
        collector.run(server, breaks_after)
        for post in server.alive[:deleted]:
            post.is_deleted = True
    server.fails_at = None
    collector.run(server)
    assert {post.name for post in server.alive} <= set(collector.stored)
    assert not any("max_id" in url for url in server.asked)


@settings(max_examples=60)
@given(
    first=st.integers(1, 60), kills=st.lists(st.integers(1, 12), max_size=4), started=st.integers(0, 60)
)
def test_a_back_fill_that_is_killed_at_any_page_goes_on_from_there(
    first: int, kills: list[int], started: int
) -> None:
    server = Server()
    server.write(first, apart=6 * HOUR)  # deeper than what is walked over again
    collector = Collector(until=START + started * 6 * HOUR)
    for at in kills:
        collector.run(server, breaks_after=at)
        server.write(4)
    collector.settle(server)
    wanted = {post.name for post in server.alive if post.place[0] >= START + started * 6 * HOUR}
    assert wanted <= set(collector.stored)


def test_a_run_killed_after_its_first_page_makes_progress_every_time() -> None:
    server, collector = Server(), Collector()
    server.write(60)
    for _ in range(21):
        collector.run(server, breaks_after=1)
    assert set(collector.stored) == set(server.posts)


def test_a_run_reads_twenty_pages_each_way_and_the_next_goes_on() -> None:
    server, collector = Server(), Collector()
    server.write(100)
    collector.run(server)
    assert len(collector.stored) == 60
    server.write(70)
    collector.run(server)
    assert sum("min_id" in url for url in server.asked) == 20
    assert sum("max_id" in url for url in server.asked) <= 20
    collector.settle(server)
    assert set(collector.stored) == set(server.posts)


def test_new_posts_come_first_while_old_ones_are_still_being_fetched() -> None:
    server, collector = Server(), Collector()
    server.write(100)
    collector.run(server)
    (new,) = server.write()
    collector.run(server, breaks_after=1)
    assert new.name in collector.stored


def test_an_unchanged_timeline_costs_one_request_and_no_page() -> None:
    server, collector = Server(), Collector()
    server.write(10)
    collector.settle(server)
    server.now += A_LITTLE
    assert collector.run(server) == 0
    assert len(server.asked) == 1


def test_more_new_posts_than_a_page_leave_no_gap() -> None:
    server, collector = Server(size=40), Collector()
    server.write(3)
    collector.settle(server)
    server.write(150)
    collector.run(server)
    assert set(collector.stored) == set(server.posts)


def test_a_late_post_is_found_within_the_hour_and_not_before() -> None:
    server, collector = Server(), Collector()
    server.write(30)
    collector.settle(server)
    (late,) = server.write(late=3 * HOUR)
    server.now += A_LITTLE
    collector.run(server)
    assert late.name not in collector.stored
    server.now += HOUR
    collector.run(server)
    assert late.name in collector.stored


def test_after_a_week_of_silence_late_posts_of_that_week_are_found() -> None:
    server, collector = Server(size=40), Collector()
    server.write(3)
    collector.settle(server)
    server.now += timedelta(days=2)
    (late,) = server.write(late=timedelta(hours=40))
    server.now += timedelta(days=5)
    server.write(3)
    collector.run(server)
    assert late.name in collector.stored


def test_a_post_that_comes_late_above_a_walk_on_its_way_is_found_by_the_next() -> None:
    server, collector = Server(size=2), Collector()
    server.write(60, apart=HOUR)
    collector.run(server)  # twenty pages, forty hours deep
    (late,) = server.write(late=30 * HOUR)
    server.now += timedelta(days=3)
    collector.run(server)
    assert collector.mark["walk"] is None
    collector.settle(server)
    assert late.name in collector.stored


def test_a_walk_over_goes_no_deeper_than_two_days() -> None:
    server, collector = Server(), Collector()
    server.write(60)
    collector.settle(server)
    server.now += timedelta(days=30)
    server.write(1)
    collector.settle(server)
    server.now += HOUR
    collector.run(server)
    assert len(server.asked) == 3  # nothing above; the top; what lies below it is a month old


def test_one_post_with_a_false_date_does_not_end_a_walk() -> None:
    server, collector = Server(size=2), Collector(until=START)
    posts = server.write(9)
    liar = posts[-1]
    status = liar.status
    liar.status = lambda: {**status(), "created_at": "1999-01-01T00:00:00Z"}  # type: ignore[method-assign]
    collector.run(server)
    assert set(collector.stored) == set(server.posts)


def test_back_fill_ends_at_the_campaigns_start() -> None:
    server, collector = Server(), Collector(until=START + timedelta(seconds=40))
    server.write(60)
    collector.settle(server)
    oldest = min(server.posts[name].place[0] for name in collector.stored)
    assert START + timedelta(seconds=34) <= oldest <= START + timedelta(seconds=40)


def test_an_empty_timeline_is_looked_at_until_a_post_comes() -> None:
    server, collector = Server(), Collector()
    collector.settle(server)
    server.write(8)
    collector.run(server)
    assert set(collector.stored) == set(server.posts)


def test_an_endless_timeline_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mastodon, "PAGES_A_WALK", 30)
    server, collector = Server(size=2), Collector()
    server.write(200)
    collector.run(server)
    collector.run(server)
    assert collector.mark["walk"] is None
    assert collector.skipped == ["too-many-pages"]


@pytest.mark.parametrize(
    "mark",
    [
        {"asked": "https://old.example/api/v1/timelines/tag/library?limit=40", "top": "9"},
        {"asked": f"https://glammr.example{TIMELINE}?limit=40", "top": 3},
        {"asked": 7},
        {"nonsense": []},
    ],
)
def test_a_mark_of_another_server_or_form_is_begun_anew(mark: dict[str, Any]) -> None:
    server, collector = Server(), Collector(mark=Mark(mark))
    server.write(3)
    collector.run(server)
    assert set(collector.stored) == set(server.posts)


def test_a_mark_reads_back_as_it_was_written() -> None:
    walk = timeline.Walk(START, "b", START + HOUR, 3)
    place = timeline.Place("https://glammr.example/x", "a", walk, START)
    access = mastodon.Access("public", "disabled", START)
    mark = Mark(json.loads(json.dumps(mastodon.as_mark(place, access))))
    assert mastodon.read_mark(mark, SOURCE.options) == (place, access)


def test_a_mark_stays_small() -> None:
    server, collector = Server(), Collector()
    server.write(100)
    collector.run(server)
    assert len(json.dumps(collector.mark)) < 600
