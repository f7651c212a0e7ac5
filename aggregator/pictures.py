"""Pictures, beside collecting: bring them in, make copies when a post is shown, remove them after.

What is to be done stands in the store, so this may end at any moment and go on later. The original is
fetched once and never kept: what moderators see and what the public gets is made from one master.
A picture that fails costs itself: its post keeps its words.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from string import hexdigits
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from aggregator import picture_files as files
from aggregator.copies import Copy, Drawn, Refusal, held_file, public_file, widths_for
from aggregator.errors import (
    AddressRefused,
    EngagedError,
    FetchError,
    HostPaused,
    NotUnderstood,
    TooCostly,
    TooLarge,
    TooSlow,
)
from aggregator.stages import Fetch, InChild
from aggregator.store import pictures, public_copies, receipts
from aggregator.store.pictures import LEASE, Due
from aggregator.store.public_copies import Held, Kept
from aggregator.store.writer import Writer

log = logging.getLogger(__name__)

MOST_BYTES = 16_000_000
ACCEPT = "image/webp,image/jpeg,image/png,image/gif,image/avif;q=0.8"
AT_ONCE = 4
"""How many pictures are under way. Each may lie in memory whole, so they are few."""
FETCH_AT_MOST_S = 60  # well within the lease
LOOK_EVERY_S = 1.0
SWEEP_EVERY = timedelta(hours=1)
REST = timedelta(minutes=5)
OUTPUT = "pictures"
RECEIPTS_OF = timedelta(days=30)
"""How far back a worker that was away writes receipts."""
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3))
"""How long to wait after each failure that may pass. After one more there will be no picture."""

_FOR_GOOD = (AddressRefused, TooLarge)
_NEVER = datetime.min.replace(tzinfo=UTC)
_DAMAGED = Refusal("damaged", "The picture is damaged, or it breaks off.")
_CHANGED = Refusal("changed", "There is another picture at its address than the one that was seen.")


@dataclass(frozen=True, slots=True)
class Tools:
    """What the work on pictures needs of the world.

    Attributes:
        fetch: gives the fetcher for a campaign's pictures.
        in_child: runs the functions of `aggregator.media`, with limits.
        folder: where our files are.
        campaigns: whose pictures are brought in.
        public: those of them whose policy lets pictures be shown.
    """

    writer: Writer
    fetch: Callable[[str], Fetch]
    in_child: InChild
    folder: Path
    now: Callable[[], datetime]
    campaigns: tuple[str, ...]
    public: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What becomes of a picture that did not come: `again` is when to try again, None: never."""

    why: Refusal
    tries: int
    again: datetime | None


def after_failure(error: FetchError, due: Due, now: datetime) -> Trial:
    """Say what a failed fetch means. A host that rests was not asked: that counts as no try.

    A picture that was here once is wanted for good: its address may work again.
    """
    why = Refusal(error.code, f"It could not be fetched: {error.detail or error.code}.")
    tries = due.tries if isinstance(error, HostPaused) else due.tries + 1
    if not due.key and (isinstance(error, _FOR_GOOD) or tries > len(PAUSES)):
        return Trial(why, tries, None)
    pause = PAUSES[min(max(tries, 1), len(PAUSES)) - 1]
    return Trial(why, tries, max(now + pause, error.retry_at or now))


