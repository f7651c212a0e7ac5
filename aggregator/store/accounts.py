"""The tables of people who sign in. Of what opens a door only digests are kept."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Integer, String, Table, true

from aggregator.store.columns import Moment, known, metadata

ROLES = ("viewer", "moderator", "editor", "admin")

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("email", String(254), nullable=False, server_default=""),
    Column("role", String(10), nullable=False),
    # argon2id with its salt and costs, as the library writes it; empty: no password yet.
    Column("password", String(300), nullable=False, server_default=""),
    Column("is_active", Boolean, nullable=False, server_default=true()),
    # What this person chose for the screens (keys off, focus view …).
    Column("choices", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    known("role", ROLES),
)

# A signed-in browser. Only digests of what it holds are stored.
session = Table(
    "session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("browser", String(200), nullable=False, server_default=""),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# A link that works once: to become a person (person_id empty), or to set a new password.
invite = Table(
    "invite",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("role", String(10), nullable=False),
    Column("email", String(254), nullable=False, server_default=""),
    Column("person_id", Integer, ForeignKey("person.id")),
    Column("made_by", String(100), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
    known("role", ROLES),
)

# Wrong passwords, by a digest of the name or of the network they came from.
attempt = Table(
    "attempt",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
)
