"""Reconciliation: a month as a calendar, a day of one side with its breaks and our own book of it, comparing again."""

from __future__ import annotations

from datetime import date, timedelta

import orjson
from starlette.responses import Response

from worker.console.acting import clerk, nudge, refusals
from worker.console.break_tables import OF_A_DAY, OF_A_MONTH, book_table
from worker.console.tables.answer import beside
from worker.console.tables.answer import show as show_table
from worker.console.visit import Visit, Wrong
from worker.reconciliation.again import NotComparable, compare_again
from worker.reconciliation.sides import SIDES, Side
from worker.report.calendar import Compared, Month, month_of, newest_day


def show(visit: Visit) -> Response:
    """The calendar of a month: that of the newest statement unless another is asked for."""
    house = visit.house
    asked, today = visit.asked("month"), house.clock.today()
    with house.engine.connect() as connection:
        newest = newest_day(connection, house.law.area)
        first = _day(visit, f"{asked}-01") if asked else (newest or today).replace(day=1)
        month = month_of(connection, house.law.area, first, today)
    blanks = first.weekday()
    cells: list[tuple[date, list[Compared]] | None] = [*[None] * blanks, *month.days]
    cells += [None] * (-len(cells) % 7)
    return visit.show(
        "calendar",
        month=month,
        totals=beside(visit, OF_A_MONTH, f"/reconciliation/totals/{first:%Y-%m}", _totals(month)),
        weeks=[cells[at : at + 7] for at in range(0, len(cells), 7)],
        before=(first - timedelta(days=1)).strftime("%Y-%m") if month.earlier else None,
        after=(first + timedelta(days=31)).strftime("%Y-%m") if month.later else None,
        open=sum(one.open for _, sides in month.days for one in sides) + sum(one.open for one in month.totals),
    )


def show_totals(visit: Visit) -> Response:
    """The totals of a month, by side."""
    written, house = str(visit.request.path_params["month"]), visit.house
    with house.engine.connect() as connection:
        month = month_of(connection, house.law.area, _day(visit, f"{written}-01"), house.clock.today())
    above = f"{visit.words('reconciliation')} {written}"
    return show_table(visit, OF_A_MONTH, "sums", _totals(month), up=f"/reconciliation?month={written}", above=above)


def _totals(month: Month) -> dict[str, str]:
    rows = [
        {
            **(one.statement or {}),
            "side": one.side,
            "stand": one.stand,
            "open": one.open,
            "first": month.first,
            "month": f"{month.first:%Y-%m}",
        }
        for one in month.totals
    ]
    return {"rows": orjson.dumps(rows, default=str).decode()}


def show_day(visit: Visit) -> Response:
    """What both books say of one day on one side, and every break of it, whatever its state."""
    side, day = _side(visit), _path_day(visit)
    house = visit.house
    with house.engine.connect() as connection:
        month = month_of(connection, house.law.area, day.replace(day=1), house.clock.today())
    one = next(compared for at, sides in month.days for compared in sides if (at, compared.side) == (day, side.name))
    values = {"area": house.law.area, "side": side.name, "day": day}
    return show_table(
        visit, OF_A_DAY, "day", values, side=side.name, day=day, one=one,
        compares=one.stand != "none" and visit.operator.may("breaks.own"), called=_count(visit.asked("called")),
    )  # fmt: skip


def show_book(visit: Visit) -> Response:
    """The rows of our own book on one day of one side."""
    side, day = _side(visit), _path_day(visit)
    values = {"area": visit.house.law.area, "of_day": day}
    return show_table(visit, book_table(side.name), "book", values, side=side.name, day=day)


def again(visit: Visit) -> Response:
    """Compare the day once more."""
    side, day, house = _side(visit), _path_day(visit), visit.house
    with refusals(NotComparable), house.engine.begin() as connection:
        jobs = compare_again(connection, house.audit, clerk(visit), [side], day, day, house.clock.now())
    nudge(visit, jobs)
    return visit.go(f"/reconciliation/{side.name}/{day}", called=len(jobs))


def _count(written: str | None) -> int | None:
    return int(written) if written and written.isascii() and written.isdecimal() and len(written) < 6 else None


def _side(visit: Visit) -> Side:
    found = SIDES.get(str(visit.request.path_params["side"]))
    if found is None:
        raise Wrong(404, visit.words("no_such_page"))
    return found


def _path_day(visit: Visit) -> date:
    return _day(visit, str(visit.request.path_params["day"]))


def _day(visit: Visit, written: str) -> date:
    try:
        day = date.fromisoformat(written)
        if not (2000 <= day.year < 2200 and written == day.isoformat()):
            raise ValueError(written)
    except ValueError:
        raise Wrong(404, visit.words("no_such_day", given=written[:20])) from None
    return day
