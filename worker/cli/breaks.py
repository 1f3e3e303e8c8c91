"""``levy breaks``: what differs between statements and our book, and what is done about it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding

from config.logging import configure_logging
from config.settings import load_settings
from policies.money import yuan
from worker.audit.log import Origin
from worker.cli.listing import open_database, print_rows
from worker.cli.who import who
from worker.foreign_text import plain
from worker.house import House
from worker.reconciliation.handling import Desk, allocate_break, close, explain, own
from worker.report.breaks import Story, listed, story
from worker.report.screen import json_line, shown
from worker.wiring import build_house

_KINDS = "only_ours only_theirs amount person fund period area day late reference reversed repeated unidentified"
_DAY = click.DateTime(["%Y-%m-%d"])
_BY = click.option("--by", help="Who does it; else the user of this machine.")


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen."),
        click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Write them as CSV, in yuan."),
        click.option("--limit", default=100, show_default=True),
        click.option("--older-than", "older", type=int, metavar="DAYS", help="Open for more than so many days."),
        click.option("--unowned", is_flag=True, help="Only those that nobody looks after."),
        click.option("--owner", help="Only those that this person looks after."),
        click.option("--to", "last", type=_DAY, metavar="DAY", help="Up to this day."),
        click.option("--from", "first", type=_DAY, metavar="DAY", help="From this day on."),
        click.option("--side", type=click.Choice(["tax", "treasury"]), help="Only of this side."),
        click.option("--kind", help=f"Only of this kind: {_KINDS.replace(' ', ', ')}, unreadable, total."),
        click.option(
            "--state",
            default="open",
            show_default=True,
            type=click.Choice(["open", "vanished", "resolved", "closed", "all"]),
        ),
    ):
        command = option(command)
    return command


@click.group(
    "breaks",
    invoke_without_command=True,
    help="List what differs between the statements of tax and treasury and our book; say who looks after it, explain,"
    " allocate or close it.",
)
@_filters
@click.pass_context
def command(context: click.Context, /, **filters: Any) -> None:
    """List the breaks, unless a command below is named."""
    if context.invoked_subcommand is None:
        _list(**filters)


@command.command("list", help="List breaks.")
@_filters
def list_breaks(**filters: Any) -> None:
    """The same as without a command."""
    _list(**filters)


@command.command("show", help="The whole story of break ID: both books, the file, and every step.")
@click.argument("number", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, amounts in fen.")
def show(number: int, as_json: bool) -> None:
    """Print the story."""
    with open_database().connect() as connection:
        told = story(connection, number)
    if told is None:
        raise click.ClickException(f"no break has the number {number}: see `levy breaks`")
    if as_json:
        click.echo(json_line(vars(told)))
    else:
        _tell(told, Console(highlight=False))


@command.command("own", help="Say who looks after the open breaks IDS from now on.")
@click.argument("numbers", metavar="IDS", type=int, nargs=-1, required=True)
@click.option("--by", "name", required=True, help="Who.")
def own_breaks(numbers: tuple[int, ...], name: str) -> None:
    """A step in the story of each."""
    with _desk(name) as (desk, _):
        name = desk.origin.actor.removeprefix("clerk:")
        count = own(desk, numbers, name)
    click.echo(f"{name} looks after {count} {'break' if count == 1 else 'breaks'}.")


@command.command("explain", help="Keep an explanation with the breaks IDS.")
@click.argument("numbers", metavar="IDS", type=int, nargs=-1, required=True)
@click.option("--text", "words", required=True, help="What is the matter. No names or numbers of people.")
@_BY
def explain_breaks(numbers: tuple[int, ...], words: str, by: str | None) -> None:
    """A step in the story of each."""
    with _desk(by) as (desk, _):
        count = explain(desk, numbers, words)
    click.echo(f"Kept with {count} {'break' if count == 1 else 'breaks'}.")


@command.command("close", help="Close the open breaks IDS; they stay closed while they differ just so.")
@click.argument("numbers", metavar="IDS", type=int, nargs=-1, required=True)
@click.option("--reason", required=True, help="Why. No names or numbers of people.")
@_BY
def close_breaks(numbers: tuple[int, ...], reason: str, by: str | None) -> None:
    """A step in the story of each."""
    with _desk(by) as (desk, _):
        count = close(desk, numbers, reason)
    click.echo(f"{count} {'break' if count == 1 else 'breaks'} closed.")


@command.command("allocate", help="Give the money of nobody of break ID to the due that it pays.")
@click.argument("number", metavar="ID", type=int)
@click.option("--due", "reference", required=True, help="Our reference of the due: 610922-2021-0000000123-07.")
@click.option("--reason", required=True, help="How it was found out. No names or numbers of people.")
@click.option("--other-person", is_flag=True, help="The payment names somebody else, and it is right all the same.")
@_BY
def allocate(number: int, reference: str, reason: str, other_person: bool, by: str | None) -> None:
    """A transfer to the due, never more than it owes."""
    with _desk(by) as (desk, house):
        given = allocate_break(desk, house.accounts, number, reference, reason, other_person)
    click.echo(f"{yuan(given.amount)} yuan went to {reference}; {yuan(given.left)} yuan are still nobody's.")
    click.echo("Cover and assistance follow with the next assessment; a due that is paid now is withdrawn at tax.")


@contextmanager
def _desk(by: str | None) -> Iterator[tuple[Desk, House]]:
    configure_logging("breaks", level="warning")
    house = build_house(load_settings())
    origin = Origin(f"clerk:{who(house.engine, by, 'breaks.own')}", house.settings.area, house.clock.today())
    house.accounts(house.law.area)  # opened before the transaction: they are written in one of their own
    with house.engine.begin() as connection:
        yield Desk(connection, house.audit, origin, house.clock.now()), house


def _list(as_json: bool, csv_path: Path | None, first: datetime | None, last: datetime | None, **filters: Any) -> None:
    with open_database().connect() as connection:
        rows = listed(connection, first=_day(first), last=_day(last), **filters)
    if csv_path:
        _write(csv_path, rows)
        click.echo(f"{len(rows):,} breaks written to {csv_path}.")
        return
    if not as_json:
        names = ("id", "day", "side", "kind", "item")
        rows = [
            {name: row[name] for name in names}
            | {"ours": _said(row["ours"]), "theirs": _said(row["theirs"]), "age": row["age"], "owner": row["owner"]}
            for row in rows
        ]
    print_rows(rows, as_json, "No breaks: every statement that was compared agrees with our book.")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _said(side: Mapping[str, Any] | None) -> str:
    """What one book says, in a word: its amount in yuan, and which way it went where it is no plain payment."""
    if side is None:
        return "-"
    if "amount" not in side:
        return str(side.get("field") or "see show")
    kind = str(side.get("kind", ""))
    return yuan(int(side["amount"])) + (f" {kind}" if kind not in ("", "payment", "paid") else "")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        names = ("id", "day", "side", "period", "kind", "item", "stated_on", "reference", "state", "owner", "age")
        writer.writerow([*names, "ours yuan", "theirs yuan"])
        for row in rows:
            amounts = (yuan(int(side["amount"])) if side and "amount" in side else "" for side in _both(row))
            writer.writerow([*("" if row[name] is None else plain(str(row[name])) for name in names), *amounts])


def _both(row: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    return row["ours"], row["theirs"]


def _tell(told: Story, console: Console) -> None:
    found = told.found

    def line(words: str, indent: int = 0) -> None:
        console.print(Padding(shown(words), (0, 0, 0, indent), expand=False))

    def heading(words: str) -> None:
        console.print()
        line(words)

    age = f" for {found['age']} days" if found["age"] is not None else ""
    line(f"Break {found['id']}: {found['kind']}, {found['side']}, {found['period']} {found['day']}, {found['item']}")
    line(f"{found['state']}{age}, looked after by {found['owner'] or 'nobody'}")
    stated = f"statement of {found['stated_on']}" if found["stated_on"] else f"{found['period']} {found['day']}"
    for name, said in (("Our book", found["ours"]), (f"Theirs ({stated})", found["theirs"])):
        heading(f"{name}")
        line(_plain(said) if said else "nothing", 2)
    if told.booked:
        heading("As we booked it")
        line(_plain(told.booked), 2)
    if told.statement:
        heading("The file, as it was last compared (SHA-256 and figures)")
        line(found["digest"] or told.statement["digest"], 2)
        line(_plain({name: value for name, value in told.statement.items() if name != "digest"}), 2)
    heading("Steps")
    for step in told.steps:
        line(f"{step['business_date']}  {step['action']} by {step['actor']}: {step['text']}", 2)


def _plain(said: Mapping[str, Any]) -> str:
    def word(name: str, value: Any) -> str:
        return f"{yuan(int(value))} yuan" if name in ("amount", "unclaimed", "total", "our_total") else str(value)

    return ", ".join(
        f"{name.replace('_', ' ')} {word(name, value)}" for name, value in said.items() if value is not None
    )
