"""What `engaged web` serves: the public pages and moderation, side by side."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import feeds.app
import moderation.app
from aggregator.settings import Settings
from aggregator.store.database import open_reader, open_writer
from aggregator.store.published import Door
from engaged.configure import settings_for
from engaged.leaving import Leaving
from engaged.subscriptions import Subscriptions
from engaged.visitors import CountBook, Errands
from feeds.counting import Counting, Tally, keep_writing
from moderation.drawing import speech
from moderation.routes import Desk

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE_S = 5
"""How long a moderator waits for another writer before a sentence says so, in seconds."""


def application(config: Path) -> "WSGIApplication":
    """Put both together for one process, with what they count and what they say about removals."""
    settings = settings_for(config)
    now = partial(datetime.now, UTC)
    reader, moderators = open_reader(settings.database), desk(settings)
    wishes = Errands(reader, moderators.writer)
    letters = Subscriptions(reader, moderators.writer)
    public = feeds.app.create_app(settings, Door(reader), now, errands=wishes, subscribers=letters)
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
