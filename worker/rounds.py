"""A round: all scheduled work done once, in order, each part when the one before it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from uuid import uuid4

from sqlalchemy import Engine, text

from worker.jobs.run import Nudge
from worker.ticks import tick_now

PHASES: tuple[tuple[str, ...], ...] = (
    ("intake", "sponsor", "pull_payments", "pull_results", "disburse", "reconcile"),
    ("assess",),
)
"""Ticks in the order of a round; those of one phase do not wait for one another.

Assessment comes last: it wants all files taken in, and nobody withdrawn who has paid.
"""

_OPEN = text(
    "SELECT count(*) FROM job WHERE state IN ('ready', 'running', 'unknown')"
    " AND next_attempt_at < now() + make_interval(secs => :horizon)"
)


class NotAtRest(Exception):
    """Work that is due did not come to an end in the time given."""


def wait_until_rest(
    engine: Engine,
    timeout_seconds: float,
    horizon_seconds: float = 30.0,
) -> None:
    """Return when no job is running or due within the horizon; jobs that wait longer (a late statement) are left.

    Raises ``NotAtRest`` after ``timeout_seconds``.
    """
    begun = time.monotonic()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while left := int(connection.execute(_OPEN, {"horizon": horizon_seconds}).scalar_one()):
            waited = time.monotonic() - begun
            if waited > timeout_seconds:
                raise NotAtRest(f"{left} jobs are still open after {timeout_seconds:.0f} s: see `levy jobs`")
            time.sleep(min(0.05, max(0.003, waited / 16)))


def run_round(
    engine: Engine,
    nudge: Nudge,
    area: str,
    today: date,
    phases: Sequence[Sequence[str]] = PHASES,
    timeout_seconds: float = 600.0,
) -> float:
    """Do each phase and wait for it; returns the seconds it took."""
    started, mark = time.monotonic(), uuid4().hex[:12]
    for phase in phases:
        jobs = [tick_now(engine, tick, f"{today}-{mark}", today, area) for tick in phase]
        nudge([job for job in jobs if job is not None])
        wait_until_rest(engine, timeout_seconds)
    return time.monotonic() - started
