"""Where a timeline of opaque ids stands, and when it is walked again. Pure, and no network's own.

Ids are never compared: only where they stand on a page says which post lies above which. What happens
on the way is the collector's business; here it is decided what that means.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from aggregator.item import ParsedStatuses

OVERLAP = timedelta(hours=48)
WALK_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Walk:
    """A way down through older posts that is not at its end.

    Attributes:
        floor: aware UTC, how far it goes; None: as far as it can.
        below: the id to go on under; "" at the top.
        began_at: aware UTC, when its first page came: what was there by then, it will have seen.
    """

    floor: datetime | None
    below: str = ""
    began_at: datetime | None = None
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """How far a timeline is known.

    Attributes:
        asked: its address without paging; ids of another one are of no use.
        top: the id that stood highest when it was last looked; "" before the first post.
        walked_at: aware UTC, when the last walk that reached its floor began.
    """

    asked: str = ""
    top: str = ""
    walk: Walk | None = None
    walked_at: datetime | None = None


def due_to_walk(place: Place, until: datetime | None, at: datetime | None) -> Place:
    """Begin a walk down, if one is due: the first one to the campaign's start, then one every hour.

    A post that reaches the server late gets an id by when it was written, and lies below the top: for
    48 hours it is still found, counted from the last walk that saw all. Edits come that way too.

    Args:
        until: aware UTC, the campaign's start; None: as far as it can.
        at: aware UTC, when the server last answered.
    """
    if place.walk is not None:
        return place
    if not place.top or place.walked_at is None:
        return replace(place, walk=Walk(until))
    if not is_due(place.walked_at, WALK_EVERY, at):
        return place
    floor = place.walked_at - OVERLAP
    return replace(place, walk=Walk(max(floor, until) if until else floor))


def walked(
    place: Place, walk: Walk, page: ParsedStatuses, at: datetime | None, *, is_over: bool
) -> Place:
    """Say how far a timeline is known after a page on the way down.

    The walk is over when there is nothing below, or all of the page is older than its floor: one post
    with a false date does not end it.
    """
    began_at = walk.began_at or at
    is_deep = walk.floor is not None and page.newest is not None and page.newest < walk.floor
    top = place.top or next(iter(page.ids), "")
    if is_over or is_deep or set(page.ids) <= {walk.below}:
        return replace(place, top=top, walk=None, walked_at=began_at)
    return replace(place, top=top, walk=Walk(walk.floor, page.ids[-1], began_at, walk.pages + 1))


def is_due(last: datetime | None, every: timedelta, at: datetime | None) -> bool:
    return at is not None and (last is None or at - last >= every)


def as_json(facts: Any) -> dict[str, Any]:
    """Give a dataclass as a mark holds it."""
    written: dict[str, Any] = json.loads(json.dumps(asdict(facts), default=datetime.isoformat))
    return written


def from_json(written: Mapping[str, Any]) -> Place:
    """Read a place back.

    Raises:
        AttributeError, KeyError, TypeError, ValueError: it is of another form.
    """
    walk = written["walk"]
    return Place(
        asked=written["asked"] + "",
        top=written["top"] + "",
        walk=None if walk is None else _walk(walk),
        walked_at=moment(written["walked_at"]),
    )


def _walk(written: Mapping[str, Any]) -> Walk:
    floor, began_at = moment(written["floor"]), moment(written["began_at"])
    return Walk(floor, written["below"] + "", began_at, written["pages"] + 0)


def moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
