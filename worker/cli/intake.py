"""``levy intake FILE...``: take in files of the bureau now, and say what became of each."""

from __future__ import annotations

import getpass
from datetime import date, datetime
from pathlib import Path

import click

from adapters.bureau.problems import FileRefused
from adapters.bureau.table import read_bytes
from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import Origin
from worker.flows.intake.drop import business_date_of
from worker.flows.intake.filing import Dropped, Taken, look_at_file, take_file
from worker.foreign_text import plain
from worker.house import House
from worker.wiring import build_house

_NOUNS = {
    "enrolments": "enrolments",
    "flags": "identity flags",
    "accounts": "bank accounts",
    "applications": "applications",
    "refunds": "applications for refunds",
    "other_cover": "people covered elsewhere",
}
DRY = "a dry run, nothing was taken in. It would be: "


@click.command("intake", help="Take in files of the bureau: enrolments, identity flags or bank accounts, CSV or XLSX.")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--business-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Day of the lists; else the file's folder where it is named by a day, else the day of the lists that a"
    " correction sheet mends, else today.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would become of each file as things stand; take none in.")
def command(files: tuple[Path, ...], business_date: datetime | None, dry_run: bool) -> None:
    """Take in each file for itself; exits 1 when one was refused."""
    configure_logging("intake", level="warning")
    house = build_house(load_settings())
    refused = 0
    for path in files:
        day = business_date.date() if business_date else business_date_of(path.resolve().parent.name)
        refused += not _take_in(house, path, day or house.clock.today(), day is not None, dry_run)
    if refused:
        raise click.exceptions.Exit(1)


def _take_in(house: House, path: Path, day: date, dated: bool, dry_run: bool) -> bool:
    name = plain(path.name)
    try:
        dropped = Dropped(name, read_bytes(path), day, dated)
    except FileRefused as refusal:
        click.echo(f"{name}: not taken in. {refusal}", err=True)
        return False
    origin = Origin(f"clerk:{getpass.getuser()}", house.settings.area, day, batch=name)
    with house.engine.begin() as connection:
        taken = look_at_file(connection, house, dropped) if dry_run else take_file(connection, house, dropped, origin)
    told = f"{DRY}{_told(taken)}" if dry_run else _told(taken)
    click.echo(f"{name}: {plain(told)}", err=taken.outcome == "refused")
    return taken.outcome != "refused"


def _told(taken: Taken) -> str:
    notes = " ".join(taken.notes)
    if taken.outcome == "refused":
        return f"not taken in. {notes}"
    if taken.outcome == "repeated":
        return f"nothing to do. {notes}"
    counts = f"{taken.added:,} new, {taken.changed:,} changed, {taken.unchanged:,} already known"
    sentences = [f"{_rows(taken.rows)} of {_NOUNS[str(taken.kind)]} read: {counts}, {taken.quarantined:,} quarantined."]
    if taken.closed:
        sentences.append(f"It mends {_rows(taken.closed)} that had been quarantined.")
    if taken.quarantined:
        sentences.append(
            "`levy quarantine list` says what is wrong with those, `levy quarantine export` writes them out."
        )
    return " ".join([*sentences, notes]).strip()


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
