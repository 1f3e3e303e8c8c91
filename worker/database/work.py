"""Tables of work: the job, its attempts, the messages that left, cursors, and the season's own clock."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from worker.database.schema import metadata

JOB_STATES = ("ready", "running", "unknown", "done", "rejected", "parked", "discarded")
OPEN_STATES = ("ready", "running", "unknown")

job = Table(
    "job",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("payload", JSONB, nullable=False, comment="identifiers only, never personal data"),
    Column(
        "shape",
        SmallInteger,
        nullable=False,
        server_default="1",
        comment="of the payload: an older release leaves a newer one alone",
    ),
    Column("area", Text, comment="six-digit area code"),
    Column("business_date", Date, nullable=False),
    Column("state", Text, nullable=False, server_default="ready"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("max_attempts", Integer, nullable=False),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("nudged_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("lease_until", DateTime(timezone=True)),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("delays", Integer, nullable=False, server_default="0", comment="how often it was put off in a row"),
    Column("waits_for", Text, comment="the neighbour that did not answer it"),
    Column("asks", Boolean, nullable=False, server_default="false", comment="only asks by key, sends nothing"),
    Column("outcome", JSONB, comment="what the last attempt came to: cause, reason, figures"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    UniqueConstraint("kind", "key"),
    CheckConstraint(f"state IN {JOB_STATES}", name="state"),
    Index("ix_job_open", "next_attempt_at", postgresql_where=text(f"state IN {OPEN_STATES}")),
    Index("ix_job_stopped", "state", "kind", postgresql_where=text("state IN ('parked', 'rejected')")),
    postgresql_with={"fillfactor": 70},
)

job_attempt = Table(
    "job_attempt",
    metadata,
    Column("job_id", BigInteger, ForeignKey("job.id"), primary_key=True),
    Column("fence", Integer, primary_key=True),
    Column("worker", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("outcome", Text, nullable=False, comment="done, later, rejected, unknown, parked, lost"),
    Column("cause", Text, comment="a word to count failures by"),
    Column("status", SmallInteger, comment="HTTP status of the neighbour's reply"),
    Column("reason", Text, comment="a sentence; long numbers are masked"),
)

message = Table(
    "message",
    metadata,
    Column("key", Text, primary_key=True, comment="idempotency key on the wire; never reused for another body"),
    Column("job_id", BigInteger, ForeignKey("job.id"), nullable=False, unique=True),
    Column("neighbour", Text, nullable=False),
    Column("payload_hash", Text, nullable=False, comment="SHA-256 of the bytes that go out, hexadecimal"),
    Column("body", LargeBinary, comment="the bytes, compressed and encrypted; kept until the answer is recorded"),
    Column("intended_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("answered_at", DateTime(timezone=True)),
    Column("asked_at", DateTime(timezone=True), comment="when the neighbour said it never saw it; nothing left since"),
    Index("ix_message_open", "intended_at", postgresql_where=text("answered_at IS NULL")),
)

feed_cursor = Table(
    "feed_cursor",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("followed_to", Date, comment="what happened before this day has all been booked; null = not known yet"),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

heartbeat = Table(
    "heartbeat",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)

season_clock = Table(
    "season_clock",
    metadata,
    Column("row", Integer, primary_key=True, server_default="1"),
    Column("today", Date, nullable=False),
    CheckConstraint('"row" = 1', name="one_row"),
)
