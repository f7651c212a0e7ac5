"""The tables of pictures, and of the posts that use them."""

from sqlalchemy import (
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from aggregator.store.columns import Moment, metadata, of_campaign

# One picture as its address says it; what we keep of it are files of our own, named by `key`.
media = Table(
    "media",
    metadata,
    Column("id", Integer, primary_key=True),
    of_campaign(),
    Column("digest", String(64), nullable=False),
    Column("address", String(2000), nullable=False),
    # wanted, ready (the master is there) or refused (for good).
    Column("state", String(10), nullable=False),
    Column("key", String(24), nullable=False, server_default=""),
    Column("width", Integer),
    Column("height", Integer),
    Column("colour", String(7), nullable=False, server_default=""),
    # Widths of the public copies, joined by commas; empty: there are none.
    Column("widths", String(40), nullable=False, server_default=""),
    Column("error", String(40), nullable=False, server_default=""),
    Column("detail", String(300), nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    UniqueConstraint("campaign", "digest"),
    Index("ix_media_due", "state", "due_at"),
    Index("ix_media_key", "key"),
)

media_use = Table(
    "media_use",
    metadata,
    Column("item_id", String(12), nullable=False),
    Column("revision", Integer, nullable=False),
    # The place of this picture among the media of its revision, from 0.
    Column("place", Integer, nullable=False),
    Column("media_id", Integer, ForeignKey("media.id"), nullable=False, index=True),
    PrimaryKeyConstraint("item_id", "revision", "place"),
    ForeignKeyConstraint(
        ["item_id", "revision"],
        ["revision.item_id", "revision.number"],
        deferrable=True,
        initially="DEFERRED",
    ),
    sqlite_with_rowid=False,
)
