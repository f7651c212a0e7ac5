"""The rows of one page on its way in: collected while it is looked through, then written together."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, update

from aggregator.item import Found, Item, State
from aggregator.store import decisions
from aggregator.store.content import answered_by, as_revision, over_at, pictures_in
from aggregator.store.decisions import Wanted
from aggregator.store.facets import rows_of
from aggregator.store.models import (
    answer,
    author,
    engagement,
    facet,
    identity,
    item,
    occasion,
    revision,
    sighting,
)
from aggregator.store.pictures import Use, want
from aggregator.store.upsert import insert_missing, upsert

NATIVE_LIMIT = 300

# Made once, as all statements of every page: to put one together costs more than to run it.
_RENAME = (
    update(sighting)
    .where(sighting.c.item_id == bindparam("its_id"), sighting.c.source_id == bindparam("its_source"))
    .values(native=bindparam("its_native"))
)

Row = dict[str, Any]


@dataclass(slots=True)
class Batch:
    """What one page of a source brings into a campaign.

    Attributes:
        moved: items that this source has the last word about from now on.
        wanted: the decisions that follow.
        skipped: (reason, what).
    """

    campaign: str
    source_id: int
    now: datetime
    items: list[Row] = field(default_factory=list)
    identities: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    renamed: list[Row] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    pictures: list[Use] = field(default_factory=list)
    revisions: list[Row] = field(default_factory=list)
    answers: list[Row] = field(default_factory=list)
    occasions: list[Row] = field(default_factory=list)
    facets: list[Row] = field(default_factory=list)
    engagements: list[Row] = field(default_factory=list)
    authors: dict[str, Row] = field(default_factory=dict)
    wanted: list[Wanted] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def add(self, ours: str, found: Found, reasons: Iterable[str]) -> None:
        """Take an item that is new, with its first revision."""
        entry = found.item
        self.items.append(
            {
                "id": ours,
                "campaign": self.campaign,
                "source_id": self.source_id,
                "author_key": entry.author.key,
                "state": State.PENDING.value,
                "version": 1,
                "revision": 1,
                "reasons": list(reasons),
                "first_seen_at": self.now,
                "sort_at": min(entry.published_at or self.now, self.now),
            }
        )
        self.revise(ours, 1, entry)
        self.identify(ours, found.identities)
        self._sight(ours, found)
        self.count(ours, found)
        self.new += 1

    def revise(self, ours: str, number: int, entry: Item) -> None:
        content = as_revision(entry)
        self.revisions.append({"item_id": ours, "number": number, "seen_at": self.now, **content})
        at = min(entry.published_at or self.now, self.now)
        self.pictures += [
            Use(ours, number, place, address, at) for place, address in pictures_in(entry.media)
        ]
        said = {"item_id": ours, "revision": number, "campaign": self.campaign}
        self.facets += rows_of(said, content)
        self.answers += [{**said, "value": value} for value in answered_by(entry)]
        if entry.occasion:
            times = {"starts_at": entry.occasion.starts_at, "over_at": over_at(entry.occasion)}
            self.occasions.append({**said, **times})
        if entry.author.key:
            self.authors[entry.author.key] = {"campaign": self.campaign, **asdict(entry.author)}

    def identify(self, ours: str, values: Iterable[str]) -> None:
        self.identities += [
            {"campaign": self.campaign, "value": value, "item_id": ours} for value in values
        ]

    def see_again(self, ours: str, found: Found, native: str | None) -> None:
        """Take a sighting that is new, or the name of one whose source calls the item otherwise now."""
        name = found.native[:NATIVE_LIMIT]
        if native is None:
            self._sight(ours, found)
        elif name not in ("", native):
            self.renamed.append({"its_id": ours, "its_source": self.source_id, "its_native": name})

    def _sight(self, ours: str, found: Found) -> None:
        self.sightings.append(
            {
                "item_id": ours,
                "source_id": self.source_id,
                "first_seen_at": self.now,
                "native": found.native[:NATIVE_LIMIT],
            }
        )

    def count(self, ours: str, found: Found) -> None:
        if found.engagement is not None:
            self.engagements.append({"item_id": ours, "seen_at": self.now, **asdict(found.engagement)})

    def write(self, connection: Connection) -> None:
        """Write everything, and take the decisions that follow."""
        _insert(connection, item, self.items)
        _insert(connection, revision, self.revisions)
        _insert(connection, answer, self.answers)
        _insert(connection, occasion, self.occasions)
        _insert(connection, facet, self.facets)
        insert_missing(connection, identity, self.identities)
        insert_missing(connection, sighting, self.sightings)
        if self.renamed:
            connection.execute(_RENAME, self.renamed)
        if self.moved:
            theirs = update(item).where(item.c.id.in_(self.moved))
            connection.execute(theirs.values(source_id=self.source_id))
        want(connection, self.campaign, self.pictures)
        upsert(connection, engagement, self.engagements)
        upsert(connection, author, list(self.authors.values()))
        if self.wanted:
            decisions.decide(connection, self.wanted, self.now)


def _insert(connection: Connection, table: Table, rows: list[Row]) -> None:
    if rows:
        connection.execute(insert(table), rows)
