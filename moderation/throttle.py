"""Wrong passwords are slowed down, by name and by network. The store counts: a restart forgives none.

A try is counted before its password is looked at, and given back when it was right: a hundred tries at
once are counted like a hundred in a row.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Engine

from aggregator.store import people
from aggregator.store.people import Tries

FREE = 5
"""So many wrong tries cost nothing: people mistype."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
"""Longer than the longest wait, so that nobody gets round it by waiting; and then all is forgiven."""


def keys(name: str, network: str) -> tuple[str, ...]:
    """Give the digests under which a try counts; an unknown name counts like a known one."""
    named = (f"name {people.key(name)}", f"network {network}" if network else "")
    return tuple(sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in named if text)


def waits_until(known: Tries, now: datetime) -> datetime | None:
    """Say until when the next try must wait: 30 s after the fifth wrong one, then twice as long each.

    A clock that was set back makes nobody wait longer than the longest wait.
    """
    if known.failures < FREE:
        return None
    wait = min(FIRST_WAIT * (1 << min(known.failures - FREE, 10)), LONGEST_WAIT)
    until = min(known.last_at, now) + wait
    return until if now < until else None


def counted(known: Tries | None, now: datetime) -> Tries:
    """Give what is known after one more try."""
    is_fresh = known is not None and now - known.last_at < FORGOTTEN_AFTER
    return Tries(known.failures + 1 if known and is_fresh else 1, now)


def begin(engine: Engine, digests: tuple[str, ...], now: datetime) -> datetime | None:
    """Count one try before its password is looked at.

    Returns:
        None: go on. Else until when to wait; then nothing was counted: nobody can keep a
        colleague out for ever by trying on.
    """
    with engine.begin() as connection:
        known = people.tries(connection, digests)
        waits = [until for one in known.values() if (until := waits_until(one, now))]
        if waits:
            return max(waits)
        people.write_tries(connection, {digest: counted(known.get(digest), now) for digest in digests})
        people.forget_tries(connection, now - FORGOTTEN_AFTER)
    return None


def forgive(engine: Engine, digests: tuple[str, ...]) -> None:
    """Give back a try that was right, and forget what the name did wrong; the network's wrongs stay."""
    with engine.begin() as connection:
        known = people.tries(connection, digests)
        people.write_tries(connection, _forgiven(digests, known))


def _forgiven(digests: tuple[str, ...], known: Mapping[str, Tries]) -> dict[str, Tries]:
    name = digests[0]
    return {
        digest: Tries(0 if digest == name else max(one.failures - 1, 0), one.last_at)
        for digest, one in known.items()
    }
