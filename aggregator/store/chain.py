"""Decisions as they are kept: each row carries the hash of the one before it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, insert, update

from aggregator.store.models import campaign, decision, decision_words
from aggregator.store.steps import Step


def write_chain(
    connection: Connection, head: Any, steps: Sequence[Step], now: datetime
) -> dict[str, int]:
    rows, words, numbers = [], [], {}
    length, previous = head.chain_length, head.chain_head
    for step in steps:
        length += 1
        aside = {"salt": token_hex(16), "who": step.wanted.who[:100], "note": step.wanted.note[:2000]}
        row = _row(step, head.slug, length, now, words_digest(**aside), previous)
        previous = row["hash"]
        rows.append(row)
        words.append({"campaign": head.slug, "number": length, **aside})
        numbers[step.wanted.item] = length
    connection.execute(insert(decision), rows)
    connection.execute(insert(decision_words), words)
    connection.execute(
        update(campaign)
        .where(campaign.c.slug == head.slug)
        .values(chain_length=length, chain_head=previous)
    )
    return numbers


def _row(
    step: Step, slug: str, number: int, now: datetime, digest: str, previous: str
) -> dict[str, Any]:
    row = {
        "campaign": slug,
        "number": number,
        "item_id": step.wanted.item,
        "item_version": step.version,
        "actor": step.wanted.actor,
        "at": now,
        "action": step.wanted.action.value,
        "reason": step.wanted.reason[:40],
        "revision": step.revision,
        "state_before": step.state_before.value,
        "state_after": step.state_after.value,
        "approved_before": step.approved_before,
        "approved_after": step.approved_after,
        "undoes": step.undone.number if step.undone is not None else None,
        "words_digest": digest,
        "previous": previous,
    }
    return {**row, "hash": link(row)}


def link(row: Mapping[str, Any]) -> str:
    """Give the hash of one decision: over its columns and the hash before it. 64 hexadecimal digits."""
    columns = [column.name for column in decision.columns if column.name != "hash"]
    values = [
        row[name].isoformat() if isinstance(row[name], datetime) else row[name] for name in columns
    ]
    return sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def words_digest(*, salt: str, who: str, note: str) -> str:
    """Give what the chain knows of a name and a note. Once emptied, they cannot be guessed back."""
    return sha256(json.dumps([salt, who, note], ensure_ascii=False).encode()).hexdigest()
