"""What visitors of the public pages leave in the store: wishes to the worker, counts without names."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from aggregator.store import counts, errands
from aggregator.store.counts import Counted
from aggregator.store.errands import Errand

COUNTS_KEPT = timedelta(days=396)
"""Thirteen months: this month can be compared with the same one a year ago."""


class Errands:
    """What `feeds.checking.Errands` describes, bound to a database."""

    def __init__(self, reader: Engine, writer: Engine) -> None:
        self._reader = reader
        self._writer = writer

    def ask(self, slug: str, kind: str, question: Mapping[str, Any], now: datetime) -> str:
        with self._writer.begin() as connection:
            return errands.ask(connection, slug, kind, question, now)

    def answer_of(self, token: str) -> Errand | None:
        with self._reader.connect() as connection:
            return errands.answer_of(connection, token)


class CountBook:
    """Writes counts, and once a day forgets what is older than thirteen months."""

    def __init__(self, writer: Engine, now: Callable[[], datetime]) -> None:
        self._writer = writer
        self._now = now
        self._tidied: date | None = None

    def write(self, counted: Sequence[Counted]) -> None:
        now = self._now()
        with self._writer.begin() as connection:
            counts.add(connection, counted)
            if self._tidied != now.date():
                counts.forget_old(connection, now - COUNTS_KEPT)
        self._tidied = now.date()
