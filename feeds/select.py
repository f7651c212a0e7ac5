"""What a page needs, read once through the only public door and frozen, so that drawing it is pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from aggregator.settings import Campaign, Settings, View
from aggregator.store.published import Gone, Shown, Touched
from feeds.addresses import PICTURES_AT, VIEW_KINDS, Address
from feeds.views import view_of

HUB_POSTS = 12


class Door(Protocol):
    """The published side of the store, bound to a read-only connection in `engaged/`.

    Every method may raise StoreError or SQLAlchemyError when the store cannot be asked.
    """

    def version(self, slug: str) -> int:
        """Give a number that changes whenever anything public of the campaign does."""

    def latest(self, slug: str, limit: int) -> tuple[Shown, ...]:
        """Give what is shown, newest first."""

    def one(self, slug: str, item: str) -> Shown | Gone | None:
        """Give one item, or that it was public once, or None: it never was."""

    def in_slot(self, slug: str, slot: str, now: datetime) -> Shown | None:
        """Give what stands in a featured place; the newest when nothing was put there."""

    def slot_changes_at(self, slug: str, now: datetime) -> datetime | None:
        """Say when a featured place next changes by itself; None: never."""

    def touched(self, slug: str, since: int) -> Touched:
        """Say what changed in public after a version."""

    def picture_is_shown(self, key: str, width: int, slugs: Collection[str]) -> bool:
        """Say whether this copy of a picture belongs to a post that these campaigns show now."""

    def problems(self) -> tuple[str, ...]:
        """Give codes of what keeps the store from serving; empty: ready."""


@dataclass(frozen=True)
class Snapshot:
    """Everything one page is made of.

    Attributes:
        public_url: where readers find us, without a slash at the end.
        campaign: None only on the list of campaigns.
        campaigns: all of them, for that list.
        view: which view a frame or feed shows.
        featured: the hub's featured post.
        posts: newest first, without `featured`.
        one: what a permalink is about.
        holds_until: when the door must be asked again though nothing changed; None: never.
        notice: a line at the top of every page of ours, from the settings.
        pictures_at: where the files of pictures are: the public's, or moderation's before approval.
    """

    public_url: str
    campaign: Campaign | None = None
    campaigns: tuple[Campaign, ...] = ()
    view: View | None = None
    featured: Shown | None = None
    posts: tuple[Shown, ...] = ()
    one: Shown | Gone | None = None
    holds_until: datetime | None = None
    pictures_at: str = PICTURES_AT
    notice: str = ""


def snapshot(door: Door, settings: Settings, address: Address, now: datetime) -> Snapshot:
    """Read what the page at a settled address needs."""
    return replace(_read(door, settings, address, now), notice=settings.notice)


def _read(door: Door, settings: Settings, address: Address, now: datetime) -> Snapshot:
    campaign = settings.campaign(address.campaign)
    if campaign is None:
        return Snapshot(settings.public_url, campaigns=settings.campaigns)
    if address.kind in VIEW_KINDS:
        return _of_view(door, settings, campaign, view_of(campaign, address.name), now)
    if address.kind == "permalink":
        one = door.one(campaign.slug, address.name)
        return Snapshot(settings.public_url, campaign, one=one)
    return _of_hub(door, settings, campaign, now)


def _of_view(door: Door, settings: Settings, campaign: Campaign, view: View, now: datetime) -> Snapshot:
    if not view.slot:
        posts = door.latest(campaign.slug, view.limit)
        return Snapshot(settings.public_url, campaign, view=view, posts=posts)
    shown = door.in_slot(campaign.slug, view.slot, now)
    posts = (shown,) if shown else ()
    return Snapshot(
        settings.public_url,
        campaign,
        view=view,
        posts=posts,
        holds_until=door.slot_changes_at(campaign.slug, now),
    )


def _of_hub(door: Door, settings: Settings, campaign: Campaign, now: datetime) -> Snapshot:
    featured = door.in_slot(campaign.slug, "post", now)
    latest = door.latest(campaign.slug, HUB_POSTS + 1)
    others = tuple(shown for shown in latest if featured is None or shown.id != featured.id)
    return Snapshot(
        settings.public_url,
        campaign,
        featured=featured,
        posts=others[:HUB_POSTS],
        holds_until=door.slot_changes_at(campaign.slug, now),
    )
