"""Jobs that came to a stop, made in bulk; and `levy jobs`, as somebody calls it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from worker.cli.failures import sentence_of
from worker.cli.jobs import command as jobs
from worker.jobs.queue import NewJob, enqueue

DAY = date(2020, 9, 2)


def levy_jobs(*arguments: str) -> Result:
    """A command of this house; it ends in a sentence if not well, never in a trace."""
    told = CliRunner().invoke(jobs, list(arguments), env={"COLUMNS": "160"})
    if isinstance(told.exception, Exception):
        assert sentence_of(told.exception), told.exception
    return told


def stop(engine: Engine, ids: Sequence[int], state: str = "parked", cause: str = "lost", reason: str = "lost") -> None:
    """Let jobs that are open come to a stop, as their last attempt would."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE job SET state = :state, attempts = max_attempts, ended_at = now(),"
                " outcome = jsonb_build_object('cause', CAST(:cause AS text), 'reason', CAST(:reason AS text))"
                " WHERE id = ANY(:ids)"
            ),
            {"state": state, "cause": cause, "reason": reason, "ids": list(ids)},
        )


def stopped(engine: Engine, count: int, kind: str = "push", **how: Any) -> list[int]:
    """So many new jobs that came to a stop at once."""
    with engine.begin() as connection:
        at = connection.execute(text("SELECT coalesce(max(id), 0) FROM job")).scalar_one()
        new = [
            NewJob(kind, f"k-{at + n}", {"batch": f"b-{at + n}", "first": 0, "last": 0}, DAY, "610922")
            for n in range(count)
        ]
        ids = enqueue(connection, new)
    stop(engine, ids, **how)
    return ids


def message_left(engine: Engine, job: int) -> None:
    """A message of the job left, and nobody knows what became of it."""
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO message (key, job_id, neighbour, payload_hash) VALUES (:key, :job, 'tax', 'x')"),
            {"key": f"message-of-{job}", "job": job},
        )
