"""Which jobs there are: one after the other, counted by cause, one with all its attempts; a neighbour's next probe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.jobs.choice import MEANT, Choice

_OPEN = (
    "(CAST(:states AS text[]) IS NULL AND (CAST(:state AS text) IS NOT NULL OR j.state NOT IN ('done', 'discarded'))"
    " OR j.state = ANY(CAST(:states AS text[])))"
)
JOBS = (
    "SELECT j.id, j.kind, j.key, j.area, j.state, j.attempts, j.business_date, j.next_attempt_at, j.worker,"
    " j.waits_for, j.outcome->>'cause' AS cause, (j.outcome->>'status')::int AS status, j.outcome->>'reason' AS reason,"
    " j.created_at, j.ended_at, EXISTS (SELECT FROM message m WHERE m.job_id = j.id AND m.answered_at IS NULL"
    "  AND m.asked_at IS NULL) AS asks_first"
    f" FROM job j WHERE {_OPEN} AND {MEANT}"
)
"""The jobs described, as SQL; :meth:`Choice.values` and ``states`` (null: all that are not over) are its parameters."""

GROUPS = (
    "SELECT j.state, j.kind, j.outcome->>'cause' AS cause, (j.outcome->>'status')::int AS status, count(*) AS jobs,"
    " min(coalesce(j.ended_at, j.created_at)) AS oldest, max(coalesce(j.ended_at, j.created_at)) AS newest,"
    " mode() WITHIN GROUP (ORDER BY j.outcome->>'reason') AS reason"
    f" FROM job j WHERE {_OPEN} AND {MEANT} GROUP BY 1, 2, 3, 4"
)
"""The same, counted by state, kind and cause."""

_JOBS = text(f"{JOBS} ORDER BY j.state, j.id DESC LIMIT :limit")
_GROUPS = text(f"{GROUPS} ORDER BY jobs DESC, 1, 2, 3, 4 LIMIT :limit")
_JOB = text("SELECT * FROM job WHERE id = :id")
ATTEMPTS = (
    "SELECT fence AS attempt, started_at, ended_at, worker, outcome, cause, status, reason FROM job_attempt"
    " WHERE job_id = :id"
)
"""Each attempt at one job, as SQL."""

_PARTS = {
    "attempts": text(f"{ATTEMPTS} ORDER BY fence"),
    "message": text(
        "SELECT key, neighbour, payload_hash, intended_at, answered_at, asked_at FROM message WHERE job_id = :id"
    ),
    "interventions": text(
        "SELECT i.id AS request, i.action, i.state, i.requested_by, i.confirmed_by, i.closed_at, i.reason"
        " FROM intervention_job m JOIN intervention i ON i.id = m.intervention_id WHERE m.job_id = :id ORDER BY i.id"
    ),
}
_PROBE = text(
    "UPDATE breaker SET retry_at = now() WHERE neighbour = :neighbour AND opened_at IS NOT NULL RETURNING neighbour"
)
_HURRY = text(
    "UPDATE job SET next_attempt_at = now() WHERE waits_for = :neighbour AND state IN ('ready', 'unknown')"
    " AND next_attempt_at > now()"
)


def list_jobs(
    connection: Connection, choice: Choice, limit: int, states: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """The jobs described, by state, newest first; those that are over only where a state says so."""
    return _rows(connection, _JOBS, choice, limit, states)


def group_jobs(
    connection: Connection, choice: Choice, limit: int, states: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """How many of the jobs described there are, by state, kind and cause, with the most frequent reason."""
    return _rows(connection, _GROUPS, choice, limit, states)


def one_job(connection: Connection, job: int) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]] | None:
    """All columns of a job, and its attempts, message and interventions; None where there is no such job."""
    row = connection.execute(_JOB, {"id": job}).one_or_none()
    if row is None:
        return None
    parts = {
        name: [dict(one._mapping) for one in connection.execute(query, {"id": job})] for name, query in _PARTS.items()
    }
    open_ones = [one for one in parts["message"] if one["answered_at"] is None and one["asked_at"] is None]
    return {**row._mapping, "asks_first": bool(open_ones)}, parts


def let_probe(connection: Connection, neighbour: str) -> bool:
    """Make the next probe of a neighbour's breaker due; whether calls to it are held back at all."""
    if connection.execute(_PROBE, {"neighbour": neighbour}).one_or_none() is None:
        return False
    connection.execute(_HURRY, {"neighbour": neighbour})
    return True


def _rows(
    connection: Connection, query: Any, choice: Choice, limit: int, states: Sequence[str] | None
) -> list[dict[str, Any]]:
    values = choice.values(connection) | {"limit": limit, "states": list(states) if states else None}
    return [dict(row._mapping) for row in connection.execute(query, values)]
