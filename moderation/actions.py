"""What a person at the shell or on the screen can ask for: lists, decisions, a proof of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from aggregator.errors import Conflicts, DecisionError, NotAllowed, StaleDecision, UnknownItem
from aggregator.item import Action, State
from aggregator.store import decisions, opened, proof, queue
from aggregator.store.decisions import Actor, Decided, Wanted
from aggregator.store.queue import Listed

REASONS = (
    *("off-topic", "spam", "duplicate", "unsafe", "personal-data", "no-consent", "quality"),
    *(decisions.OBJECTION, "other"),
)
"""Why something is not shown. `objection` also means: never collect this author again."""


def listing(
    engine: Engine,
    *,
    campaign: str | None = None,
    state: State | None = None,
    waiting: bool = False,
    limit: int = 100,
    after: str | None = None,
) -> list[Listed]:
    """Give items, newest first; see `queue.listing`.

    Raises:
        UnknownItem: `after` is no item.
    """
    with engine.connect() as connection:
        if after is not None and not queue.exists(connection, [after]):
            raise UnknownItem(after)
        return queue.listing(
            connection, campaign=campaign, state=state, waiting=waiting, limit=limit, after=after
        )


def as_json(listed: Listed) -> dict[str, Any]:
    """Give the shape that scripts may rely on: keys may be added, none is ever removed."""
    content = listed.item
    return {
        "id": listed.id,
        "campaign": listed.campaign,
        "state": listed.state.value,
        "version": listed.version,
        "kind": content.kind.value,
        "source": listed.source,
        "network": listed.network,
        "author": content.author.name or content.author.handle,
        "title": content.title,
        "text": content.text,
        "url": content.url,
        "language": content.language,
        "published_at": content.published_at.isoformat() if content.published_at else None,
        "media": [asdict(media) for media in content.media],
        "reasons": list(listed.why),
        "changed_at_origin": listed.is_changed,
        "flags": sorted(content.flags),
    }


def decide(
    engine: Engine,
    action: Action,
    targets: Sequence[tuple[str, int | None]],
    *,
    actor: Actor,
    who: str,
    now: datetime,
    reason: str = "",
    note: str = "",
    changes: Mapping[str, str] | None = None,
) -> list[Decided]:
    """Decide on some items: all of them, or none.

    Args:
        targets: item id and the version that was looked at, None for whatever it is now.
        who: the person's name, or `shell:NAME`.

    Raises:
        Conflicts: with one error for each item that was refused.
    """
    wanted = [
        Wanted(item, action, actor, who, version, reason, note, changes=changes or {})
        for item, version in targets
    ]
    with engine.begin() as connection:
        return decisions.decide(connection, wanted, now)


def feature(engine: Engine, item: str, version: int, *, who: str, now: datetime) -> list[Decided]:
    """Put a post into the featured place, and approve it first when it is not shown as it reads now.

    One click: both decisions are made, or none, and `take_back` takes both back.

    Raises:
        Conflicts: as `decide`.
    """
    with engine.begin() as connection:
        approve = Wanted(item, Action.APPROVE, "person", who, version)
        (approved,) = decisions.decide(connection, [approve], now)
        featured = Wanted(item, Action.FEATURE, "person", who, approved.version)
        last = decisions.decide(connection, [featured], now)
    return [approved, *last] if approved.number else last


def take_back(
    engine: Engine, slug: str, *, who: str, now: datetime, number: int | None = None
) -> list[Decided]:
    """Undo a person's own last decision, or the one that is named; what one click decided, together.

    Returns:
        What was undone, empty when there is nothing (left) to undo.

    Raises:
        Conflicts: somebody, or the post's origin, decided after it: that one must be undone first.
    """
    with engine.begin() as connection:
        last = number if number is not None else opened.last_by(connection, slug, who)
        made = opened.decision_of(connection, slug, last) if last is not None else ()
        own = [event for event in made if event.who == who and not event.is_undone]
        return [_undo(connection, event, who, now) for event in reversed(own)]


def _undo(connection: Connection, event: opened.Event, who: str, now: datetime) -> Decided:
    events = opened.history(connection, event.item)
    last = opened.last_standing(events)
    if last is None or last.number != event.number:
        later = [f"{one.action} by {one.who}" for one in events if one.number > event.number]
        raise Conflicts([StaleDecision(event.item, event.version + 1, events[-1].version + 1, later)])
    (undone,) = decisions.decide(connection, [Wanted(event.item, Action.UNDO, "person", who)], now)
    return undone


def as_conflict(error: DecisionError) -> dict[str, Any]:
    """Give one refused decision for scripts: which item, a code, a sentence, what happened meanwhile."""
    said: dict[str, Any] = {"item": "", "code": error.code, "message": str(error)}
    if isinstance(error, StaleDecision | NotAllowed | UnknownItem):
        said["item"] = error.item
    if isinstance(error, StaleDecision):
        said |= {"version": error.version, "meanwhile": list(error.meanwhile)}
    return said


def verify(engine: Engine) -> list[str]:
    """Give a sentence for each promise of the store that does not hold; an empty list when all do."""
    with engine.connect() as connection:
        return list(proof.broken_promises(connection))
