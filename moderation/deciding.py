"""What the buttons of a card do: decide, undo, amend; and what somebody sees who came too late."""

from dataclasses import dataclass

from flask import Response
from sqlalchemy import Connection

from aggregator.errors import Conflicts, StaleDecision, UnknownItem
from aggregator.item import Action
from aggregator.settings import Campaign
from aggregator.store import opened, queue
from aggregator.store.decisions import Decided
from aggregator.store.opened import Event
from moderation import actions, told
from moderation import card as cards
from moderation.campaigns import campaign_of, nowhere
from moderation.diff import changes
from moderation.drawing import draw, go_to, part
from moderation.problems import problem
from moderation.queue import reasons
from moderation.queues import Where, item_id, read, tab_of
from moderation.routes import Asked, Desk, Role, Route
from moderation.tabs import Toast, of_decision, tabs

OFFERED = frozenset(
    {
        *(Action.APPROVE, Action.REJECT, Action.HOLD, Action.FEATURE, Action.UNFEATURE),
        *(Action.TAKE_DOWN, Action.RESTORE, Action.REQUEUE, Action.UNDO),
    }
)
"""What a button may ask for. To amend has a form of its own; a person withdraws nothing."""

LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form of a card asks for.

    Attributes:
        version, revision: what its reader looked at.
        is_on_page: it was asked on the item's own page, and goes back there.
    """

    action: Action
    item: str
    version: int
    revision: int
    reason: str
    note: str
    where: Where
    is_on_page: bool


def wish_of(asked: Asked, campaign: Campaign) -> Wish | None:
    """Read a form; None when it is none of ours. A button may carry its reason: `reject:spam`."""
    form = asked.form
    action, _, reason = form.get("action", "").partition(":")
    version, revision = (_number(form.get(name, "")) for name in ("version", "revision"))
    item = item_id(form.get("item", ""))
    reason = reason or form.get("reason", "")
    is_known = action in {one.value for one in OFFERED} and reason in ("", *actions.REASONS)
    if not is_known or not item or not version:
        return None
    return Wish(
        Action(action),
        item,
        version,
        revision,
        reason,
        form.get("note", "").strip()[:LONGEST_NOTE],
        read(campaign.slug, {**form, "item": form.get("open", item)}),
        form.get("page") == "item",
    )


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def decide(desk: Desk, asked: Asked) -> Response:
    """Decide on one post as it was looked at, and go on to the next."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    wish = wish_of(asked, campaign)
    if wish is None:
        return problem(desk, asked, 400, "400")
    with desk.reader.connect() as connection:
        if not queue.exists(connection, [wish.item], campaign=campaign.slug):
            raise UnknownItem(wish.item)
    try:
        made = _made(desk, asked, wish)
    except Conflicts as conflicts:
        return _refused(desk, asked, campaign, wish, conflicts)
    return _onward(desk, asked, campaign, wish, made)


def _made(desk: Desk, asked: Asked, wish: Wish) -> list[Decided]:
    assert asked.person  # the row has a role
    if wish.action is Action.FEATURE:
        return actions.feature(
            desk.writer, wish.item, wish.version, who=asked.person.name, now=desk.now()
        )
    return actions.decide(
        desk.writer,
        wish.action,
        [(wish.item, wish.version)],
        actor="person",
        who=asked.person.name,
        now=desk.now(),
        reason=wish.reason,
        note=wish.note,
    )


def _onward(desk: Desk, asked: Asked, campaign: Campaign, wish: Wish, made: list[Decided]) -> Response:
    """Say what was done: to our script in a fragment, to a browser on the page of the next post."""
    number = made[-1].number
    with desk.reader.connect() as connection:
        if asked.wants_part:
            event = _event(connection, campaign.slug, number)
            said = (
                of_decision(event, desk.say) if event else Toast(desk.say("said-same"), None, wish.item)
            )
            return _fragment(desk, asked, campaign, wish.where, said, connection)
        if wish.is_on_page:
            return go_to(_on_page(campaign, wish, number))
        following = _next(connection, wish)
    more = {"done": number} if number else {"said": "same"}
    return go_to(wish.where.at(following).path(**more))


def _event(connection: Connection, slug: str, number: int | None) -> Event | None:
    made = opened.decision_of(connection, slug, number) if number else ()
    return made[-1] if made else None


def _on_page(campaign: Campaign, wish: Wish, number: int | None) -> str:
    said = f"done={number}" if number else "said=same"
    return f"/moderate/{campaign.slug}/item/{wish.item}?{said}"


def _next(connection: Connection, wish: Wish) -> str:
    """Give the post behind the one that was decided, or else the one before it; "" when none is left."""
    slug, where = wish.where.campaign, wish.where
    behind = queue.following(connection, slug, where.queue, wish.item)
    return behind or queue.following(connection, slug, where.queue, wish.item, back=True) or ""


def _fragment(
    desk: Desk,
    asked: Asked,
    campaign: Campaign,
    where: Where,
    said: Toast,
    connection: Connection,
    status: int = 200,
) -> Response:
    return part(
        desk,
        asked,
        "said.html",
        status,
        campaign=campaign,
        where=where,
        toast=said,
        tabs=tabs(connection, campaign, where, desk.say),
    )


