"""Tables of statements of claim: what a fund is asked for, line by line, and what the finance bureau has paid of it.

A line that counts (``live``) stands on one statement only: the database refuses the same grant, cancellation, repayment
or refund twice. Lines come by the ten thousand and carry no foreign keys; ``levy check`` looks for any that dangle.
"""

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
    Sequence,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)

from worker.database.schema import metadata

LINE_KINDS = ("claim", "cancelled", "repaid", "refunded")
STATEMENT_STATES = ("drawn", "partly_settled", "settled", "withdrawn")

fund_statement_number = Sequence("fund_statement_number", metadata=metadata, cache=1)

fund_statement = Table(
    "fund_statement",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from fund_statement_number"),
    Column("number", Text, nullable=False, unique=True, comment="what the finance bureau knows it by"),
    Column("area", Text, nullable=False),
    Column("insured_year", SmallInteger, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("source", Text, nullable=False, comment="the fund that is asked"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("claimed", BigInteger, nullable=False, comment="fen of its lines of kind claim"),
    Column("deducted", BigInteger, nullable=False, comment="fen of all its other lines"),
    Column("set_off", BigInteger, nullable=False, comment="of what is deducted: repaid by persons or refunded"),
    Column("settled", BigInteger, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="drawn"),
    Column("drawn_on", Date, nullable=False),
    Column("drawn_by", Text, nullable=False),
    Column("withdrawn_on", Date),
    CheckConstraint("first_day <= last_day", name="period"),
    CheckConstraint("claimed >= 0 AND set_off >= 0 AND set_off <= deducted", name="amounts"),
    CheckConstraint("settled >= 0 AND settled <= abs(claimed - deducted)", name="settled"),
    CheckConstraint(
        "state = CASE WHEN withdrawn_on IS NOT NULL THEN 'withdrawn' WHEN settled = abs(claimed - deducted)"
        " THEN 'settled' WHEN settled > 0 THEN 'partly_settled' ELSE 'drawn' END",
        name="state",
    ),
    CheckConstraint("withdrawn_on IS NULL OR settled = 0", name="withdrawn"),
    Index(
        "uq_fund_statement_period",
        "area",
        "insured_year",
        "insurance",
        "source",
        "first_day",
        "last_day",
        unique=True,
        postgresql_where=text("withdrawn_on IS NULL"),
    ),
)

fund_statement_line = Table(
    "fund_statement_line",
    metadata,
    Column("statement_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column(
        "subject_id",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="the assistance; of repaid the repayment, of refunded the refund item",
    ),
    Column("enrolment_id", BigInteger, comment="null: of somebody enrolled in another area"),
    Column("person_id", BigInteger, nullable=False),
    Column("category", Text, nullable=False, comment="empty: a refund of which no assistance is known"),
    Column("rule", Text, nullable=False),
    Column("clauses", Text, nullable=False, comment="of the notice, by which it is claimed or deducted"),
    Column("standard", BigInteger, comment="of the person; null: not known"),
    Column("amount", BigInteger, nullable=False, comment="fen; what is deducted is negative"),
    Column("on_day", Date, nullable=False, comment="granted, cancelled, repaid or refunded on"),
    Column("live", Boolean, nullable=False, server_default=text("true"), comment="false: its statement was withdrawn"),
    CheckConstraint(f"kind IN {LINE_KINDS}", name="kind"),
    CheckConstraint("CASE kind WHEN 'claim' THEN amount > 0 ELSE amount < 0 END", name="amount"),
    Index("uq_fund_statement_line_once", "kind", "subject_id", unique=True, postgresql_where=text("live")),
    comment="only live ever changes: a claim that falls away is deducted by a line of a later statement",
)

fund_settlement = Table(
    "fund_settlement",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("statement_id", BigInteger, ForeignKey("fund_statement.id"), nullable=False),
    Column("amount", BigInteger, nullable=False, comment="fen; of a statement below zero: given back to the fund"),
    Column("voucher", Text, nullable=False, unique=True, comment="of the finance bureau"),
    Column("settled_on", Date, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_fund_settlement_statement_id", "statement_id"),
    comment="append-only",
)
