"""Scheduled work: a tick is a job whose key is its period, so that it is done once however often it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Engine, text

from worker.jobs.queue import NewJob, enqueue

_OPEN = text("SELECT id FROM job WHERE kind = :kind AND state IN ('ready', 'running', 'unknown') LIMIT 1")
_NOW = text("SELECT extract(epoch FROM now())")


def tick(engine: Engine, name: str, every_seconds: float, today: date, area: str) -> int | None:
    """Call for one period's work; the new job's id, or None when it was called for before or the last still runs."""
    kind = f"tick.{name}"
    with engine.begin() as connection:
        if connection.execute(_OPEN, {"kind": kind}).first():
            return None
        period = int(float(connection.execute(_NOW).scalar_one()) // every_seconds)
        fresh = enqueue(connection, [NewJob(kind, f"{every_seconds:g}s-{period}", {}, today, area)])
    return fresh[0] if fresh else None


def tick_now(engine: Engine, names: Sequence[str], key: str, today: date, area: str) -> list[int]:
    """Call for these kinds of work at once, under a key of the caller's; returns the jobs that are new."""
    with engine.begin() as connection:
        return enqueue(connection, [NewJob(f"tick.{name}", key, {}, today, area) for name in names])
