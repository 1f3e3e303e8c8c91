"""``levy migrate``: bring the database up to the current revision."""

from __future__ import annotations

import click

from config.settings import load_settings
from worker.database.engine import migrate, open_engine
from worker.servers import open_servers


@click.command("migrate", help="Bring the database up to the current revision; harmless when it is.")
def command() -> None:
    """Migrate the database of the settings."""
    engine = open_engine(open_servers(load_settings()).ensure().database)
    migrate(engine)
    click.echo("The database is at the current revision.")
