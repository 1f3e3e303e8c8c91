"""Running one job: claim, hand it to its flow, translate whatever happens into an outcome."""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import psycopg
import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from adapters.ports import NeighbourError, NotYetAnswered, OutcomeUnknown, Refused, ShutOff, Unavailable
from worker.jobs.lease import kept
from worker.jobs.outcome import Later, Outcome, Parked, Rejected, Unknown, cause_of
from worker.jobs.queue import SHAPE, Fenced, claim
from worker.jobs.work import Look, NeverSeen, Work
from worker.keys import KeysError
from worker.metrics.declared import ATTEMPTS, WORKED

_log = structlog.get_logger("jobs")

Flow = Callable[[Work], Outcome | None]
"""A flow returns an outcome, or None when it completed its own transaction."""


FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a disk on which there is no room, for now."""
_NEWER = Later("a newer release called for this and has to do it", 2, failed=False, cause="newer_release")
"""While releases change, old and new workers share the queue."""


class Nudge(Protocol):
    """Tells the engine that jobs are due; failing to tell is harmless, the sweeper finds them."""

    def __call__(self, job_ids: Sequence[int]) -> None: ...


class Runner:
    """Runs jobs by kind with the flows it was given."""

    def __init__(
        self,
        engine: Engine,
        flows: Mapping[str, Flow],
        nudge: Nudge,
        worker: str,
        lease_seconds: float,
        look: Look = lambda _: None,
    ) -> None:
        self._engine = engine
        self._flows = flows
        self._nudge = nudge
        self._worker = worker
        self._lease = lease_seconds
        self._look = look

    def run(self, job_id: int) -> str:
        """Run the job if it can be claimed; returns the outcome's word, ``not_due`` or ``fenced``."""
        with self._engine.begin() as connection:
            job = claim(connection, job_id, self._worker, self._lease)
        if job is None:
            return "not_due"
        work = Work(job, self._engine, self._worker, self._lease, self._look)
        with structlog.contextvars.bound_contextvars(job=job.id, kind=job.kind, attempt=job.attempts, area=job.area):
            begun = time.monotonic()
            try:
                outcome = self._attempt(work)
            except Fenced as lost:
                ATTEMPTS.labels(job.kind, "fenced").inc()
                _log.warning("job.fenced", reason=str(lost))
                return "fenced"
            word = type(outcome).__name__.lower() if outcome else "done"
            ATTEMPTS.labels(job.kind, word).inc()
            WORKED.labels(job.kind).observe(time.monotonic() - begun)
            _log.info("job.ended", outcome=word, reason=getattr(outcome, "reason", None), key=job.key)
        if work.enqueued:
            self._nudge(work.enqueued)
        return word

    def _attempt(self, work: Work) -> Outcome | None:
        try:
            with kept(self._engine, work.job, self._lease):
                flow = self._flows.get(work.job.kind)
                outcome = flow(work) if flow and work.job.shape <= SHAPE else _NEWER
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
            work.record(connection, outcome, _wait(work.job.delays + 1, outcome))
        return outcome


def judge(error: Exception) -> Outcome:
    """What a failure means for the job: the one place where errors become outcomes."""
    match error:
        case NeighbourError():
            return _of_neighbour(error)
        case NeverSeen():
            return Parked(str(error), cause="never_seen")
        case KeysError():  # a key came into use that this process was started without
            return Later(str(error), 60, failed=False, cause="key_unknown")
        case SoftTimeLimitExceeded():
            return Later("it took longer than the soft time limit", cause="time_limit")
        case OperationalError():
            return Later(f"the database did not answer: {type(error.orig).__name__}", cause="database")
        case psycopg.OperationalError():  # of a COPY, which SQLAlchemy does not see
            return Later(f"the database did not answer: {type(error).__name__}", cause="database")
        case IntegrityError() | psycopg.errors.UniqueViolation() if _came_second(error):
            return Later("another transaction wrote the same first: it is looked at again", cause="database")
        case OSError() if error.errno in FULL:
            return Later("the disk is full", cause="disk_full")
        case DBAPIError() if error.connection_invalidated:
            return Later(f"the database closed the connection: {type(error.orig).__name__}", cause="database")
        case _:
            return Parked(f"{type(error).__name__} in our own code; the log has the trace", cause="our_mistake")


def _came_second(error: Exception) -> bool:
    """What may stand once was written by another while we were at it; again and again means that it is our mistake."""
    return isinstance(getattr(error, "orig", error), psycopg.errors.UniqueViolation)


def _of_neighbour(error: NeighbourError) -> Outcome:
    text, cause, status = str(error), error.cause, error.status
    waits_for = error.neighbour if error.ailing or isinstance(error, ShutOff) else None
    match error:
        case ShutOff():  # all that wait are due at once then; one is let through
            return Later(text, error.retry_after, failed=False, cause=cause, waits_for=waits_for)
        case Unavailable() | NotYetAnswered():
            # Surely nothing was applied, or the neighbour has it and answers in its own time: waiting for somebody
            # else, however long, is no failure of ours.
            wished = error.retry_after
            whose = waits_for if wished is None else None
            return Later(text, wished, failed=False, cause=cause, status=status, waits_for=whose)
        case OutcomeUnknown():
            return Unknown(text, cause=cause, status=status, waits_for=waits_for)
        case Refused():
            return Rejected(text, cause=cause, status=status)
        case _:
            return Parked(text, cause=cause, status=status)


def _exhausted(work: Work, outcome: Outcome) -> Outcome:
    match outcome:
        case Unknown() | Later(failed=True) if work.job.attempts >= work.job.max_attempts:
            text = f"after {work.job.attempts} attempts: {outcome.reason}"
            return Parked(text, cause=cause_of(outcome) or "", status=outcome.status)
    return outcome


def _wait(tries: int, outcome: Outcome) -> float:
    """Seconds until the next attempt: as asked for, else doubling from one second with jitter, at most five minutes.

    ``tries`` counts how often the job was taken up in a row, waiting included.
    """
    if isinstance(outcome, Later) and outcome.seconds is not None:
        return outcome.seconds
    if isinstance(outcome, Later | Unknown):
        return min(300.0, 2.0 ** min(tries - 1, 9)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
    return 0.0
