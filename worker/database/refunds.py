"""Tables of refunds and duplicate enrolments: who asks what back and why, what is given back to whom, what was found.

A refund item is a part of one payment that goes to one place: to the person or back to a fund. A trigger (see
``0001_refunds.sql``) locks the payments of new items and refuses what would exceed one of them, or give back a payment
that tax has reversed. Items are never edited in what they are about.
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

from worker.database.schema import metadata

REFUND_REASONS = (
    *("duplicate_payment", "joined_employee_scheme", "enrolled_elsewhere", "enrolled_as_student", "death"),
    *("wrong_area", "conscription", "imprisonment", "overpaid", "wrong_tier"),
)
ROUTES = ("tax", "treasury", "fund")
ITEM_STATES = ("approved", "ordered", "held", "paid", "stopped")
CASE_STATES = (
    *("applied", "undetermined", "refused", "decided", "approved", "rejected_by_review", "ordered", "held"),
    *("refunded", "withdrawn"),
)
ENDED = ("refused", "rejected_by_review", "withdrawn")
"""States in which a case gives nothing back, so that another may be opened for the same money."""

refund_case = Table(
    "refund_case",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("area", Text, nullable=False),
    Column("insured_year", SmallInteger, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("person_id", BigInteger, comment="null: money of nobody we know"),
    Column("enrolment_id", BigInteger),
    Column("due_id", BigInteger, comment="null: the money came under a reference that is not ours"),
    Column("payment_id", BigInteger, comment="the payment that was too much; null: all that paid the due"),
    Column("correction_id", BigInteger, comment="the correction by which less was due than was paid"),
    Column("reason", Text, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="fen that are asked back"),
    Column("remark", Text, comment="what whoever opened it says about it; no personal data"),
    Column("entered_by", Text, nullable=False),
    Column("applied_on", Date, nullable=False),
    Column("event_on", Date, comment="day of death, of other cover, of the second payment"),
    Column("own_fault", Boolean, comment="null = not known"),
    Column("benefits_used", Boolean, comment="null = not known"),
    Column("intended_area", Text),
    Column("decision", JSONB, comment="the answer: outcome, refund by recipient, ends_cover, clauses, why"),
    Column("state", Text, nullable=False, server_default="applied"),
    Column("reviewed_by", Text),
    Column("reviewed_on", Date),
    Column("review_reason", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint(f"reason IN {REFUND_REASONS}", name="reason"),
    CheckConstraint(f"state IN {CASE_STATES}", name="state"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("(reason = 'overpaid') = (num_nonnulls(payment_id, correction_id) = 1)", name="overpaid"),
    CheckConstraint("reason = 'overpaid' OR due_id IS NOT NULL", name="due"),
    CheckConstraint("lower(btrim(reviewed_by)) <> lower(btrim(entered_by))", name="second_review"),
    CheckConstraint(
        "reviewed_by IS NOT NULL OR state NOT IN ('approved', 'ordered', 'held', 'refunded', 'rejected_by_review')",
        name="reviewed",
    ),
    CheckConstraint("decision IS NOT NULL OR state IN ('applied', 'withdrawn', 'rejected_by_review')", name="decided"),
    Index(
        "uq_refund_case_premium",
        "due_id",
        unique=True,
        postgresql_where=text(f"reason <> 'overpaid' AND state NOT IN {ENDED}"),
    ),
    Index("uq_refund_case_overpaid", "payment_id", unique=True, postgresql_where=text(f"state NOT IN {ENDED}")),
    Index("uq_refund_case_correction", "correction_id", unique=True, postgresql_where=text(f"state NOT IN {ENDED}")),
    Index("ix_refund_case_open", "state", postgresql_where=text("state IN ('applied', 'undetermined', 'decided')")),
    Index("ix_refund_case_person_id", "person_id"),
)

refund_item_number = Sequence("refund_item_number", metadata=metadata, cache=1)

refund_item = Table(
    "refund_item",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False, comment="from refund_item_number; the reference"),
    Column("case_id", BigInteger, ForeignKey("refund_case.id"), nullable=False),
    Column("ordinal", SmallInteger, nullable=False),
    Column("payment_id", BigInteger, nullable=False, comment="the payment that it gives back a part of"),
    Column("person_id", BigInteger),
    Column("due_id", BigInteger),
    Column("area", Text, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("source", Text, nullable=False, comment="the fund that it goes back to; empty: to the person"),
    Column("amount", BigInteger, nullable=False),
    Column("stood", Text, nullable=False, comment="account where the money stood: premium_levied, overpaid, ..."),
    Column("route", Text, nullable=False, comment="who carries it out: tax, treasury; fund: settled with the fund"),
    Column("state", Text, nullable=False, server_default="approved"),
    Column("held_because", Text),
    Column("batch", Text, comment="key of the batch that carries it to tax"),
    Column("settled_on", Date),
    Column("reversed_on", Date, comment="since when tax has its payment taken back as well: not ordered any more"),
    UniqueConstraint("case_id", "ordinal"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint(f"route IN {ROUTES}", name="route"),
    CheckConstraint("(route = 'fund') = (source <> '')", name="fund"),
    CheckConstraint("stood IN ('premium_levied', 'overpaid', 'unidentified')", name="stood"),
    CheckConstraint(f"state IN {ITEM_STATES}", name="state"),
    Index("ix_refund_item_payment_id", "payment_id"),
    Index("ix_refund_item_open", "route", "id", postgresql_where=text("state NOT IN ('paid', 'stopped')")),
    Index("ix_refund_item_batch", "batch", postgresql_where=text("batch IS NOT NULL")),
)

other_cover = Table(
    "other_cover",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("scheme", Text, nullable=False, comment="employee or resident"),
    Column("area", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("months", Integer, comment="of continuous cover; null = not known"),
    Column("flexible_employment", Boolean, comment="null = not known"),
    Column("entitled", Boolean, comment="benefits can be drawn from it now; null = not known"),
    Column("business_date", Date, nullable=False),
    Column("source_file", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Index("ix_other_cover_person_id", "person_id"),
    comment="append-only: of the rows with one person, scheme, area and since, the last id counts",
)

duplicate_case = Table(
    "duplicate_case",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("area", Text, nullable=False),
    Column("insured_year", SmallInteger, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("enrolment_id", BigInteger, nullable=False, comment="ours"),
    Column("other", Text, nullable=False, comment="what it is beside: scheme, area and first day, or an enrolment"),
    Column("found_by", Text, nullable=False, comment="roster, other_cover, peer_notice, same_name"),
    Column("other_scheme", Text, nullable=False),
    Column("other_since", Date),
    Column("facts", JSONB, nullable=False, comment="both enrolments as the question has them, ours first; null: open"),
    Column("decision", JSONB),
    Column("outcome", Text, comment="of ours: keep, terminate, suspend"),
    Column("state", Text, nullable=False, server_default="found"),
    Column("decided_by", Text),
    Column("decided_on", Date),
    Column("carried_out", Boolean, nullable=False, server_default="false"),
    Column(
        "review", Text, comment="of what a clerk asked for last: asked, approved (then it is the outcome) or rejected"
    ),
    Column(
        "asked_for",
        Text,
        comment="terminate or suspend ours, where the notice has no rule; keep: that it counts after all",
    ),
    Column("asked_by", Text),
    Column("asked_because", Text),
    Column("reviewed_by", Text),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("enrolment_id", "other"),
    CheckConstraint("state IN ('found', 'suspected', 'undetermined', 'resolved')", name="state"),
    CheckConstraint("(state = 'resolved') = (outcome IS NOT NULL)", name="outcome"),
    CheckConstraint("outcome IN ('keep', 'terminate', 'suspend')", name="outcome_word"),
    CheckConstraint(
        "review IN ('asked', 'approved', 'rejected') AND (review = 'asked') = (reviewed_by IS NULL)"
        " AND asked_for IN ('keep', 'terminate', 'suspend')",
        name="review",
    ),
    CheckConstraint("lower(btrim(reviewed_by)) <> lower(btrim(asked_by))", name="second_review"),
    CheckConstraint(
        "outcome = 'keep' OR review IS NOT NULL OR coalesce(decision->>'outcome', 'undetermined') <> 'undetermined'",
        name="two_people",
    ),
    Index("ix_duplicate_case_open", "id", postgresql_where=text("state <> 'resolved' OR NOT carried_out")),
)
