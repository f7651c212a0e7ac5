"""The tables of the weekly mail: issues, who gets them, what became of each mail.

Nothing of what a person read, opened or clicked stands here, and networks only as digests for 30 days.
"""

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from aggregator.store.columns import Moment, known, metadata, of_campaign, of_item

ISSUE_STATES = ("draft", "seconding", "approved", "sending", "paused", "sent", "skipped", "late")
SUBSCRIBER_STATES = ("asked", "confirmed", "paused", "unsubscribed", "suppressed")
DELIVERY_STATES = ("queued", "claimed", "sent", "failed", "bounced", "uncertain", "skipped")
OUTGOING_STATES = ("queued", "claimed", "sent", "failed")


issue = Table(
    "issue",
    metadata,
    Column("id", Integer, primary_key=True),
    of_campaign(),
    Column("number", Integer, nullable=False),
    # The Monday of its week, in the campaign's zone.
    Column("week", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("drafted_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    # After this it is not sent by itself: a person decides.
    Column("not_after", Moment, nullable=False),
    Column("told_at", Moment),
    Column("approved_by", String(100), nullable=False, server_default=""),
    Column("approved_at", Moment),
    Column("seconded_by", String(100), nullable=False, server_default=""),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("content", JSON, nullable=False),
    # What was approved, word by word, in each language, and its digest.
    Column("frozen", JSON(none_as_null=True)),
    Column("digest", String(64), nullable=False, server_default=""),
    # What editors must know, as codes with blanks between them.
    Column("note", String(500), nullable=False, server_default=""),
    UniqueConstraint("campaign", "number"),
    UniqueConstraint("campaign", "week"),
    Index("ix_issue_state", "state", "due_at"),
    known("state", ISSUE_STATES),
)

issue_item = Table(
    "issue_item",
    metadata,
    Column("issue_id", Integer, ForeignKey("issue.id", ondelete="CASCADE"), nullable=False),
    of_item(),
    Column("place", Integer, nullable=False),
    PrimaryKeyConstraint("issue_id", "item_id"),
    Index("ix_issue_item_item", "item_id"),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("id", Integer, primary_key=True),
    of_campaign(),
    # Empty once it was erased: the row stays for the numbers of its mails.
    Column("address", String(254), nullable=False),
    Column("domain", String(255), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("language", String(35), nullable=False, server_default=""),
    Column("zone", String(60), nullable=False, server_default=""),
    Column("state", String(12), nullable=False),
    # Stands in the links of their mails: whoever has it may change their preferences.
    Column("key", String(43), nullable=False, unique=True),
    Column("token_digest", String(64), nullable=False, server_default=""),
    Column("token_until", Moment),
    Column("asked_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("ended_at", Moment),
    # Why it ended: one-click, page, letter, person, bounce, complaint.
    Column("cause", String(20), nullable=False, server_default=""),
    Column("paused_until", Moment),
    Column("origin", String(10), nullable=False),
    Column("consent", String(500), nullable=False, server_default=""),
    Column("form_version", String(20), nullable=False, server_default=""),
    Column("network_digest", String(64), nullable=False, server_default=""),
    Column("network_until", Moment),
    # Soft ones in a row.
    Column("bounces", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("campaign", "digest"),
    Index("ix_subscriber_state", "campaign", "state"),
    Index("ix_subscriber_token", "token_digest"),
    known("state", SUBSCRIBER_STATES),
    known("origin", ("form", "import")),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_id", Integer, ForeignKey("issue.id"), nullable=False),
    Column("subscriber_id", Integer, ForeignKey("subscriber.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("message_id", String(320), nullable=False),
    Column("language", String(35), nullable=False, server_default=""),
    Column("send_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_at", Moment),
    Column("claimed_at", Moment),
    # When it came to its state.
    Column("at", Moment, nullable=False),
    # What the other server said, or why it was left out.
    Column("words", String(500), nullable=False, server_default=""),
    Column("settled_by", String(100), nullable=False, server_default=""),
    UniqueConstraint("issue_id", "subscriber_id"),
    Index("ix_delivery_due", "issue_id", "state", "send_at"),
    Index("ix_delivery_message", "message_id"),
    Index("ix_delivery_claimed", "claimed_at"),
    known("state", DELIVERY_STATES),
)

# Who must never get this mail again, whatever is imported: by a digest, so that erasing holds.
suppressed = Table(
    "suppressed",
    metadata,
    of_campaign(),
    Column("digest", String(64), nullable=False),
    Column("reason", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("campaign", "digest"),
)

# Confirmation mails that were asked for within a day, by digests of addresses and networks.
opt_in = Table(
    "opt_in",
    metadata,
    Column("id", Integer, primary_key=True),
    of_campaign(),
    Column("digest", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_opt_in_digest", "campaign", "digest", "at"),
)

# Mails of the program itself: to confirm, to editors, tests.
outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Integer, primary_key=True),
    of_campaign(),
    Column("kind", String(10), nullable=False),
    Column("address", String(254), nullable=False),
    Column("facts", JSON, nullable=False),
    Column("put_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("claimed_at", Moment),
    Column("sent_at", Moment),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("state", String(10), nullable=False),
    Column("words", String(500), nullable=False, server_default=""),
    Index("ix_outgoing_due", "state", "next_at"),
    known("state", OUTGOING_STATES),
    known("kind", ("confirm", "editors", "test")),
)
