"""What people have asked to be done with jobs: what waits for a second person, and how the jobs of a request stand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

REQUESTS = (
    "SELECT id, action, job_count AS jobs, state, requested_by, requested_at, confirmed_by, closed_at, reason, answer"
    " FROM intervention"
)
"""Everything that people have asked for, as SQL."""

_REQUESTS = text(f"{REQUESTS} WHERE :every OR state = 'requested' ORDER BY id DESC LIMIT 100")
_ONE = text("SELECT * FROM intervention WHERE id = :id")
_STAND = text(
    "SELECT j.state, j.kind, j.outcome->>'cause' AS cause, count(*) AS jobs,"
    " mode() WITHIN GROUP (ORDER BY j.outcome->>'reason') AS reason"
    " FROM intervention_job m JOIN job j ON j.id = m.job_id WHERE m.intervention_id = :id"
    " GROUP BY 1, 2, 3 ORDER BY jobs DESC, 1, 2, 3"
)


_JOBS = text("SELECT job_id FROM intervention_job WHERE intervention_id = :id ORDER BY job_id")


def requests(connection: Connection, every: bool) -> list[dict[str, Any]]:
    """What waits for a second person, newest first; with ``every`` also what was answered; a hundred at most."""
    return [dict(row._mapping) for row in connection.execute(_REQUESTS, {"every": every})]


def one_request(connection: Connection, number: int) -> Any | None:
    """The row of a request; None where there is none with this number."""
    return connection.execute(_ONE, {"id": number}).one_or_none()


def progress(connection: Connection, number: int) -> list[dict[str, Any]]:
    """How many of its jobs are in which state now, by kind and cause, with the most frequent reason."""
    return [dict(row._mapping) for row in connection.execute(_STAND, {"id": number})]


def jobs_of(connection: Connection, number: int) -> list[int]:
    """The jobs that a request is about."""
    return list(connection.execute(_JOBS, {"id": number}).scalars())
