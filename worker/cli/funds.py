"""``levy funds``: what each fund owes, and its statements of claim."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from config.logging import configure_logging
from config.settings import load_settings
from policies.money import parse_yuan, yuan
from policies.vocabulary import SOURCES, name_zh
from worker.audit.log import Event, Origin
from worker.cli.listing import print_rows
from worker.cli.who import who
from worker.funds.draw import draw as draw_statements
from worker.funds.listing import read_lines, read_statement, shown_names
from worker.funds.owing import owing, sponsored, statements
from worker.funds.period import Period, parse_period
from worker.funds.settle import settle as book_settlement
from worker.funds.settle import withdraw as withdraw_statement
from worker.funds.workbook import KINDS, write_workbook
from worker.house import House
from worker.report.screen import json_line, shown
from worker.wiring import build_house

_MONEY = (
    *("claimed", "deducted", "settled", "open", "open_30_days", "open_90_days", "open_longer", "unclaimed"),
    *("to_deduct", "asked_back", "owes", "asked", "paid", "net", "amount", "fen"),
)
_by = click.option("--by", default=getpass.getuser, show_default="who is logged in", help="Who does it, by name.")
_as_json = click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
_HELP = "What each fund owes, and its statements of claim (请款): draw, show, export as XLSX, settle, withdraw."


@click.group("funds", help=_HELP, invoke_without_command=True)
@click.option("--all", "everything", is_flag=True, help="Also statements that are settled or withdrawn.")
@_as_json
@click.pass_context
def command(context: click.Context, everything: bool, as_json: bool) -> None:
    """Without a command below: what each fund owes, how old what is open is, and the statements that are open."""
    configure_logging("funds", level="warning")
    if context.invoked_subcommand is not None:
        return
    house = build_house(load_settings())
    place = (house.law.area, house.law.insured_year)
    with house.engine.connect() as connection:
        owed = owing(connection, *place, house.clock.today())
        paid_by_departments = sponsored(connection, *place)
        listed = statements(connection, *place, everything)
    if as_json:
        for kind, rows in (("fund", owed), ("sponsor", paid_by_departments), ("statement", listed)):
            for row in rows:
                click.echo(json_line({"what": kind, **row}))
        return
    click.echo("What each fund owes 资助资金 (yuan): owes = open + not yet claimed - to deduct")
    print_rows(
        [
            _told(row, "source", "claimed", "deducted", "settled", "open", "unclaimed", "to_deduct", "owes")
            for row in owed
        ],
        False,
        "No fund assists anybody yet.",
    )
    old = [row for row in owed if row["open"] or row["asked_back"]]
    if old:
        click.echo("\nHow long what is open has been so; asked back: what persons have to repay before it is deducted")
        ages = ("source", "open_30_days", "open_90_days", "open_longer", "asked_back")
        print_rows([_told(row, *ages) for row in old], False, "")
    if paid_by_departments:
        click.echo("\nFor information: paid to tax by departments themselves 代缴; nothing of it is claimed")
        print_rows([_told(row, "source", "people", "asked", "paid") for row in paid_by_departments], False, "")
    click.echo("\nStatements" + ("" if everything else " that are open"))
    columns = ("number", "source", "period", "net", "settled", "state", "drawn_on")
    print_rows([_told(_dated(row), *columns) for row in listed], False, "None.")


@command.command("draw")
@click.option("--period", "written", required=True, help="A month, 2020-11, or days, 2020-11-01..2020-12-15.")
@click.option("--source", type=click.Choice(SOURCES), help="One fund only.")
@_by
def draw(written: str, source: str | None, by: str) -> None:
    """Draw the statements of a period that has ended; those that stand already stay as they are."""
    house, period = build_house(load_settings()), parse_period(written)
    by = who(house.engine, by, "funds.book")

    def book(connection: Connection) -> list[Event]:
        today = house.clock.today()
        return draw_statements(connection, house.law, house.accounts(house.law.area), period, today, by, source)

    events = _booked(house, by, book)
    if not events:
        click.echo(f"{period}: nothing to claim that stands on no statement yet, or its statements are drawn already.")
    for event in events:
        facts = event.facts
        click.echo(
            f"{facts['number']}  {name_zh(facts['source'])}: {facts['lines']:,} lines, {yuan(facts['claimed'])}"
            f" claimed, {yuan(facts['deducted'])} deducted, {yuan(facts['claimed'] - facts['deducted'])} yuan asked for"
        )


@command.command("show")
@click.argument("number")
@_as_json
def show(number: str, as_json: bool) -> None:
    """Show one statement: its sums by town, category and clause, and what has been paid of it."""
    house = build_house(load_settings())
    with house.engine.connect() as connection:
        found = read_statement(connection, house.law.area, number)
    row = dict(found.row._mapping)
    settlements, sums = ([dict(one._mapping) for one in part] for part in (found.settlements, found.sums))
    if as_json:
        click.echo(json_line({**row, "settlements": settlements, "sums": sums}))
        return
    click.echo(
        f"{number}  {name_zh(row['source'])}, {name_zh(row['insurance'])}, {_dated(row)['period']}:"
        f" {yuan(row['claimed'])} claimed - {yuan(row['deducted'])} deducted = {yuan(row['net'])} yuan;"
        f" {yuan(row['settled'])} settled; {row['state'].replace('_', ' ')}.\n"
        f"Drawn on {row['drawn_on']} by {shown(row['drawn_by'])}."
    )
    columns = ("town", "kind", "category", "clauses", "people", "fen")
    print_rows([_told(one, *columns) for one in sums], False, "It has no lines.")
    if settlements:
        click.echo("\nSettled")
        print_rows([_told(one, "voucher", "amount", "settled_on", "recorded_by") for one in settlements], False, "")


@command.command("export")
@click.argument("number")
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--in-clear", is_flag=True, help="Names in full; who looked is kept in the audit log.")
@_by
def export(number: str, out: Path, in_clear: bool, by: str) -> None:
    """Write a statement to OUT (.xlsx): 汇总 with places to sign, 明细 line by line. Names are masked."""
    if out.suffix.lower() != ".xlsx":
        raise click.UsageError("OUT must end in .xlsx.")
    if out.exists():
        raise click.ClickException(f"{out} exists already: name another file, nothing is overwritten.")
    house = build_house(load_settings())
    if in_clear:
        by = who(house.engine, by, "funds.book")
    with house.engine.connect() as connection:
        found = read_statement(connection, house.law.area, number)
        lines = read_lines(connection, found.row.id)
    if in_clear:
        facts = {"number": number, "lines": len(lines), "in_clear": True, "by": by}
        _booked(house, by, lambda _: [Event("funds.exported", None, facts)])
    try:
        write_workbook(out, found, lines, shown_names(house.vault, lines, in_clear))
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}.") from error
    click.echo(
        f"{out}: {len(lines):,} lines, "
        + ("names in clear, readable by you alone (0600); the audit log says so." if in_clear else "names masked.")
    )


@command.command("settle")
@click.argument("number")
@click.option("--amount", required=True, help="Yuan that the finance bureau has paid, such as 12000.00.")
@click.option("--voucher", required=True, help="Number of its voucher; the same voucher again changes nothing.")
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day of the voucher.")
@_by
def settle(number: str, amount: str, voucher: str, day: datetime, by: str) -> None:
    """Book what the finance bureau has paid of a statement, in whole or in part."""
    try:
        fen = parse_yuan(amount)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    house = build_house(load_settings())
    area, by = house.law.area, who(house.engine, by, "funds.book")
    events = _booked(
        house, by,
        lambda link: book_settlement(link, house.accounts(area), area, number, fen, voucher, day.date(), by),
    )  # fmt: skip
    if not events:
        click.echo(f"Voucher {voucher} is booked already: nothing changed.")
    for event in events:
        click.echo(f"{number}: {yuan(fen)} yuan booked, {yuan(event.facts['left'])} still open.")


@command.command("withdraw")
@click.argument("number")
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@_by
def withdraw(number: str, reason: str, by: str) -> None:
    """Withdraw a statement of which nothing was paid: what stands on it goes on the next one that is drawn."""
    house = build_house(load_settings())
    area, by = house.law.area, who(house.engine, by, "funds.book")
    _booked(
        house, by,
        lambda link: withdraw_statement(link, house.accounts(area), area, number, house.clock.today(), by, reason),
    )  # fmt: skip
    click.echo(f"{number} is withdrawn. `levy funds draw` puts what stood on it on a new statement.")


def _booked(house: House, by: str, book: Callable[[Connection], list[Event]]) -> list[Event]:
    """Do it in one transaction, told of in the audit log."""
    origin = Origin(f"clerk:{by}", house.settings.area, house.clock.today())
    with house.engine.begin() as connection:
        events = book(connection)
        house.audit.record(connection, origin, events, house.clock.now())
    return events


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "period": str(Period(row["first_day"], row["last_day"]))}


def _told(row: dict[str, Any], *columns: str) -> dict[str, Any]:
    """The columns as a person reads them: money in yuan, words of the vocabulary in Chinese."""
    return {name: _word(name, row[name]) for name in columns}


def _word(name: str, value: Any) -> Any:
    if name in _MONEY:
        return yuan(value)
    if name == "kind":
        return KINDS[value]
    return name_zh(value) if name in ("source", "category") else value
