"""Connections to PostgreSQL, and bringing a database up to the current revision."""

from __future__ import annotations

from pathlib import Path

import orjson
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.types.json import set_json_loads
from sqlalchemy import Engine, create_engine, text

_MIGRATION_LOCK = 610_922
set_json_loads(orjson.loads)


def open_engine(url: str, pool_size: int = 3) -> Engine:
    """An engine for the service: a small pool, UTC on the wire, stuck statements ended."""
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        hide_parameters=True,  # an error would quote them, and with them people
        connect_args={
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=120s -c idle_in_transaction_session_timeout=120s",
        },
    )


def migrate(engine: Engine) -> None:
    """Upgrade to the newest revision; several processes may call it at once, one does the work."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        settings = configuration()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def knows(revision: str) -> bool:
    """Whether this code has a revision of that name."""
    return revision in {one.revision for one in ScriptDirectory.from_config(configuration()).walk_revisions()}


def configuration() -> Config:
    """Where Alembic finds the revisions."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    return settings
