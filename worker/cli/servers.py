"""``levy servers``: the embedded PostgreSQL and broker by hand."""

import click
from rich.console import Console
from rich.table import Table

from config.settings import load_settings
from worker.report.screen import shown
from worker.servers import Servers, ServersError, open_servers


@click.group("servers", help="Start, stop or look at the embedded PostgreSQL and broker.")
def command() -> None:
    """Group of the commands below."""


@command.command("start")
def start() -> None:
    """Start what is not running; it stays up until `levy servers stop`."""
    servers = open_servers(load_settings())
    try:
        servers.ensure()
    except ServersError as error:
        raise click.ClickException(str(error)) from error
    _show(servers)


@command.command("stop")
def stop() -> None:
    """Stop the embedded servers. The data stays; what is queued in the broker does not, and need not."""
    servers = open_servers(load_settings())
    servers.stop()
    _show(servers)


@command.command("status")
def status() -> None:
    """Show how each server is; exits 1 if one of ours is not running."""
    servers = open_servers(load_settings())
    _show(servers)
    if any(server.state not in ("running", "external") for server in servers.status()):
        raise click.exceptions.Exit(1)


def _show(servers: Servers) -> None:
    table = Table("server", "state", "port", "process", box=None)
    for server in servers.status():
        table.add_row(server.name, server.state, str(server.port or "-"), str(server.pid or "-"))
    console = Console()
    console.print(table)
    console.print(f"Data and logs: {shown(servers.home.path)}", soft_wrap=True)
