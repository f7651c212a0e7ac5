"""The tables. What the database itself keeps of their promises stands in `triggers`.

Times are stored as UTC and read back aware. Every table that holds content carries its campaign,
directly or through its item. Text lengths are caps that clean.py and the doors keep; a test lists them.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
    true,
)

from aggregator.item import State
from aggregator.store.accounts import attempt as attempt
from aggregator.store.accounts import invite as invite
from aggregator.store.accounts import person as person
from aggregator.store.accounts import session as session
from aggregator.store.columns import Moment as Moment
from aggregator.store.columns import known, of_campaign, of_item
from aggregator.store.columns import metadata as metadata
from aggregator.store.gallery import media as media
from aggregator.store.gallery import media_use as media_use
from aggregator.store.ledgers import appearance as appearance
from aggregator.store.ledgers import counter as counter
from aggregator.store.ledgers import errand as errand
from aggregator.store.ledgers import hook as hook
from aggregator.store.ledgers import receipt as receipt
from aggregator.store.mailings import delivery as delivery
from aggregator.store.mailings import issue as issue
from aggregator.store.mailings import issue_item as issue_item
from aggregator.store.mailings import opt_in as opt_in
from aggregator.store.mailings import outgoing as outgoing
from aggregator.store.mailings import subscriber as subscriber
from aggregator.store.mailings import suppressed as suppressed
from aggregator.store.said import answer as answer
from aggregator.store.said import facet as facet
from aggregator.store.said import occasion as occasion

CHANGED = "state = 'approved' AND approved_revision <> revision"
LEFT = "state <> 'approved' AND shown_since IS NOT NULL"


campaign = Table(
    "campaign",
    metadata,
    Column("slug", String(60), primary_key=True),
    # What the public may see has this version; each change of it adds one.
    Column("published_version", Integer, nullable=False, server_default=text("0")),
    # The end of the chain of decisions: a cut-off tail is found by it.
    Column("chain_length", Integer, nullable=False, server_default=text("0")),
    Column("chain_head", String(64), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    # Digests of mail addresses and networks are made with it: those of two campaigns never match.
    Column("mail_key", String(64), nullable=False, server_default=""),
)

source = Table(
    "source",
    metadata,
    Column("id", Integer, primary_key=True),
    of_campaign(),
    Column("name", String(60), nullable=False),
    Column("kind", String(60), nullable=False),
    Column("host", String(260), nullable=False, server_default=""),
    # What readers see instead of the host.
    Column("label", String(100), nullable=False, server_default=""),
    Column("fingerprint", String(64), nullable=False),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    Column("mark", JSON, nullable=False),
    Column("due_at", Moment, nullable=False),
    # The server's own wish (Retry-After): holds even when a person asks to collect now.
    Column("not_before", Moment),
    Column("claimed_by", String(100)),
    Column("claimed_until", Moment),
    Column("outcome", String(20), nullable=False, server_default=""),
    Column("error", String(40), nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("failing_since", Moment),
    Column("paused", String(40), nullable=False, server_default=""),
    Column("visited_at", Moment),
    UniqueConstraint("campaign", "name"),
    Index("ix_source_due", "is_active", "due_at"),
    CheckConstraint("(claimed_by IS NULL) = (claimed_until IS NULL)", name="claim_is_whole"),
)

run = Table(
    "run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", Integer, ForeignKey("source.id"), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("new", Integer, nullable=False, server_default=text("0")),
    Column("changed", Integer, nullable=False, server_default=text("0")),
    Column("unchanged", Integer, nullable=False, server_default=text("0")),
    Column("skipped", Integer, nullable=False, server_default=text("0")),
    Column("error", String(40), nullable=False, server_default=""),
    Column("detail", String(500), nullable=False, server_default=""),
    Index("ix_run_source", "source_id", "id"),
)

skip = Table(
    "skip",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("run.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reason", String(40), nullable=False),
    Column("what", String(300), nullable=False, server_default=""),
)

item = Table(
    "item",
    metadata,
    Column("id", String(12), primary_key=True),
    of_campaign(),
    Column("source_id", Integer, ForeignKey("source.id"), nullable=False),
    Column("author_key", String(300), nullable=False, server_default=""),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("approved_revision", Integer),
    Column("reasons", JSON, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("sort_at", Moment, nullable=False),
    Column("shown_since", Moment),
    Column("public_changed_at", Moment),
    Index("ix_item_newest", "campaign", "state", "sort_at", "id"),
    # Shown as it was approved while its origin changed: in the queue all the same.
    Index(
        "ix_item_changed",
        "campaign",
        "sort_at",
        sqlite_where=text(CHANGED),
        postgresql_where=text(CHANGED),
    ),
    # Was public once: feeds name it, so that readers drop it.
    Index(
        "ix_item_left",
        "campaign",
        "public_changed_at",
        sqlite_where=text(LEFT),
        postgresql_where=text(LEFT),
    ),
    Index("ix_item_author", "campaign", "author_key"),
    known("state", State),
    CheckConstraint(
        "state <> 'approved' OR approved_revision IS NOT NULL", name="approved_has_a_revision"
    ),
    CheckConstraint("version >= 1 AND revision >= 1", name="counts_from_one"),
    # Both point at a revision of this very item. Deferred: an item and its first revision come together.
    ForeignKeyConstraint(
        ["id", "revision"],
        ["revision.item_id", "revision.number"],
        name="fk_item_revision",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,  # item and revision point at each other
    ),
    ForeignKeyConstraint(
        ["id", "approved_revision"],
        ["revision.item_id", "revision.number"],
        name="fk_item_approved_revision",
        deferrable=True,
        initially="DEFERRED",
        use_alter=True,  # item and revision point at each other
    ),
)

identity = Table(
    "identity",
    metadata,
    Column("campaign", String(60), ForeignKey("campaign.slug"), nullable=False),
    Column("value", String(500), nullable=False),
    Column("item_id", String(12), ForeignKey("item.id"), nullable=False, index=True),
    PrimaryKeyConstraint("campaign", "value"),
    sqlite_with_rowid=False,
)

sighting = Table(
    "sighting",
    metadata,
    of_item(primary_key=True),
    Column("source_id", Integer, ForeignKey("source.id"), primary_key=True),
    Column("first_seen_at", Moment, nullable=False),
    # What the source's own server calls it: asked for by this when it is checked again.
    Column("native", String(300), nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

# When a shown item was last looked up where it came from, and since when it was not found there.
standing = Table(
    "standing",
    metadata,
    of_item(primary_key=True),
    Column("checked_at", Moment, nullable=False),
    Column("missing_since", Moment),
)

revision = Table(
    "revision",
    metadata,
    Column("item_id", String(12), ForeignKey("item.id", deferrable=True, initially="DEFERRED")),
    Column("number", Integer),
    Column("hash", String(64), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("url", String(2000), nullable=False),
    Column("title", String(500), nullable=False),
    Column("html", String(100_000), nullable=False),
    Column("text", String(50_000), nullable=False),
    Column("language", String(35), nullable=False),
    Column("direction", String(3), nullable=False),
    Column("published_at", Moment),
    Column("precision", String(10), nullable=False),
    Column("updated_at", Moment),
    Column("tags", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("seen_at", Moment, nullable=False),
    PrimaryKeyConstraint("item_id", "number"),
    UniqueConstraint("item_id", "hash"),
)

engagement = Table(
    "engagement",
    metadata,
    of_item(primary_key=True),
    Column("likes", Integer),
    Column("shares", Integer),
    Column("replies", Integer),
    Column("seen_at", Moment, nullable=False),
)

author = Table(
    "author",
    metadata,
    Column("campaign", String(60), ForeignKey("campaign.slug"), nullable=False),
    Column("key", String(300), nullable=False),
    Column("name", String(200), nullable=False),
    Column("handle", String(200), nullable=False),
    Column("url", String(2000), nullable=False),
    PrimaryKeyConstraint("campaign", "key"),
)

objection = Table(
    "objection",
    metadata,
    Column("campaign", String(60), ForeignKey("campaign.slug"), nullable=False),
    Column("author_key", String(300), nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("campaign", "author_key"),
)

decision = Table(
    "decision",
    metadata,
    Column("campaign", String(60), ForeignKey("campaign.slug"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("item_id", String(12), ForeignKey("item.id"), nullable=False, index=True),
    Column("item_version", Integer, nullable=False),
    Column("actor", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("action", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state_before", String(10), nullable=False),
    Column("state_after", String(10), nullable=False),
    Column("approved_before", Integer),
    Column("approved_after", Integer),
    Column("undoes", Integer),
    Column("words_digest", String(64), nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    PrimaryKeyConstraint("campaign", "number"),
    UniqueConstraint("campaign", "undoes"),
)

# Names and notes stand aside: erasure and retention may empty them, and the chain still holds.
decision_words = Table(
    "decision_words",
    metadata,
    Column("campaign", String(60), nullable=False),
    Column("number", Integer, nullable=False),
    Column("salt", String(32), nullable=False),
    Column("who", String(100), nullable=False),
    Column("note", String(2000), nullable=False),
    PrimaryKeyConstraint("campaign", "number"),
    ForeignKeyConstraint(["campaign", "number"], ["decision.campaign", "decision.number"]),
)

amendment = Table(
    "amendment",
    metadata,
    of_item(),
    Column("decision", Integer, nullable=False),
    Column("field", String(20), nullable=False),
    Column("value", String(2000), nullable=False),
    Column("is_undone", Boolean, nullable=False, server_default=false()),
    # The value as it is compared, of fields that posts are found by; no database folds case as we do.
    Column("folded", String(500), nullable=False, server_default=""),
    PrimaryKeyConstraint("item_id", "decision", "field"),
    Index("ix_amendment_folded", "field", "folded", "item_id"),
)

slot = Table(
    "slot",
    metadata,
    of_campaign(),
    Column("decision", Integer, nullable=False),
    Column("slot", String(20), nullable=False),
    of_item(),
    Column("from_at", Moment, nullable=False),
    Column("until_at", Moment),
    # The decision that ended this place: undoing that one brings it back.
    Column("ended_by", Integer),
    PrimaryKeyConstraint("campaign", "decision"),
    Index("ix_slot_open", "campaign", "slot", "ended_by"),
)

withdrawal = Table(
    "withdrawal",
    metadata,
    of_item(primary_key=True),
    Column("cause", String(20), nullable=False),
    Column("at", Moment, nullable=False),
)

change = Table(
    "change",
    metadata,
    of_campaign(),
    Column("version", Integer, nullable=False),
    of_item(),
    PrimaryKeyConstraint("campaign", "version", "item_id"),
)
