"""Tables of the inbound API: keys of the systems that integrate, and the replies given to their batches."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Integer, LargeBinary, Table, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from worker.database.schema import metadata

ROLES = ("push", "ask", "read", "read_clear", "tax")

service_key = Table(
    "service_key",
    metadata,
    Column("id", Text, primary_key=True, comment="the part of the key that may be seen"),
    Column("client", Text, nullable=False),
    Column("area", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("secret", LargeBinary, nullable=False, comment="SHA-256 of the rest of the key, which is random"),
    Column("expires_on", Date, nullable=False, comment="the last day"),
    Column("added_by", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("revoked_by", Text),
    Column("revoked_at", DateTime(timezone=True)),
    Column("minute", BigInteger, nullable=False, server_default="0", comment="since 1970, of the last call"),
    Column("calls", Integer, nullable=False, server_default="0", comment="in that minute"),
    Column("used_at", DateTime(timezone=True)),
    CheckConstraint("client ~ '^[a-z][a-z0-9._-]{1,31}$'", name="client"),
    CheckConstraint(f"cardinality(roles) > 0 AND roles <@ ARRAY{list(ROLES)}", name="roles"),
    CheckConstraint("(revoked_by IS NULL) = (revoked_at IS NULL)", name="revoked"),
    postgresql_with={"fillfactor": 70},
)

api_reply = Table(
    "api_reply",
    metadata,
    Column("client", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("payload_hash", Text, nullable=False),
    Column("reply", JSONB, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="append-only: what a client was answered to a batch; no personal data",
)
