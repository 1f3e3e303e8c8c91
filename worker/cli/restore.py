"""``levy restore``: put a backup back, see what the neighbours hold since, and release the hold."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from config.logging import configure_logging
from config.settings import load_settings
from policies.money import yuan
from worker.audit.log import Event, Origin
from worker.backup.look import Found, look
from worker.backup.manifest import read
from worker.backup.put_back import put_back
from worker.backup.release import release
from worker.cli.listing import print_rows, rows_of
from worker.clock import SystemClock
from worker.database.engine import open_engine
from worker.keys import load_keys
from worker.servers import open_servers
from worker.wiring import build_house

_RESTORES = (
    "SELECT id, restored_at, made_at AS backup_of, looked_at, released_at, released_by, reason FROM restore ORDER BY id"
)
_STRAYS = (
    "SELECT side, state, coalesce(outcome, 'stray') AS outcome, count(*) AS n, sum(amount)::bigint AS yuan FROM stray"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


@click.group("restore", help="Put a backup back; the house holds still until `levy restore release`.")
def command() -> None:
    """Group of the commands below."""
    configure_logging("restore", level="warning")


@command.command("from", help="Replace everything in the database by the backup in DIRECTORY, after asking.")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore_from(directory: Path, yes: bool) -> None:
    """Check the backup, replace, hold."""
    settings = load_settings()
    url, keys = open_servers(settings).ensure().database, load_keys(settings)
    manifest = read(directory, keys)
    if (manifest.area, manifest.insured_year) != (settings.area, settings.insured_year):
        raise click.ClickException(
            f"this backup is of {manifest.area} and {manifest.insured_year}, the settings name {settings.area} and"
            f" {settings.insured_year}"
        )
    click.echo(f"The backup of {manifest.made_at:%Y-%m-%d %H:%M:%S} replaces everything in the database.")
    if not yes:
        click.confirm("Replace it?", abort=True)
    put_back(open_engine(url), url, directory, manifest)
    house, now = build_house(settings), SystemClock().now()
    with house.engine.begin() as connection:
        event = Event("house.restored", None, {"sha256": manifest.sha256, "made_at": manifest.made_at})
        who = Origin(f"clerk:{getpass.getuser()}", settings.area, now.date())
        house.audit.record(connection, who, [event], now)
    click.echo("Restored, and held: only lists are taken in. Next: `levy restore look`, then `levy restore release`.")


@command.command("look", help="Ask tax and treasury what they hold that the restored book does not know of.")
def look_around() -> None:
    """List; nothing is sent or booked."""
    _tell(look(build_house(load_settings())))


@command.command("release", help="Take in what the neighbours hold, and let work go on.")
@click.option("--reason", required=True, help="Why it may go on; kept in the audit log.")
@click.option("--anyway", is_flag=True, help="Also withdraw at tax what is of people who are not in the roster.")
def release_hold(reason: str, anyway: bool) -> None:
    """Release the hold."""
    done = release(build_house(load_settings()), getpass.getuser(), reason, anyway)
    _tell(done.found)
    click.echo(f"dues adopted: {done.adopted}; to be withdrawn at tax: {done.withdrawn}; paid, of nobody: {done.paid}")
    click.echo("Released. Orders of the treasury are adopted when what they pay is granted again.")


@command.command("show", help="List restores, and what was stray.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def show(as_json: bool) -> None:
    """List both."""
    print_rows(rows_of(_RESTORES, {}), as_json, "Nothing was ever restored.")
    print_rows(rows_of(_STRAYS, {}), as_json, "Nothing is stray.")


def _tell(found: Found) -> None:
    for (side, state), (count, fen) in sorted(found.strays.items()):
        click.echo(f"{side} holds, unknown here: {count} {state}, {yuan(fen)} yuan")
    click.echo(f"dues that tax has and we thought unsent: {len(found.accepted)}; withdrawn there: {len(found.voided)}")
    click.echo(f"tax's feed since: {found.payments[0]} lines, {yuan(found.payments[1])} yuan")
    click.echo(f"the treasury's feed since: {found.results[0]} lines, {yuan(found.results[1])} yuan paid less returned")
    for side, days in found.statements.items():
        click.echo(f"statements of {side} since: {', '.join(map(str, days)) or 'none'}")
