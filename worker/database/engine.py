"""Connections to PostgreSQL, and bringing a database up to the current revision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from psycopg.types.json import set_json_loads
from sqlalchemy import Engine, create_engine, event, make_url, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATION_LOCK = 610_922
LIMITS = {"statement_timeout": "120s", "idle_in_transaction_session_timeout": "120s"}
"""What a connection is to have, by name: a statement or a transaction that stands still ends."""
set_json_loads(orjson.loads)


def open_engine(url: str, pool_size: int = 3) -> Engine:
    """An engine for the service: a small pool, UTC on the wire, stuck statements ended.

    ``?pooled=transaction`` in the URL says that PgBouncer stands in between and gives a connection for a transaction
    only: nothing is prepared, and no setting is sent that it would not pass on; the role has to have the limits then.
    """
    place = make_url(url)
    arguments: dict[str, Any] = {"connect_timeout": 5}
    if pooled := place.query.get("pooled") == "transaction":
        place = place.difference_update_query(["pooled"])
        arguments |= {"prepare_threshold": None}
    else:
        arguments |= {"options": f"-c timezone=UTC {' '.join(f'-c {name}={limit}' for name, limit in LIMITS.items())}"}
    engine = create_engine(
        place,
        pool_size=pool_size,
        max_overflow=2,
        hide_parameters=True,  # an error would quote them, and with them people
        connect_args=arguments,
    )
    if pooled:
        event.listen(engine, "connect", _in_utc)  # the one setting that PgBouncer keeps for its client
    return engine


def _in_utc(connection: Any, _: object) -> None:
    connection.execute("SET timezone TO 'UTC'")
    connection.commit()


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
