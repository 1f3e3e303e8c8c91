"""Reconcile: compare tax's daily statements with our book, row by row and in total."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

from sqlalchemy import text

from worker.audit.log import Event
from worker.feeds.cursor import PAYMENTS, followed_to
from worker.house import House
from worker.jobs.outcome import Done, Later, Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.reconciliation.compare import Issued, compare
from worker.reconciliation.keep import keep

_OPEN_DAYS = text(
    "WITH began AS (SELECT coalesce((SELECT min(day) FROM statement WHERE area = :area),"
    "  (SELECT min(assessed_on) FROM due WHERE area = :area)) AS day)"
    " SELECT d::date FROM began, generate_series(began.day, CAST(:passed AS date) - 1, '1 day') AS d"
    " WHERE NOT EXISTS (SELECT FROM statement s WHERE s.area = :area AND s.day = d::date)"
    " AND NOT EXISTS (SELECT FROM job j WHERE j.kind = 'reconcile' AND j.state IN ('ready', 'running', 'unknown'))"
    " ORDER BY d LIMIT :limit"
)
_TRUSTED_AFTER = 4
"""A file that does not add up may have been cut on the way; what is the same so many times is what tax has issued."""
_DAYS = 16
"""Days compared by one job."""
_JOBS = 8
"""Jobs that one tick calls for."""


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: jobs for the days since the first due that our own feed has passed and that were not compared yet.

    None while others are open: what waits for a statement would be joined by one more job for each later fortnight. A
    day whose job was given up is called for again: no day is forgotten.
    """
    area, today = house.law.area, work.job.business_date
    with work.completing() as connection:
        passed = followed_to(connection, PAYMENTS)
        values = {"area": area, "passed": passed, "limit": _DAYS * _JOBS}
        days = [str(day) for day in connection.execute(_OPEN_DAYS, values).scalars()]
        jobs = [
            NewJob("reconcile", f"{area}-{work.job.id}-{part[0]}", {"days": part}, today, area)
            for part in (days[at : at + _DAYS] for at in range(0, len(days), _DAYS))
        ]
        work.enqueue(connection, jobs)
    return None


def reconcile(work: Work, house: House) -> Outcome | None:
    """Compare the days of the payload with our book.

    A day can be compared again at any time; breaks that are gone are closed by it. A statement that is not issued yet
    is waited for, and so are the days after it.
    """
    days, area = [date.fromisoformat(day) for day in work.job.payload["days"]], house.law.area
    issued, waits = _fetch(work, house, days)
    with work.step() as connection:
        found = compare(connection, area, house.law.insured_year, issued)
        events = [Event("statement.compared", None, facts) for facts in keep(connection, area, issued, found)]
        house.audit.record(connection, work.origin(work.job.key), events, house.clock.now())
    return waits or Done({"days": len(days)})


def _fetch(work: Work, house: House, days: Sequence[date]) -> tuple[list[Issued], Later | None]:
    """The statements from the first day on, and why to come back where one is missing or does not add up."""
    issued: list[Issued] = []
    for day in days:
        body = house.tax.statement(day)
        if body is None:
            return issued, Later(f"tax has not issued the statement of {day} yet", failed=False)
        statement = house.tax.read_statement(body)
        if statement.problems and work.job.attempts < _TRUSTED_AFTER:
            problem = statement.problems[0]
            return issued, Later(f"the statement of {day} does not add up and is fetched again: {problem}")
        issued.append(Issued(day, hashlib.sha256(body).hexdigest(), statement))
    return issued, None
