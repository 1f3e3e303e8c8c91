"""Assistance that has to be repaid since the identity it rested on had ended, and what has been repaid."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import metadata

clawback = Table(
    "clawback",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("assistance_id", BigInteger, ForeignKey("assistance.id"), nullable=False, unique=True),
    Column("enrolment_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("area", Text, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("source", Text, nullable=False, comment="the fund that paid it and gets it back"),
    Column("category", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("repaid", BigInteger, nullable=False, server_default="0"),
    Column("revoked_on", Date, comment="null: asked back since its payment was reversed"),
    Column("opened_on", Date, nullable=False),
    Column("holds_cover", Boolean, nullable=False, comment="cover is held until it is repaid"),
    Column(
        "decision", JSONB, nullable=False, comment="the engine's answer, with its clauses, or who asked it back and why"
    ),
    CheckConstraint("amount > 0 AND repaid >= 0 AND repaid <= amount", name="amount"),
    Index("ix_clawback_enrolment_id", "enrolment_id"),
)

repayment = Table(
    "repayment",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("clawback_id", BigInteger, ForeignKey("clawback.id"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("voucher", Text, nullable=False, unique=True, comment="of the channel that it was repaid through"),
    Column("repaid_on", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("amount > 0", name="amount"),
    comment="append-only",
)
