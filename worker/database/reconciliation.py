"""Tables of reconciliation beside statements and breaks: what was done about a break, and money given to its due.

Both are append-only: what turns out wrong is followed by another row.
"""

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
    Sequence,
    Table,
    Text,
    func,
)

from worker.database.schema import metadata

break_step = Table(
    "break_step",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("break_id", BigInteger, ForeignKey("break_found.id"), nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False, comment="a worker and its kind of job, or a clerk"),
    Column("text", Text, nullable=False, server_default=""),
    Column("business_date", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(
        "action IN ('found', 'changed', 'reopened', 'vanished', 'late', 'owned', 'explained', 'allocated', 'closed')",
        name="action",
    ),
    Index("ix_break_step_break_id", "break_id"),
    comment="append-only: the story of a break",
)

allocation_number = Sequence("allocation_number", metadata=metadata, cache=1)

allocation = Table(
    "allocation",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from the sequence allocation_number"),
    Column("payment_id", BigInteger, nullable=False),
    Column("due_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("undoes", BigInteger, ForeignKey("allocation.id"), unique=True, comment="the allocation that it takes back"),
    Column("reason", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_allocation_payment_id", "payment_id"),
    Index("ix_allocation_due_id", "due_id"),
    comment="append-only: money of nobody that was found to pay a due",
)
