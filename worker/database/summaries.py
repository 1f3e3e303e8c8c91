"""The table of figures that take a look at everybody, kept so that a page need not wait for them."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Float, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import metadata

season_summary = Table(
    "season_summary",
    metadata,
    Column("area", Text, primary_key=True),
    Column("insured_year", SmallInteger, primary_key=True),
    Column("read_at", DateTime(timezone=True), nullable=False, comment="as of when"),
    Column("seconds", Float, nullable=False, comment="that the reading took: the longer, the more seldom it is done"),
    Column("body", JSONB, nullable=False, comment="towns, money by state, funds; people and fen, nobody by name"),
)
