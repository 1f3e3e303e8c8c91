"""Tables of evidence: the audit chain, daily statements, and the breaks found between books."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import metadata

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("segments", Integer, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False, comment="MAC of the last event"),
    Column("seal", LargeBinary, nullable=False, comment="HMAC-SHA-256 over all the other columns"),
)

audit_segment = Table(
    "audit_segment",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("batch", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("origin", Text, nullable=False, comment="canonical JSON of what its events share: who, when, job, batch"),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="counts from 1 without a gap"),
    Column("segment", Integer, nullable=False, comment="events written by one transaction"),
    Column("action", Text, nullable=False),
    Column("person_id", BigInteger),
    Column("facts", Text, nullable=False, comment="canonical JSON: rule, before, after, amounts, outcome"),
    Column(
        "mac", LargeBinary, nullable=False, comment="HMAC-SHA-256 over the previous MAC, the origin and all columns"
    ),
    Index("ix_audit_event_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
)

statement = Table(
    "statement",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("area", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("digest", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("total", BigInteger, nullable=False, comment="fen, payments less reversals, as the rows add up"),
    Column("our_total", BigInteger, nullable=False, comment="fen, the same from our own book"),
    Column("matched", Integer, nullable=False),
    Column("compared_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("area", "day"),
)

break_found = Table(
    "break_found",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("area", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("kind", Text, nullable=False),
    Column("voucher_no", Text, nullable=False, server_default=""),
    Column("reference", Text),
    Column("ours", JSONB),
    Column("theirs", JSONB),
    Column("state", Text, nullable=False, server_default="open"),
    Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("closed_at", DateTime(timezone=True)),
    UniqueConstraint("area", "day", "kind", "voucher_no"),
)

held_row = Table(
    "held_row",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("feed", Text, nullable=False, comment="tax.payments or treasury.results"),
    Column("digest", Text, nullable=False, unique=True),
    Column("reason", Text, nullable=False),
    Column("body", LargeBinary, nullable=False, comment="what came over the wire, encrypted"),
    Column("job_id", BigInteger, ForeignKey("job.id"), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
