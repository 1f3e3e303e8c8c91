"""Tables of money: decisions, dues and their versions, payments, assistance, pay-outs, accounts and transfers.

Rows that come by the hundred thousand have no foreign keys: PostgreSQL looks each one up by itself, which made writing
transfers three times as slow, and their ids come from rows that the same transaction has just read. ``levy check``
looks for any that dangle. The primary key of a transfer, (code, subject), is its idempotency key.
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
    Index,
    Integer,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import by_pages, metadata

DUE_STATES = ("assessed", "accepted", "rejected", "part_paid", "paid", "refunded", "voiding", "void")
ASSISTANCE_STATES = ("granted", "ordered", "paid", "held", "applied", "cancelled")
TIMINGS = ("at_levy", "after_payment")

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("notice", Text, nullable=False),
    Column("body", JSONB, nullable=False, comment="the engine's answer without the person: lines, clauses, why"),
)

decision_assistance = Table(
    "decision_assistance",
    metadata,
    Column("decision_id", Integer, ForeignKey("decision.id"), primary_key=True),
    Column("ordinal", SmallInteger, primary_key=True),
    Column("insurance", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("timing", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("on_application", Boolean, nullable=False),
    Column("paid_by_area", Text, nullable=False),
    Column("rule", Text, nullable=False),
)

due_number = Sequence("due_number", metadata=metadata, cache=1)

# Of the long tables, columns of one width come first: a scan then reads no further into a row.
due = Table(
    "due",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from the sequence due_number"),
    Column("enrolment_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("standard", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False, server_default="0"),
    Column(
        "lowered", BigInteger, nullable=False, server_default="0", comment="of what is paid: owed back, see correction"
    ),
    Column("decision_id", Integer, nullable=False),
    Column("assessed_on", Date, nullable=False),
    Column("deadline", Date, nullable=False, comment="last day on which this amount may be paid"),
    Column("insured_year", SmallInteger, nullable=False),
    Column("part", SmallInteger, nullable=False, server_default="0", comment="0 the levy; 1, 2... asked for later"),
    Column("version", SmallInteger, nullable=False),
    Column("current", Boolean, nullable=False, server_default="true"),
    Column("reversed", Boolean, nullable=False, server_default="false", comment="tax took its payment back: ask anew"),
    Column("area", Text, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("payer", Text, nullable=False, comment="person, or the funding source that pays in their stead"),
    Column("channel", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="assessed"),
    Column("batch", Text, nullable=False, comment="key of the batch that carries it to tax"),
    Column("paid_on", Date),
    Column("declaration", Text, comment="key of the sponsor's declaration that pays it"),
    Column("tax_no", Text),
    Column("reject_code", Text),
    CheckConstraint("amount > 0 AND amount <= standard", name="amount"),
    CheckConstraint(
        "paid >= 0 AND paid <= amount AND (state IN ('paid', 'refunded')) = (paid = amount)"
        " AND (state = 'part_paid') = (paid > 0 AND paid < amount)",
        name="paid",
    ),
    CheckConstraint("lowered >= 0 AND lowered <= paid", name="lowered"),
    CheckConstraint(f"state IN {DUE_STATES}", name="state"),
    Index(
        "uq_due_current", "enrolment_id", "insurance", "payer", "part", unique=True, postgresql_where=text("current")
    ),
    Index("ix_due_person_id", "person_id"),
    Index("ix_due_replaced", "enrolment_id", postgresql_where=text("NOT current")),
    Index("ix_due_amount", "amount", "id", postgresql_where=text("current")),
    Index("ix_due_sponsored", "id", postgresql_where=text("payer <> 'person'")),
    # Any other index on what changes with each payment makes every change write all indexes.
    by_pages("ix_due_state", "state", "text_bloom_ops"),
    postgresql_with={"fillfactor": 50},
)

correction_number = Sequence("correction_number", metadata=metadata, cache=1)

correction = Table(
    "correction",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from the sequence correction_number"),
    Column("due_id", BigInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="fen that were paid and are owed back: less was due"),
    Column("decision_id", Integer, nullable=False),
    Column("corrected_on", Date, nullable=False),
    Column(
        "undoes", BigInteger, unique=True, comment="the correction that a reversal made void; its amount is below 0"
    ),
    CheckConstraint("amount <> 0 AND (amount < 0) = (undoes IS NOT NULL)", name="amount"),
    Index("ix_correction_due_id", "due_id"),
    comment="append-only: a paid due turned out too high",
)

payment_number = Sequence("payment_number", metadata=metadata, cache=1)

payment = Table(
    "payment",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from the sequence payment_number"),
    Column("amount", BigInteger, nullable=False),
    Column("paid_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("tax_date", Date, nullable=False),
    Column("insured_year", SmallInteger, nullable=False),
    Column(
        "line",
        SmallInteger,
        nullable=False,
        server_default="1",
        comment="of the voucher; a reversal's: of what it undoes",
    ),
    Column("due_id", BigInteger, comment="null: the reference is not ours"),
    Column("area", Text, nullable=False),
    Column("voucher_no", Text, nullable=False, comment="电子税票号"),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", Text, comment="null: what a school handed in beyond its list"),
    Column("person_no", Text),
    Column("reverses", Text),
    Column(
        "remark",
        Text,
        comment="what was odd about it: overpaid, underpaid, unknown_reference, person, reversed,"
        " reversal_without_payment, refunded",
    ),
    CheckConstraint("amount > 0", name="amount"),
    UniqueConstraint("voucher_no", "line"),
    Index("ix_payment_due_id", "due_id"),
    Index("ix_payment_tax_date", "tax_date"),
    Index("ix_payment_underpaid", "due_id", postgresql_where=text("remark = 'underpaid'")),
    Index("uq_payment_reversed_once", "reverses", "line", unique=True, postgresql_where=text("remark = 'reversed'")),
)

assistance_number = Sequence("assistance_number", metadata=metadata, cache=1)

assistance = Table(
    "assistance",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from the sequence assistance_number"),
    Column("enrolment_id", BigInteger, comment="null: enrolled in another area, granted on a claim"),
    Column("handoff_id", BigInteger, comment="the claim between areas that it was granted on"),
    Column("person_id", BigInteger, nullable=False),
    Column("due_id", BigInteger, comment="null: netted to nothing, so that no due was asked for; or paid elsewhere"),
    Column("area", Text, nullable=False),
    Column("insured_year", SmallInteger, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("timing", Text, nullable=False, server_default="after_payment"),
    Column("amount", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column(
        "state", Text, nullable=False, server_default="granted", comment="applied: it stood in for premium at the levy"
    ),
    Column("held_because", Text),
    Column("ordinal", SmallInteger, nullable=False, comment="counts without a gap what was granted with one premium"),
    Column("granted_on", Date, nullable=False),
    # With the trigger of 0001_assistance.sql: of two transactions that grant at once, one comes first.
    UniqueConstraint("person_id", "insured_year", "insurance", "ordinal"),
    CheckConstraint("(enrolment_id IS NULL) = (handoff_id IS NOT NULL)", name="granted_to"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint(f"state IN {ASSISTANCE_STATES}", name="state"),
    CheckConstraint(f"timing IN {TIMINGS}", name="timing"),
    CheckConstraint("(timing = 'at_levy') = (state = 'applied') OR state = 'cancelled'", name="way"),
    CheckConstraint("ordinal > 0", name="ordinal"),
    Index("ix_assistance_enrolment_id", "enrolment_id"),
    Index("ix_assistance_handoff_id", "handoff_id", postgresql_where=text("handoff_id IS NOT NULL")),
    Index("ix_assistance_amount", "amount", "id"),
    Index("ix_assistance_open", "source", "id", postgresql_where=text("state NOT IN ('paid', 'applied', 'cancelled')")),
    postgresql_with={"fillfactor": 60},
)

disbursement_number = Sequence("disbursement_number", metadata=metadata, cache=1)

disbursement = Table(
    "disbursement",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from disbursement_number; the reference"),
    Column("assistance_id", BigInteger, ForeignKey("assistance.id"), comment="what it pays out: assistance"),
    Column("refund_item_id", BigInteger, ForeignKey("refund_item.id"), comment="or a refund"),
    Column("attempt", SmallInteger, nullable=False),
    Column("bank_account_id", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("batch", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="ordered"),
    Column("code", Text, comment="why the treasury refused or the bank returned it"),
    Column("settled_on", Date),
    UniqueConstraint("assistance_id", "attempt"),
    UniqueConstraint("refund_item_id", "attempt"),
    CheckConstraint("(assistance_id IS NULL) <> (refund_item_id IS NULL)", name="pays_one"),
    CheckConstraint("state IN ('ordered', 'accepted', 'refused', 'paid', 'returned')", name="state"),
    Index("ix_disbursement_batch", "batch"),
    postgresql_with={"fillfactor": 60},
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("area", Text, nullable=False),
    Column("code", Text, nullable=False, comment="from the chart: config/accounts.yaml"),
    Column("insurance", Text, nullable=False),
    Column("source", Text, nullable=False, server_default="", comment="funding source, or empty"),
    UniqueConstraint("area", "code", "insurance", "source"),
)

transfer = Table(
    "transfer",
    metadata,
    Column("code", Text, primary_key=True, comment="why the money moves"),
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False, comment="due, payment, disbursement..."),
    Column("debit_id", Integer, nullable=False),
    Column("credit_id", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("due_id", BigInteger, comment="null where money came that belongs to no due of ours"),
    Column("business_date", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("debit_id <> credit_id", name="two_accounts"),
)
