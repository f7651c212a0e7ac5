"""Does the store keep its promises? Reads everything, changes nothing; `engaged verify` prints it."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select, text

from aggregator.store import facets
from aggregator.store.chain import link, words_digest
from aggregator.store.content import CONTENT, from_revision
from aggregator.store.database import integrity
from aggregator.store.models import amendment, campaign, decision, decision_words, item, revision
from aggregator.store.triggers import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS


def broken_promises(connection: Connection) -> Iterator[str]:
    """Give a sentence for each promise that does not hold; nothing when all do."""
    yield from integrity(connection)
    yield from _missing_triggers(connection)
    for row in connection.execute(select(campaign).order_by(campaign.c.slug)):
        yield from _broken_chain(connection, row)
    yield from _changed_words(connection)
    yield from _states_without_decisions(connection)
    yield from _changed_revisions(connection)
    yield from _lost_facets(connection)
    yield from _lost_words(connection)


def _missing_triggers(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        wanted, catalogue = SQLITE_TRIGGERS, "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        wanted, catalogue = POSTGRESQL_TRIGGERS, "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    there = set(connection.scalars(text(catalogue)))
    for name in sorted(set(wanted) - there):
        yield f"the trigger {name} is missing: decisions could be rewritten"


def _broken_chain(connection: Connection, head: Any) -> Iterator[str]:
    previous, length = "", 0
    rows = connection.execute(
        select(decision).where(decision.c.campaign == head.slug).order_by(decision.c.number)
    )
    for row in rows.mappings():
        length += 1
        here = f"{head.slug}: decision {row['number']}"
        if row["number"] != length:
            yield f"{here} stands where {length} should: some are missing"
            length = row["number"]
        if row["previous"] != previous:
            yield f"{here} does not follow the one before it"
        if link(dict(row)) != row["hash"]:
            yield f"{here} was changed after it was made"
        previous = row["hash"]
    if (length, previous) != (head.chain_length, head.chain_head):
        yield f"{head.slug}: the chain ends at {length}, the campaign says {head.chain_length}"


def _changed_words(connection: Connection) -> Iterator[str]:
    """Names and notes may be emptied by erasure (then the salt is empty too), never rewritten."""
    rows = connection.execute(
        select(decision_words, decision.c.words_digest).join(
            decision,
            (decision.c.campaign == decision_words.c.campaign)
            & (decision.c.number == decision_words.c.number),
        )
    )
    for row in rows:
        is_emptied = (row.salt, row.who, row.note) == ("", "", "")
        digest = words_digest(salt=row.salt, who=row.who, note=row.note)
        if not is_emptied and digest != row.words_digest:
            yield f"{row.campaign}: the name or note of decision {row.number} was rewritten"


def _states_without_decisions(connection: Connection) -> Iterator[str]:
    """Every state is what the decisions add up to, and starts as pending."""
    reached: dict[str, tuple[str, int | None]] = {}
    for row in connection.execute(
        select(
            decision.c.item_id,
            decision.c.state_before,
            decision.c.state_after,
            decision.c.approved_before,
            decision.c.approved_after,
            decision.c.campaign,
            decision.c.number,
        ).order_by(decision.c.campaign, decision.c.number)
    ):
        before = reached.get(row.item_id, ("pending", None))
        if before != (row.state_before, row.approved_before):
            yield f"{row.campaign}: decision {row.number} does not start where {row.item_id} stood"
        reached[row.item_id] = (row.state_after, row.approved_after)
    stands = connection.execute(select(item.c.id, item.c.state, item.c.approved_revision))
    for key, state, approved in stands:
        if reached.get(key, ("pending", None)) != (state, approved):
            yield f"item {key} is {state}, and no decision says so"


def _changed_revisions(connection: Connection) -> Iterator[str]:
    rows = connection.execute(
        select(revision.c.item_id, revision.c.number, *CONTENT).execution_options(yield_per=500)
    )
    for row in rows:
        if from_revision(row).hash != row.hash:
            yield f"revision {row.number} of item {row.item_id} was changed after it was stored"


def _lost_facets(connection: Connection) -> Iterator[str]:
    """What a post can be found by is what its revisions say: what is missing hides it."""
    said = (revision.c.kind, revision.c.language, revision.c.tags)
    rows = connection.execute(
        select(revision.c.item_id, revision.c.number, *said).execution_options(yield_per=500)
    )
    for some in rows.partitions():
        there = facets.stored(connection, {row.item_id for row in some})
        for row in some:
            if there.get((row.item_id, row.number)) != facets.facets_of(
                row.kind, row.language, row.tags
            ):
                which = f"revision {row.number} of item {row.item_id}"
                yield f"{which} is not found by what it says, or by what it does not say"


def _lost_words(connection: Connection) -> Iterator[str]:
    for row in connection.execute(select(amendment).where(amendment.c.field.in_(facets.WRITTEN))):
        if row.folded != facets.folded(row.field, row.value):
            yield f"decision {row.decision} on item {row.item_id} is found by another {row.field}"
