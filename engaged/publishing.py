"""`engaged publish`: the public pages as files in a folder or a bucket, once or for as long as it runs.

`engaged run` keeps `publish.to` up to date by a child of its own, so that drawing and packing pages
never holds up readers or collecting.
"""

import asyncio
import json
import logging
import os
import signal
from argparse import Namespace
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from aggregator.answer import user_agent
from aggregator.errors import EngagedError, FetchError, StoreError
from aggregator.send import Sender
from aggregator.settings import Settings
from aggregator.store import receipts
from aggregator.store.published import Door
from engaged import __version__, doors, lifeline
from engaged.configure import settings_for
from engaged.terminal import WrongUse, answer, document
from feeds.page import HERE as FEEDS
from feeds.publish.beside import beside, rules_beside
from feeds.publish.bucket import Bucket, is_bucket
from feeds.publish.folder import Folder
from feeds.publish.place import Place
from feeds.publish.rules import written as rules
from feeds.publish.site import Publisher
from feeds.publish.tools import BrokenOff, Outcome, Purge, Tools

OUTPUT = "files"
LOOK_EVERY_S = 0.5
TELL_AGAIN = timedelta(minutes=1)
LONGEST_PAUSE_S = 60
PATHS_AT_ONCE = 1_000
"""How many addresses one message to a CDN names."""

log = logging.getLogger(__name__)

_now = partial(datetime.now, UTC)


def publish(arguments: Namespace) -> int:
    """Write once, or go on until SIGTERM or Ctrl-C."""
    settings = settings_for(arguments.config)
    to = _where_to(arguments, settings)
    with doors.reader(settings) as reader, doors.writer(settings) as writer:
        place = place_of(to, settings)
        if arguments.keep:
            lifeline.tie_to_supervisor()
            _keep(_tools(settings, place, reader, writer, stop := _ended()), stop)
            return 0
        outcome = Publisher(_tools(settings, place, reader, writer, Event())).run()
    _say(outcome, to, as_json=arguments.json)
    return 0


def _where_to(arguments: Namespace, settings: Settings) -> str:
    """Give the place: a folder of the settings stands beside config.yaml, wherever this is called."""
    if arguments.to:
        return str(arguments.to)
    if not (to := settings.publish.to):
        raise WrongUse(
            "It is not known where to: `engaged publish --to FOLDER`, or `publish: {to: FOLDER}` in "
            "config.yaml"
        )
    return where(to, arguments.config)


def where(to: str, config: Path) -> str:
    """Give `publish.to` as it is meant: a folder stands beside config.yaml."""
    return to if "://" in to else str(config.resolve().parent / to)


def place_of(to: str, settings: Settings) -> Place:
    """Open a place to publish to.

    Raises:
        PublishError: it is a bucket that cannot be opened.
        WrongUse: it is neither a folder nor a bucket.
    """
    if is_bucket(to):
        return Bucket(to, os.environ, Path(settings.media))
    if "://" in to:
        raise WrongUse(f"{to} is no place to publish to: it is a folder, or s3://BUCKET/PREFIX")
    return Folder(Path(to))


def _tools(settings: Settings, place: Place, reader: Engine, writer: Engine, stop: Event) -> Tools:
    return Tools(
        settings=settings,
        door=Door(reader),
        place=place,
        now=_now,
        made_of=made_of(settings),
        beside=partial(beside, settings),
        rules=lambda files: (
            {} if isinstance(place, Bucket) else rules(settings, files, rules_beside(settings))
        ),
        left=Receipts(writer, _now).note,
        purge=partial(purge, settings) if settings.publish.purge else None,
        is_stopped=stop.is_set,
    )


