"""The table of applications: who asked which bureau for which assistance of an insured year, and when."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, DateTime, Identity, SmallInteger, Table, Text, UniqueConstraint

from worker.database.schema import metadata

application = Table(
    "application",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("person_id", BigInteger, nullable=False),
    Column("insured_year", SmallInteger, nullable=False),
    Column("area", Text, nullable=False, comment="six digits: whose bureau accepted it and handles it"),
    Column("category", Text, nullable=False),
    Column("applied_on", Date, nullable=False),
    Column("business_date", Date, nullable=False),
    Column("source_file", BigInteger, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("person_id", "insured_year", "area", "category", "applied_on"),
    comment="append-only: the earliest applied_on of a person, year, area and category is the application",
)
