"""``levy reset``: remove everything the embedded servers keep, after asking."""

import click

from config.settings import load_settings
from worker.servers import Servers, ServersError, open_servers


@click.command("reset", help="Stop the embedded servers and delete their data, after asking.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def command(yes: bool) -> None:
    """Say what would go, ask, and remove it. External servers are never touched."""
    servers = open_servers(load_settings())
    try:
        servers.refuse_reset()
        if not servers.home.exists:
            click.echo(f"Nothing to delete: {servers.home.path} does not exist.")
            return
        click.echo(f"This stops the embedded servers and deletes {servers.home.path} ({_size(servers):.0f} MiB):")
        click.echo(
            "the database with every due, payment and audit record, the broker, all logs and dropped files there."
        )
        if not yes:
            click.confirm("Delete it?", abort=True)
        servers.reset()
    except ServersError as error:
        raise click.ClickException(str(error)) from error
    click.echo("Deleted. `make run` or `levy up` starts afresh.")


def _size(servers: Servers) -> float:
    files = (path for path in servers.home.path.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 2**20
