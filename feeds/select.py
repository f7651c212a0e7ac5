"""What a page needs, read once through the only public door and frozen, so that drawing it is pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from aggregator.settings import Campaign, Settings, View
from aggregator.store.published import (
    EVERYTHING,
    Changes,
    Cursor,
    Gone,
    Selection,
    Sent,
    Shown,
    Stats,
    Touched,
    over_at,
)
from feeds.addresses import ARCHIVE_KINDS, PICTURES_AT, POST_KINDS, VIEW_KINDS, Address, AddressKind
from feeds.copies import jpeg_bytes
from feeds.page import earliest
from feeds.pictures import feed_pictures
from feeds.rotation import AMONG, next_day, post_of_the_day, quiet_from
from feeds.selected import meets, selection_of
from feeds.views import view_of

HUB_POSTS = 12
MOST_EDITIONS, FEED_EDITIONS = 300, 20
"""How many editions of the weekly mail the archive lists, and its feed holds."""

MOST_SKIPPED = 8
"""So many weeks in a row may have been left out between two editions that link to each other."""

ABOUT_US: tuple[AddressKind, ...] = ("embed", "it", "accessibility")
"""Pages for those who show our posts."""
REMEMBERED = timedelta(days=30)
"""For how long feeds say that something is gone, and calendars what is over."""
MOST_OCCASIONS, MOST_GONE = 300, 200
ALONE = View(layout="featured", limit=1)
"""How one post is shown in a frame of its own."""


class Door(Protocol):
    """The published side of the store, bound to a read-only connection in `engaged/`.

    Every method may raise StoreError or SQLAlchemyError when the store cannot be asked.
    """

    def version(self, slug: str) -> int:
        """Give a number that changes whenever anything public of the campaign does."""

    def latest(
        self,
        slug: str,
        limit: int,
        selection: Selection = EVERYTHING,
        before: Cursor | None = None,
    ) -> tuple[Shown, ...]:
        """Give what is shown, newest first, below the cursor; a thread's posts stand with its first."""

    def one(self, slug: str, item: str) -> Shown | Gone | None:
        """Give one item, or that it was public once, or None: it never was."""

    def in_slot(self, slug: str, slot: str, now: datetime) -> Shown | None:
        """Give what stands in a featured place; the newest when nothing was put there."""

    def slot_changes_at(self, slug: str, now: datetime) -> datetime | None:
        """Say when a featured place next changes by itself; None: never."""

    def highlighted(self, slug: str, now: datetime) -> frozenset[str]:
        """Give the ids of what stands in any featured place now."""

    def occasions(
        self, slug: str, since: datetime, limit: int, after: Cursor | None = None
    ) -> tuple[Shown, ...]:
        """Give what takes place and is not over before `since`, soonest first, behind the cursor."""

    def touched(self, slug: str, since: int) -> Touched:
        """Say what changed in public after a version."""

    def changes(self, slug: str, since: int, limit: int) -> Changes:
        """Give what became of what changed in public after a version; go on from its `until`."""

    def gone(self, slug: str, since: datetime, limit: int) -> tuple[Gone, ...]:
        """Give what was public and left since then, newest first."""

    def tags(self, slug: str, limit: int) -> tuple[tuple[str, int], ...]:
        """Give the tags of what is shown and how many posts have each, most used first."""

    def stats(self, slug: str) -> Stats:
        """Give what is shown in numbers."""

    def issues(self, slug: str, limit: int) -> tuple[Sent, ...]:
        """Give the newest editions of the weekly mail, newest first, as they are now."""

    def issue(self, slug: str, number: int) -> Sent | None:
        """Give one edition; None: none with this number was ever sent."""

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
        photo: our JPEG of the first picture, for what we draw ourselves; b"" without one.
        gone: what left not long ago, newest first; for feeds that say so.
        highlighted: ids of posts in featured places, where the view draws those larger.
        issues: editions of the weekly mail, newest first; of its page the one that it is about.
        around: numbers of the editions before and after that one; None: there is none.
        takes_subscribers: the weekly mail can be subscribed to.
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
    highlighted: frozenset[str] = frozenset()
    gone: tuple[Gone, ...] = ()
    photo: bytes = b""
    issues: tuple[Sent, ...] = ()
    around: tuple[int | None, int | None] = (None, None)
    takes_subscribers: bool = False


def snapshot(door: Door, settings: Settings, address: Address, now: datetime) -> Snapshot:
    """Read what the page at a settled address needs."""
    found = replace(
        _read(door, settings, address, now),
        notice=settings.notice,
        takes_subscribers=settings.mail.is_ready,
    )
    if address.kind == "view-picture" and found.campaign and found.posts:
        return replace(found, photo=_photo(settings, found.campaign, found.posts[0]))
    return found


def _read(door: Door, settings: Settings, address: Address, now: datetime) -> Snapshot:
    campaign = settings.campaign(address.campaign)
    if campaign is None:
        return Snapshot(settings.public_url, campaigns=settings.campaigns)
    if address.kind == "feed-ics":
        return _of_calendar(door, settings, campaign, view_of(campaign, address.name), now)
    if address.kind == "feed-atom":
        found = _of_view(door, settings, campaign, view_of(campaign, address.name), now)
        return _with_gone(door, found, campaign, now)
    if address.kind == "outline":
        return Snapshot(settings.public_url, campaign)
    if address.kind in VIEW_KINDS:
        return _of_view(door, settings, campaign, view_of(campaign, address.name), now)
    if address.kind in ARCHIVE_KINDS:
        return _of_archive(door, settings, campaign, address)
    if address.kind in POST_KINDS:
        return _of_post(door, settings, campaign, address)
    if address.kind in ABOUT_US:
        newest = door.latest(campaign.slug, 1) if address.kind == "embed" else ()
        return Snapshot(settings.public_url, campaign, posts=newest)
    return _of_hub(door, settings, campaign, now)


