"""Blogs that exist only in tests: feeds made of plain words, and a fetch that serves them."""

import asyncio
from collections.abc import Callable
from typing import Any

from aggregator import parse
from aggregator.collectors import kinds
from aggregator.errors import FetchError
from aggregator.settings import Campaign, Settings, Source
from aggregator.stages import Reply, Validators
from tests.conftest import NOW

SLUG = "engagedlibraries"


def feed(*posts: str, host: str = "river.example") -> bytes:
    """Give an RSS feed; each post is its words, and its place is its number."""
    items = "".join(
        f"<item><title>Post {number}</title><link>https://{host}/{number}</link>"
        f"<guid>https://{host}/{number}</guid>"
        f"<pubDate>Thu, 01 Oct 2026 0{number % 10}:00:00 GMT</pubDate>"
        f"<description>{words} #EngagedLibraries</description></item>"
        for number, words in enumerate(posts)
    )
    return f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'.encode()


class Web:
    """Answers by address: bytes (with an ETag, so that asking again gives 304), an error, or a wait."""

    def __init__(self) -> None:
        self.answers: dict[str, bytes | FetchError | asyncio.Event] = {}
        self.asked: list[tuple[str, Validators]] = []

    async def __call__(self, url: str, *, validators: Validators | None = None, **_: Any) -> Reply:
        self.asked.append((url, validators or Validators()))
        answer = self.answers[url]
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = feed("Late")
        if isinstance(answer, FetchError):
            raise answer
        etag = f'"{hash(answer)}"'
        is_known = validators is not None and validators.etag == etag
        return Reply(
            url=url,
            status=304 if is_known else 200,
            headers={"content-type": "application/rss+xml"},
            body=b"" if is_known else answer,
            at=NOW,
            validators=Validators(etag),
        )


async def in_child(task: str, *arguments: Any) -> Any:
    """Parse in this process: the child is tested elsewhere, and what it gives is the same."""
    return getattr(parse, task)(*arguments)


def address(name: str) -> str:
    return f"https://{name}.example/feed"


def configured(*names: str, **more: Any) -> Settings:
    """Give settings with one feed source for each name."""
    options = kinds()["feed"].Options
    sources = tuple(
        Source(name=name, kind="feed", options=options(url=address(name)), **more) for name in names
    )
    campaign = Campaign(
        slug=SLUG, name="#EngagedLibraries", hashtags=("EngagedLibraries",), sources=sources
    )
    return Settings(campaigns=(campaign,))


def for_every(fetch: Callable[..., Any]) -> Callable[..., Any]:
    """Give what the scheduler asks for: the fetch of any campaign and source."""
    return lambda *_: fetch
