"""`engaged web`: the public pages and moderation, served by granian.

What is in flight when it is ended is finished.
"""

import os
from argparse import Namespace
from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

import feeds.app
import moderation.app
from aggregator.settings import Settings
from aggregator.store.database import open_reader, open_writer
from aggregator.store.published import Door
from engaged import doors, lifeline, logs, port
from engaged.configure import configure, own_port, settings_for
from engaged.leaving import Leaving
from engaged.visitors import CountBook, Errands
from feeds.counting import Counting, Tally, keep_writing
from moderation.drawing import speech
from moderation.routes import Desk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FINISH_WITHIN_S = 20
"""How long a request in flight may hold up the end, in seconds."""
PATIENCE_S = 5
"""How long a moderator waits for another writer before a sentence says so, in seconds."""


def web(arguments: Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    lifeline.tie_to_supervisor()
    configured = configure(arguments.config, os.environ)
    logs.set_up(configured.secrets)
    with doors.reader(configured.settings):
        pass  # a sentence now is better than a page that says "503" later
    number = arguments.port or own_port(configured.settings)
    port.refuse_if_taken(arguments.host, number)
    load = partial(application, arguments.config.resolve(), os.getpid())
    server = make_server(arguments.host, number, arguments.workers, configured.secrets)
    server.serve(target_loader=load, wrap_loader=False)
    return 0


def make_server(host: str, number: int, workers: int, secrets: Collection[str]) -> Any:
    """Give granian as we use it: it finishes what is in flight, and replaces a worker that dies."""
    return Server(
        "engaged.serve",
        address=host,
        port=number,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=min(8, 2 * (os.cpu_count() or 1) + 1),
        workers_kill_timeout=FINISH_WITHIN_S,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=logs.configuration(secrets),
    )


def application(config: Path, parent: int) -> Any:
    """Make the WSGI application, inside a worker process of granian."""
    lifeline.tie(parent)
    settings = settings_for(config)
    now = partial(datetime.now, UTC)
    reader, moderators = open_reader(settings.database), desk(settings)
    wishes = Errands(reader, moderators.writer)
    public = feeds.app.create_app(settings, Door(reader), now, errands=wishes)
    tally = Tally()
    keep_writing(tally, CountBook(moderators.writer, now).write)
    Leaving(public.extensions["pages"], Door(reader).version, reader, moderators.writer, now).keep()
    counted = Counting(public, settings, tally, now)
    return side_by_side(counted, moderation.app.create_app(moderators))


def desk(settings: Settings) -> Desk:
    """Give what the screens of moderation work with."""
    return Desk(
        settings,
        reader=open_reader(settings.database),
        writer=open_writer(settings.database, patience_s=PATIENCE_S),
        media=Path(settings.media),
        now=partial(datetime.now, UTC),
        say=speech(),
    )


def side_by_side(public: "WSGIApplication", moderate: "WSGIApplication") -> "WSGIApplication":
    """Give one application: /moderate and all below it for moderators, the rest for everybody.

    They share nothing: no public page comes near a session, and none can set a cookie.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        path = environ["PATH_INFO"]
        is_ours = path == moderation.app.PREFIX or path.startswith(f"{moderation.app.PREFIX}/")
        return (moderate if is_ours else public)(environ, start_response)

    return answer