def _of_post(door: Door, settings: Settings, campaign: Campaign, address: Address) -> Snapshot:
    one = door.one(campaign.slug, address.name)
    found = Snapshot(settings.public_url, campaign, one=one)
    if not isinstance(one, Shown):
        return found
    if address.kind == "post-frame":
        return replace(found, view=ALONE, posts=(one,))
    return (
        replace(found, photo=_photo(settings, campaign, one))
        if address.kind == "post-picture"
        else found
    )


def _photo(settings: Settings, campaign: Campaign, shown: Shown) -> bytes:
    first = next(iter(feed_pictures(shown, campaign)), None)
    return jpeg_bytes(Path(settings.media), first) if first else b""


def _of_archive(door: Door, settings: Settings, campaign: Campaign, address: Address) -> Snapshot:
    found = Snapshot(settings.public_url, campaign)
    if address.kind != "highlights-issue":
        most = MOST_EDITIONS if address.kind == "highlights" else FEED_EDITIONS
        return replace(found, issues=door.issues(campaign.slug, most))
    number = int(address.name)
    sent = door.issue(campaign.slug, number)
    if sent is None:
        return found
    return replace(
        found,
        issues=(sent,),
        around=(
            _next_to(door, campaign.slug, range(number - 1, max(number - MOST_SKIPPED, 1) - 1, -1)),
            _next_to(door, campaign.slug, range(number + 1, number + MOST_SKIPPED)),
        ),
    )


def _next_to(door: Door, slug: str, numbers: Iterable[int]) -> int | None:
    return next((number for number in numbers if door.issue(slug, number)), None)


def _of_view(door: Door, settings: Settings, campaign: Campaign, view: View, now: datetime) -> Snapshot:
    found = Snapshot(settings.public_url, campaign, view=view)
    if view.slot:
        shown, turns = _in_place(door, campaign, view, now)
        changes_at = door.slot_changes_at(campaign.slug, now)
        return replace(found, posts=(shown,) if shown else (), holds_until=earliest((changes_at, turns)))
    posts = door.latest(campaign.slug, view.limit, selection_of(view))
    if not view.highlight:
        return replace(found, posts=posts)
    large = door.highlighted(campaign.slug, now)
    return replace(
        found,
        posts=tuple(sorted(posts, key=lambda post: post.id not in large)),
        highlighted=large,
        holds_until=door.slot_changes_at(campaign.slug, now),
    )


def _in_place(
    door: Door, campaign: Campaign, view: View, now: datetime
) -> tuple[Shown | None, datetime | None]:
    """Give what stands in a featured place, and until when the calendar leaves it there.

    Somebody's choice stands; without one the newest, and in quiet weeks another one each day.
    """
    chosen = door.in_slot(campaign.slug, view.slot, now)
    if chosen is None or chosen.id in door.highlighted(campaign.slug, now):
        return chosen, None
    newest_first = door.latest(campaign.slug, AMONG, selection_of(view))
    if not newest_first or not view.rotate:
        return next(iter(newest_first), None), None
    quiet_at = quiet_from(newest_first[0])
    if now < quiet_at:
        return newest_first[0], quiet_at
    return post_of_the_day(newest_first, campaign.timezone, now), next_day(campaign.timezone, now)


def _of_calendar(
    door: Door, settings: Settings, campaign: Campaign, view: View, now: datetime
) -> Snapshot:
    """Read the events of a view, of whatever place and number: a calendar has room for all."""
    there = door.occasions(campaign.slug, now - REMEMBERED, MOST_OCCASIONS)
    chosen = tuple(shown for shown in there if meets(shown, selection_of(view)))
    leave = [over_at(shown.item.occasion) + REMEMBERED for shown in chosen if shown.item.occasion]
    found = Snapshot(settings.public_url, campaign, view=view, posts=chosen)
    return _with_gone(door, replace(found, holds_until=earliest(leave)), campaign, now)


def _with_gone(door: Door, found: Snapshot, campaign: Campaign, now: datetime) -> Snapshot:
    """Add what left not long ago: readers that have it must hear that it did."""
    gone = door.gone(campaign.slug, now - REMEMBERED, MOST_GONE)
    forget = [each.since + REMEMBERED for each in gone]
    return replace(found, gone=gone, holds_until=earliest((found.holds_until, *forget)))


def _of_hub(door: Door, settings: Settings, campaign: Campaign, now: datetime) -> Snapshot:
    featured = door.in_slot(campaign.slug, "post", now)
    latest = door.latest(campaign.slug, HUB_POSTS + 1)
    others = tuple(shown for shown in latest if featured is None or shown.id != featured.id)
    return Snapshot(
        settings.public_url,
        campaign,
        featured=featured,
        posts=others[:HUB_POSTS],
        issues=door.issues(campaign.slug, 1),
        holds_until=door.slot_changes_at(campaign.slug, now),
    )
