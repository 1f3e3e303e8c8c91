"""Running one job: claim, hand it to its flow, translate whatever happens into an outcome."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from adapters.ports import KeyConflict, NotYetAnswered, OutcomeUnknown, Refused, Unavailable
from worker.jobs.lease import kept
from worker.jobs.outcome import Later, Outcome, Parked, Rejected, Unknown
from worker.jobs.queue import Fenced, claim
from worker.jobs.work import Work
from worker.keys import KeysError

_log = structlog.get_logger("jobs")

Flow = Callable[[Work], Outcome | None]
"""A flow returns an outcome, or None when it completed its own transaction."""


class Nudge(Protocol):
    """Tells the engine that jobs are due; failing to tell is harmless, the sweeper finds them."""

    def __call__(self, job_ids: Sequence[int]) -> None: ...


class Runner:
    """Runs jobs by kind with the flows it was given."""

    def __init__(
        self, engine: Engine, flows: Mapping[str, Flow], nudge: Nudge, worker: str, lease_seconds: float
    ) -> None:
        self._engine = engine
        self._flows = flows
        self._nudge = nudge
        self._worker = worker
        self._lease = lease_seconds

    def run(self, job_id: int) -> str:
        """Run the job if it can be claimed; returns the outcome's word, ``not_due`` or ``fenced``."""
        with self._engine.begin() as connection:
            job = claim(connection, job_id, self._worker, self._lease)
        if job is None:
            return "not_due"
        work = Work(job, self._engine, self._worker, self._lease)
        with structlog.contextvars.bound_contextvars(job=job.id, kind=job.kind, attempt=job.attempts, area=job.area):
            try:
                outcome = self._attempt(work)
            except Fenced as lost:
                _log.warning("job.fenced", reason=str(lost))
                return "fenced"
            word = type(outcome).__name__.lower() if outcome else "done"
            _log.info("job.ended", outcome=word, reason=getattr(outcome, "reason", None), key=job.key)
        if work.enqueued:
            self._nudge(work.enqueued)
        return word

    def _attempt(self, work: Work) -> Outcome | None:
        try:
            with kept(self._engine, work.job, self._lease):
                outcome = self._flows[work.job.kind](work)
        except Fenced:
            raise
        except Exception as error:
            outcome = judge(error)
            if isinstance(outcome, Parked):
                _log.exception("job.parked")
        if work.finished:
            return None
        if outcome is None:
            raise RuntimeError(f"the flow of {work.job.kind!r} neither completed its work nor returned an outcome")
        outcome = _exhausted(work, outcome)
        with self._engine.begin() as connection:
            work.record(connection, outcome, _wait(work.job.fence, outcome))
        return outcome


def judge(error: Exception) -> Outcome:
    """What a failure means for the job: the one place where errors become outcomes."""
    match error:
        case Unavailable():  # surely nothing was applied: waiting for a neighbour, however long, is no failure of ours
            return Later(str(error), error.retry_after, failed=False)
        case KeysError():  # a key came into use that this process was started without
            return Later(str(error), 60, failed=False)
        case NotYetAnswered():  # the neighbour has it, and answers in its own time
            return Later(str(error), error.retry_after, failed=False)
        case OutcomeUnknown():
            return Unknown(str(error))
        case Refused():
            return Rejected(str(error))
        case KeyConflict():
            return Parked(str(error))
        case SoftTimeLimitExceeded():
            return Later("it took longer than the soft time limit")
        case OperationalError():
            return Later(f"the database did not answer: {type(error.orig).__name__}")
        case DBAPIError() if error.connection_invalidated:
            return Later(f"the database closed the connection: {type(error.orig).__name__}")
        case _:
            return Parked(f"{type(error).__name__} in our own code; the log has the trace")


def _exhausted(work: Work, outcome: Outcome) -> Outcome:
    uses_up = isinstance(outcome, Unknown) or (isinstance(outcome, Later) and outcome.failed)
    if uses_up and work.job.attempts >= work.job.max_attempts:
        return Parked(f"after {work.job.attempts} attempts: {outcome.reason}")  # type: ignore[union-attr]
    return outcome


def _wait(claims: int, outcome: Outcome) -> float:
    """Seconds until the next attempt: as asked for, else doubling from one second with jitter, at most five minutes.

    ``claims`` counts how often the job was taken up, waiting included.
    """
    if isinstance(outcome, Later) and outcome.seconds is not None:
        return outcome.seconds
    if isinstance(outcome, Later | Unknown):
        return min(300.0, 2.0 ** min(claims - 1, 9)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    return 0.0
