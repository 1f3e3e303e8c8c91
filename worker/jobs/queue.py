"""The job table as a queue: enqueue, claim under a lease, finish behind a fence, sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.jobs.outcome import STATE_AFTER, Done, Later, Outcome, Unknown, cause_of
from worker.privacy import mask_numbers

SHAPE = 1
"""Of the payloads that this release writes; it reads older ones too, and leaves newer ones to a newer release."""


@dataclass(frozen=True)
class NewJob:
    """Work to be done: kind, the key that makes it unique within its kind, a payload of identifiers, and its area."""

    kind: str
    key: str
    payload: Mapping[str, Any]
    business_date: date
    area: str | None = None
    max_attempts: int = 8


@dataclass(frozen=True)
class ClaimedJob:
    """A job held under a lease: only the holder of this ``fence`` may record its outcome.

    ``delays`` counts how often it was put off in a row; ``asks``: it may ask a neighbour about itself and send nothing.
    """

    id: int
    kind: str
    key: str
    payload: dict[str, Any]
    business_date: date
    area: str | None
    attempts: int
    max_attempts: int
    fence: int
    delays: int = 0
    asks: bool = False
    shape: int = 1


class Fenced(Exception):
    """The lease was lost and someone else holds the job: nothing of this attempt may be recorded."""


_ENQUEUE = text(
    "INSERT INTO job (kind, key, payload, shape, business_date, area, max_attempts)"
    " SELECT kind, key, payload, :shape, business_date, area, max_attempts"
    " FROM json_to_recordset(:jobs) AS new(kind text, key text, payload jsonb, business_date date, area text,"
    " max_attempts int) ON CONFLICT (kind, key) DO NOTHING RETURNING id"
)
_CLAIM = text(
    "WITH held AS (SELECT id, state, fence, worker, lease_until FROM job WHERE id = :id AND"
    "  ((state IN ('ready', 'unknown') AND next_attempt_at <= now()) OR (state = 'running' AND lease_until < now()))"
    "  FOR UPDATE SKIP LOCKED),"
    " lost AS (INSERT INTO job_attempt (job_id, fence, worker, started_at, outcome, cause, reason)"
    "  SELECT id, fence, worker, lease_until, 'lost', 'lost', 'the lease ran out' FROM held WHERE state = 'running')"
    " UPDATE job SET"
    "  state = CASE WHEN job.attempts >= job.max_attempts THEN 'parked' ELSE 'running' END,"
    "  outcome = CASE WHEN job.attempts >= job.max_attempts"
    '   THEN \'{"cause": "exhausted", "reason": "every attempt was used up"}\' ELSE job.outcome END,'
    "  ended_at = CASE WHEN job.attempts >= job.max_attempts THEN now() END,"
    "  attempts = job.attempts + 1, fence = job.fence + 1, worker = :worker, waits_for = NULL,"
    "  lease_until = now() + make_interval(secs => :lease)"
    " FROM held WHERE job.id = held.id"
    " RETURNING job.id, kind, key, payload, business_date, area, attempts, max_attempts, job.fence, delays,"
    " asks, shape, job.state"
)
_FINISH = text(
    "WITH ended AS (UPDATE job SET state = :state, outcome = CAST(:outcome AS jsonb),"
    "  attempts = attempts - :refund, lease_until = NULL, waits_for = CAST(:waits_for AS text),"
    "  next_attempt_at = now() + make_interval(secs => :seconds),"
    "  delays = CASE WHEN :open THEN delays + 1 ELSE 0 END, asks = asks AND :open,"
    "  ended_at = CASE WHEN NOT :open THEN now() END"
    "  WHERE id = :id AND fence = :fence AND state = 'running' RETURNING id, fence, worker)"
    " INSERT INTO job_attempt (job_id, fence, worker, started_at, outcome, cause, status, reason)"
    " SELECT id, fence, worker, now() - make_interval(secs => :took), :word, :cause, :status, :reason"
    " FROM ended RETURNING job_id"
)
_RENEW = text(
    "UPDATE job SET lease_until = now() + make_interval(secs => :lease)"
    " WHERE id = :id AND fence = :fence AND state = 'running' RETURNING id"
)
# Of those that wait for a neighbour that does not answer, one goes once a probe may.
_SWEEP = text(
    "WITH shut AS (SELECT neighbour, retry_at FROM breaker WHERE opened_at IS NOT NULL), probes AS"
    " (SELECT DISTINCT ON (waits_for) id FROM job JOIN shut ON waits_for = neighbour AND retry_at <= now()"
    "  WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() ORDER BY waits_for, next_attempt_at, id)"
    " UPDATE job SET nudged_at = now() WHERE id IN (SELECT id FROM job WHERE"
    " ((state IN ('ready', 'unknown') AND next_attempt_at <= now()) OR (state = 'running' AND lease_until < now()))"
    " AND (nudged_at < CASE state WHEN 'running' THEN lease_until ELSE next_attempt_at END"
    "  OR nudged_at <= now() - make_interval(secs => :grace))"
    " AND (waits_for IS NULL OR waits_for NOT IN (SELECT neighbour FROM shut) OR id IN (SELECT id FROM probes))"
    " ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id"
)


def enqueue(connection: Connection, jobs: Sequence[NewJob]) -> list[int]:
    """Write jobs in the caller's transaction; returns the ids of those that were new (kind and key are unique)."""
    if not jobs:
        return []
    rows = orjson.dumps([vars(job) for job in jobs]).decode()
    return list(connection.execute(_ENQUEUE, {"jobs": rows, "shape": SHAPE}).scalars())


