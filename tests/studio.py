"""The work on pictures for tests: real files, a real store, the web in a dictionary."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from aggregator import media
from aggregator.errors import Missing
from aggregator.item import Media
from aggregator.pictures import Pictures, Tools
from aggregator.stages import Fetch, InChild, Reply
from aggregator.store.writer import Writer
from tests.aggregator.store.making import SLUG


async def in_this_process(task: str, *arguments: Any) -> Any:
    """Draw here: the child is tested elsewhere, and what it gives is the same."""
    return getattr(media, task)(*arguments)


@dataclass
class Studio:
    """One worker's pictures. `work` goes on until nothing is due."""

    engine: Engine
    folder: Path
    now: datetime
    web: dict[str, bytes | Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    public: tuple[str, ...] = (SLUG,)
    in_child: InChild = in_this_process

    def __post_init__(self) -> None:
        self.writer = Writer(self.engine)
        self.pictures = self.new()

    def new(self) -> Pictures:
        """Give the work of a worker that has just started."""
        return Pictures(
            Tools(
                writer=self.writer,
                fetch=self._fetcher,
                in_child=self.in_child,
                folder=self.folder,
                now=lambda: self.now,
                campaigns=(SLUG,),
                public=self.public,
            )
        )

    def restart(self) -> None:
        self.pictures = self.new()

    def work(self) -> None:
        self.do(self.pictures.settle)

    def do(self, work: Callable[[], Awaitable[None]]) -> None:
        async def once() -> None:
            await work()

        asyncio.run(once())

    def close(self) -> None:
        self.writer.close()

    def files(self, part: str) -> set[str]:
        """Give the names of all files under `held` or `public`."""
        return {file.name for file in (self.folder / part).rglob("*") if file.is_file()}

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.folder.rglob("*") if file.is_file())

    def _fetcher(self, slug: str) -> Fetch:
        async def fetch(url: str, **how: Any) -> Reply:
            self.asked.append(url)
            answer = self.web.get(url, Missing("there is nothing", url=url, status=404))
            if isinstance(answer, Exception):
                raise answer
            return Reply(url, 200, {}, answer, self.now)

        return fetch


def image(name: str, **more: Any) -> Media:
    return Media(f"https://pictures.example/{name}.jpg", "image", **more)
