"""``levy why``: one person's case file."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from config.settings import load_settings
from policies.money import yuan
from worker.cli.listing import open_database
from worker.keys import load_keys
from worker.privacy import Vault
from worker.report.case import CaseFile, read_case
from worker.report.screen import json_line, shown


@click.command("why", help="Everything that was decided and done for one person, in order, with clauses.")
@click.argument("person")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, amounts in fen.")
def command(person: str, as_json: bool) -> None:
    """Find the person by their number at the bureau or by identity number; what is shown is masked."""
    settings = load_settings()
    vault = Vault(load_keys(settings.home, settings.embedded))
    with open_database().connect() as connection:
        case = read_case(connection, vault, person)
    if case is None:
        raise click.ClickException("nobody with this person number or identity number has been taken in")
    if as_json:
        click.echo(json_line(vars(case)))
    else:
        _show(case, Console())


def _show(case: CaseFile, console: Console) -> None:
    def line(words: str) -> None:
        console.print(words, soft_wrap=True, highlight=False)

    who = {name: shown(value) for name, value in case.person.items()}
    line(f"[bold]{who['name']}[/bold]  {who['cert_no']}  born {who['birth_date']}  no. {who['person_no']}")
    line("\nWhat the bureau said")
    for row in case.roster:
        line(f"  {row['business_date']}  {shown(row['says'])}  [dim]{shown(row['file'])}[/dim]")
    line("\nWhat was decided and done")
    for event in case.events:
        facts = "  ".join(shown(f"{name} {_value(name, value)}") for name, value in event["facts"].items() if value)
        origin = shown(f"{event['actor']}, job {event['job']}, attempt {event['attempt']}")
        line(f"  {event['business_date']}  [bold]{event['action']:<20}[/bold] {facts}  [dim]{origin}[/dim]")
    for number, decision in case.decisions.items():
        line(f"\nDecision {number} by {shown(decision['notice'])}, clauses {shown(', '.join(decision['clauses']))}")
        for sentence in decision["why"]:
            line(f"  {shown(sentence)}")


def _value(name: str, value: Any) -> str:
    if name in ("amount", "settles", "above") and isinstance(value, int):
        return f"{yuan(value)} yuan"
    if isinstance(value, list):
        return "; ".join(" ".join(f"{k} {_value(k, v)}" for k, v in item.items()) for item in value)
    return str(value)
