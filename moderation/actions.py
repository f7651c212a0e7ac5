"""What a person at the shell or on the screen can ask for: lists, decisions, a proof of the store."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Engine

from aggregator.errors import DecisionError, NotAllowed, StaleDecision, UnknownItem
from aggregator.item import Action, State
from aggregator.store import decisions, proof, queue
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
