"""The tables of the first path: collect, clean, screen, store, decide, publish."""

import sqlalchemy as sa
from alembic import op

from aggregator.store.triggers import POSTGRESQL_FUNCTION, POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    *("change", "withdrawal", "slot", "amendment", "decision_words", "decision", "objection"),
    *("author", "engagement", "sighting", "identity", "revision", "item", "skip", "run", "source"),
    "campaign",
)
POINTERS = (("fk_item_revision", "revision"), ("fk_item_approved_revision", "approved_revision"))


def _points_at_a_revision() -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            ["id", column],
            ["revision.item_id", "revision.number"],
            name=name,
            deferrable=True,
            initially="DEFERRED",
        )
        for name, column in POINTERS
    ]


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.create_table(
        "campaign",
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("published_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("chain_length", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("chain_head", sa.String(length=64), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_campaign")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("host", sa.String(length=260), server_default="", nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("mark", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=100), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=20), server_default="", nullable=False),
        sa.Column("error", sa.String(length=40), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused", sa.String(length=40), server_default="", nullable=False),
        sa.Column("visited_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(claimed_by IS NULL) = (claimed_until IS NULL)", name=op.f("ck_source_claim_is_whole")
        ),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_source_campaign")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("campaign", "name", name=op.f("uq_source_campaign_name")),
    )
    op.create_index("ix_source_due", "source", ["is_active", "due_at"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("new", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("changed", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("skipped", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.String(length=40), server_default="", nullable=False),
        sa.Column("detail", sa.String(length=500), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_run_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index("ix_run_source", "run", ["source_id", "id"], unique=False)
    op.create_table(
        "skip",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("what", sa.String(length=300), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_skip_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skip")),
    )
    op.create_index(op.f("ix_skip_run_id"), "skip", ["run_id"], unique=False)
    op.create_table(
        "item",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("author_key", sa.String(length=300), server_default="", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("approved_revision", sa.Integer(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sort_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'approved' OR approved_revision IS NOT NULL",
            name=op.f("ck_item_approved_has_a_revision"),
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'held', 'approved', 'rejected', 'taken-down', 'withdrawn')",
            name=op.f("ck_item_known_state"),
        ),
        sa.CheckConstraint("version >= 1 AND revision >= 1", name=op.f("ck_item_counts_from_one")),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_item_campaign")),
        *(_points_at_a_revision() if is_sqlite else ()),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_item_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
    )
    op.create_index("ix_item_author", "item", ["campaign", "author_key"], unique=False)
    op.create_index(
        "ix_item_changed",
        "item",
        ["campaign", "sort_at"],
        unique=False,
        sqlite_where=sa.text("state = 'approved' AND approved_revision <> revision"),
        postgresql_where=sa.text("state = 'approved' AND approved_revision <> revision"),
    )
    op.create_index("ix_item_newest", "item", ["campaign", "state", "sort_at", "id"], unique=False)
    op.create_table(
        "revision",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("title", sa.String(length=500), nullable=False),
        sa.Column("html", sa.String(length=100000), nullable=False),
        sa.Column("text", sa.String(length=50000), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("precision", sa.String(length=10), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"],
            ["item.id"],
            name=op.f("fk_revision_item_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_revision")),
        sa.UniqueConstraint("item_id", "hash", name=op.f("uq_revision_item_id_hash")),
    )
    op.create_table(
        "identity",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("value", sa.String(length=500), nullable=False),
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_identity_campaign")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_identity_item_id")),
        sa.PrimaryKeyConstraint("campaign", "value", name=op.f("pk_identity")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identity_item_id"), "identity", ["item_id"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_sighting_item_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_sighting_source_id")),
        sa.PrimaryKeyConstraint("item_id", "source_id", name=op.f("pk_sighting")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "engagement",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=True),
        sa.Column("shares", sa.Integer(), nullable=True),
        sa.Column("replies", sa.Integer(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_engagement_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_engagement")),
    )
    op.create_table(
        "author",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("handle", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_author_campaign")),
        sa.PrimaryKeyConstraint("campaign", "key", name=op.f("pk_author")),
    )
    op.create_table(
        "objection",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("author_key", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_objection_campaign")),
        sa.PrimaryKeyConstraint("campaign", "author_key", name=op.f("pk_objection")),
    )
    op.create_table(
        "decision",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state_before", sa.String(length=10), nullable=False),
        sa.Column("state_after", sa.String(length=10), nullable=False),
        sa.Column("approved_before", sa.Integer(), nullable=True),
        sa.Column("approved_after", sa.Integer(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column("words_digest", sa.String(length=64), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_decision_campaign")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_decision_item_id")),
        sa.PrimaryKeyConstraint("campaign", "number", name=op.f("pk_decision")),
        sa.UniqueConstraint("campaign", "undoes", name=op.f("uq_decision_campaign_undoes")),
    )
    op.create_index(op.f("ix_decision_item_id"), "decision", ["item_id"], unique=False)
    op.create_table(
        "decision_words",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(length=100), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign", "number"],
            ["decision.campaign", "decision.number"],
            name=op.f("fk_decision_words_campaign_number"),
        ),
        sa.PrimaryKeyConstraint("campaign", "number", name=op.f("pk_decision_words")),
    )
    op.create_table(
        "amendment",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=2000), nullable=False),
        sa.Column("is_undone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_amendment_item_id")),
        sa.PrimaryKeyConstraint("item_id", "decision", "field", name=op.f("pk_amendment")),
    )
    op.create_table(
        "slot",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_slot_campaign")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_slot_item_id")),
        sa.PrimaryKeyConstraint("campaign", "decision", name=op.f("pk_slot")),
    )
    op.create_index("ix_slot_open", "slot", ["campaign", "slot", "ended_by"], unique=False)
    op.create_table(
        "withdrawal",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_withdrawal_item_id")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_withdrawal")),
    )
    op.create_table(
        "change",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_change_campaign")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_change_item_id")),
        sa.PrimaryKeyConstraint("campaign", "version", "item_id", name=op.f("pk_change")),
    )

    if is_sqlite:
        for trigger in SQLITE_TRIGGERS.values():
            op.execute(trigger)
        return
    # SQLite takes a foreign key to a table that comes later; PostgreSQL wants it afterwards.
    for name, column in POINTERS:
        op.create_foreign_key(
            name,
            "item",
            "revision",
            ["id", column],
            ["item_id", "number"],
            deferrable=True,
            initially="DEFERRED",
        )
    op.execute(POSTGRESQL_FUNCTION)
    for trigger in POSTGRESQL_TRIGGERS.values():
        op.execute(trigger)


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        for name, _ in POINTERS:
            op.drop_constraint(name, "item", type_="foreignkey")
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION engaged_never()")
