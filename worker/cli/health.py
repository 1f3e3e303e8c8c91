"""``levy health``: one part of the service, for health checks: exit 0 when it is well, 1 with a sentence when not."""

from __future__ import annotations

import socket
import sys

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from worker.cli.listing import open_database
from worker.database.versions import misfit

_BEAT_SECONDS = 120


@click.command(
    "health", help="Say whether a part is well: database, worker (answers the broker) or beat (keeps sweeping)."
)
@click.argument("part", type=click.Choice(["database", "worker", "beat"]))
def command(part: str) -> None:
    """Check one part."""
    problem = {"database": _database, "worker": _worker, "beat": _beat}[part]()
    click.echo(problem or f"{part} is well")
    sys.exit(1 if problem else 0)


def _database() -> str | None:
    try:
        with open_database().connect() as connection:
            return misfit(connection)
    except SQLAlchemyError as error:
        return f"the database does not answer: {type(error).__name__}"


def _worker() -> str | None:
    from worker.app import app  # noqa: PLC0415 - connects to the broker, which the other checks do not need

    here = f"*@{socket.gethostname()}"
    answers = app.control.broadcast("ping", reply=True, timeout=3, pattern=here, matcher="glob")
    return None if answers else f"no worker of this host ({here}) answers the broker"


def _beat() -> str | None:
    with open_database().connect() as connection:
        age = connection.execute(text("SELECT extract(epoch FROM now() - max(at)) FROM heartbeat")).scalar_one()
    if age is None:
        return "beat has not asked for a sweep yet"
    return f"the last sweep was {int(age)} s ago: beat or the workers stand still" if age > _BEAT_SECONDS else None
