"""Tables of evidence: the audit chain, daily statements, and the breaks found between books."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import by_pages, metadata

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("segments", Integer, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False, comment="MAC of the last event"),
    Column("key", SmallInteger, nullable=False, comment="number of the audit key that is written with"),
    Column("seal", LargeBinary, nullable=False, comment="keyed hash over all the other columns"),
)

BY_PEOPLE = """origin LIKE '{"actor":"operator:%' OR origin LIKE '{"actor":"clerk:%'"""
"""Segments that a person wrote; ``actor`` comes first in an origin."""

audit_segment = Table(
    "audit_segment",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("segment", Integer, primary_key=True, autoincrement=False),
    Column("batch", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("origin", Text, nullable=False, comment="canonical JSON of what its events share: who, when, job, batch"),
    Index("ix_audit_segment_by_people", "recorded_at", postgresql_where=text(BY_PEOPLE)),
    Index("ix_audit_segment_batch", "chain", "batch", postgresql_where=text("batch IS NOT NULL")),
    Index("ix_audit_segment_job", "chain", text("(origin::jsonb->>'job')")),
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
    Column("mac", LargeBinary, nullable=False, comment="keyed hash over the previous MAC, the origin and all columns"),
    Index("ix_audit_event_person_id", "person_id", postgresql_where=text("person_id IS NOT NULL")),
    # What `levy held` lists of events: few among millions.
    Index(
        "ix_audit_event_held",
        "action",
        "person_id",
        "position",
        postgresql_where=text("action IN ('levy.short', 'levy.tier_differs', 'revocation.undetermined')"),
    ),
    # Whoever looks for a rare act passes over the pages that cannot have it.
    by_pages("ix_audit_event_action", "action", "text_bloom_ops (n_distinct_per_range = 40)"),
    # Segments come one after the other, so a few pages are enough, and writing costs nothing.
    by_pages("ix_audit_event_segment", "segment", pages=16),
)

statement = Table(
    "statement",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("area", Text, nullable=False),
    Column("side", Text, nullable=False, comment="tax or treasury"),
    Column("period", Text, nullable=False, comment="day, or month: totals only"),
    Column("day", Date, nullable=False, comment="of a month its first"),
    Column("digest", Text, nullable=False, comment="SHA-256 of the file, or of the totals as they were read"),
    Column("lines", Integer, nullable=False),
    Column("total", BigInteger, nullable=False, comment="fen as the rows add up: payments less what tax gave back"),
    Column("our_lines", Integer, nullable=False, comment="rows of our own book when it was compared"),
    Column("our_total", BigInteger, nullable=False, comment="fen, the same from our own book"),
    Column("matched", Integer, nullable=False),
    Column("compared_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("area", "side", "period", "day"),
    CheckConstraint("side IN ('tax', 'treasury')", name="side"),
    CheckConstraint("period IN ('day', 'month')", name="period"),
)

BREAK_STATES = ("open", "vanished", "resolved", "closed")

break_found = Table(
    "break_found",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("area", Text, nullable=False),
    Column("side", Text, nullable=False, comment="tax or treasury"),
    Column("period", Text, nullable=False, comment="day or month"),
    Column("day", Date, nullable=False, comment="on which it should agree: ours where we have it, else theirs"),
    Column("item", Text, nullable=False, comment="voucher, order, line of a file, heading of a month"),
    Column("kind", Text, nullable=False, comment="how the books differ about it now"),
    Column("stated_on", Date, comment="day of the statement that has it; null while only our book has it"),
    Column("reference", Text),
    Column("ours", JSONB),
    Column("theirs", JSONB),
    Column("digest", Text, comment="SHA-256 of the file in which it was last seen, or missed"),
    Column("owner", Text, comment="who looks after it; the steps say since when"),
    Column("state", Text, nullable=False, server_default="open"),
    Column("opened_on", Date, nullable=False, comment="business date since which it is open: its age counts from here"),
    Column("found_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("closed_on", Date),
    Column("closed_at", DateTime(timezone=True)),
    UniqueConstraint("area", "side", "period", "day", "item"),
    CheckConstraint(f"state IN {BREAK_STATES}", name="state"),
    Index("ix_break_found_item", "item"),
    Index("ix_break_found_open", "opened_on", postgresql_where=text("state = 'open'")),
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
    Column("waits_for", BigInteger, comment="the refund case that has to end before it can be booked"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("booked_at", DateTime(timezone=True)),
)
