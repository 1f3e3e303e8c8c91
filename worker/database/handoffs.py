"""Tables of what passes between two areas: cases with their steps, replies given, nonces seen, notices received.

A case has one history that both sides hold. ``handoff_step`` is that history, append-only; ``handoff`` is where the
case stands on our side. Whom it is about is stored encrypted only.
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

handoff = Table(
    "handoff",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("case_id", Text, nullable=False, unique=True, comment="UUID, given by the area that opened the case"),
    Column("kind", Text, nullable=False),
    Column("side", Text, nullable=False, comment="which of the two we are: origin opened the case"),
    Column("area", Text, nullable=False, comment="ours, six digits"),
    Column("peer", Text, nullable=False, comment="theirs, six digits"),
    Column("insured_year", SmallInteger, nullable=False),
    Column("insurance", Text, nullable=False),
    Column("amount", BigInteger, comment="fen that was paid at the origin by mistake; null for a claim of assistance"),
    Column("voucher", Text, comment="of that payment, at the origin's tax system"),
    Column("first_paid_on", Date, comment="day of that payment: cover at the intended place counts from it"),
    Column("cert_index", LargeBinary, nullable=False, comment="keyed hash of cert_type|cert_no, as in person"),
    Column("identity", LargeBinary, nullable=False, comment="cert_type, cert_no and name as JSON, encrypted"),
    Column("person_id", BigInteger, comment="null: not in our roster"),
    Column("enrolment_id", BigInteger, comment="null: not enrolled here, as far as we know"),
    Column("due_id", BigInteger, comment="origin: that was paid; intended: that is to be paid"),
    Column("state", Text, nullable=False, comment="what the last step did"),
    Column("steps", SmallInteger, nullable=False, comment="number of the last step"),
    Column("head", Text, nullable=False, comment="hash of the last step"),
    Column("turn", Text, comment="area that owns the next step; null: closed"),
    Column("next_by", Date, comment="last day for the next step; null: closed"),
    Column("draft", JSONB, comment="our next step, sealed and on its way; it counts once the peer holds it"),
    Column("refund", JSONB, comment="what became of the refund or pay-out that a step called for"),
    Column("diverged", Boolean, nullable=False, server_default=text("false"), comment="the peer holds other steps"),
    Column("opened_on", Date, nullable=False),
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    CheckConstraint("kind IN ('wrong_area', 'assistance_claim')", name="kind"),
    CheckConstraint("side IN ('origin', 'intended')", name="side"),
    CheckConstraint("turn IS NULL OR turn IN (area, peer)", name="turn"),
    CheckConstraint("(turn IS NULL) = (next_by IS NULL)", name="closed"),
    CheckConstraint("(kind = 'wrong_area') = (amount > 0 AND voucher IS NOT NULL)", name="amount"),
    Index("ix_handoff_open", "next_by", postgresql_where=text("turn IS NOT NULL")),
    Index("ix_handoff_enrolment_id", "enrolment_id"),
    Index("ix_handoff_person_id", "person_id"),
    # One person's payment is handed over once; a case that ended without a refund leaves room for another.
    Index(
        "uq_handoff_voucher",
        "peer",
        "voucher",
        "cert_index",
        "insurance",
        "side",
        unique=True,
        postgresql_where=text("state NOT IN ('refused', 'rejected', 'withdrawn')"),
    ),
)

handoff_step = Table(
    "handoff_step",
    metadata,
    Column("handoff_id", BigInteger, ForeignKey("handoff.id"), primary_key=True, autoincrement=False),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("what", Text, nullable=False),
    Column("by", Text, nullable=False, comment="area that took it"),
    Column("day", Date, nullable=False, comment="business date on its author's side"),
    Column("next_by", Date),
    Column("facts", JSONB, nullable=False),
    Column("before", Text, nullable=False, comment="hash of the step before"),
    Column("hash", Text, nullable=False),
    Column("key", Text, nullable=False, comment="id of the key that sealed it"),
    Column("seal", Text, nullable=False, comment="its author's signature over the hash, base64"),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
)

peer_reply = Table(
    "peer_reply",
    metadata,
    Column("peer", Text, primary_key=True),
    Column("key", Text, primary_key=True, comment="idempotency key of the peer's message"),
    Column("payload_hash", Text, nullable=False),
    Column("reply", JSONB, nullable=False, comment="what we answered, and answer again; no personal data"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

peer_nonce = Table(
    "peer_nonce",
    metadata,
    Column("peer", Text, primary_key=True),
    Column("nonce", Text, primary_key=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_peer_nonce_seen_at", "seen_at"),
)

peer_notice = Table(
    "peer_notice",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("peer", Text, nullable=False, comment="area that says so"),
    Column("cert_index", LargeBinary, nullable=False, comment="keyed hash of cert_type|cert_no, as in person"),
    Column("cert_cipher", LargeBinary, nullable=False, comment="cert_type|cert_no, encrypted: for a new index key"),
    Column("scheme", Text, nullable=False, comment="resident or employee"),
    Column("insured_year", SmallInteger, nullable=False),
    Column("since", Date, nullable=False),
    Column("months", SmallInteger, comment="of continuous cover; null: not known"),
    Column("as_student", Boolean, nullable=False),
    Column("flexible_employment", Boolean, nullable=False),
    Column("message", Text, nullable=False, comment="key of the peer's message"),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    UniqueConstraint("peer", "message", "cert_index", "scheme", "insured_year"),
    Index("ix_peer_notice_cert_index", "cert_index"),
    comment="append-only: of the rows of one peer, person, scheme and year, the last id counts",
)

peer_told = Table(
    "peer_told",
    metadata,
    Column("peer", Text, primary_key=True, comment="area that is told"),
    Column("enrolment_id", BigInteger, primary_key=True, autoincrement=False, comment="of ours"),
    Column("said", Text, primary_key=True, comment="what the notice says: since when, and whether as a student here"),
    Column("batch", Text, nullable=False, comment="key of the message"),
    Column("told_on", Date, nullable=False),
    Index("ix_peer_told_batch", "batch"),
    comment="append-only: whom a peer was told to be enrolled here",
)
