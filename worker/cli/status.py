"""``levy status``: what is waiting, held or broken, and whether anybody works on it."""

from __future__ import annotations

import click
from kombu.connection import Connection as Broker
from kombu.exceptions import OperationalError
from rich.console import Console
from rich.table import Table

from config.settings import Settings, load_settings
from worker.cli.failures import broker_place
from worker.database.engine import open_engine
from worker.report.screen import shown
from worker.report.standing import whole_standing
from worker.servers import open_servers

_PATIENCE = {"socket_connect_timeout": 2.0, "socket_timeout": 2.0}


@click.command(
    "status", help="Say what is waiting, held or broken and why, and how workers, broker and neighbours are."
)
def command() -> None:
    """Print the lines."""
    settings = load_settings()
    urls = open_servers(settings).ensure()
    table = Table(box=None, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    with open_engine(urls.database).connect() as connection:
        for name, value in whole_standing(connection, settings.sweep_seconds):
            table.add_row(shown(name), shown(value))
    table.add_row("broker", shown(_broker(settings, urls.broker)))
    Console().print(table)


def _broker(settings: Settings, url: str) -> str:
    place = broker_place(settings)
    with Broker(url, connect_timeout=2, transport_options=_PATIENCE) as broker:  # type: ignore[no-untyped-call]
        try:
            broker.ensure_connection(max_retries=1, timeout=2)
        except (OperationalError, OSError):
            return f"{place} does not answer: nobody is told of jobs; they wait and are not lost"
    return f"{place} answers"
