"""Tables of the people who work with the service: accounts, sessions of the console, waits after failed logins."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from worker.database.schema import metadata

ROLES = ("viewer", "clerk", "reviewer", "operator", "auditor", "admin")
LOGIN = r"^[a-z][a-z0-9._-]{1,31}$"

operator = Table(
    "operator",
    metadata,
    Column("login", Text, primary_key=True),
    Column("name", Text, nullable=False, comment="the name shown to others"),
    Column("roles", ARRAY(Text), nullable=False),
    Column("password", Text, nullable=False, comment="argon2id, in its own notation"),
    Column("password_since", DateTime(timezone=True), nullable=False),
    Column(
        "must_change",
        Boolean,
        nullable=False,
        comment="whether it was given out by somebody else, and is changed at the next login",
    ),
    Column("disabled_at", DateTime(timezone=True)),
    Column("added_by", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    CheckConstraint(f"login ~ '{LOGIN}'", name="login"),
    CheckConstraint(f"cardinality(roles) > 0 AND roles <@ ARRAY{list(ROLES)}", name="roles"),
)

console_session = Table(
    "console_session",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True, comment="SHA-256 of the token, which only the browser has"),
    Column("login", Text, ForeignKey("operator.login"), nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("ix_console_session_login", "login"),
)

login_wait = Table(
    "login_wait",
    metadata,
    Column(
        "who",
        LargeBinary,
        primary_key=True,
        comment="keyed hash of an account or an address: what is typed in haste may be a password",
    ),
    Column("failures", Integer, nullable=False),
    Column("failed_at", DateTime(timezone=True), nullable=False),
    Column("wait_until", DateTime(timezone=True), nullable=False),
    Index("ix_login_wait_failed_at", "failed_at"),
)