def undo(desk: Desk, asked: Asked) -> Response:
    """Take back a decision of one's own: the one that the form names, or the last that still stands."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    assert asked.person  # the row has a role
    number = _number(asked.form.get("number", "")) or None
    where = read(campaign.slug, asked.form)
    try:
        undone = actions.take_back(
            desk.writer, campaign.slug, who=asked.person.name, now=desk.now(), number=number
        )
    except Conflicts as conflicts:
        return _undo_refused(desk, asked, campaign, where, conflicts)
    return _undone(desk, asked, campaign, where, undone)


def _undone(
    desk: Desk, asked: Asked, campaign: Campaign, where: Where, undone: list[Decided]
) -> Response:
    there = where if not undone else Where(where.campaign, tab_of(undone[-1].state), view=where.view)
    item = undone[-1].item if undone else ""
    if asked.wants_part:
        sentence = desk.say(f"said-{'undone' if undone else 'nothing'}")
        with desk.reader.connect() as connection:
            return _fragment(
                desk, asked, campaign, there.at(item), Toast(sentence, None, item), connection
            )
    if asked.form.get("page") == "item" and item:
        return go_to(f"/moderate/{campaign.slug}/item/{item}?said=undone")
    return go_to((there.at(item) if item else where).path(said="undone" if undone else "nothing"))


def _undo_refused(
    desk: Desk, asked: Asked, campaign: Campaign, where: Where, conflicts: Conflicts
) -> Response:
    """Say that somebody decided after it, and show the post as it is now."""
    item = str(getattr(conflicts.errors[0], "item", ""))
    with desk.reader.connect() as connection:
        seen = cards.look(connection, campaign.slug, item, desk.now())
        if seen is None:
            raise UnknownItem(item)
        listed = seen.opened.listed
        wish = Wish(
            Action.UNDO, item, listed.version, seen.opened.revision, "", "", where.at(item), False
        )
        since = _after_own(seen.opened.history, asked.person.name if asked.person else "")
        return _conflict(desk, asked, campaign, wish, seen, since, connection)


def _after_own(events: tuple[Event, ...], who: str) -> list[Event]:
    """Give what others decided after somebody's own last word."""
    own = [number for number, event in enumerate(events) if event.who == who]
    return list(events[own[-1] + 1 :] if own else events)


def _refused(desk: Desk, asked: Asked, campaign: Campaign, wish: Wish, conflicts: Conflicts) -> Response:
    """Show what happened meanwhile; when it was this same decision, made twice, say so and go on."""
    assert asked.person  # the row has a role
    with desk.reader.connect() as connection:
        seen = cards.look(connection, campaign.slug, wish.item, desk.now())
        if seen is None:
            raise UnknownItem(wish.item)
        is_stale = isinstance(conflicts.errors[0], StaleDecision)
        since = [event for event in seen.opened.history if event.version >= wish.version]
        if is_stale and _is_repeated(since, wish, asked.person.name):
            return _said_same(desk, asked, campaign, wish, connection)
        return _conflict(
            desk, asked, campaign, wish, seen, since if is_stale else [], connection, is_stale=is_stale
        )


def _is_repeated(since: list[Event], wish: Wish, who: str) -> bool:
    own = all(event.who == who and event.actor == "person" for event in since)
    return bool(since) and own and since[-1].action == wish.action and not since[-1].is_undone


def _said_same(
    desk: Desk, asked: Asked, campaign: Campaign, wish: Wish, connection: Connection
) -> Response:
    if asked.wants_part:
        said = Toast(desk.say("said-same"), None, wish.item)
        return _fragment(desk, asked, campaign, wish.where, said, connection)
    if wish.is_on_page:
        return go_to(_on_page(campaign, wish, None))
    return go_to(wish.where.at(_next(connection, wish)).path(said="same"))


def _conflict(
    desk: Desk,
    asked: Asked,
    campaign: Campaign,
    wish: Wish,
    seen: cards.Look,
    since: list[Event],
    connection: Connection,
    *,
    is_stale: bool = True,
) -> Response:
    """Answer 409: what was asked, what happened instead, what the post says now; decide again."""
    assert asked.person  # the row has a role
    shown = cards.card(seen, campaign, desk.settings.public_url, asked.person, desk.say)
    looked_at = opened.wording(connection, wish.item, wish.revision) if wish.revision else None
    template = "conflict-part.html" if asked.wants_part else "conflict.html"
    return (part if asked.wants_part else draw)(
        desk,
        asked,
        template,
        409,
        campaign=campaign,
        where=wish.where.at(wish.item),
        asked_for=desk.say(f"do-{wish.action.value}"),
        is_stale=is_stale,
        is_withdrawn=seen.opened.listed.state.value == "withdrawn",
        since=told.history(since, campaign, desk.say),
        changed=changes(looked_at, seen.opened.listed.item) if looked_at else (),
        card=shown,
        reasons=reasons(desk.say),
        tabs=tabs(connection, campaign, wish.where, desk.say),
    )


ROUTES = (
    Route("/<campaign>/decide", "decide", decide, role=Role.MODERATOR, method="POST"),
    Route("/<campaign>/undo", "undo", undo, role=Role.MODERATOR, method="POST"),
)
