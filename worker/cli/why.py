"""``levy why``: one person's case file."""

from __future__ import annotations

from typing import Any

import click
import orjson
from rich.console import Console

from config.settings import load_settings
from policies.money import yuan
from worker.cli.listing import open_database
from worker.keys import load_keys
from worker.privacy import Vault
from worker.report.case import CaseFile, read_case


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
        click.echo(orjson.dumps(vars(case), option=orjson.OPT_NON_STR_KEYS).decode())
    else:
        _show(case, Console())


def _show(case: CaseFile, console: Console) -> None:
    def line(words: str) -> None:
        console.print(words, soft_wrap=True, highlight=False)

    shown = case.person
    line(f"[bold]{shown['name']}[/bold]  {shown['cert_no']}  born {shown['birth_date']}  no. {shown['person_no']}")
    line("\nWhat the bureau said")
    for row in case.roster:
        line(f"  {row['business_date']}  {row['says']}  [dim]{row['file']}[/dim]")
    line("\nWhat was decided and done")
    for event in case.events:
        facts = "  ".join(f"{name} {_value(name, value)}" for name, value in event["facts"].items() if value)
        origin = f"{event['actor']}, job {event['job']}, attempt {event['attempt']}"
        line(f"  {event['business_date']}  [bold]{event['action']:<20}[/bold] {facts}  [dim]{origin}[/dim]")
    for number, decision in case.decisions.items():
        line(f"\nDecision {number} by {decision['notice']}, clauses {', '.join(decision['clauses'])}")
        for sentence in decision["why"]:
            line(f"  {sentence}")


def _value(name: str, value: Any) -> str:
    if name in ("amount", "settles", "above") and isinstance(value, int):
        return f"{yuan(value)} yuan"
    if isinstance(value, list):
        return "; ".join(" ".join(f"{k} {_value(k, v)}" for k, v in item.items()) for item in value)
    return str(value)