def made_of(settings: Settings) -> str:
    """Give a digest of all that a page depends on besides what is published: program and settings."""
    digest = sha256(__version__.encode())
    for file in sorted(FEEDS.rglob("*")):
        if file.is_file() and file.suffix in (".py", ".html", ".css", ".js", ".po"):
            digest.update(file.read_bytes())
    shown = [each.model_copy(update={"sources": (), "webhooks": ()}) for each in settings.campaigns]
    told = (settings.public_url, settings.notice, settings.mail.is_ready, shown)
    digest.update(repr(told).encode())
    return digest.hexdigest()


class Receipts:
    """Writes down when posts had left the files. What the store does not take now, it is given later."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now
        self._waiting: dict[str, datetime] = {}

    def note(self, items: Collection[str]) -> None:
        now = self._now()
        self._waiting.update((each, now) for each in items if each not in self._waiting)
        try:
            with self._engine.begin() as connection:
                for at in sorted({*self._waiting.values()}):
                    some = [each for each, left_at in self._waiting.items() if left_at == at]
                    receipts.left(connection, some, OUTPUT, at)
        except (StoreError, SQLAlchemyError) as error:
            log.warning("the receipts of %d posts wait: %r", len(self._waiting), error)
            return
        self._waiting.clear()


def purge(settings: Settings, changed: Purge) -> bool:
    """Tell a CDN which addresses are other ones now, and say whether it took it."""
    try:
        asyncio.run(_tell(settings, changed))
    except FetchError as error:
        log.warning(
            "%s was not told of %d changed addresses (%s): it is told again soon; until then it may "
            "show what it has for as long as its answers may be kept",
            error.url or "publish.purge",
            len(changed.paths),
            error.detail or error.code,
        )
        return False
    return True


async def _tell(settings: Settings, changed: Purge) -> None:
    agent = user_agent(__version__, settings.public_url, settings.campaigns[0].contact)
    async with Sender(settings.network, agent, now=_now) as sender:
        for start in range(0, len(changed.paths), PATHS_AT_ONCE):
            message = {
                "campaign": changed.campaign,
                "version": changed.version,
                "paths": changed.paths[start : start + PATHS_AT_ONCE],
                "keys": changed.keys if start == 0 else (),
            }
            await sender.send(settings.publish.purge, json.dumps(message).encode(), {})


def _keep(tools: Tools, stop: Event) -> None:
    """Follow every change until told to stop. What goes wrong is said once and tried again."""
    publisher, failures, outcome = Publisher(tools), 0, None
    versions: dict[str, int] = {}
    told_at = _now()
    while not stop.is_set():
        try:
            seen = {each.slug: tools.door.version(each.slug) for each in tools.settings.campaigns}
            if outcome is None or seen != versions or _is_due(outcome, told_at):
                outcome, told_at = publisher.run(), _now()
                versions = seen
                _report(outcome)
            failures = 0
        except BrokenOff:
            return
        except (EngagedError, SQLAlchemyError) as error:
            outcome, failures = None, failures + 1
            log.error("publishing to %s was broken off, and is tried again soon: %s", tools.place, error)
        stop.wait(min(1 << min(failures, 6), LONGEST_PAUSE_S) if failures else LOOK_EVERY_S)


def _is_due(outcome: Outcome, told_at: datetime) -> bool:
    """Say whether there is something to do though nothing changed: a page ends, a CDN was not told."""
    now = _now()
    is_over = outcome.next_due is not None and outcome.next_due <= now
    return is_over or (not outcome.is_all_told and now >= told_at + TELL_AGAIN)


def _ended() -> Event:
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _report(outcome: Outcome) -> None:
    if outcome.written or outcome.removed:
        log.info("published: %d files written, %d taken away", outcome.written, outcome.removed)


def _say(outcome: Outcome, to: str, *, as_json: bool) -> None:
    if as_json:
        counts = {"drawn": outcome.drawn, "written": outcome.written, "removed": outcome.removed}
        document({"publish": {"to": to, **counts, "purged": outcome.is_all_told}})
        return
    answer(f"{to}: {outcome.written} files written, {outcome.removed} taken away.")
