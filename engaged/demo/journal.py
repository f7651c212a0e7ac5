"""What has happened on the invented networks since the demo began: a file that only grows.

A post appears, an author edits, an author deletes. From the campaign's files, the plan and this journal
follows all that the stand-in shows: it can end at any time and goes on where it was.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Literal

FILE = "journal.jsonl"
What = Literal["appear", "edit", "delete"]


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened.

    Attributes:
        at: aware UTC.
        key: of the post or article; for `appear` the number of the new post, from 0.
        text: the new words of an edit.
    """

    at: datetime
    what: What
    key: str
    text: str = ""


class Journal:
    """The file, and what stands in it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._lock = Lock()
        self._events = tuple(_read(self._file))
        # A line that was cut off stays one: the next does not join it.
        self._before = "\n"

    @property
    def events(self) -> Sequence[Happened]:
        """Give all of it, in order. The sequence never changes: a longer one takes its place."""
        return self._events

    def add(self, event: Happened) -> None:
        line = json.dumps({**asdict(event), "at": event.at.isoformat()})
        with self._lock:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(f"{self._before}{line}\n")
            self._before = ""
            self._events = (*self._events, event)


def _read(file: Path) -> list[Happened]:
    if not file.exists():
        return []
    events = []
    for line in filter(None, file.read_text("utf-8").splitlines()):
        try:
            written: dict[str, Any] = json.loads(line)
            events.append(Happened(**{**written, "at": datetime.fromisoformat(written["at"])}))
        except (ValueError, TypeError, KeyError):
            continue  # the line that was being written when somebody pulled the plug
    return events
