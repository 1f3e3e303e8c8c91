"""``levy why``: one person's case file."""

from __future__ import annotations

from typing import Any

import click
import orjson
from rich.console import Console
from rich.table import Table

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
    shown = case.person
    console.print(f"{shown['name']}  {shown['cert_no']}  born {shown['birth_date']}  no. {shown['person_no']}")
    table = Table(box=None)
    for heading in ("business date", "what", "facts", "by", "job"):
        table.add_column(heading)
    for event in case.events:
        facts = "  ".join(f"{name} {_value(name, value)}" for name, value in event["facts"].items() if value)
        job = f"{event['job']}/{event['attempt']}" if event["job"] else ""
        table.add_row(event["business_date"], event["action"], facts, event["actor"], job)
    console.print(table)
    for number, decision in case.decisions.items():
        console.print(f"\nDecision {number} by {decision['notice']}, clauses {', '.join(decision['clauses'])}:")
        for sentence in decision["why"]:
            console.print(f"  {sentence}", soft_wrap=True)


def _value(name: str, value: Any) -> str:
    if name in ("amount", "settles", "above") and isinstance(value, int):
        return f"{yuan(value)} yuan"
    if isinstance(value, list):
        return "; ".join(" ".join(f"{k} {_value(k, v)}" for k, v in item.items()) for item in value)
    return str(value)
