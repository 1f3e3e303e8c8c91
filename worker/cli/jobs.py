"""``levy jobs``: work by state and reason."""

from __future__ import annotations

import click

from worker.cli.listing import print_rows, rows_of

_JOBS = (
    "SELECT id, kind, key, state, attempts, business_date, next_attempt_at, worker, outcome->>'reason' AS reason"
    " FROM job WHERE (CAST(:kind AS text) IS NULL OR kind = :kind)"
    " AND (CAST(:state AS text) IS NULL AND state NOT IN ('done', 'discarded') OR state = :state)"
    " ORDER BY state, id DESC LIMIT :limit"
)


@click.command("jobs", help="List jobs that are not done, or those of one state, with the reason of the last attempt.")
@click.option("--state", help="ready, running, unknown, done, rejected or parked.")
@click.option("--kind", help="assess, push, void, declare, disburse, reconcile, intake, tick.*")
@click.option("--limit", default=50, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def command(state: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """List jobs, newest first."""
    rows = rows_of(_JOBS, {"state": state, "kind": kind, "limit": limit})
    if not as_json:
        rows = [{name: row[name] for name in ("id", "kind", "state", "attempts", "reason")} for row in rows]
    print_rows(rows, as_json, "No job is waiting, running or stuck.")