def claim(connection: Connection, job_id: int, worker: str, lease_seconds: float) -> ClaimedJob | None:
    """Take the job under a lease; None when it is not due, held by someone else, ended, or out of attempts."""
    row = connection.execute(_CLAIM, {"id": job_id, "worker": worker, "lease": lease_seconds}).one_or_none()
    if row is None or row.state == "parked":
        return None
    return ClaimedJob(*row[:12])


def finish(connection: Connection, job: ClaimedJob, outcome: Outcome, seconds: float, took: float) -> None:
    """Record the outcome and the attempt in the caller's transaction. Raises ``Fenced`` if the lease was lost.

    ``seconds`` is how long to wait before the next attempt, where there is one.
    """
    told: dict[str, Any] = {"cause": cause_of(outcome), "status": None, "reason": None}
    if not isinstance(outcome, Done):
        told |= {"status": outcome.status, "reason": mask_numbers(outcome.reason)}
    facts: Mapping[str, Any] = outcome.facts if isinstance(outcome, Done) else told
    state = STATE_AFTER[type(outcome)]
    recorded = connection.execute(
        _FINISH,
        {
            "id": job.id,
            "fence": job.fence,
            "state": state,
            "open": state in ("ready", "unknown"),
            "waits_for": outcome.waits_for if isinstance(outcome, Later | Unknown) else None,
            "outcome": orjson.dumps(facts).decode(),
            "refund": 1 if isinstance(outcome, Later) and not outcome.failed else 0,
            "seconds": seconds,
            "took": took,
            "word": type(outcome).__name__.lower(),
            **told,
        },
    ).one_or_none()
    if recorded is None:
        raise Fenced(f"job {job.id}: the lease of attempt {job.fence} was lost")


def renew(connection: Connection, job: ClaimedJob, lease_seconds: float) -> None:
    """Start the lease anew, and hold the job's row until the commit. Raises ``Fenced`` when the lease was lost."""
    values = {"id": job.id, "fence": job.fence, "lease": lease_seconds}
    if connection.execute(_RENEW, values).one_or_none() is None:
        raise Fenced(f"job {job.id}: the lease of attempt {job.fence} was lost")


def due_for_nudge(connection: Connection, grace_seconds: float, limit: int = 5000) -> list[int]:
    """Ids of jobs that are due, or were lost, and of which nobody was told since, or for ``grace_seconds``."""
    return list(connection.execute(_SWEEP, {"grace": grace_seconds, "limit": limit}).scalars())
