"""Funds: what each owes, its statements of claim, one with its lines, and drawing, settling and withdrawing them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection
from starlette.responses import Response

from policies.money import parse_yuan
from policies.vocabulary import SOURCES
from worker.audit.log import Event
from worker.console.acting import clerk, reason_of, refusals
from worker.console.fund_tables import BY_DEPARTMENTS, DRAWN, OF_A_STATEMENT, OUTSTANDING, OWED, SETTLED, SUMMED
from worker.console.tables.answer import beside
from worker.console.tables.answer import show as show_table
from worker.console.tables.declared import Table
from worker.console.visit import Visit, Wrong
from worker.funds.draw import NotDrawable, draw
from worker.funds.listing import NoStatement, Statement, read_lines, read_statement, shown_names
from worker.funds.period import NoPeriod, last_ended, parse_period
from worker.funds.settle import NotSettled, settle, withdraw
from worker.funds.workbook import workbook

_SHOWN: dict[str, Table] = {"/funds/owed": OWED, "/funds/departments": BY_DEPARTMENTS}
BY_FUND: dict[str, Table] = {**_SHOWN, "/funds/outstanding": OUTSTANDING}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def show(visit: Visit) -> Response:
    """What each fund owes, what departments pay themselves, and the statements."""
    return _show(visit)


def _show(visit: Visit, status: int = 200, **more: Any) -> Response:
    house = visit.house
    values = _of_the_year(visit)
    owed, paid = (beside(visit, one, home, values) for home, one in _SHOWN.items())
    return show_table(
        visit, DRAWN, "funds", values, status, owed=owed, sponsors=paid, books=visit.operator.may("funds.book"),
        sources=SOURCES, **{"plan": None, "period": str(last_ended(house.clock.today())), "source": "", **more},
    )  # fmt: skip


def by_fund(home: str) -> Callable[[Visit], Response]:
    """The page of one of the tables by fund, with its order, filters and files."""

    def show(visit: Visit) -> Response:
        return show_table(visit, BY_FUND[home], "sums", _of_the_year(visit), up="/funds", above=visit.words("funds"))

    return show


def _of_the_year(visit: Visit) -> dict[str, Any]:
    house = visit.house
    return {"area": house.law.area, "year": house.law.insured_year, "today": house.clock.today()}


def draw_some(visit: Visit) -> Response:
    """Draw the statements of a period: first what they would be, then, where they are still just that, they are."""
    house, source = visit.house, visit.given("source")
    if source and source not in SOURCES:
        raise Wrong(422, visit.words("nothing_chosen"))
    accounts = house.accounts(house.law.area)
    with refusals(NoPeriod, NotDrawable), house.engine.begin() as connection:
        period, today = parse_period(visit.given("period")), house.clock.today()
        ask = (house.law, accounts, period, today, visit.operator.login, source or None)
        with connection.begin_nested() as looked:
            would = [event.facts for event in draw(connection, *ask)]
            looked.rollback()
        sure = "-".join(f"{one['source']}:{one['claimed']}:{one['deducted']}" for one in would)
        if would and visit.given("sure") == sure:
            house.audit.record(connection, clerk(visit), draw(connection, *ask), house.clock.now())
            return visit.go("/funds")
    changed = visit.words("plan_changed") if visit.given("sure") else None
    return _show(
        visit, 409 if changed else 200, plan=would, sure=sure, period=str(period), source=source, changed=changed
    )


def show_statement(visit: Visit) -> Response:
    """One statement: its sums, what was paid of it, and its lines down to people and clauses."""
    found = _find(visit)
    values = {"id": found.row.id, "notice": visit.house.law.notice}
    return show_table(
        visit, OF_A_STATEMENT, "statement", values, found=found, row=found.row, today=visit.house.clock.today(),
        summed=beside(visit, SUMMED, f"/funds/{found.row.number}/sums", {**values, "number": found.row.number}),
        settled=beside(visit, SETTLED, f"/funds/{found.row.number}/settlements", values),
        books=visit.operator.may("funds.book"), left=abs(found.row.net) - found.row.settled,
    )  # fmt: skip


def show_sums(visit: Visit) -> Response:
    """The lines of a statement, summed by town, kind, category and clauses."""
    row = _find(visit).row
    return show_table(
        visit, SUMMED, "sums", {"id": row.id, "number": row.number}, up=f"/funds/{row.number}", above=row.number
    )


def show_settlements(visit: Visit) -> Response:
    """What the finance bureau has paid of a statement, voucher by voucher."""
    row = _find(visit).row
    return show_table(visit, SETTLED, "sums", {"id": row.id}, up=f"/funds/{row.number}", above=row.number)


def take_workbook(visit: Visit) -> Response:
    """The statement as the finance bureau gets it, names masked; who took it is an event."""
    found, house = _find(visit), visit.house
    number = found.row.number
    with house.engine.begin() as connection:
        lines: Sequence[Any] = read_lines(connection, found.row.id)
        facts = {"number": number, "lines": len(lines), "in_clear": False, "by": visit.operator.login}
        house.audit.record(connection, clerk(visit), [Event("funds.exported", None, facts)], house.clock.now())
    content = workbook(found, lines, shown_names(house.vault, lines))
    return Response(content, 200, {"Content-Disposition": f'attachment; filename="{number}.xlsx"'}, _XLSX)


def settle_one(visit: Visit) -> Response:
    """Book what the finance bureau has paid of it."""
    number, voucher, by = _number(visit), visit.given("voucher"), visit.operator.login
    try:
        amount, day = parse_yuan(visit.given("amount")), date.fromisoformat(visit.given("day"))
    except ValueError as error:
        raise Wrong(422, str(error)) from None
    if not voucher:
        raise Wrong(422, visit.words("voucher_needed"))
    area = visit.house.law.area
    accounts = visit.house.accounts(area)
    _book(visit, lambda link: settle(link, accounts, area, number, amount, voucher[:60], day, by))
    return visit.go(f"/funds/{number}")


def withdraw_one(visit: Visit) -> Response:
    """Withdraw it, so that what stands on it goes on the next one."""
    number, reason, house = _number(visit), reason_of(visit), visit.house
    accounts, today = house.accounts(house.law.area), house.clock.today()
    _book(visit, lambda link: withdraw(link, accounts, house.law.area, number, today, visit.operator.login, reason))
    return visit.go(f"/funds/{number}")


def _book(visit: Visit, book: Callable[[Connection], list[Event]]) -> None:
    house = visit.house
    with refusals(NotSettled), house.engine.begin() as connection:
        house.audit.record(connection, clerk(visit), book(connection), house.clock.now())


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["statement"])


def _find(visit: Visit) -> Statement:
    try:
        with visit.house.engine.connect() as connection:
            return read_statement(connection, visit.house.law.area, _number(visit))
    except NoStatement:
        raise Wrong(404, visit.words("no_such_statement")) from None
