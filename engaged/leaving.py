"""Sees to it, in the web half, that removed posts leave its pages though nobody asks for them.

And writes down when they had: the receipt that moderation shows. A process that was away has no page
from before: what was removed meanwhile has left its pages when it starts.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy import Engine

from aggregator.store import receipts
from feeds.cache import LOOK_AGAIN_S, UNREACHABLE, Pages

OUTPUT = "pages"
AFTER_TROUBLE_S = 5.0
RECEIPTS_OF = timedelta(days=30)
"""How far back a process that was away writes receipts."""

log = logging.getLogger(__name__)


@dataclass
class Leaving:
    """Looks at the versions of one web process, and writes its receipts."""

    pages: Pages
    version_of: Callable[[str], int]
    reader: Engine
    writer: Engine
    now: Callable[[], datetime]
    _versions: dict[str, int] = field(default_factory=dict)

    def keep(self, stop: Event | None = None) -> None:
        """Begin, in a thread that ends with its process or with `stop`."""
        Thread(target=self._go_on, args=(stop or Event(),), name="leaving", daemon=True).start()

    def look(self) -> None:
        """Drop what was touched, and write down of which removed posts no page is left here.

        They are listed before the pages are dropped: what is removed in between comes next time.
        """
        for campaign in self.pages.settings.campaigns:
            version = self.version_of(campaign.slug)
            if self._versions.get(campaign.slug) == version:
                continue
            with self.reader.connect() as connection:
                since = self.now() - RECEIPTS_OF
                removed = receipts.waiting(connection, campaign.slug, OUTPUT, since)
            self.pages.follow()
            if removed:
                with self.writer.begin() as connection:
                    receipts.left(connection, removed, OUTPUT, self.now())
            self._versions[campaign.slug] = version

    def _go_on(self, stop: Event) -> None:
        while not stop.is_set():
            pause = LOOK_AGAIN_S
            try:
                self.look()
            except UNREACHABLE as error:
                log.warning("receipts of removed posts wait: %r", error)
                pause = AFTER_TROUBLE_S
            stop.wait(pause)
