"""``levy migrate``: bring the database up to the current revision."""

from __future__ import annotations

import os

import click

from config.settings import load_settings
from worker.database.boards import NotOurs, admit_reader
from worker.database.engine import migrate, open_engine
from worker.database.versions import fingerprint, revisions
from worker.servers import open_servers


@click.command(
    "migrate",
    help="Bring the database up to the current revision; harmless when it is."
    " With LEVY_BOARDS_PASSWORD set, also let the dashboards' role read its views.",
)
@click.option("--fingerprints", is_flag=True, help="Only print every revision with the fingerprint of its files.")
def command(fingerprints: bool) -> None:
    """Migrate the database of the settings."""
    if fingerprints:
        for revision in revisions():
            click.echo(f'- {{revision: "{revision}", fingerprint: {fingerprint(revision)}}}')
        return
    engine = open_engine(open_servers(load_settings()).ensure().database)
    migrate(engine)
    if password := os.environ.get("LEVY_BOARDS_PASSWORD"):
        with engine.begin() as connection:
            try:
                admit_reader(connection, password)
            except NotOurs as refused:
                raise click.ClickException(str(refused)) from None
    click.echo("The database is at the current revision.")