class Pictures:
    """The work on pictures of one worker. `keep` goes on until it is told to stop."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._asked: dict[asyncio.Task[None], str] = {}
        self._matching: set[asyncio.Task[None]] = set()
        self._unmatched: dict[str, datetime] = {}  # keys, each with the moment from which it is due
        self._lengths: dict[str, int] = {}
        self._sweep_at = _NEVER
        self._owes_receipts = True

    async def keep(self, stop: asyncio.Event) -> None:
        """Look every second what there is to do. Whatever goes wrong is tried again later."""
        try:
            while not stop.is_set():
                await _unharmed(self.turn())
                await self._pause(stop)
        finally:
            await self.stop()

    async def settle(self) -> None:
        """Go on until nothing more is due."""
        await self.turn()
        while under_way := {*self._asked, *self._matching}:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            await self.turn()

    async def turn(self) -> None:
        """Begin what is due now; fetching and copying go on beside."""
        now = self._tools.now()
        lengths = await self._do(public_copies.lengths)
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_EVERY
            await self.sweep()
            await self._look(None)
        elif lengths != self._lengths:
            self._owes_receipts = True
            since = {slug: self._lengths.get(slug, 0) for slug in lengths}
            await self._look(await self._do(public_copies.touched, since=since))
        self._lengths = lengths
        self._match_some()
        await self._write_receipts()
        await self._fetch_some()

    async def stop(self) -> None:
        """Break off what is under way: it is taken up again when its lease ends."""
        under_way = [*self._asked, *self._matching]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _pause(self, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(stop.wait())
        waiting = {stopped, *self._asked, *self._matching}
        await asyncio.wait(waiting, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()

    async def _do(self, work: Callable[..., Any], **arguments: Any) -> Any:
        return await self._tools.writer.do(partial(work, **arguments))

    # Bringing pictures in

    async def _fetch_some(self) -> None:
        limit = AT_ONCE - len(self._asked)
        if not limit:
            return
        busy = set(self._asked.values())
        now, slugs = self._tools.now(), self._tools.campaigns
        for due in await self._do(pictures.take, slugs=slugs, busy=busy, now=now, limit=limit):
            task = asyncio.create_task(_unharmed(self._bring(due)))
            self._asked[task] = pictures.host_of(due.address)
            task.add_done_callback(self._asked.pop)

    async def _bring(self, due: Due) -> None:
        """Fetch one picture, draw it anew, and keep the master."""
        if due.width and held_file(self._tools.folder, due.key, due.width).is_file():
            await self._do(pictures.find_again, due=due, now=self._tools.now())
            await self._look([due.id])
            return
        try:
            drawn = await self._draw(await self._fetch(due))
        except FetchError as error:
            await self._try_again(due, after_failure(error, due, self._tools.now()))
        except TooCostly:
            # Once more, because its child may have died of something else.
            why = Refusal("too-costly", "To draw it takes too much memory or time.")
            again = None if due.tries else self._tools.now() + REST
            await self._try_again(due, Trial(why, due.tries + 1, again))
        else:
            await self._keep(due, drawn)

    async def _fetch(self, due: Due) -> bytes:
        fetch = self._tools.fetch(due.campaign)
        try:
            async with asyncio.timeout(FETCH_AT_MOST_S):
                reply = await fetch(due.address, accept=ACCEPT, max_bytes=MOST_BYTES)
        except TimeoutError as error:
            raise TooSlow(f"it took more than {FETCH_AT_MOST_S} seconds") from error
        return reply.body

    async def _draw(self, body: bytes) -> Drawn | Refusal:
        try:
            drawn: Drawn | Refusal = await self._tools.in_child("redraw", body)
        except TooCostly:
            raise
        except NotUnderstood as error:
            log.warning("a picture broke its decoder: %s", error)
            return _DAMAGED
        return drawn

    async def _keep(self, due: Due, drawn: Drawn | Refusal) -> None:
        """Write the master, then the row. What was seen before may not come back as another picture."""
        if isinstance(drawn, Drawn) and due.key not in ("", drawn.key):
            drawn = _CHANGED
        if isinstance(drawn, Refusal):
            await self._do(pictures.refuse, due=due, why=drawn)
            return
        now = self._tools.now()
        try:
            file = held_file(self._tools.folder, drawn.key, drawn.width)
            await asyncio.to_thread(files.write, file, drawn.data)
        except OSError as error:
            why = Refusal("not-stored", f"Its file could not be written: {error.strerror}.")
            await self._try_again(due, Trial(why, due.tries, now + REST))
            raise
        await self._do(pictures.keep, due=due, drawn=drawn, now=now)
        await self._look([due.id])  # its post may be shown already

    async def _try_again(self, due: Due, trial: Trial) -> None:
        if trial.again is None:
            await self._do(pictures.refuse, due=due, why=trial.why)
        else:
            await self._do(
                pictures.postpone, due=due, why=trial.why, due_at=trial.again, tries=trial.tries
            )

    # Public copies

    async def _look(self, among: list[int] | None) -> None:
        """Note which of these pictures are public and should not be, or the other way round."""
        slugs, now = self._tools.public, self._tools.now()
        found = await self._do(public_copies.unmatched, slugs=slugs, among=among)
        leaving = {one.key: now for one in found if not one.is_needed}
        self._unmatched = leaving | self._unmatched | {one.key: now for one in found if one.is_needed}

    async def _write_receipts(self) -> None:
        """Write down which removed posts have no picture of ours any more, once for each removal."""
        if self._owes_receipts:
            self._owes_receipts = bool(await self._do(self._receipts, now=self._tools.now()))

    def _receipts(self, connection: Connection, now: datetime) -> int:
        """Give how many removed posts still have copies."""
        still = 0
        for slug in self._tools.campaigns:
            removed = receipts.waiting(connection, slug, OUTPUT, now - RECEIPTS_OF)
            rid = public_copies.without_copies(connection, removed, self._tools.public)
            receipts.left(connection, rid, OUTPUT, now)
            still += len(removed) - len(rid)
        return still

    def _match_some(self) -> None:
        if not self._matching and any(due <= self._tools.now() for due in self._unmatched.values()):
            task = asyncio.create_task(_unharmed(self._match_all()))
            self._matching.add(task)
            task.add_done_callback(self._matching.discard)

    async def _match_all(self) -> None:
        """Work off what is due, one by one; what comes in meanwhile and must go, goes first."""
        now = self._tools.now()
        while key := next((key for key, due in self._unmatched.items() if due <= now), None):
            del self._unmatched[key]
            try:
                await self._match(key)
            except (EngagedError, OSError, SQLAlchemyError):
                self._unmatched[key] = self._tools.now() + REST
                log.exception("picture %s could not be made public, or removed: tried again soon", key)

    async def _match(self, key: str) -> None:
        """Bring what is on disk of one picture in line with what is shown."""
        held = await self._do(public_copies.hold, key=key, now=self._tools.now())
        if held is None:  # another worker is at it, or died over it
            self._unmatched[key] = self._tools.now() + LEASE
            return
        try:
            if await self._do(public_copies.is_needed, held=held, slugs=self._tools.public):
                await self._copy(held)
            else:
                await self._remove(held)
        finally:
            await self._do(public_copies.release, held=held)

    async def _remove(self, held: Held) -> None:
        """Take back the copies; and the master, when every post that had it was withdrawn."""
        if await self._do(public_copies.unpublish, held=held, slugs=self._tools.public):
            await asyncio.to_thread(files.remove, self._public_files(held))
        if await self._do(public_copies.forget, held=held, now=self._tools.now()):
            master = held_file(self._tools.folder, held.key, held.width)
            await asyncio.to_thread(files.remove, [master])

    async def _copy(self, held: Held) -> None:
        """Make the public copies of one master, then say that they are here."""
        folder, there = self._tools.folder, self._public_files(held)
        if not await asyncio.to_thread(files.are_there, there):
            master = held_file(folder, held.key, held.width)
            try:
                seen = await asyncio.to_thread(master.read_bytes)
            except FileNotFoundError:
                log.warning("the master of picture %s is gone: it is wanted again", held.key)
                await self._do(public_copies.miss, held=held, now=self._tools.now())
                return
            made: list[Copy] = await self._tools.in_child("copies", seen)
            await asyncio.to_thread(self._write_copies, held.key, made)
        widths, slugs = widths_for(held.width), self._tools.public
        if not await self._do(public_copies.publish, held=held, widths=widths, slugs=slugs):
            await self._remove(held)

    def _write_copies(self, key: str, made: list[Copy]) -> None:
        for copy in made:
            files.write(public_file(self._tools.folder, key, copy.width, copy.format), copy.data)

    def _public_files(self, held: Held) -> list[Path]:
        return files.public_files(self._tools.folder, held.key, held.width)

    # What is on disk

    async def sweep(self) -> None:
        """Remove files that a crash left behind, and have lost copies made again."""
        strays = 0
        for start in hexdigits[:16]:
            kept = await self._do(public_copies.kept, start=start)
            strays += await asyncio.to_thread(self._remove_strays, start, kept)
            lost = await asyncio.to_thread(self._lost, kept)
            if lost:
                log.warning("copies of %d pictures are gone: they are made again", len(lost))
                await self._do(public_copies.copies_are_lost, keys=lost)
        if strays:
            log.info("%d files of pictures that nothing needed were removed", strays)

    def _remove_strays(self, start: str, kept: list[Kept]) -> int:
        folder = self._tools.folder
        expected = {held_file(folder, one.key, one.width) for one in kept}
        for one in kept:
            expected |= set(files.public_files(folder, one.key, one.width) if one.widths else ())
        return files.remove_strays(folder, start, expected, self._tools.now() - LEASE)

    def _lost(self, kept: list[Kept]) -> list[str]:
        shown = (one for one in kept if one.widths)
        folder = self._tools.folder
        return [
            one.key
            for one in shown
            if not files.are_there(files.public_files(folder, one.key, one.width))
        ]


async def _unharmed(work: Awaitable[None]) -> None:
    """Let work fail alone: what it began is taken up again when its lease ends."""
    try:
        await work
    except Exception:  # the one place: whatever we did not foresee costs this piece of work only
        log.exception("the work on pictures was broken off; it goes on soon")
