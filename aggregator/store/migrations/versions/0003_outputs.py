"""What goes out: answers and occasions of revisions, counts, hosts, receipts, errands, webhooks.

Answers are made for what is stored already, and posts of servers with Mastodon's API get the name
that answers to them use.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("hook", "errand", "receipt", "appearance", "counter", "occasion", "answer")
LEFT = sa.text("state <> 'approved' AND shown_since IS NOT NULL")

NATIVE_NAMES = """
INSERT INTO identity (campaign, value, item_id)
SELECT source.campaign, 'mastodon:' || source.host || '/' || sighting.native, sighting.item_id
FROM sighting JOIN source ON source.id = sighting.source_id
WHERE source.kind = 'mastodon' AND sighting.native <> ''
ON CONFLICT DO NOTHING
"""
ANSWERS = """
INSERT INTO answer (item_id, revision, campaign, value)
SELECT revision.item_id, revision.number, item.campaign, {said}
FROM revision JOIN item ON item.id = revision.item_id
WHERE length({said}) BETWEEN 1 AND 500
"""
SAID = {
    "sqlite": "json_extract(revision.facts, '$.in_reply_to')",
    "postgresql": "revision.facts ->> 'in_reply_to'",
}


def upgrade() -> None:
    _of_revisions()
    _counts()
    _receipts()
    _work()
    op.create_index(
        "ix_item_left",
        "item",
        ["campaign", "public_changed_at"],
        sqlite_where=LEFT,
        postgresql_where=LEFT,
    )
    op.execute(NATIVE_NAMES)
    op.execute(ANSWERS.format(said=SAID[op.get_bind().dialect.name]))


def _of_a_revision(table: str) -> tuple[SchemaItem, ...]:
    return (
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id", "revision"],
            ["revision.item_id", "revision.number"],
            name=op.f(f"fk_{table}_item_id_revision"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f(f"fk_{table}_campaign")),
        sa.PrimaryKeyConstraint("item_id", "revision", name=op.f(f"pk_{table}")),
    )


def _of_revisions() -> None:
    op.create_table(
        "answer",
        *_of_a_revision("answer"),
        sa.Column("value", sa.String(length=500), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_answer_value", "answer", ["campaign", "value"])
    op.create_table(
        "occasion",
        *_of_a_revision("occasion"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("over_at", sa.DateTime(timezone=True), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_occasion_over", "occasion", ["campaign", "over_at"])


def _counts() -> None:
    op.create_table(
        "counter",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("view", sa.String(length=60), nullable=False),
        sa.Column("item", sa.String(length=12), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "campaign", "hour", "what", "view", "item", "host", name=op.f("pk_counter")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_counter_hour", "counter", ["hour"])
    op.create_table(
        "appearance",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("view", sa.String(length=60), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("campaign", "host", "view", name=op.f("pk_appearance")),
        sqlite_with_rowid=False,
    )


def _receipts() -> None:
    op.create_table(
        "receipt",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("output", sa.String(length=20), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_receipt_item_id")),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_receipt_campaign")),
        sa.ForeignKeyConstraint(
            ["campaign", "decision"],
            ["decision.campaign", "decision.number"],
            name=op.f("fk_receipt_campaign_decision"),
        ),
        sa.PrimaryKeyConstraint("item_id", "decision", "output", name=op.f("pk_receipt")),
    )


def _work() -> None:
    op.create_table(
        "errand",
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_errand")),
    )
    op.create_index("ix_errand_open", "errand", ["answered_at", "asked_at"])
    op.create_table(
        "hook",
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_hook_campaign")),
        sa.PrimaryKeyConstraint("campaign", "name", name=op.f("pk_hook")),
    )


def downgrade() -> None:
    op.drop_index("ix_item_left", "item")
    for table in TABLES:
        op.drop_table(table)
