"""``levy why``: one person's case file."""

from __future__ import annotations

import getpass

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table

from config.settings import load_settings
from worker.audit.log import AuditLog, Event, Origin
from worker.cli.listing import open_database
from worker.clock import SystemClock
from worker.keys import load_keys
from worker.privacy import Vault
from worker.report.case import READ, CaseFile, read_case
from worker.report.screen import json_line, shown
from worker.report.telling import told


@click.command("why", help="Everything that was decided and done for one person, in order, with clauses.")
@click.argument("person")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, amounts in fen.")
def command(person: str, as_json: bool) -> None:
    """Find the person by their number at the bureau or by identity number; what is shown is masked.

    That somebody looked is an event of the audit log.
    """
    settings = load_settings()
    keychain = load_keys(settings)
    with open_database().begin() as connection:
        case = read_case(connection, Vault(keychain), person)
        if case is not None:
            looked = Event(READ, case.person_id, {"form": "why", "revealed": False})
            clock = SystemClock()
            origin = Origin(f"operator:{getpass.getuser()}", settings.area, clock.today())
            AuditLog(keychain).record(connection, origin, [looked], clock.now())
    if case is None:
        raise click.ClickException("nobody with this person number or identity number has been taken in")
    if as_json:
        click.echo(json_line(vars(case)))
    else:
        _show(case, Console(highlight=False))


def _show(case: CaseFile, console: Console) -> None:
    def line(words: str, indent: int = 0) -> None:
        console.print(Padding(words, (0, 0, 0, indent), expand=False))

    def dated(day: object, words: str, more: str = "") -> None:
        table = Table.grid(Column(width=10), Column(overflow="fold"), padding=(0, 2, 0, 0), pad_edge=False)
        table.add_row(str(day), words)
        if more:
            table.add_row("", f"[dim]{more}[/dim]")
        console.print(Padding(table, (0, 0, 0, 2), expand=False))

    who = {name: shown(value) for name, value in case.person.items()}
    line(f"[bold]{who['name']}[/bold]  {who['cert_no']}  born {who['birth_date']}  no. {who['person_no']}")
    line("\nWhat the bureau said")
    for row in case.roster:
        dated(row["business_date"], shown(row["says"]), shown(row["file"]))
    line("\nWhat was decided and done (with jobs and attempts: --json)")
    for event in case.events:
        if event["action"] == READ:
            continue  # who looked stands in `levy case`
        happened, references = told(event["action"], event["facts"])
        dated(event["business_date"], shown(happened), shown(references))
    for number, decision in case.decisions.items():
        line(f"\nDecision {number} by {shown(decision['notice'])}, clauses {shown(', '.join(decision['clauses']))}")
        for sentence in decision["why"]:
            line(shown(sentence), 2)
    console.print()
    for sentence in case.now:
        line(f"[bold]now:[/bold] {shown(sentence)}")
