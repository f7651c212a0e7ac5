"""The door through which items come in: new ones, edits, sightings and what their origin took back.

Everything of one page happens in one transaction with the mark that lies behind it: a crash may
repeat work, and never loses a post. What did not change is not written.
"""

from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Any, Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection, bindparam, func, select, update

from aggregator.item import (
    Action,
    Found,
    Item,
    State,
    differs_in_substance,
    is_withdrawn_by,
)
from aggregator.stages import Known, Screened
from aggregator.store import decisions, lookup, runs
from aggregator.store.batch import Batch
from aggregator.store.content import CONTENT, from_revision
from aggregator.store.decisions import Wanted
from aggregator.store.models import campaign, item, revision

# Made once: to put one together costs more than to run it.
_LOCK = select(campaign.c.slug).where(campaign.c.slug == bindparam("slug")).with_for_update()

OnEdit = Literal["hide", "keep"]
Screen = Callable[[Found, Known], Screened]


@dataclass(frozen=True, slots=True)
class Intake:
    """One page, cleaned, on its way in.

    Attributes:
        gone: identities that the source itself says were deleted.
        screen: the ordered rules, bound to their settings.
        home: the host of the source: what is identified by an address there, it knows best.
    """

    claim: runs.Claim
    found: tuple[Found, ...]
    gone: tuple[str, ...]
    mark: Mapping[str, Any]
    screen: Screen
    on_edit: OnEdit
    now: datetime
    home: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a page. `skipped` holds (reason, what)."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.skipped + other.skipped,
        )


def take(connection: Connection, page: Intake) -> Taken:
    """Store a page with its mark.

    Raises:
        LostClaim: another worker has the source now; nothing was stored.
    """
    runs.advance(connection, page.claim, page.mark)
    if not page.found and not page.gone:
        return Taken()
    # Edits and decisions of one campaign wait for each other here (SQLite has one writer anyway).
    connection.execute(_LOCK, {"slug": page.claim.campaign}).all()
    batch = Batch(page.claim.campaign, page.claim.source_id, page.now)
    values = {value for found in page.found for value in found.identities} | set(page.gone)
    owners = lookup.owners(connection, page.claim.campaign, values)
    stored = lookup.stored(connection, set(owners.values()))
    keys = {found.item.author.key for found in page.found} - {""}
    objections = lookup.objections(connection, page.claim.campaign, keys)
    _look_through(connection, page, batch, owners, stored, objections)
    _take_back(page, batch, owners, stored)
    batch.write(connection)
    return Taken(batch.new, batch.changed, batch.unchanged, tuple(batch.skipped))


def _look_through(
    connection: Connection,
    page: Intake,
    batch: Batch,
    owners: dict[str, str],
    stored: Mapping[str, Any],
    objections: set[str],
) -> None:
    seen = lookup.seen_by(connection, page.claim.source_id, stored)
    handled: set[str] = set()
    for found in page.found:
        known = Known(has_objected=found.item.author.key in objections)
        owner = next((owners[value] for value in found.identities if value in owners), None)
        if owner is not None and owner in handled:
            batch.skipped.append(("repeated", _what(found)))
            continue
        screened = page.screen(found, known)
        if screened.outcome == "reject":
            # Nothing of it is kept, and yet what its author closes leaves the public.
            if owner is not None:
                row = stored[owner]
                if closed := _closed(connection, found.item, row, is_ours=_is_ours(page, row)):
                    batch.wanted.append(closed)
                    batch.changed += 1
                    handled.add(owner)
                    continue
            # Not even a link of somebody who objected is kept.
            what = "" if known.has_objected else _what(found)
            batch.skipped.append((next(iter(screened.reasons), "rejected"), what))
            continue
        if owner is None:
            owner = _add(batch, found, screened)
            owners |= dict.fromkeys(found.identities, owner)
        else:
            _compare(connection, page, batch, found, screened, stored[owner], seen.get(owner), owners)
        handled.add(owner)


def _what(found: Found) -> str:
    return found.item.url or found.item.title or next(iter(found.identities), "")


def new_id() -> str:
    """Give 12 random characters of lower-case base32 (60 bits): nobody can guess the next."""
    return b32encode(token_bytes(8))[:12].decode().lower()


def _add(batch: Batch, found: Found, screened: Screened) -> str:
    ours = new_id()
    batch.add(ours, found, screened.reasons)
    if screened.outcome == "hold":
        batch.wanted.append(_by_rule(ours, Action.HOLD, screened.reasons))
    return ours


def _by_rule(ours: str, action: Action, reasons: Sequence[str]) -> Wanted:
    reason = next(iter(reasons), "")
    return Wanted(ours, action, "rule", who=f"rule:{reason}", reason=reason)


