"""``levy refund``: premiums asked back: enter, look at, review, and let held ones go again."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from adapters.bureau.problems import FileRefused
from adapters.bureau.table import read_bytes
from config.logging import configure_logging
from config.settings import load_settings
from policies.money import yuan
from worker.audit.log import Origin
from worker.cli.listing import print_rows
from worker.cli.who import who
from worker.database.refunds import CASE_STATES, REFUND_REASONS
from worker.house import House
from worker.refunds.enter import Asked, NoReason, NotEntered, enter
from worker.refunds.listing import list_cases, one_case
from worker.refunds.reasons import ASKED_FOR
from worker.refunds.release import release
from worker.refunds.review import review_now
from worker.refunds.review_sheet import HEADER, SheetRefused, read_sheet, review_sheet_now
from worker.report.screen import json_line, shown
from worker.wiring import build_house

_DAY = click.DateTime(["%Y-%m-%d"])
_by = click.option("--by", required=True, help="Who does it, by name; kept in the audit log.")
_as_json = click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")


@click.group("refund", help="Premiums asked back: apply, list, show, review by a second person, release what is held.")
def command() -> None:
    """Group of the commands below."""
    configure_logging("refund", level="warning")


@command.command("apply")
@click.option("--person", help="Person number or identity number: all that is paid for them.")
@click.option("--reference", help="Our reference of one due.")
@click.option("--voucher", help="The voucher of one payment.")
@click.option("--line", type=int, help="With --voucher: the line, where it has several.")
@click.option("--reason", type=click.Choice(ASKED_FOR), help="Why; not asked for money of nobody we know (--voucher).")
@click.option("--event-on", type=_DAY, help="Day of death, first day of the other cover, day of the second payment.")
@click.option("--applied-on", type=_DAY, help="Day of the application; else today.")
@click.option("--benefits-used/--no-benefits-used", default=None, help="Whether benefits were drawn; else not known.")
@click.option("--own-fault/--no-own-fault", default=None, help="Whether it is the payer's own fault; else not known.")
@_by
def apply_for(
    person: str | None,
    reference: str | None,
    voucher: str | None,
    line: int | None,
    reason: str | None,
    event_on: datetime | None,
    applied_on: datetime | None,
    benefits_used: bool | None,
    own_fault: bool | None,
    by: str,
) -> None:
    """Enter an application; what the notice says of it is shown at once. A second person reviews it."""
    named = {"person": person, "reference": reference, "voucher": voucher}
    if sum(given is not None for given in named.values()) != 1:
        raise click.UsageError("Name one of --person, --reference and --voucher.")
    named_by, given = next((name, one) for name, one in named.items() if one is not None)
    house = build_house(load_settings())
    by, today = who(house.engine, by, "refund.enter"), house.clock.today()
    asked = Asked(
        named_by, given, _day(applied_on) or today, line, reason, _day(event_on), own_fault, benefits_used
    )  # fmt: skip
    try:
        with house.engine.begin() as connection:
            cases, events = enter(connection, house, asked, today, by)
            house.audit.record(connection, _origin(house, by, today), events, house.clock.now())
    except NoReason:
        raise click.UsageError("Say why with --reason.") from None
    except NotEntered as refusal:
        raise click.ClickException(f"No case was opened: {refusal}.") from None
    if not cases:
        click.echo("Nothing was paid for them: the enrolment is closed, and nothing is asked any more.")
    for case in cases:
        _show(house, case)


@command.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(CASE_STATES), help="Only cases in this state.")
@click.option("--reason", type=click.Choice(REFUND_REASONS), help="Only cases for this reason.")
@click.option("--limit", default=100, show_default=True)
@_as_json
def list_(states: tuple[str, ...], reason: str | None, limit: int, as_json: bool) -> None:
    """List cases: what is asked back, how it stands, and what holds it or is missing."""
    house = build_house(load_settings())
    with house.engine.connect() as connection:
        rows = list_cases(connection, house.law.area, states or None, reason, limit=limit)
    if not as_json:
        rows = [row | {"yuan": yuan(row["yuan"])} for row in rows]
    print_rows(rows, as_json, "No refund is asked for.")


@command.command("show")
@click.argument("case", type=int)
@_as_json
def show(case: int, as_json: bool) -> None:
    """Show one case: the decision with its clauses, the review, and where each part of the money is."""
    house = build_house(load_settings())
    if as_json:
        with house.engine.connect() as connection:
            found = one_case(connection, case)
        if found is None:
            raise click.ClickException(f"there is no case {case}")
        click.echo(json_line(found[0] | {"items": found[1]}))
    else:
        _show(house, case)


@command.command("review")
@click.argument("cases", nargs=-1, type=int)
@click.option("--approve/--reject", "approved", default=None, help="What the second person says.")
@click.option("--all", "everything", is_flag=True, help="All that wait for a review; see --of, --count.")
@click.option("--of", "reason", type=click.Choice(REFUND_REASONS), help="With --all: only cases for this reason.")
@click.option("--count", type=int, help="With --all: how many there must be, as `levy refund list` shows them.")
@click.option(
    "--file", "sheet", type=click.Path(path_type=Path), help=f"A CSV with the columns {HEADER}, instead of cases."
)
@_by
@click.option("--reason", "because", help="On what grounds; kept with the case. Not with --file.")
def review_(
    cases: tuple[int, ...],
    approved: bool | None,
    everything: bool,
    reason: str | None,
    count: int | None,
    sheet: Path | None,
    by: str,
    because: str | None,
) -> None:
    """Approve or reject cases; never by who entered them. Exits 1 when one could not be reviewed."""
    if sheet is not None:
        if cases or everything or approved is not None or because is not None:
            raise click.UsageError("--file says itself which cases, what of each, and why: leave the rest away.")
        _review_sheet(sheet, by)
        return
    if approved is None or not because:
        raise click.UsageError("Say --approve or --reject, and the --reason.")
    if bool(cases) == everything:
        raise click.UsageError("Name the cases, or say --all with --count.")
    house = build_house(load_settings())
    by = who(house.engine, by, "refund.review")
    with house.engine.connect() as connection:
        chosen = list(cases) or [row["id"] for row in list_cases(connection, house.law.area, ["decided"], reason)]
        if everything and len(chosen) != count:
            raise click.ClickException(
                f"{len(chosen)} cases wait for a review, not {count}: nothing was done. Look at `levy refund list`"
                " --state decided and name that number with --count"
            )
    outcome = review_now(house, chosen, approved, by, because)
    click.echo(f"{len(outcome.done)} of {len(set(chosen))} cases {'approved' if approved else 'rejected'}.")
    for sentence in outcome.refused.values():
        click.echo(shown(sentence), err=True)
    if outcome.refused:
        raise click.exceptions.Exit(1)


def _review_sheet(path: Path, by: str) -> None:
    try:
        verdicts, faults = read_sheet(read_bytes(path))
    except (SheetRefused, FileRefused) as refusal:
        raise click.ClickException(f"{shown(path.name)}: {refusal}") from None
    house = build_house(load_settings())
    by = who(house.engine, by, "refund.review")
    done = review_sheet_now(house, verdicts, by)
    rows, faults = len(verdicts) + len(faults), faults | done.faults
    as_before = f", {done.unchanged} reviewed so before" if done.unchanged else ""
    click.echo(f"{done.approved} approved, {done.rejected} rejected{as_before}, of {rows} rows.")
    for line, sentence in sorted(faults.items()):
        click.echo(f"line {line}: {shown(sentence)}", err=True)
    if faults:
        raise click.exceptions.Exit(1)


@command.command("release")
@click.argument("cases", nargs=-1, type=int, required=True)
@_by
@click.option("--reason", "because", required=True, help="What has been mended; kept in the audit log.")
def release_(cases: tuple[int, ...], by: str, because: str) -> None:
    """Order held refunds once more; a corrected account, taken in, does so by itself. Exits 1 if one is not held."""
    house = build_house(load_settings())
    by, today = who(house.engine, by, "refund.enter"), house.clock.today()
    with house.engine.begin() as connection:
        released, events = release(connection, cases, by, because)
        house.audit.record(connection, _origin(house, by, today), events, house.clock.now())
    click.echo(f"{len(released)} of {len(set(cases))} cases are ordered again.")
    if missing := sorted(set(cases) - released):
        raise click.ClickException(
            f"Nothing of case {', '.join(map(str, missing))} is held that could go again: see `levy held refunds`."
        )


def _show(house: House, number: int) -> None:
    with house.engine.connect() as connection:
        found = one_case(connection, number)
    if found is None:
        raise click.ClickException(f"there is no case {number}")
    case, items = found
    click.echo(
        f"case {number}: {case['reason']}, {yuan(case['amount'])} yuan, {case['state']};"
        f" entered by {shown(case['entered_by'])} for {case['applied_on']}"
        + (f", reviewed by {shown(case['reviewed_by'])} on {case['reviewed_on']}" if case["reviewed_by"] else "")
    )
    decision = case["decision"] or {"why": []}
    for share in decision.get("refund") or ():
        click.echo(f"  {yuan(share['amount'])} yuan to {share['to']}")
    if decision.get("missing"):
        click.echo(f"  missing: {', '.join(decision['missing'])}")
    for sentence in decision["why"]:
        click.echo(f"  {shown(sentence)}")
    print_rows([item | {"yuan": yuan(item["yuan"])} for item in items], False, "  Nothing has been ordered yet.")


def _origin(house: House, by: str, today: date) -> Origin:
    return Origin(f"clerk:{by}", house.settings.area, today)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
