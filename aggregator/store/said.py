"""The tables of what a revision says, where an index finds it: answers, occasions, facets.

They are written with their revision and never change, as it never does.
"""

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from aggregator.store.columns import Moment, metadata, of_campaign

# What a revision says it answers: a value of `identity`, though perhaps of nothing that we have.
answer = Table(
    "answer",
    metadata,
    Column("item_id", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    of_campaign(),
    Column("value", String(500), nullable=False),
    PrimaryKeyConstraint("item_id", "revision"),
    ForeignKeyConstraint(
        ["item_id", "revision"],
        ["revision.item_id", "revision.number"],
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("ix_answer_value", "campaign", "value"),
    sqlite_with_rowid=False,
)

# When what a revision announces begins, and when it is over. Like its revision it never changes.
occasion = Table(
    "occasion",
    metadata,
    Column("item_id", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    of_campaign(),
    Column("starts_at", Moment, nullable=False),
    Column("over_at", Moment, nullable=False),
    PrimaryKeyConstraint("item_id", "revision"),
    ForeignKeyConstraint(
        ["item_id", "revision"],
        ["revision.item_id", "revision.number"],
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("ix_occasion_over", "campaign", "over_at"),
    sqlite_with_rowid=False,
)

# What a revision can be found by: each of its tags, its kind, its language and wider ones. It never
# changes, and goes with its revision. Whether that one is shown is asked of `item`.
facet = Table(
    "facet",
    metadata,
    Column("item_id", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("name", String(10), nullable=False),
    Column("value", String(100), nullable=False),
    of_campaign(),  # behind the key: SQLite 3.40 checks the integrity of other orders wrongly
    PrimaryKeyConstraint("item_id", "revision", "name", "value"),
    ForeignKeyConstraint(
        ["item_id", "revision"],
        ["revision.item_id", "revision.number"],
        ondelete="CASCADE",
        deferrable=True,
        initially="DEFERRED",
    ),
    Index("ix_facet_value", "campaign", "name", "value", "item_id"),
    sqlite_with_rowid=False,
)
