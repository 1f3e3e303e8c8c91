"""``levy case``: the whole case file (案卷) of one person, as text, JSON, a page to print, or a workbook."""

from __future__ import annotations

import io
import os
from pathlib import Path

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table

from config.settings import load_settings
from worker.casefile.page import render_page
from worker.casefile.read import CaseRecord, NobodyThere, Reading, open_case
from worker.casefile.sections import Section
from worker.casefile.words import cell, heading
from worker.casefile.workbook import render_workbook
from worker.cli.who import who
from worker.report.screen import json_line, shown
from worker.wiring import build_house

_FORMS = {".html": "html", ".xlsx": "xlsx", ".json": "json", ".txt": "text"}


@click.command(
    "case", help="The whole case file 案卷 of one person: every due, payment, pay-out, refund, by which clause."
)
@click.argument("person")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, amounts in fen.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to .html, .xlsx, .json or .txt (0600)."
)
@click.option("--reveal", is_flag=True, help="Name, document and accounts in clear; needs --reason.")
@click.option("--reason", help="Why it is read in clear; kept in the audit log.")
@click.option("--by", help="Who reads it; kept in the audit log. Else the user of this machine.")
def command(person: str, as_json: bool, out: Path | None, reveal: bool, reason: str | None, by: str | None) -> None:
    """PERSON is the number at the bureau, or an identity number. That it was read is an event of the audit log."""
    form = _form(out, as_json)
    if reveal and not (reason and reason.strip()):
        raise click.UsageError("Say why with --reason: who looks at somebody in clear has to, and it is kept.")
    if out is not None and out.exists():
        raise click.ClickException(f"{out} exists already: name another file, nothing is overwritten.")
    house = build_house(load_settings())
    reading = Reading(who(house.engine, by, "case.read"), form, reveal, reason.strip() if reason else None)
    try:
        record = open_case(house, person, reading)
    except NobodyThere as error:
        raise click.ClickException(str(error)) from None
    if out is None:
        click.echo(_json(record)) if as_json else _show(record, Console(highlight=False))
        return
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_rendered(record, form))
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(
        f"{out}: {len(record.steps.rows):,} events and all of the books' rows, {'in clear' if reveal else 'masked'}."
    )


def _form(out: Path | None, as_json: bool) -> str:
    if out is None:
        return "json" if as_json else "text"
    if out.suffix.lower() not in _FORMS:
        raise click.UsageError("--out must end in .html, .xlsx, .json or .txt.")
    return _FORMS[out.suffix.lower()]


def _rendered(record: CaseRecord, form: str) -> bytes:
    match form:
        case "html":
            return render_page(record).encode()
        case "xlsx":
            return render_workbook(record)
        case "json":
            return _json(record).encode() + b"\n"
        case _:
            console = Console(record=True, highlight=False, width=160, file=io.StringIO())
            _show(record, console)
            return console.export_text().encode()


def _json(record: CaseRecord) -> str:
    sections = {one.en: [dict(zip(one.columns, row, strict=True)) for row in one.rows] for one in record.sections}
    return json_line(vars(record.case) | {"sections": sections, "notes": record.notes})


def _show(record: CaseRecord, console: Console) -> None:
    who = {name: shown(value) for name, value in record.case.person.items()}
    console.print(
        f"[bold]案卷[/bold]  {who['name']}  {who['cert_no']}  born {who['birth_date']}  no. {who['person_no']}"
    )
    for sentence in record.case.now:
        console.print(f"[bold]now:[/bold] {shown(sentence)}")
    said = tuple((row["business_date"], row["says"], row["file"]) for row in record.case.roster)
    _table(Section("登记信息", "What the bureau said", ("business_date", "what", "file"), said), console)
    _steps(record, console)
    for section in record.sections:
        if section.rows:
            _table(section, console)
    for number, decision in record.case.decisions.items():
        clauses = shown(", ".join(decision["clauses"]))
        console.print(f"\n决定 {number}: {shown(decision['notice'])}, {clauses}")
        for sentence in decision["why"]:
            console.print(f"  {shown(sentence)}")
    none = ", ".join(one.zh for one in record.sections if not one.rows)
    console.print(f"\n无 none: {none}")
    for note in record.notes:
        console.print(f"[dim]{shown(note)}[/dim]")


def _table(section: Section, console: Console) -> None:
    """A row a paragraph, so that any screen holds it: its first cell, then what there is, each with its heading."""
    console.print(f"\n[bold]{shown(section.zh)}[/bold]  {shown(section.en)}")
    for row in section.rows:
        cells = [(heading(name), cell(name, value)) for name, value in zip(section.columns, row, strict=True)]
        parts = [f"[dim]{shown(head)}[/dim] {shown(words)}" for head, words in cells if words]
        console.print(Padding("  ".join(parts), (0, 0, 0, 2), expand=False))


def _steps(record: CaseRecord, console: Console) -> None:
    console.print(f"\n[bold]{record.steps.zh}[/bold]  {record.steps.en}")
    for number, day, recorded, actor, what, references, notice, clauses in record.steps.rows:
        said = [f"no. {number}", cell("recorded_at", recorded), actor, references, f"{notice} {clauses}".strip()]
        table = Table.grid(Column(width=10), Column(overflow="fold"), padding=(0, 2, 0, 0), pad_edge=False)
        table.add_row(str(day), shown(what))
        table.add_row("", f"[dim]{shown(', '.join(part for part in said if part))}[/dim]")
        console.print(Padding(table, (0, 0, 0, 2), expand=False))
