"""``levy clawback``: assistance that persons have to repay: since its identity had ended, or as two people asked it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from adapters.bureau.problems import FileRefused
from adapters.bureau.table import read_bytes
from config.settings import load_settings
from policies.money import parse_yuan, yuan
from worker.assistance.reclaim import NotReclaimable
from worker.assistance.reclaim import ask as ask_for
from worker.assistance.reclaim import review as answer_to
from worker.assistance.repay import NotRepayable, repay
from worker.audit.log import Origin
from worker.cli.listing import print_rows, rows_of
from worker.cli.who import who
from worker.refunds.review_sheet import HEADER, SheetRefused, Verdict, read_sheet
from worker.report.screen import shown
from worker.wiring import build_house

_OPEN = (
    "SELECT c.id, p.person_no, c.category, c.source, c.amount AS yuan, c.amount - c.repaid AS left, c.revoked_on,"
    " c.holds_cover AS cover_held FROM clawback c JOIN person p ON p.id = c.person_id"
    " WHERE :everything OR c.repaid < c.amount ORDER BY c.opened_on, c.id LIMIT :limit"
)


@click.group("clawback", help="Assistance to be repaid: list, ask, review, book repayments.")
def command() -> None:
    """Assistance to be repaid."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what is repaid.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def listed(everything: bool, limit: int, as_json: bool) -> None:
    """List what is to be repaid, the oldest first."""
    rows = rows_of(_OPEN, {"everything": everything, "limit": limit})
    if not as_json:
        rows = [row | {name: yuan(int(row[name])) for name in ("yuan", "left")} for row in rows]
    print_rows(rows, as_json, "Nothing is to be repaid.")


@command.command("ask")
@click.argument("assistance", type=int)
@click.option("--reason", required=True, help="On what grounds; kept in the audit log.")
@click.option("--by", help="Who asks; kept in the audit log. Else the user of this machine.")
def ask(assistance: int, reason: str, by: str | None) -> None:
    """Ask back ASSISTANCE of `levy held reclaim` or `levy held twice`; another person reviews it."""
    house = build_house(load_settings())
    area, today, name = house.settings.area, house.clock.today(), who(house.engine, by, "clawback.book")
    try:
        with house.engine.begin() as connection:
            events = ask_for(connection, area, assistance, name, reason, today)
            house.audit.record(connection, Origin(f"clerk:{name}", area, today), events, house.clock.now())
    except NotReclaimable as error:
        raise click.ClickException(f"{error}.") from None
    click.echo(f"{yuan(events[0].facts['amount'])} yuan are asked back; another person reviews it.")


@command.command("review")
@click.argument("assistance", nargs=-1, type=int)
@click.option("--approve/--reject", "approved", default=None, help="What the second person says.")
@click.option("--reason", help="On what grounds; kept in the audit log. Not with --file.")
@click.option(
    "--file", "sheet", type=click.Path(path_type=Path), help=f"A CSV with the columns {HEADER}; case: the assistance."
)
@click.option("--by", help="Who reviews; kept in the audit log. Else the user of this machine.")
def review(
    assistance: tuple[int, ...], approved: bool | None, reason: str | None, sheet: Path | None, by: str | None
) -> None:
    """Agree or not that ASSISTANCE of `levy held asked` is asked back; never by who asked. Exits 1 if it cannot."""
    named = [bool(assistance), approved is not None, bool(reason)]
    if any(named) if sheet else not all(named):
        raise click.UsageError("Name the assistance, --approve or --reject and the --reason; or --file alone.")
    verdicts = [Verdict(at, one, bool(approved), reason or "") for at, one in enumerate(assistance, 1)]
    faults: dict[int, str] = {}
    if sheet is not None:
        try:
            verdicts, faults = read_sheet(read_bytes(sheet), "levy held asked")
        except (SheetRefused, FileRefused) as refusal:
            raise click.ClickException(f"{shown(sheet.name)}: {refusal}") from None
    house = build_house(load_settings())
    area, today, name = house.settings.area, house.clock.today(), who(house.engine, by, "clawback.review")
    accounts, done = house.accounts(area), 0
    for one in verdicts:
        try:
            with house.engine.begin() as connection:
                events = answer_to(connection, accounts, area, one.case_id, one.approved, name, one.reason, today)
                house.audit.record(connection, Origin(f"clerk:{name}", area, today), events, house.clock.now())
            done += 1
        except NotReclaimable as error:
            faults[one.line] = str(error)
    click.echo(f"{done} of {len(verdicts)} reviewed.")
    for line, sentence in sorted(faults.items()):
        click.echo(f"line {line}: {shown(sentence)}" if sheet else shown(sentence), err=True)
    if faults:
        raise click.exceptions.Exit(1)


@command.command("repaid")
@click.argument("number", type=int)
@click.option("--amount", required=True, help="In yuan, such as 130.00.")
@click.option("--voucher", required=True, help="Of the channel that it was repaid through; the same one counts once.")
@click.option("--on", "day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day it was repaid.")
@click.option("--by", help="Who enters it; kept in the audit log. Else the user of this machine.")
def repaid(number: int, amount: str, voucher: str, day: datetime, by: str | None) -> None:
    """Book that clawback NUMBER was repaid, in part or whole; the last fen lets the cover run again."""
    try:
        fen = parse_yuan(amount)
    except ValueError as error:
        raise click.BadParameter(f"{error}", param_hint="--amount") from None
    house = build_house(load_settings())
    area, on, name = house.settings.area, day.date(), who(house.engine, by, "clawback.book")
    try:
        with house.engine.begin() as connection:
            events = repay(connection, house.accounts(area), number, fen, voucher, on)
            house.audit.record(connection, Origin(f"clerk:{name}", area, on, voucher), events, house.clock.now())
    except NotRepayable as error:
        raise click.ClickException(f"{error}.") from None
    if not events:
        click.echo(f"Voucher {voucher} was booked before; nothing has changed.")
    elif events[-1].action == "cover.released":
        click.echo(f"{yuan(fen)} yuan booked. All is repaid, and the cover runs again.")
    else:
        click.echo(f"{yuan(fen)} yuan booked; {yuan(events[0].facts['left'])} yuan are left.")
