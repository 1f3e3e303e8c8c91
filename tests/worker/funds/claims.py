"""What one does about funds on the stage: draw, settle, and look at statements."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection

from tests.worker.flows.stage import Stage
from worker.audit.log import Event, Origin
from worker.funds.draw import draw
from worker.funds.period import parse_period
from worker.funds.settle import settle, withdraw

CLERK = "郑"


def booked(stage: Stage, day: date, book: Callable[[Connection], list[Event]]) -> list[str]:
    """Do it as the command line does; returns what happened."""
    house = stage.house
    with house.engine.begin() as connection:
        events = book(connection)
        house.audit.record(connection, Origin(f"clerk:{CLERK}", house.law.area, day), events, house.clock.now())
    return [event.action for event in events]


def drawn(stage: Stage, period: str, day: date, source: str | None = None) -> list[str]:
    law, accounts = stage.house.law, stage.house.accounts(stage.house.law.area)
    return booked(stage, day, lambda link: draw(link, law, accounts, parse_period(period), day, CLERK, source))


def paid(stage: Stage, number: str, amount: int, voucher: str, day: date) -> list[str]:
    area = stage.house.law.area
    accounts = stage.house.accounts(area)
    return booked(stage, day, lambda link: settle(link, accounts, area, number, amount, voucher, day, CLERK))


def taken_back(stage: Stage, number: str, day: date) -> list[str]:
    area = stage.house.law.area
    accounts = stage.house.accounts(area)
    return booked(stage, day, lambda link: withdraw(link, accounts, area, number, day, CLERK, "名单有误"))


def statements(stage: Stage) -> list[tuple[Any, ...]]:
    """Fund, first day, claimed, deducted, settled and state of each, in order."""
    return stage.desk.rows(
        "SELECT source, first_day::text, claimed, deducted, settled, state FROM fund_statement ORDER BY id"
    )


def number(stage: Stage, place: int) -> str:
    """The number of the statement at this place."""
    return str(stage.desk.rows("SELECT number FROM fund_statement ORDER BY id")[place][0])