def _compare(
    connection: Connection,
    page: Intake,
    batch: Batch,
    found: Found,
    screened: Screened,
    row: Any,
    native: str | None,
    owners: Mapping[str, str],
) -> None:
    """Take what is new about an item we have: a sighting, an identity, counts, an edit.

    `native` is what the source called it before; None: it never showed it.
    """
    batch.see_again(row.id, found, native)
    batch.identify(row.id, [value for value in found.identities if value not in owners])
    if row.source_id != page.claim.source_id and _is_its_own(page, found, row):
        batch.moved.append(row.id)
    is_ours = _is_ours(page, row) or row.id in batch.moved
    counts = found.engagement and (
        found.engagement.likes,
        found.engagement.shares,
        found.engagement.replies,
    )
    if is_ours and counts and counts != (row.likes, row.shares, row.replies):
        batch.count(row.id, found)
    if found.item.hash == row.hash or not is_ours:
        batch.unchanged += 1
    elif closed := _closed(connection, found.item, row, is_ours=is_ours):
        batch.wanted.append(closed)
        batch.changed += 1
    elif row.state in (State.TAKEN_DOWN, State.WITHDRAWN):
        batch.unchanged += 1  # of what was taken away nothing more is kept
    else:
        _edit(connection, page, batch, found.item, screened, row)
        batch.changed += 1


def _is_ours(page: Intake, row: Any) -> bool:
    """Content comes from one source; another one takes over only when that one is no longer asked."""
    return bool(row.source_id == page.claim.source_id or not row.owner_is_active)


def _is_its_own(page: Intake, found: Found, row: Any) -> bool:
    """Say whether the item's identity names this source's host, and not that of the source it has.

    Whoever shows a post first could have changed it: its own server has the last word.
    """
    names = found.identities[0]
    if not page.home or not names.startswith(("https://", "http://")):
        return False
    home = page.home.lower()
    return urlsplit(names).netloc.lower() == home and row.owner_host.lower() != home


def _closed(connection: Connection, entry: Item, row: Any, *, is_ours: bool) -> Wanted | None:
    """Give the withdrawal of a post that its author took out of public sight, if that is so.

    One that we took down is withdrawn too: it must not come back when somebody restores it.
    """
    if row.state not in (State.APPROVED, State.TAKEN_DOWN) or not is_ours:
        return None
    if not is_withdrawn_by(_content(connection, row.id, row.revision), entry):
        return None
    return Wanted(row.id, Action.WITHDRAW, "upstream", reason="no-longer-public")


def _edit(
    connection: Connection, page: Intake, batch: Batch, entry: Item, screened: Screened, row: Any
) -> None:
    """Store an edit as a revision and say what it means for the item's state."""
    number = _number_of(connection, row.id, entry.hash)
    if number is None:
        number = 1 + _highest(connection, row.id)
        batch.revise(row.id, number, entry)
    connection.execute(
        update(item)
        .where(item.c.id == row.id)
        .values(
            revision=number,
            version=row.version + 1,
            source_id=page.claim.source_id,
            author_key=entry.author.key,
            reasons=list(screened.reasons),
        )
    )
    if wanted := _consequence(connection, page, entry, screened, row, number):
        batch.wanted.append(wanted)


def _consequence(
    connection: Connection, page: Intake, entry: Item, screened: Screened, row: Any, number: int
) -> Wanted | None:
    """Say which decision an edit causes.

    An approved item whose links, media or numbers changed leaves the public until somebody has looked
    (policy `hide`); otherwise what was approved stays shown, and the item is in the queue as changed.
    """
    if row.state == State.APPROVED and number != row.approved_revision and page.on_edit == "hide":
        approved = _content(connection, row.id, row.approved_revision)
        if differs_in_substance(approved, entry):
            return Wanted(row.id, Action.REQUEUE, "edit-policy", reason="edited")
    if row.state == State.PENDING and screened.outcome == "hold":
        return _by_rule(row.id, Action.HOLD, screened.reasons)
    is_mended = row.state == State.HELD and screened.outcome == "pass"
    if is_mended and decisions.is_held_by_a_rule(connection, row.id):
        return Wanted(row.id, Action.REQUEUE, "rule", who="rule:edited", reason="edited")
    return None


def _content(connection: Connection, item_id: str, number: int) -> Item:
    return from_revision(
        connection.execute(
            select(*CONTENT).where(revision.c.item_id == item_id, revision.c.number == number)
        ).one()
    )


def _number_of(connection: Connection, item_id: str, digest: str) -> int | None:
    number: int | None = connection.scalar(
        select(revision.c.number).where(revision.c.item_id == item_id, revision.c.hash == digest)
    )
    return number


def _highest(connection: Connection, item_id: str) -> int:
    highest: int = connection.scalars(
        select(func.max(revision.c.number)).where(revision.c.item_id == item_id)
    ).one()
    return highest


def _take_back(page: Intake, batch: Batch, owners: Mapping[str, str], stored: Mapping[str, Any]) -> None:
    """Withdraw what the source that owns it says was deleted. A stranger's word is not taken."""
    for ours in {owners[value] for value in page.gone if value in owners}:
        row = stored.get(ours)
        if row is None or row.source_id != page.claim.source_id:
            continue
        if row.state != State.WITHDRAWN and all(wanted.item != ours for wanted in batch.wanted):
            batch.wanted.append(Wanted(ours, Action.WITHDRAW, "upstream", reason="deleted"))
            batch.changed += 1
