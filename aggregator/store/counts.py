"""The door of counts: how often views were seen and where they stand, by the hour, and never by whom.

What comes in here was said by browsers, and anybody can say anything: what is too long is left out, and
an hour has only so many different rows. Numbers can be wrong; the disk cannot be filled.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, select

from aggregator.store.models import appearance, counter
from aggregator.store.upsert import add_up, widen

ROWS_AN_HOUR = 20_000
"""How many different counters one campaign has in an hour; beyond that, post and host are left out."""

MOST_HOSTS = 20_000
"""How many places one campaign remembers: a host with a view is one."""

NEW_FOR = timedelta(days=7)
GONE_AFTER = timedelta(days=14)
FEW = 10
"""A number below this is not given: it would come close to telling of somebody."""

What = Literal["view", "permalink", "click"]
State = Literal["new", "alive", "gone"]


@dataclass(frozen=True, slots=True)
class Counted:
    """Something seen `amount` times within an hour.

    Attributes:
        hour: aware UTC; minutes and seconds are cut off.
        view: a view's name; "" when it was none.
        item: an item's id; "" when it was no single post.
        host: the host of the page that shows us, such as `library.example`; "": our own, or unknown.
    """

    campaign: str
    hour: datetime
    what: What
    view: str = ""
    item: str = ""
    host: str = ""
    amount: int = 1


@dataclass(frozen=True, slots=True)
class Appearance:
    """A host in whose pages we stand, or stood.

    Attributes:
        views: names, in order.
        first_seen, last_seen: aware UTC, to the hour.
        views_7d: how often its pages showed us in the last seven days; None: fewer than ten.
        state: `new`: first seen within seven days; `gone`: not seen for fourteen.
    """

    host: str
    views: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    views_7d: int | None
    state: State


def add(connection: Connection, counted: Sequence[Counted]) -> None:
    """Add to the counters of their hours, and remember the hosts."""
    fitting = [_to_the_hour(one) for one in counted if _fits(one)]
    if not fitting:
        return
    full = {hour: _is_full(connection, *hour) for hour in {(one.campaign, one.hour) for one in fitting}}
    sums: Counter[tuple[Any, ...]] = Counter()
    for one in fitting:
        is_full = full[one.campaign, one.hour]
        about = ("", "") if is_full else (one.item, one.host)
        sums[one.campaign, one.hour, one.what, one.view, *about] += one.amount
    names = ("campaign", "hour", "what", "view", "item", "host")
    # In one order: two that write the same rows never wait for each other in a circle.
    rows = [{**dict(zip(names, key, strict=True)), "amount": sums[key]} for key in sorted(sums)]
    add_up(connection, counter, rows, "amount")
    _remember(connection, fitting)


def _fits(one: Counted) -> bool:
    is_short = len(one.view) <= 60 and len(one.item) <= 12 and len(one.host) <= 260
    return is_short and len(one.campaign) <= 60 and one.amount > 0


def _to_the_hour(one: Counted) -> Counted:
    hour = one.hour.replace(minute=0, second=0, microsecond=0)
    return Counted(one.campaign, hour, one.what, one.view, one.item, one.host, min(one.amount, 10**6))


def _is_full(connection: Connection, slug: str, hour: datetime) -> bool:
    there = select(counter.c.amount).where(counter.c.campaign == slug, counter.c.hour == hour)
    many = there.offset(ROWS_AN_HOUR - 1).limit(1)
    return connection.execute(many).first() is not None


def _remember(connection: Connection, counted: Iterable[Counted]) -> None:
    seen: dict[tuple[str, str, str], list[datetime]] = {}
    for one in counted:
        if one.host:
            seen.setdefault((one.campaign, one.host, one.view), []).append(one.hour)
    known = {slug: _hosts_known(connection, slug) for slug in {slug for slug, _, _ in seen}}
    rows = []
    for (slug, host, view), hours in sorted(seen.items()):
        if known[slug] < MOST_HOSTS or _is_known(connection, slug, host, view):
            times = {"first_seen": min(hours), "last_seen": max(hours)}
            rows.append({"campaign": slug, "host": host, "view": view, **times})
            known[slug] += 1
    widen(connection, appearance, rows, "first_seen", "last_seen")


def _hosts_known(connection: Connection, slug: str) -> int:
    mine = select(func.count()).select_from(appearance).where(appearance.c.campaign == slug)
    return connection.scalars(mine).one()


def _is_known(connection: Connection, slug: str, host: str, view: str) -> bool:
    this = (appearance.c.campaign == slug, appearance.c.host == host, appearance.c.view == view)
    return connection.execute(select(appearance.c.view).where(*this)).first() is not None


def appearances(connection: Connection, slug: str, now: datetime) -> tuple[Appearance, ...]:
    """Give the hosts that show a campaign: those still seen first, then those gone, by their names."""
    views = _views_since(connection, slug, now - timedelta(days=7))
    found: dict[str, list[Any]] = {}
    for row in connection.execute(
        select(appearance)
        .where(appearance.c.campaign == slug)
        .order_by(appearance.c.host, appearance.c.view)
    ):
        found.setdefault(row.host, []).append(row)
    all_of_them = (_appearance(host, rows, views.get(host, 0), now) for host, rows in found.items())
    return tuple(sorted(all_of_them, key=lambda one: (one.state == "gone", one.host)))


def clicks(connection: Connection, slug: str, view: str) -> dict[str, int]:
    """Give how often each post was opened from a view, such as one mailing of the weekly mail."""
    rows = connection.execute(
        select(counter.c.item, func.sum(counter.c.amount).label("times"))
        .where(counter.c.campaign == slug, counter.c.what == "click", counter.c.view == view)
        .group_by(counter.c.item)
    )
    return {row.item: int(row.times) for row in rows}


def _views_since(connection: Connection, slug: str, since: datetime) -> dict[str, int]:
    rows = connection.execute(
        select(counter.c.host, func.sum(counter.c.amount).label("times"))
        .where(
            counter.c.campaign == slug,
            counter.c.hour > since,
            counter.c.what == "view",
            counter.c.host != "",
        )
        .group_by(counter.c.host)
    )
    return {row.host: int(row.times) for row in rows}


def _appearance(host: str, rows: Sequence[Any], views: int, now: datetime) -> Appearance:
    first, last = min(row.first_seen for row in rows), max(row.last_seen for row in rows)
    return Appearance(
        host=host,
        views=tuple(row.view for row in rows if row.view),
        first_seen=first,
        last_seen=last,
        views_7d=views if views >= FEW else None,
        state=_state(first, last, now),
    )


def _state(first: datetime, last: datetime, now: datetime) -> State:
    if now - last > GONE_AFTER:
        return "gone"
    return "new" if now - first <= NEW_FOR else "alive"


def forget_old(connection: Connection, before: datetime) -> None:
    """Forget what was counted before a moment, and hosts that were last seen before it."""
    connection.execute(delete(counter).where(counter.c.hour < before))
    connection.execute(delete(appearance).where(appearance.c.last_seen < before))
