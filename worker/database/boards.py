"""Who may read the dashboards' views, and nothing else: a role of its own for Grafana."""

from __future__ import annotations

from psycopg import errors, sql
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

READER = "levy_boards"
VIEWS = ("board_audit", "board_money", "board_statements", "board_breaks", "board_stopped", "board_files")
_KNOWN = text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :name)")
_MANNERS = (
    sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on"),
    sql.SQL("ALTER ROLE {} SET statement_timeout = '30s'"),
)


class NotOurs(Exception):
    """The service's database user may not make roles: an administrator of the database has to."""


def admit_reader(connection: Connection, password: str) -> None:
    """Make the role, or give it this password, and let it read the views. Raises ``NotOurs``."""
    driver = connection.connection.driver_connection
    assert driver is not None
    reader = sql.Identifier(READER)
    try:
        if not connection.execute(_KNOWN, {"name": READER}).scalar_one():
            driver.execute(sql.SQL("CREATE ROLE {} LOGIN").format(reader))
        driver.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(reader, sql.Literal(password)))
        for manner in _MANNERS:
            driver.execute(manner.format(reader))
        views = sql.SQL(", ").join(map(sql.Identifier, VIEWS))
        driver.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(views, reader))
    except (errors.InsufficientPrivilege, ProgrammingError) as error:
        raise NotOurs(
            f"the database's user may not make the role {READER}: an administrator has to (docs/metrics.md)"
        ) from error
