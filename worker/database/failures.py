"""Tables of failures: neighbours that do not answer, and what people ask to be done with stopped jobs."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from worker.database.schema import metadata

INTERVENTION_STATES = ("requested", "carried_out", "declined")

breaker = Table(
    "breaker",
    metadata,
    Column("neighbour", Text, primary_key=True, comment="tax, treasury, or peer and its area"),
    Column("failures", Integer, nullable=False, comment="calls in a row that failed"),
    Column("opened_at", DateTime(timezone=True), comment="null: calls go through"),
    Column("openings", Integer, nullable=False, server_default="0", comment="in a row; each is longer"),
    Column("retry_at", DateTime(timezone=True), comment="when the next probe may go"),
    Column("failed_at", DateTime(timezone=True)),
    Column("cause", Text),
    Column("status", SmallInteger, comment="HTTP status of the last failure"),
    Column("reason", Text, comment="a sentence on the last failure"),
)

pace = Table(
    "pace",
    metadata,
    Column("neighbour", Text, primary_key=True),
    Column("next_at", DateTime(timezone=True), nullable=False, comment="when the next call may go"),
)

call = Table(
    "call",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("neighbour", Text, nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="calls to neighbours under way",
    prefixes=["UNLOGGED"],
)

intervention = Table(
    "intervention",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("action", Text, nullable=False),
    Column("job_count", Integer, nullable=False),
    Column("alone", Integer, nullable=False, comment="how many one person may replay alone, when it was asked for"),
    Column("per_minute", Integer, comment="null: all at once"),
    Column("reason", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("confirmed_by", Text, comment="who confirmed or declined it"),
    Column("answer", Text, comment="why it was declined"),
    Column("state", Text, nullable=False, server_default="requested"),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("action IN ('replay', 'discard', 'ask')", name="action"),
    CheckConstraint(f"state IN {INTERVENTION_STATES}", name="state"),
    CheckConstraint("(state = 'requested') = (closed_at IS NULL)", name="closed"),
    CheckConstraint("job_count > 0 AND per_minute > 0 AND alone BETWEEN 0 AND 1000", name="counts"),
    CheckConstraint("lower(btrim(confirmed_by)) <> lower(btrim(requested_by))", name="second_person"),
    CheckConstraint(
        "state <> 'carried_out' OR confirmed_by IS NOT NULL OR action = 'ask'"
        " OR (action = 'replay' AND job_count <= alone)",
        name="confirmed",
    ),
    Index("ix_intervention_open", "id", postgresql_where=text("state = 'requested'")),
)

intervention_job = Table(
    "intervention_job",
    metadata,
    Column("intervention_id", BigInteger, ForeignKey("intervention.id"), primary_key=True),
    Column("job_id", BigInteger, ForeignKey("job.id"), primary_key=True),
    Index("ix_intervention_job_job_id", "job_id"),
)

asked_round = Table(
    "asked_round",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("business_date", Date, nullable=False),
    Column("ticks", ARRAY(Text), nullable=False, comment="in the order in which they are called for"),
    Column("alive_until", DateTime(timezone=True), nullable=False, comment="renewed by whoever does it"),
    Column("ended_at", DateTime(timezone=True)),
    Column("failed", Text, comment="a sentence; null: it came to its end"),
    comment="rounds of the scheduled work that people asked for",
)
