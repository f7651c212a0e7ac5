"""What posts can be found by: tags, languages and kinds of revisions; words of moderators as compared.

Both are made for what is stored already, some at a time: a store may hold a hundred thousand posts. And
an index over when mails were claimed, which the pace of every domain is read from.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

AT_A_TIME = 1_000
FOLDED_LIMIT = 500

FACET = sa.table("facet", *map(sa.column, ("item_id", "revision", "campaign", "name", "value")))
REVISIONS = sa.text("""
    SELECT revision.item_id, revision.number, item.campaign,
        revision.kind, revision.language, revision.tags
    FROM revision JOIN item ON item.id = revision.item_id
    WHERE (revision.item_id, revision.number) > (:item_id, :number)
    ORDER BY revision.item_id, revision.number LIMIT :most
""").columns(tags=sa.JSON())
AMENDMENTS = sa.text("""
    SELECT item_id, decision AS number, field, value FROM amendment
    WHERE field IN ('kind', 'library', 'place')
        AND (item_id, decision, field) > (:item_id, :number, :field)
    ORDER BY item_id, decision, field LIMIT :most
""")
FOLD = sa.text("""
    UPDATE amendment SET folded = :folded
    WHERE item_id = :item_id AND decision = :number AND field = :field
""")


def upgrade() -> None:
    op.create_table(
        "facet",
        sa.Column("item_id", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=10), nullable=False),
        sa.Column("value", sa.String(length=100), nullable=False),
        sa.Column("campaign", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id", "revision"],
            ["revision.item_id", "revision.number"],
            name=op.f("fk_facet_item_id_revision"),
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(["campaign"], ["campaign.slug"], name=op.f("fk_facet_campaign")),
        sa.PrimaryKeyConstraint("item_id", "revision", "name", "value", name=op.f("pk_facet")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "amendment",
        sa.Column("folded", sa.String(length=FOLDED_LIMIT), server_default="", nullable=False),
    )
    # Before the rows: PostgreSQL indexes nothing whose deferred checks still wait.
    op.create_index("ix_facet_value", "facet", ["campaign", "name", "value", "item_id"])
    op.create_index("ix_amendment_folded", "amendment", ["field", "folded", "item_id"])
    op.create_index("ix_delivery_claimed", "delivery", ["claimed_at"])
    for rows in _some_at_a_time(REVISIONS):
        op.bulk_insert(FACET, [facet for row in rows for facet in _facets(row)])
    for rows in _some_at_a_time(AMENDMENTS):
        op.get_bind().execute(FOLD, [{**row, "folded": _folded(row["value"])} for row in rows])


def _some_at_a_time(statement: sa.Executable) -> Iterator[Sequence[Any]]:
    place: dict[str, Any] = {"item_id": "", "number": 0, "field": ""}
    while rows := op.get_bind().execute(statement, {**place, "most": AT_A_TIME}).mappings().all():
        yield rows
        place = {key: rows[-1].get(key, "") for key in place}


def _facets(row: Any) -> list[dict[str, Any]]:
    its = {"item_id": row["item_id"], "revision": row["number"], "campaign": row["campaign"]}
    languages = accumulate(row["language"].split("-"), lambda wider, part: f"{wider}-{part}")
    found = {("tag", tag) for tag in row["tags"]} | {("kind", row["kind"])}
    found |= {("language", each) for each in languages}
    return [{**its, "name": name, "value": value} for name, value in sorted(found)]


def _folded(words: str) -> str:
    return " ".join(normalize("NFKC", words).casefold().split())[:FOLDED_LIMIT]


def downgrade() -> None:
    op.drop_index("ix_delivery_claimed", "delivery")
    op.drop_index("ix_amendment_folded", "amendment")
    op.drop_column("amendment", "folded")
    op.drop_table("facet")
