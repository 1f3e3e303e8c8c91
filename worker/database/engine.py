"""Connections to PostgreSQL, and bringing a database up to the current revision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from psycopg.types.json import set_json_loads
from sqlalchemy import Engine, create_engine, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
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
    from alembic import command  # noqa: PLC0415 - a tenth of a process's start, and hardly any migrates

    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        settings = configuration()
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")


def configuration() -> Config:
    """Where Alembic finds the revisions."""
    from alembic.config import Config  # noqa: PLC0415

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    return settings
