"""``levy status``: what is waiting, held or broken."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from config.settings import load_settings
from worker.database.engine import open_engine
from worker.report.screen import shown
from worker.report.standing import standing
from worker.servers import open_servers


@click.command("status", help="Say what is waiting, held or broken, and when the sweeper last ran.")
def command() -> None:
    """Print the lines."""
    engine = open_engine(open_servers(load_settings()).ensure().database)
    table = Table(box=None, show_header=False)
    for name, value in standing(engine):
        table.add_row(name, shown(value))
    Console().print(table)
