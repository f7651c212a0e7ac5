"""The weekly mail: issues and their posts, subscribers, deliveries, who is never mailed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = ("outgoing", "opt_in", "suppressed", "delivery", "subscriber", "issue_item", "issue")
ISSUE_STATES = ("draft", "seconding", "approved", "sending", "paused", "sent", "skipped", "late")
SUBSCRIBER_STATES = ("asked", "confirmed", "paused", "unsubscribed", "suppressed")
DELIVERY_STATES = ("queued", "claimed", "sent", "failed", "bounced", "uncertain", "skipped")
OUTGOING_STATES = ("queued", "claimed", "sent", "failed")


def upgrade() -> None:
    op.add_column("campaign", _words("mail_key", 64))
    _issues()
    _subscribers()
    _deliveries()
    _letters()


def _campaign(table: str) -> tuple[SchemaItem, ...]:
    return (
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f(f"fk_{table}_campaign")),
    )


def _known(table: str, column: str, values: tuple[str, ...]) -> SchemaItem:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_known_{column}"))


def _words(name: str, length: int) -> "sa.Column[str]":
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def _moment(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _issues() -> None:
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        *_campaign("issue"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _moment("drafted_at", nullable=False),
        _moment("due_at", nullable=False),
        _moment("not_after", nullable=False),
        _moment("told_at"),
        _words("approved_by", 100),
        _moment("approved_at"),
        _words("seconded_by", 100),
        _moment("started_at"),
        _moment("ended_at"),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("frozen", sa.JSON(), nullable=True),
        _words("digest", 64),
        _words("note", 500),
        _known("issue", "state", ISSUE_STATES),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("campaign", "number", name=op.f("uq_issue_campaign_number")),
        sa.UniqueConstraint("campaign", "week", name=op.f("uq_issue_campaign_week")),
    )
    op.create_index("ix_issue_state", "issue", ["state", "due_at"])
    op.create_table(
        "issue_item",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_item_issue_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_issue_item_item_id")),
        sa.PrimaryKeyConstraint("issue_id", "item_id", name=op.f("pk_issue_item")),
    )
    op.create_index("ix_issue_item_item", "issue_item", ["item_id"])


def _subscribers() -> None:
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        *_campaign("subscriber"),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("domain", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _words("language", 35),
        _words("zone", 60),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=43), nullable=False),
        _words("token_digest", 64),
        _moment("token_until"),
        _moment("asked_at", nullable=False),
        _moment("confirmed_at"),
        _moment("ended_at"),
        _words("cause", 20),
        _moment("paused_until"),
        sa.Column("origin", sa.String(length=10), nullable=False),
        _words("consent", 500),
        _words("form_version", 20),
        _words("network_digest", 64),
        _moment("network_until"),
        sa.Column("bounces", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _known("subscriber", "state", SUBSCRIBER_STATES),
        _known("subscriber", "origin", ("form", "import")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("campaign", "digest", name=op.f("uq_subscriber_campaign_digest")),
        sa.UniqueConstraint("key", name=op.f("uq_subscriber_key")),
    )
    op.create_index("ix_subscriber_state", "subscriber", ["campaign", "state"])
    op.create_index("ix_subscriber_token", "subscriber", ["token_digest"])


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("message_id", sa.String(length=320), nullable=False),
        _words("language", 35),
        _moment("send_at", nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("next_at"),
        _moment("claimed_at"),
        _moment("at", nullable=False),
        _words("words", 500),
        _words("settled_by", 100),
        _known("delivery", "state", DELIVERY_STATES),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_delivery_issue_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name=op.f("fk_delivery_subscriber_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint(
            "issue_id", "subscriber_id", name=op.f("uq_delivery_issue_id_subscriber_id")
        ),
    )
    op.create_index("ix_delivery_due", "delivery", ["issue_id", "state", "send_at"])
    op.create_index("ix_delivery_message", "delivery", ["message_id"])
    op.create_index("ix_delivery_subscriber_id", "delivery", ["subscriber_id"])


def _letters() -> None:
    op.create_table(
        "suppressed",
        *_campaign("suppressed"),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        _moment("at", nullable=False),
        sa.PrimaryKeyConstraint("campaign", "digest", name=op.f("pk_suppressed")),
    )
    op.create_table(
        "opt_in",
        sa.Column("id", sa.Integer(), nullable=False),
        *_campaign("opt_in"),
        sa.Column("digest", sa.String(length=64), nullable=False),
        _moment("at", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_in")),
    )
    op.create_index("ix_opt_in_digest", "opt_in", ["campaign", "digest", "at"])
    op.create_table(
        "outgoing",
        sa.Column("id", sa.Integer(), nullable=False),
        *_campaign("outgoing"),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _moment("put_at", nullable=False),
        _moment("next_at", nullable=False),
        _moment("claimed_at"),
        _moment("sent_at"),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        _words("words", 500),
        _known("outgoing", "state", OUTGOING_STATES),
        _known("outgoing", "kind", ("confirm", "editors", "test")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing")),
    )
    op.create_index("ix_outgoing_due", "outgoing", ["state", "next_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("campaign", "mail_key")
