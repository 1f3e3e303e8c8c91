"""``levy trace``: from the first row of a file to the last fen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from config.settings import load_settings
from worker.cli.listing import open_database, print_rows
from worker.keys import load_keys
from worker.privacy import Vault
from worker.refunds.finding import person_of
from worker.report.screen import json_line
from worker.report.trace import trace

_SHOWN = 3


@click.command("trace")
@click.argument("file", required=False)
@click.option("--person", help="Only this person: number at the bureau, or identity number.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every job and batch, amounts in fen.")
def command(file: str | None, person: str | None, as_json: bool) -> None:
    """Follow FILE (a part of its name, or its number) from the first row to the last fen.

    For each step: how many, how much, when, in which batches and by which jobs; `levy logs --job N` and `levy jobs
    show N` go on from there. With --person, one person's way from the lists that named them.
    """
    if file is None and person is None:
        raise click.UsageError("Name a file, or a person with --person.")
    with open_database().connect() as connection:
        number = None
        if person is not None:
            number = person_of(connection, Vault(load_keys(load_settings())), person)
        found = trace(connection, file, number)
    if found is None:
        raise click.ClickException("no such file was taken in, or it names nobody like that: `levy status`, `levy why`")
    if as_json:
        click.echo(json_line(found._asdict()))
        return
    print_rows([_taken(row) for row in found.files], False, "")
    click.echo()
    print_rows([_step(row) for row in found.steps], False, "Nothing came of it yet.")


def _taken(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": row["id"], "name": row["name"], "kind": row["kind"], "of": row["business_date"],
        "rows": row["rows_read"],
        "quarantined": f"{row['rows_quarantined']}, {row['open']} open", "jobs": _few(row["jobs"]),
    }  # fmt: skip


def _step(row: dict[str, Any]) -> dict[str, Any]:
    days = sorted({str(day) for day in (row["first"], row["last"]) if day})
    return {
        "step": row["step"], "items": row["items"], "people": row["people"],
        "yuan": None if row["fen"] is None else f"{row['fen'] / 100:,.2f}", "day": " to ".join(days),
        "batches": _few(row["batches"]), "jobs": _few(row["jobs"]),
    }  # fmt: skip


def _few(of: Sequence[Any] | None) -> str:
    listed = sorted(of or ())
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(map(str, listed[:_SHOWN])) + more
