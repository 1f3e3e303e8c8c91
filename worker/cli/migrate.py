"""``levy migrate``: bring the database up to the current revision."""

from __future__ import annotations

import click

from config.settings import load_settings
from worker.database.engine import migrate, open_engine
from worker.database.versions import fingerprint, revisions
from worker.servers import open_servers


@click.command("migrate", help="Bring the database up to the current revision; harmless when it is.")
@click.option("--fingerprints", is_flag=True, help="Only print every revision with the fingerprint of its files.")
def command(fingerprints: bool) -> None:
    """Migrate the database of the settings."""
    if fingerprints:
        for revision in revisions():
            click.echo(f'- {{revision: "{revision}", fingerprint: {fingerprint(revision)}}}')
        return
    engine = open_engine(open_servers(load_settings()).ensure().database)
    migrate(engine)
    click.echo("The database is at the current revision.")
