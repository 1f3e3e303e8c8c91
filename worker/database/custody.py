"""Tables of custody: which keys are in use, what was exported and removed of the audit log, whose heads we keep."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import metadata

KEY_STATES = ("current", "incoming", "former", "unused", "retired")

crypto_key = Table(
    "crypto_key",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("algorithm", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False, comment="by which the key is known again"),
    Column("state", Text, nullable=False, comment="incoming: being made; former: read with; unused: by no value"),
    Column("since", DateTime(timezone=True), nullable=False, server_default=func.now(), comment="in this state"),
    CheckConstraint("purpose IN ('data', 'index')", name="purpose"),
    CheckConstraint(f"state IN {KEY_STATES}", name="state"),
    Index("uq_crypto_key_current", "purpose", unique=True, postgresql_where=text("state = 'current'")),
    Index("uq_crypto_key_incoming", "purpose", unique=True, postgresql_where=text("state = 'incoming'")),
)

audit_stub = Table(
    "audit_stub",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("segments", Integer, primary_key=True, autoincrement=False, comment="of the last segment that was removed"),
    Column("events", BigInteger, nullable=False, comment="of the last event that was removed"),
    Column("mac", LargeBinary, nullable=False, comment="of that event: the chain goes on from it"),
    Column("until", Date, nullable=False, comment="last business date of what was removed"),
    Column("key", SmallInteger, nullable=False, comment="number of the audit key of the seal"),
    Column("seal", LargeBinary, nullable=False, comment="keyed hash over the columns above"),
    Column("files", JSONB, nullable=False, comment="the exported files that hold what was removed: name and SHA-256"),
    Column("actor", Text, nullable=False),
    Column("removed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="append-only: up to where a chain was exported, verified from the files, and removed",
)

peer_anchor = Table(
    "peer_anchor",
    metadata,
    Column("peer", Text, primary_key=True, comment="area whose head it is"),
    Column("chain", Text, primary_key=True),
    Column("events", BigInteger, primary_key=True, autoincrement=False),
    Column("head", LargeBinary, primary_key=True, comment="two of one length are both kept: one was forged"),
    Column("segments", Integer, nullable=False),
    Column("key", SmallInteger, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    Column("said_at", DateTime(timezone=True), nullable=False, comment="by the peer's clock"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="append-only: heads of peers' audit chains, kept for them",
)
