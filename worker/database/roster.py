"""Tables of the roster: what the bureau's files said, who is enrolled where, and people's identities and accounts.

Personal data (names, identity numbers, account numbers, quarantined rows) is stored encrypted only; ``*_index``
columns are keyed hashes for finding it again. Flags and accounts are append-only with both time axes:
``business_date`` is the day of the bureau's list, ``recorded_at`` the moment we learned of it.

``person_id`` and ``source_file`` of the three large tables carry no foreign key: checking one row by row takes longer
than the insert itself. Intake takes both from rows it holds in the same transaction, and persons and files are never
deleted (a trigger refuses it).
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
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from worker.database.schema import by_pages, metadata

intake_file = Table(
    "intake_file",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("sha256", LargeBinary, nullable=False, unique=True, comment="of the bytes: the same file is taken in once"),
    Column("name", Text, nullable=False, comment="the last part of the path it was dropped under"),
    Column(
        "kind", Text, comment="enrolments, flags, accounts or applications; null when refused before the kind was known"
    ),
    Column("business_date", Date, nullable=False),
    Column("state", Text, nullable=False),
    Column("rows_read", Integer, nullable=False, server_default="0"),
    Column("rows_added", Integer, nullable=False, server_default="0"),
    Column("rows_changed", Integer, nullable=False, server_default="0"),
    Column("rows_unchanged", Integer, nullable=False, server_default="0"),
    Column("rows_quarantined", Integer, nullable=False, server_default="0"),
    Column(
        "notes", ARRAY(Text), nullable=False, server_default="{}", comment="what the reader noticed, or why refused"
    ),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state IN ('taken', 'refused')", name="state"),
)

quarantined_row = Table(
    "quarantined_row",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("file_id", ForeignKey("intake_file.id"), nullable=False),
    Column("line", Integer, nullable=False, comment="line of the file or row of the sheet, the first is 1"),
    Column("problems", JSONB, nullable=False, comment="list of {field, code, detail}; no personal data in detail"),
    Column("row_cipher", LargeBinary, nullable=False, comment="the row as read, JSON by our field names, encrypted"),
    Column("subject", Text, nullable=False, comment="whom the row is about: a later list's row about them replaces it"),
    Column("state", Text, nullable=False, server_default="open"),
    Column("closed_by", Text, comment="the correcting file, or who dismissed it and why"),
    Column("closed_at", DateTime(timezone=True)),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("file_id", "line"),
    CheckConstraint("state IN ('open', 'fixed', 'replaced', 'dismissed')", name="state"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed"),
    Index("ix_quarantined_row_open", "subject", postgresql_where=text("state = 'open'")),
)

person = Table(
    "person",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_no", Text, unique=True, comment="the bureau's number; null while known only from flags or accounts"),
    Column("cert_type", Text, nullable=False),
    Column("cert_index", LargeBinary, nullable=False, unique=True, comment="keyed hash of cert_type|cert_no"),
    Column("cert_cipher", LargeBinary, nullable=False),
    Column("name_cipher", LargeBinary, comment="null while known only from a list without names"),
    Column("name_index", LargeBinary, comment="keyed hash of the name: tells that a name has changed"),
    Column("birth_date", Date),
    Index("ix_person_name_index", "name_index"),
)


def elsewhere(of: str = "") -> str:
    """Whether an enrolment (``of``: its alias with a dot) names another area than its own: few do, and those alone
    concern a peer. Whoever asks in these words is answered by the index.
    """
    columns = ("household_area", "residence_area", "school_area", "prior_area")
    return " OR ".join(f"{of}{column} <> {of}area AND {of}{column} <> ''" for column in columns)


# Columns of one width come first, then those that every round looks at: a scan then reads no further into a row.
enrolment = Table(
    "enrolment",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("source_file", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("business_date", Date, nullable=False, comment="of the file: an older list never overwrites a newer one"),
    Column("insured_year", SmallInteger, nullable=False),
    Column("stale", Boolean, nullable=False, server_default=text("true"), comment="to be assessed (again)"),
    Column("area", Text, nullable=False, comment="six digits: where the person is insured"),
    Column("closed_because", Text, comment="why nothing is asked of them for this year any more; null = it is"),
    Column("suspended_on", Date, comment="since when cover is held because another one is drawn on"),
    Column("assessed_on", Date),
    Column("holds_until", Date, comment="last day on which the decision stays as it is; null = settled"),
    Column("decision_id", Integer, comment="the newest decision; null = not assessed yet"),
    Column("benefit_start", Date, comment="null = no cover, or cover not dated"),
    Column("benefit_end", Date),
    Column("free_since", Date, comment="covered since this day without anything being due"),
    Column("held_from", Date, comment="cover is held from this day until what was wrongly received is repaid"),
    Column("town", Text, nullable=False, comment="nine digits"),
    Column("person_type", Text, nullable=False, comment="national code, such as 1501"),
    Column("household_no", Text),
    Column("student_stage", Text, comment="school or college; null = no student"),
    Column("school_area", Text),
    Column("student_enrolled_on", Date),
    Column("household_area", Text, comment="null = not known, empty = has none"),
    Column("residence_area", Text, comment="null = not known, empty = has none"),
    Column("registered_on", Date),
    Column("circumstances", ARRAY(Text), nullable=False, server_default="{}"),
    Column("prior_scheme", Text, comment="employee or resident; null = no cover before"),
    Column("prior_area", Text),
    Column("prior_months", Integer),
    Column("prior_ended_on", Date),
    UniqueConstraint("person_id", "insured_year", "area"),
    Index("ix_enrolment_elsewhere", "area", "insured_year", postgresql_where=text(elsewhere())),
    by_pages("ix_enrolment_town", "town", "text_bloom_ops"),
    Index("ix_enrolment_closed", "id", postgresql_where=text("closed_because IS NOT NULL OR suspended_on IS NOT NULL")),
    Index("ix_enrolment_free", "id", postgresql_where=text("free_since IS NOT NULL")),
    postgresql_with={"fillfactor": 50},
)

identity_flag = Table(
    "identity_flag",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("category", Text, nullable=False),
    Column("area", Text, nullable=False, comment="where the identity was recognised"),
    Column("recognised_on", Date, nullable=False),
    Column("revoked_on", Date),
    Column("business_date", Date, nullable=False),
    Column("source_file", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Index("identity_flag_person", "person_id"),
    comment="append-only: of the rows with one person, category, area and recognised_on, the last id counts",
)

bank_account = Table(
    "bank_account",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("account_cipher", LargeBinary, nullable=False),
    Column("account_index", LargeBinary, nullable=False, comment="keyed hash of account, name and bank"),
    Column("account_name_cipher", LargeBinary, nullable=False),
    Column("bank", Text, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("source_file", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Index("bank_account_person", "person_id"),
    comment="append-only: a person's newest account by business_date, then id, counts",
)
