"""A round: all scheduled work done once, in order, each part when the one before it has come to rest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from worker.jobs.run import Nudge
from worker.ticks import tick_now

PHASES: tuple[tuple[str, ...], ...] = (
    ("intake", "sponsor", "pull_payments", "pull_results", "disburse", "reconcile", "funds"),
    ("assess", "duplicates", "refunds"),
    ("handoffs",),
)
"""Ticks in the order of a round; those of one phase do not wait for one another.

Assessment comes last: it wants all files taken in, and nobody withdrawn who has paid.
"""

_OPEN = text(
    "SELECT count(*) FROM job WHERE state IN ('ready', 'running', 'unknown')"
    " AND next_attempt_at < now() + make_interval(secs => :horizon) AND NOT EXISTS (SELECT FROM breaker b"
    "  WHERE b.neighbour = job.waits_for AND b.retry_at > now() + make_interval(secs => :horizon))"
)
_TAKEN_UP = text(
    "SELECT (SELECT coalesce(sum(fence), 0) FROM job WHERE state IN ('ready', 'running', 'unknown')) AS attempts,"
    " (SELECT count(*) FROM job WHERE state IN ('ready', 'running', 'unknown')) AS open,"
    " EXISTS (SELECT FROM job WHERE state = 'running' AND lease_until > now()) AS held,"
    " EXISTS (SELECT FROM job WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now()) AS due,"
    " EXISTS (SELECT FROM heartbeat WHERE at > now() - make_interval(secs => :seconds)) AS swept"
)


class NotAtRest(Exception):
    """Work that is due did not come to an end in the time given."""


class NobodyWorks(Exception):
    """Work is due and nobody takes it up: no worker runs, or none hears the broker."""


@dataclass
class Patience:
    """Notices that jobs are due and for ``seconds`` nobody has taken one up; a sweep, too, is a sign of life."""

    seconds: float
    _seen: tuple[int, int] | None = None
    _since: float = 0.0

    def look(self, connection: Connection) -> None:
        """Look once more. Raises ``NobodyWorks``."""
        now, row = time.monotonic(), connection.execute(_TAKEN_UP, {"seconds": self.seconds}).one()
        seen = (int(row.attempts), int(row.open))
        if seen != self._seen or row.held or row.swept or not row.due:
            self._seen, self._since = seen, now
        elif now - self._since >= self.seconds:
            raise NobodyWorks(
                f"no worker takes up jobs: is `levy up` running? {row.open} jobs wait and are done when one runs"
            )


def wait_until_rest(
    engine: Engine,
    timeout_seconds: float,
    horizon_seconds: float = 30.0,
    patience: Patience | None = None,
) -> None:
    """Return when no job is running or due within the horizon; jobs that wait longer (a late statement, a
    neighbour that is left in peace) are left.

    Raises ``NotAtRest`` after ``timeout_seconds``, and ``NobodyWorks`` when ``patience`` is given and runs out.
    """
    begun = looked = time.monotonic()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while left := int(connection.execute(_OPEN, {"horizon": horizon_seconds}).scalar_one()):
            waited = time.monotonic() - begun
            if waited > timeout_seconds:
                raise NotAtRest(f"{left} jobs are still open after {timeout_seconds:.0f} s: see `levy jobs`")
            if patience and time.monotonic() - looked > 0.5:
                looked = time.monotonic()
                patience.look(connection)
            time.sleep(min(0.05, max(0.003, waited / 16)))


def run_round(
    engine: Engine,
    nudge: Nudge,
    area: str,
    today: date,
    phases: Sequence[Sequence[str]] = PHASES,
    timeout_seconds: float = 600.0,
    patience: Patience | None = None,
    key: str | None = None,
) -> float:
    """Do each phase and wait for it, the ticks under ``key`` or one of their own; returns the seconds it took.

    Raises as ``wait_until_rest`` does.
    """
    started, key = time.monotonic(), key or f"{today}-{uuid4().hex[:12]}"
    for phase in phases:
        nudge(tick_now(engine, phase, key, today, area))
        wait_until_rest(engine, timeout_seconds, patience=patience)
    return time.monotonic() - started
