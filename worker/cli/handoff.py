"""``levy handoff``: cases between two areas, and the steps that people take in them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import click
from sqlalchemy import Connection

from config.settings import load_settings
from worker.cli.listing import print_rows, rows_of
from worker.cli.who import who
from worker.handoff import acts, claims
from worker.handoff.listing import OPEN_CASES, case_lines
from worker.handoff.propose import Mistake, propose
from worker.handoff.withdraw import withdraw
from worker.house import House
from worker.wiring import build_house

_REASON = click.option("--reason", required=True, help="Why; the other side reads it. No names or numbers of people.")
_BY = click.option("--by", help="Who does it; else the user of this machine.")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("handoff", help="Cases between two areas: premiums paid in the wrong one, and claims for assistance.")
def command() -> None:
    """Group of the commands below."""


@command.command("list", help="List cases: open ones, with whose turn it is and until when.")
@click.option("--overdue", is_flag=True, help="Only those whose next step is late.")
@click.option("--all", "closed_too", is_flag=True, help="Closed ones too.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def list_cases(overdue: bool, closed_too: bool, limit: int, as_json: bool) -> None:
    """List cases, the most urgent first."""
    house = build_house(load_settings())
    values = {"today": house.clock.today(), "overdue": overdue, "closed": closed_too, "limit": limit}
    rows = rows_of(OPEN_CASES, values)
    if not as_json:
        rows = [{name: row[name] for name in ("case", "state", "turn", "next_by", "remark")} for row in rows]
    print_rows(rows, as_json, "No case is late." if overdue else "No case is open.")


@command.command("show", help="Show a case: its steps, and whether the peer holds the same.")
@click.argument("case")
def show_case(case: str) -> None:
    """Print the history here, and compare its head with the peer's."""
    house = build_house(load_settings())
    for line in case_lines(house, case):
        click.echo(line)


@command.command("propose", help="PERSON paid here by mistake: propose the case to the area it was meant for.")
@click.argument("person")
@click.option("--to", required=True, help="The intended area, six digits.")
@click.option("--own-fault/--not-own-fault", required=True, default=None, help="Whose mistake it was.")
@click.option(
    "--benefits-used/--benefits-unused", required=True, default=None, help="Whether benefits were drawn here."
)
@click.option("--applied-on", type=_DAY, help="Day of the application; today unless given.")
@click.option("--voucher", help="Which payment, where there are several.")
@_BY
def propose_case(
    person: str,
    to: str,
    own_fault: bool,
    benefits_used: bool,
    applied_on: datetime | None,
    voucher: str | None,
    by: str | None,
) -> None:
    """Ask the notice, open the case, and send the proposal."""

    def act(connection: Connection, house: House, today: date, clerk: str) -> str:
        applied = applied_on.date() if applied_on else today
        mistake = Mistake(person, to, own_fault, benefits_used, applied, voucher)
        return propose(connection, house, mistake, uuid4(), today, clerk)[0]

    click.echo(f"case {_do(act, by)} is proposed to {to}")


@command.command("claim", help="PERSON, recognised here, is enrolled in another area: ask it whether they have paid.")
@click.argument("person")
@click.option("--of", "area", required=True, help="The area of enrolment, six digits.")
@click.option("--applied-on", type=_DAY, help="Day of the application; today unless given.")
@_BY
def claim_case(person: str, area: str, applied_on: datetime | None, by: str | None) -> None:
    """Open a claim for assistance by the area of recognition."""

    def act(connection: Connection, house: House, today: date, clerk: str) -> str:
        applied = applied_on.date() if applied_on else today
        return claims.claim(connection, house, person, area, applied, uuid4(), today, clerk)[0]

    click.echo(f"case {_do(act, by)} asks {area}")


@command.command("accept", help="The intended area takes the person of CASE, who is to pay here.")
@click.argument("case")
@_BY
def accept_case(case: str, by: str | None) -> None:
    """Accept a proposal."""
    _do(lambda connection, house, today, clerk: acts.accept(connection, house, case, today, clerk), by)


@command.command("refuse", help="Refuse CASE, also after acceptance while nothing is paid here.")
@click.argument("case")
@_REASON
@_BY
def refuse_case(case: str, reason: str, by: str | None) -> None:
    """Refuse a proposal or a claim."""
    _do(lambda connection, house, today, clerk: acts.refuse(connection, house, case, reason, today, clerk), by)


@command.command("withdraw", help="Withdraw CASE, which the other side has not got; another person than who opened it.")
@click.argument("case")
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@_BY
def withdraw_case(case: str, reason: str, by: str | None) -> None:
    """Withdraw a proposal or claim that cannot be delivered."""
    house = build_house(load_settings())
    withdraw(house, case, reason, who(house.engine, by, "handoff.review"))
    click.echo(f"case {case} is withdrawn: nothing of it has moved")


@command.command("review", help="The origin's final review of CASE, by another person than who proposed it.")
@click.argument("case")
@click.option("--approve", "approved", is_flag=True, help="Refund.")
@click.option("--reject", "rejected", is_flag=True, help="No refund; say why.")
@click.option("--reason", help="Why it is rejected; the other side reads it.")
@_BY
def review_case(case: str, approved: bool, rejected: bool, reason: str | None, by: str | None) -> None:
    """Approve or reject."""
    if approved == rejected or (rejected and not reason):
        raise click.UsageError("Say --approve, or --reject with a --reason.")
    if approved:
        _do(
            lambda connection, house, today, clerk: acts.approve(connection, house, case, today, clerk),
            by,
            "handoff.review",
        )
    else:
        _do(
            lambda connection, house, today, clerk: acts.reject(connection, house, case, str(reason), today, clerk),
            by,
            "handoff.review",
        )


@command.command("decide", help="Decide the claim CASE by our own notice: grant or decline, as it says.")
@click.argument("case")
@_BY
def decide_case(case: str, by: str | None) -> None:
    """The area of recognition's decision."""
    _do(
        lambda connection, house, today, clerk: claims.decide(connection, house, case, today, clerk),
        by,
        "handoff.review",
    )


def _do(act: Callable[[Connection, House, date, str], Any], by: str | None, right: str = "handoff.step") -> Any:
    """Do it in one transaction; workers that run deliver it."""
    house = build_house(load_settings())
    clerk = who(house.engine, by, right)
    with house.engine.begin() as connection:
        done = act(connection, house, house.clock.today(), clerk)
    click.echo("noted; it counts once the other side holds it (`levy handoff show`)")
    return done
