"""Pages that are made once and given many times, until what they show is touched.

A withdrawal must be out of every answer in less than a second: so the campaign's version is looked at
before an answer whenever the last look is older than LOOK_AGAIN_S.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import StoreError
from aggregator.settings import Settings
from feeds.addresses import Address, addresses, path_of, settle
from feeds.page import Page
from feeds.render import language_of, render
from feeds.select import Door, snapshot

LOOK_AGAIN_S = 0.2
# As long as `stale-if-error` promises: who cannot ask whether a post still stands soon shows none.
WITHOUT_STORE_S = 300.0
AT_MOST = 2000
AT_MOST_BYTES = 64_000_000
"""All bodies together: a drawn picture weighs as much as a hundred pages."""

UNREACHABLE = (StoreError, SQLAlchemyError)

log = logging.getLogger(__name__)


@dataclass
class _Campaign:
    """What is known of one campaign's published side."""

    version: int | None = None
    look_at: float = 0.0
    seen_at: float = 0.0


class Pages:
    """All pages of this process, by path. Safe to ask from many threads."""

    def __init__(
        self,
        settings: Settings,
        door: Door,
        now: Callable[[], datetime],
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._door = door
        self._now = now
        self._tick = tick
        self._lock = Lock()
        self._pages: dict[str, tuple[str, Page]] = {}
        self._campaigns = {
            campaign.slug: _Campaign(look_at=tick(), seen_at=tick()) for campaign in settings.campaigns
        }
        self._campaigns[""] = _Campaign(version=0)  # the list of campaigns comes from config.yaml alone

    def at_hand(self, path: str) -> Page | None:
        """Give a page that is already made and still true."""
        kept = self._pages.get(path)
        if kept is None:
            return None
        self._look(kept[0])
        kept = self._pages.get(path)
        return kept[1] if kept and self._holds(kept[1]) else None

    def page(self, address: Address) -> Page | None:
        """Give the page at an address, made now if need be; None: no such campaign.

        Raises:
            StoreError, SQLAlchemyError: the store cannot be asked, and no recent page is left.
        """
        settled = settle(self.settings, address)
        if settled is None:
            return None
        path = path_of(settled)
        return self.at_hand(path) or self._make(settled, path)

    def version_of(self, slug: str) -> int | None:
        """Give the version of what is public in a campaign, as of a moment ago; None: nobody can say."""
        self._look(slug)
        campaign = self._campaigns[slug]
        return None if self._tick() - campaign.seen_at > WITHOUT_STORE_S else campaign.version

    def follow(self) -> None:
        """Drop now, in every campaign, what was touched: no answer begun after this shows the old.

        Raises:
            StoreError, SQLAlchemyError: the store cannot be asked.
        """
        for slug, campaign in self._campaigns.items():
            if slug:
                with self._lock:
                    self._follow(slug, campaign)

    def _make(self, address: Address, path: str) -> Page:
        self._look(address.campaign)
        version = self._campaigns[address.campaign].version
        now = self._now()
        try:
            shown = snapshot(self._door, self.settings, address, now)
        except UNREACHABLE:
            if kept := self._pages.get(path):
                return kept[1]
            raise
        page = render(shown, address, language_of(shown, address), now)
        self._keep(path, address.campaign, page, version)
        return page

    def _keep(self, path: str, slug: str, page: Page, version: int | None) -> None:
        """Keep a page, unless something was published while it was being made: a takedown must win."""
        if page.status == 404:
            return  # there are more wrong addresses than memory
        with self._lock:
            if version is None or self._campaigns[slug].version != version:
                return
            self._pages[path] = (slug, page)
            while len(self._pages) > AT_MOST or self._weight() > AT_MOST_BYTES:
                self._pages.pop(next(iter(self._pages)))

    def _weight(self) -> int:
        return sum(len(page.body) for _, page in self._pages.values())

    def _holds(self, page: Page) -> bool:
        return page.holds_until is None or self._now() < page.holds_until

    def _look(self, slug: str) -> None:
        """Ask for the campaign's version if the last look is too old; others wait for it."""
        campaign = self._campaigns[slug]
        if not slug or self._tick() < campaign.look_at:
            return
        with self._lock:
            if self._tick() < campaign.look_at:
                return
            try:
                self._follow(slug, campaign)
                campaign.seen_at = self._tick()
            except UNREACHABLE as error:
                log.warning("the version of %s cannot be read: %r", slug, error)
                self._forget_if_old(slug, campaign)
            campaign.look_at = self._tick() + LOOK_AGAIN_S

    def _follow(self, slug: str, campaign: _Campaign) -> None:
        version = self._door.version(slug)
        if version == campaign.version:
            return
        if campaign.version is None:
            campaign.version = version
            return
        touched = self._door.touched(slug, campaign.version)
        configured = self.settings.campaign(slug)
        if touched.everything or configured is None or version < campaign.version:
            self._forget(slug)
        else:
            for address in addresses(configured, touched):
                self._pages.pop(path_of(address), None)
        campaign.version = touched.version

    def _forget_if_old(self, slug: str, campaign: _Campaign) -> None:
        if self._tick() - campaign.seen_at > WITHOUT_STORE_S:
            self._forget(slug)

    def _forget(self, slug: str) -> None:
        for path in [path for path, kept in self._pages.items() if kept[0] == slug]:
            self._pages.pop(path, None)
