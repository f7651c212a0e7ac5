"""The tables of what goes out and what comes of it: counts, hosts, receipts, errands, webhooks.

Counts and errands name their campaign without pointing at it: the public side knows a new campaign
from config.yaml before anything was collected for it.
"""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    text,
)

from aggregator.store.columns import Moment, metadata, of_campaign, of_item

# How often something was seen within an hour: never by whom. "" where a column does not apply.
counter = Table(
    "counter",
    metadata,
    Column("campaign", String(60), nullable=False),
    Column("hour", Moment, nullable=False),
    # view, permalink or click.
    Column("what", String(10), nullable=False),
    Column("view", String(60), nullable=False),
    Column("item", String(12), nullable=False),
    Column("host", String(260), nullable=False),
    Column("amount", Integer, nullable=False),
    PrimaryKeyConstraint("campaign", "hour", "what", "view", "item", "host"),
    Index("ix_counter_hour", "hour"),
    sqlite_with_rowid=False,
)

# A view that stands, or stood, in pages of a host.
appearance = Table(
    "appearance",
    metadata,
    Column("campaign", String(60), nullable=False),
    Column("host", String(260), nullable=False),
    Column("view", String(60), nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    PrimaryKeyConstraint("campaign", "host", "view"),
    sqlite_with_rowid=False,
)

# When an item that was removed had left one of our outputs. `decision` is the one that removed it.
receipt = Table(
    "receipt",
    metadata,
    of_item(),
    of_campaign(),
    Column("decision", Integer, nullable=False),
    Column("output", String(20), nullable=False),
    Column("left_at", Moment, nullable=False),
    PrimaryKeyConstraint("item_id", "decision", "output"),
    ForeignKeyConstraint(["campaign", "decision"], ["decision.campaign", "decision.number"]),
)

# A question that the public side may not answer itself, such as one that needs the network.
errand = Table(
    "errand",
    metadata,
    Column("token", String(43), primary_key=True),
    Column("campaign", String(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("question", JSON, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("answered_at", Moment),
    Column("answer", JSON, nullable=False),
    Index("ix_errand_open", "answered_at", "asked_at"),
)

# How far a webhook has been told of what changed in public: all changes up to (version, item_id).
hook = Table(
    "hook",
    metadata,
    of_campaign(),
    Column("name", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("item_id", String(12), nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Moment),
    PrimaryKeyConstraint("campaign", "name"),
)
