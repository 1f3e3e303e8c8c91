"""``levy quarantine``: rows that could not be taken in, listed masked, exported for correction, or dismissed."""

from __future__ import annotations

import getpass
import shlex
from itertools import groupby
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Column, Table

from adapters.bureau.problems import codes
from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import Event, Origin
from worker.flows.intake.review import HeldRow, dismiss, open_rows
from worker.flows.intake.sheet import write_sheet
from worker.house import House
from worker.report.screen import json_line, shown
from worker.wiring import build_house

_SHOWN = 50
_by_file = click.option("--file", help="Only rows of files with this in their name.")
_by_code = click.option("--code", type=click.Choice(codes()), metavar="CODE", help="Only rows with this reason code.")


@click.group("quarantine", help="List, export or dismiss rows that could not be taken in.")
def command() -> None:
    """Group of the commands below."""
    configure_logging("quarantine", level="warning")


@command.command("list")
@_by_file
@_by_code
@click.option("--all", "everything", is_flag=True, help=f"All of them, not only the first {_SHOWN}.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line instead of a table.")
def list_rows(file: str | None, code: str | None, everything: bool, as_json: bool) -> None:
    """Show the open rows: where each stands, and what is wrong with it. Persons are masked."""
    house = build_house(load_settings())
    with house.engine.connect() as connection:
        rows = open_rows(connection, house.vault, file, code, None if everything or as_json else _SHOWN + 1)
    if as_json:
        for row in rows:
            click.echo(json_line(_as_json(row)))
        return
    _show(rows[: None if everything else _SHOWN])
    if len(rows) > _SHOWN and not everything:
        click.echo(f"These are the first {_SHOWN}; --all shows all, `levy quarantine export` writes them out.")


@command.command("export")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@_by_file
@_by_code
def export(out: Path, file: str | None, code: str | None) -> None:
    """Write the open rows to OUT (.xlsx or .csv) as a correction sheet: mend it, then take it in with `levy intake`.

    Kinds of rows (enrolments, flags, accounts, applications) have different columns, so each gets a sheet of its own:
    sheet.xlsx becomes sheet-enrolments.xlsx, sheet-flags.xlsx and so on. Take in each of them.
    """
    if out.suffix.lower() not in (".xlsx", ".csv"):
        raise click.UsageError("OUT must end in .xlsx or .csv.")
    house = build_house(load_settings())
    with house.engine.connect() as connection:
        rows = open_rows(connection, house.vault, file, code)
    if not rows:
        click.echo("No open rows: nothing to export.")
        return
    sheets = _sheets(out, rows)
    for path in sheets:
        if path.exists():
            raise click.ClickException(f"{path} exists already: name another file, nothing is overwritten.")
    _record(
        house, "quarantine.exported", {"rows": len(rows), "file": file, "code": code, "ids": [row.id for row in rows]}
    )
    for path, chosen in sheets.items():
        try:
            write_sheet(path, chosen[0].kind, chosen)
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
        click.echo(f"{path}: {len(chosen):,} of {chosen[0].kind}.")
    click.echo(
        f"{'It holds' if len(sheets) == 1 else 'They hold'} names and identity numbers in clear, readable by you alone"
        " (0600); the export is in the audit log. Mend the cells, leave the column 隔离编号 as it is, then"
        f" `levy intake {' '.join(shlex.quote(str(path)) for path in sheets)}`, and delete"
        f" {'it' if len(sheets) == 1 else 'them'}."
    )


@command.command("dismiss")
@click.argument("ids", nargs=-1, required=True, type=int)
@click.option("--reason", required=True, help="Why no correction is needed; kept in the audit log.")
def dismiss_rows(ids: tuple[int, ...], reason: str) -> None:
    """Close rows that need no correction, such as true repeats."""
    house = build_house(load_settings())
    by = f"{getpass.getuser()}: {reason}"
    with house.engine.begin() as connection:
        closed = dismiss(connection, ids, by, house.clock.now())
        if closed:
            house.audit.record(
                connection, _origin(house), [Event("quarantine.dismissed", None, {"ids": closed, "reason": reason})],
                house.clock.now(),
            )  # fmt: skip
    click.echo(f"{len(closed)} of {len(set(ids))} rows closed.")
    if missing := sorted(set(ids) - set(closed)):
        raise click.ClickException(f"Not open, or no such row: {', '.join(map(str, missing))}.")


def _sheets(out: Path, rows: list[HeldRow]) -> dict[Path, list[HeldRow]]:
    """One sheet for each kind: their columns differ. The name is OUT itself where there is only one kind."""
    kinds = sorted({row.kind for row in rows})
    paths = {kind: out if len(kinds) == 1 else out.with_stem(f"{out.stem}-{kind}") for kind in kinds}
    return {path: [row for row in rows if row.kind == kind] for kind, path in paths.items()}


def _record(house: House, action: str, facts: dict[str, Any]) -> None:
    with house.engine.begin() as connection:
        house.audit.record(connection, _origin(house), [Event(action, None, facts)], house.clock.now())


def _origin(house: House) -> Origin:
    return Origin(f"clerk:{getpass.getuser()}", house.settings.area, house.clock.today())


def _as_json(row: HeldRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "file": row.file,
        "kind": row.kind,
        "line": row.line,
        "person": row.masked(),
        "problems": [problem._asdict() for problem in row.problems],
        "reasons": {"en": row.sentences("en"), "zh": row.sentences("zh")},
    }


def _show(rows: list[HeldRow]) -> None:
    if not rows:
        click.echo("No open rows.")
        return
    console = Console(highlight=False)
    for file, its_rows in groupby(rows, key=lambda row: row.file):
        table = Table(
            "id",
            "line",
            "person",
            Column("what is wrong", overflow="fold"),
            title=shown(file),
            title_justify="left",
            box=None,
        )
        for row in its_rows:
            table.add_row(str(row.id), str(row.line), shown(row.masked()), "\n".join(map(shown, row.sentences())))
        console.print(table)
