"""A round: all scheduled work done once, in order, each part when the one before it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from uuid import uuid4

from sqlalchemy import Engine, text

from worker.jobs.run import Nudge
from worker.ticks import tick_now

PHASES: tuple[tuple[str, ...], ...] = (
    ("intake",),
    ("assess",),
    ("sponsor", "pull_payments", "pull_results", "disburse", "reconcile"),
)
"""Ticks in the order of a round; those of one phase do not wait for one another."""

_OPEN = text(
    "SELECT count(*) FROM job WHERE state IN ('ready', 'running', 'unknown')"
    " AND next_attempt_at < now() + make_interval(secs => :horizon)"
)


class NotAtRest(Exception):
    """Work that is due did not come to an end in the time given."""


def wait_until_rest(
    engine: Engine,
    timeout_seconds: float,
    watch: Callable[[int], None] = lambda _: None,
    horizon_seconds: float = 30.0,
    pause_seconds: float = 0.03,
) -> None:
    """Return when no job is running or due within the horizon; jobs that wait longer (a late statement) are left.

    ``watch`` is told how many are open at each look. Raises ``NotAtRest`` after ``timeout_seconds``.
    """
    deadline = time.monotonic() + timeout_seconds
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while left := int(connection.execute(_OPEN, {"horizon": horizon_seconds}).scalar_one()):
            watch(left)
            if time.monotonic() > deadline:
                raise NotAtRest(f"{left} jobs are still open after {timeout_seconds:.0f} s: see `levy jobs`")
            time.sleep(pause_seconds)


def run_round(
    engine: Engine,
    nudge: Nudge,
    area: str,
    today: date,
    phases: Sequence[Sequence[str]] = PHASES,
    timeout_seconds: float = 600.0,
    watch: Callable[[str, int], None] = lambda *_: None,
) -> dict[str, float]:
    """Do each phase and wait for it; returns the seconds each took, by its first tick."""
    took: dict[str, float] = {}
    mark = uuid4().hex[:12]
    for phase in phases:
        started, name = time.monotonic(), phase[0]
        jobs = [tick_now(engine, tick, f"{today}-{mark}", today, area) for tick in phase]
        nudge([job for job in jobs if job is not None])
        wait_until_rest(engine, timeout_seconds, lambda left, name=name: watch(name, left))  # type: ignore[misc]
        took[name] = took.get(name, 0.0) + time.monotonic() - started
    return took
