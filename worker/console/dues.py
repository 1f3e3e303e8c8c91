"""Dues and assistance one by one, the batches that carry them, and what became of one batch."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from worker.console.dues_tables import BATCHES, ROWS_OF_DUES, ROWS_OF_ORDERS, assistance_of, dues_of
from worker.console.stopped import attempts_at
from worker.console.tables.answer import show as show_table
from worker.console.visit import Visit, Wrong
from worker.jobs.listing import one_job
from worker.report.acknowledged import acknowledged

_OF_ORDERS = ("disburse",)


def show_dues(visit: Visit) -> Response:
    """The current dues."""
    law = visit.house.law
    return show_table(visit, dues_of(law.area), "list", {"area": law.area, "year": law.insured_year})


def show_assistance(visit: Visit) -> Response:
    """Assistance."""
    law = visit.house.law
    return show_table(visit, assistance_of(law.area), "list", {"area": law.area, "year": law.insured_year})


def show_batches(visit: Visit) -> Response:
    """What left for a neighbour."""
    return show_table(visit, BATCHES, "list")


def show_batch(visit: Visit) -> Response:
    """One batch: what was answered, how many rows came to what, each attempt, and the rows themselves."""
    with visit.house.engine.connect() as connection:
        found = one_job(connection, visit.number("job"))
        if found is None:
            raise Wrong(404, visit.words("no_such_job"))
        job, parts = found
        values = _values(job)
        orders = job["kind"] in _OF_ORDERS
        outcomes = acknowledged(connection, [job["id"]])
    table = ROWS_OF_ORDERS if orders else ROWS_OF_DUES
    return show_table(
        visit, table, "batch", values, job=job, parts=parts, outcomes=outcomes, attempts=attempts_at(visit, job["id"])
    )


def _values(job: dict[str, Any]) -> dict[str, Any]:
    """What tells the rows of a batch: a stretch of dues under its key, or the dues that it names."""
    payload = job["payload"]
    return {
        "batch": payload.get("batch", job["key"]),
        "first": payload.get("first", 0),
        "last": payload.get("last", -1),
        "dues": payload.get("dues", []),
    }
