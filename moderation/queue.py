"""The queue: its tabs, a list, and the open post, which is all that a phone shows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Response
from sqlalchemy import Connection

from aggregator.settings import Campaign
from aggregator.store import queue
from aggregator.store.queue import Row
from feeds.i18n import Words
from feeds.texts import cut
from moderation import card as cards
from moderation import steps, told
from moderation.actions import REASONS
from moderation.campaigns import campaign_of, nowhere
from moderation.card import headline
from moderation.drawing import draw
from moderation.hosts import is_mixed
from moderation.queues import Where, read
from moderation.routes import Asked, Desk, Role, Route
from moderation.tabs import COUNTED, Tab, Toast, tabs, toast_for
from moderation.times import Moment, day, moment

ROWS = 30
"""How many posts a page of the list has: a screenful or two."""

SAID = ("undone", "nothing", "same")
"""Lines that an address may ask for; anything else says nothing."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list."""

    id: str
    version: int
    path: str
    words: str
    name: str
    is_disguised: bool
    network: str
    when: Moment
    language: str
    direction: str
    marks: tuple[str, ...]
    pictures: str
    is_open: bool


def show(desk: Desk, asked: Asked) -> Response:
    """Show a queue. Without anything collected yet: the first steps, never an empty table."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    where = read(campaign.slug, asked.query)
    with desk.reader.connect() as connection:
        if queue.is_empty(connection, campaign.slug):
            return steps.screen(desk, asked, campaign, connection)
        return _screen(desk, asked, campaign, where, connection)


def _screen(
    desk: Desk, asked: Asked, campaign: Campaign, where: Where, connection: Connection
) -> Response:
    assert asked.person  # the row has a role
    rows = queue.page(connection, campaign.slug, where.queue, limit=ROWS + 1, after=where.after or None)
    item = where.item or (rows[0].id if rows else "")
    seen = cards.look(connection, campaign.slug, item, desk.now()) if item else None
    if seen is None and where.item and rows:  # it is not there (any more): the first one instead
        item = rows[0].id
        seen = cards.look(connection, campaign.slug, item, desk.now())
    here = where.at(item if seen else "")
    counted = tabs(connection, campaign, here, desk.say)
    return draw(
        desk,
        asked,
        "queue.html",
        campaign=campaign,
        where=here,
        tabs=counted,
        lines=[_line(row, campaign, here, desk.say) for row in rows[:ROWS]],
        further=here.at("").path() if not rows[ROWS:] else _behind(here, rows[ROWS - 1].id),
        has_further=len(rows) > ROWS,
        start=Where(campaign.slug, where.tab, view=where.view).path(),
        focus_on=replace(here, view="focus").path(),
        focus_off=replace(here, view="").path(),
        card=cards.card(seen, campaign, desk.settings.public_url, asked.person, desk.say)
        if seen
        else None,
        reasons=reasons(desk.say),
        progress=_progress(connection, here, counted) if seen else None,
        way_back=_neighbour(connection, here, back=True),
        way_on=_neighbour(connection, here, back=False),
        toast=toast(connection, campaign.slug, asked, desk.say),
    )


def reasons(say: Words) -> list[tuple[str, str, str]]:
    """Give every reason for not showing a post: its key, its code and its words."""
    return [(str(key), code, told.reason(code, say)) for key, code in enumerate(REASONS, start=1)]


def toast(connection: Connection, slug: str, asked: Asked, say: Words) -> Toast | None:
    """Give the line about what was just done, as the address says it."""
    said = asked.query.get("said", "")
    if said in SAID:
        return Toast(say(f"said-{said}"))
    who = asked.person.name if asked.person else ""
    return toast_for(connection, slug, asked.query.get("done", ""), who, say)


def _behind(where: Where, item: str) -> str:
    return Where(where.campaign, where.tab, item, view=where.view).path()


def _neighbour(connection: Connection, where: Where, *, back: bool) -> str:
    """Give the address of the post before or behind the open one; "" at the end."""
    if not where.item:
        return ""
    found = queue.following(connection, where.campaign, where.queue, where.item, back=back)
    return where.at(found).path() if found else ""


def _progress(connection: Connection, where: Where, counted: Iterable[Tab]) -> tuple[str, str] | None:
    """Say as the how-manieth of how many the open post stands in its queue; None: not in it."""
    place = queue.place(connection, where.campaign, where.queue, where.item, COUNTED)
    total = next(tab.count for tab in counted if tab.is_current)
    return (str(place), total) if place else None


def _line(row: Row, campaign: Campaign, where: Where, say: Words) -> Line:
    name = row.author.name.strip() or row.author.handle.strip()
    when = row.published_at or row.sort_at
    return Line(
        id=row.id,
        version=row.version,
        path=where.at(row.id).path(),
        words=headline(row.title, row.beginning, row.warning),
        name=cut(name, 60),
        is_disguised=is_mixed(name),
        network=row.network,
        when=replace(
            moment(when, campaign.timezone, say.language, row.precision),
            words=day(when, campaign.timezone, say.language),
        ),
        language=row.language,
        direction=row.direction,
        marks=_marks(row, say),
        pictures=say("mark-pictures", number=str(row.pictures)) if row.pictures else "",
        is_open=row.id == where.item,
    )


def _marks(row: Row, say: Words) -> tuple[str, ...]:
    """Give what the rules noticed, in a few words each."""
    return tuple(told.short(code, say) for code in row.why)


ROUTES = (Route("/<campaign>", "queue", show, role=Role.VIEWER),)
