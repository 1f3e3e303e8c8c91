"""Reconcile: compare what tax and treasury state with our book, each day row by row, each month in totals."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from worker.audit.log import Event
from worker.feeds.cursor import followed_to
from worker.house import House
from worker.jobs.outcome import Done, Later, Outcome
from worker.jobs.work import Work
from worker.reconciliation.calling import call_for, days_to_compare, months_to_compare
from worker.reconciliation.compare import Break, Issued, compare, links, told
from worker.reconciliation.keep import Compared, Scope, facts, keep, our_days
from worker.reconciliation.months import compare_month, following
from worker.reconciliation.sides import SIDES, Side, files, neighbour

_TRUSTED_AFTER = 4
"""A file that does not add up may have been cut on the way; what is the same so many times is what was issued."""


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: jobs for the days that our own book has passed and that were not compared as it stands now.

    None of a side while others of it are open: what waits for a statement would be joined by one more job for each
    later fortnight. A day whose job was given up is called for again: no day is forgotten. A month is compared when
    all its days are.
    """
    area, today = house.law.area, work.job.business_date
    with work.completing() as connection:
        for side in SIDES.values():
            passed = followed_to(connection, side.feed)
            if passed is not None:
                days = days_to_compare(connection, side, area, passed)
                totals = not days and neighbour(house, side).gives_totals
                months = months_to_compare(connection, side, area, passed) if totals else []
                work.enqueue(connection, call_for(area, side, f"{work.job.id}", today, days, months))
    return None


def reconcile(work: Work, house: House) -> Outcome | None:
    """Compare the days, or the month, of the payload with our book.

    They can be compared again at any time: breaks that are gone vanish, those that are back open again. What is not
    issued yet is waited for, and so are the days after it; so is our own book.
    """
    side, payload = SIDES[work.job.payload["side"]], work.job.payload
    if "month" in payload:
        return _month(work, house, side, date.fromisoformat(payload["month"]))
    return _days(work, house, side, [date.fromisoformat(day) for day in payload["days"]])


def _days(work: Work, house: House, side: Side, days: Sequence[date]) -> Outcome:
    area = house.law.area
    with work.begin() as connection:
        passed = followed_to(connection, side.feed)
    whole = [day for day in days if passed is not None and day < passed]
    issued, waits = _fetch(work, house, side, whole)
    lines = told(side, area, issued)
    with work.begin() as connection:
        linked = links(connection, side, lines)
    also, damaged = _fetch(work, house, side, sorted({day for day, _ in linked}), waits=False)
    if damaged:
        return damaged
    if also:
        lines = told(side, area, [*issued, *also])
    with work.step() as connection:
        booked = our_days(connection, side, area, whole)
        items = {item for _, item in linked}
        found = compare(connection, side, lines, issued, items)
        compared = [_figures(side, one, booked.get(one.day, (0, 0)), found) for one in issued]
        actor, today = work.origin().actor, work.job.business_date
        scope = Scope(side, area, "day", actor, today, items, [one.day for one in also])
        keep(connection, scope, compared, found)
        _record(connection, work, house, [Event("statement.compared", None, facts(c, scope, found)) for c in compared])
    if waits is None and len(whole) < len(days):
        waits = Later(f"our own book of {days[len(whole)]} is not whole yet", failed=False)
    return waits or Done({"side": side.name, "days": len(days)})


def _month(work: Work, house: House, side: Side, month: date) -> Outcome:
    with work.begin() as connection:
        passed = followed_to(connection, side.feed)
    if passed is None or passed < following(month):
        return Later(f"our own book of {month:%Y-%m} is not whole yet", failed=False)
    totals = neighbour(house, side).monthly(month)
    if totals is None:
        return Later(f"the {side.name} has not issued the totals of {month:%Y-%m} yet", failed=False)
    with work.step() as connection:
        compared, found = compare_month(connection, side, house.law.area, month, totals)
        scope = Scope(side, house.law.area, "month", work.origin().actor, work.job.business_date)
        keep(connection, scope, [compared], found)
        _record(connection, work, house, [Event("statement.compared", None, facts(compared, scope, found))])
    return Done({"side": side.name, "month": f"{month:%Y-%m}"})


def _record(connection: Connection, work: Work, house: House, events: Sequence[Event]) -> None:
    house.audit.record(connection, work.origin(work.job.key), events, house.clock.now())


def _fetch(
    work: Work, house: House, side: Side, days: Sequence[date], waits: bool = True
) -> tuple[list[Issued], Later | None]:
    """The statements from the first day on, and why to come back where one is missing or does not add up.

    Without ``waits`` one that is not issued is passed over.
    """
    issued: list[Issued] = []
    far = neighbour(house, side)
    for day, body in files(far, days):
        if body is None and not waits:
            continue
        if body is None:
            return issued, Later(f"the {side.name} has not issued the statement of {day} yet", failed=False)
        statement = far.read_statement(body)
        if (statement.problems or statement.bad) and work.job.attempts < _TRUSTED_AFTER:
            problem = statement.problems[0] if statement.problems else statement.bad[0].reason
            return issued, Later(f"the statement of {day} does not add up and is fetched again: {problem}")
        issued.append(Issued(day, hashlib.sha256(body).hexdigest(), statement))
    return issued, None


def _figures(side: Side, one: Issued, booked: tuple[int, int], found: Sequence[Break]) -> Compared:
    lines = [side.line(row) for row in one.statement.rows]
    broken = {each.item for each in found if each.stated_on == one.day and each.kind != "late"}
    total = sum(line[4] * side.sign(line[5]) for line in lines)
    matched = len({line[1] for line in lines} - broken)
    return Compared(one.day, one.digest, len(lines) + len(one.statement.bad), total, *booked, matched)
