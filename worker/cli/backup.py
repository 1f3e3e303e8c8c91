"""``levy backup``: the database as it is, into a new directory."""

from __future__ import annotations

from pathlib import Path

import click

from config.settings import load_settings
from worker.audit.log import Event, Origin
from worker.backup.make import back_up
from worker.clock import SystemClock
from worker.servers import open_servers
from worker.wiring import build_house


@click.command("backup", help="Write a backup of the database into the new directory DIRECTORY; the service may run.")
@click.argument("directory", type=click.Path(path_type=Path))
def command(directory: Path) -> None:
    """Dump, with a manifest; keys are not in it."""
    settings = load_settings()
    url, house = open_servers(settings).ensure().database, build_house(settings)
    now = SystemClock().now()
    place = (settings.area, settings.insured_year)
    made = back_up(house.engine, url, house.vault.keychain, place, directory, now)
    facts = {"sha256": made.sha256, "size": made.size}
    with house.engine.begin() as connection:
        who = Origin("clerk:backup", settings.area, now.date())
        house.audit.record(connection, who, [Event("house.backed_up", None, facts)], now)
    house.engine.dispose()
    for name, count in made.rows.items():
        click.echo(f"{name}: {count:,}")
    for chain, (events, head) in made.heads.items():
        click.echo(f"audit chain {chain}: {events:,} events, head {head[:32]}")
    click.echo(f"{directory}: {made.size / 2**20:.1f} MiB, schema {made.revision}, sha256 {made.sha256}")
    click.echo(
        "Personal data in it stay encrypted; the keys are NOT in it 密钥不在备份中: keep LEVY_DATA_KEYS,"
        f" LEVY_INDEX_KEY, LEVY_AUDIT_KEY ({'keys.json of the home' if settings.embedded else 'of the environment'})"
        " and peers/*.key elsewhere. Without them nobody reads it again."
    )
