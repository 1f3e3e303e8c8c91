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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import metadata

clawback_request = Table(
    "clawback_request",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("assistance_id", BigInteger, ForeignKey("assistance.id"), nullable=False),
    Column("area", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_because", Text, nullable=False),
    Column("asked_on", Date, nullable=False),
    Column("answer", Text, comment="of the second person; null: it waits"),
    Column("reviewed_by", Text),
    Column("reviewed_because", Text),
    Column("reviewed_on", Date),
    CheckConstraint("answer IN ('approved', 'rejected')", name="answer"),
    CheckConstraint("(answer IS NULL) = (reviewed_by IS NULL)", name="reviewed"),
    CheckConstraint("lower(btrim(reviewed_by)) <> lower(btrim(asked_by))", name="second_review"),
    Index("uq_clawback_request_waits", "assistance_id", unique=True, postgresql_where=text("answer IS NULL")),
    comment="a clerk wants to ask assistance back where no notice says so; another person agrees or not",
)

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
    Column("revoked_on", Date, comment="null: two people asked it back, no identity ended"),
    Column("opened_on", Date, nullable=False),
    Column("holds_cover", Boolean, nullable=False, comment="cover is held until it is repaid"),
    Column(
        "decision", JSONB, nullable=False, comment="the engine's answer, with its clauses, or who asked it back and why"
    ),
    Column("asked_by", Text),
    Column("reviewed_by", Text),
    CheckConstraint("amount > 0 AND repaid >= 0 AND repaid <= amount", name="amount"),
    CheckConstraint(
        "revoked_on IS NOT NULL OR coalesce(lower(btrim(reviewed_by)) <> lower(btrim(asked_by)), false)",
        name="two_people",
    ),
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
