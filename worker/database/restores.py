"""Tables of restores: what a database was put back to, and what neighbours hold of ours that it does not know of.

While a restore is not released nothing leaves the house. Numbers above those of the backup are never given again.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from worker.database.schema import metadata

restore = Table(
    "restore",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("backup", Text, nullable=False, comment="checksum of the backup's dump"),
    Column("made_at", DateTime(timezone=True), nullable=False, comment="when the backup was made"),
    Column("last_numbers", JSONB, nullable=False, comment="the last number given by each sequence in the backup"),
    Column("restored_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("looked_at", DateTime(timezone=True), comment="when the neighbours were last asked"),
    Column("released_at", DateTime(timezone=True)),
    Column("released_by", Text),
    Column("reason", Text),
    CheckConstraint("(released_at IS NULL) = (released_by IS NULL AND reason IS NULL)", name="released"),
)

stray = Table(
    "stray",
    metadata,
    Column("side", Text, primary_key=True, comment="tax or treasury"),
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="of due or order, in its reference"),
    Column("restore_id", Integer, nullable=False),
    Column("state", Text, nullable=False, comment="as the neighbour says"),
    Column("amount", BigInteger, nullable=False),
    Column("person_no", Text, comment="tax"),
    Column("insurance", Text, comment="tax"),
    Column("payer", Text, comment="tax: person, or the funding source"),
    Column("deadline", Date, comment="tax"),
    Column("tax_no", Text),
    Column("tag", Text, comment="treasury: what it pays, as the order says it"),
    Column("code", Text, comment="treasury: why the bank returned it"),
    Column("executed_on", Date, comment="treasury"),
    Column("outcome", Text, comment="adopted, withdrawn; null: not settled yet"),
    CheckConstraint("side IN ('tax', 'treasury')", name="side"),
    CheckConstraint("outcome IN ('adopted', 'withdrawn')", name="outcome"),
    Index("ix_stray_open", "side", "tag", postgresql_where=text("outcome IS NULL")),
    comment="what a neighbour holds of ours and a restored book does not know of",
)

schema_reader = Table(
    "schema_reader",
    metadata,
    Column("row", SmallInteger, primary_key=True, autoincrement=False),
    Column("oldest", Text, nullable=False, comment="revision that a worker has to know at least to read this rightly"),
    CheckConstraint('"row" = 1', name="one"),
)
