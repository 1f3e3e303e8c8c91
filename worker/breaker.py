"""A breaker before each neighbour, shared by all processes: its state is a row of the database.

After some failures in a row it is open: nobody calls for a while, jobs wait and lose no attempt. Then one call is let
through as a probe. Its success closes the breaker and wakes all who waited; its failure makes the next pause longer.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from adapters.gate import Passage
from adapters.ports import NeighbourError, ShutOff, Unavailable
from config.settings import Breaker as Pace
from worker.privacy import mask_numbers

_log = structlog.get_logger("breaker")
_LOOK = text(
    "SELECT failures, opened_at, reason, extract(epoch FROM retry_at - now())::float AS wait FROM breaker"
    " WHERE neighbour = :neighbour"
)
_TAKE_PROBE = text(
    "UPDATE breaker SET retry_at = now() + make_interval(secs => :seconds)"
    " WHERE neighbour = :neighbour AND opened_at IS NOT NULL AND retry_at <= now() RETURNING failures"
)
_FAILED = text(
    "INSERT INTO breaker AS b (neighbour, failures, opened_at, openings, retry_at, failed_at, cause, status, reason)"
    " SELECT :neighbour, 1, CASE WHEN :limit <= 1 THEN now() END, (:limit <= 1)::int,"
    "  CASE WHEN :limit <= 1 THEN now() + make_interval(secs => :pause) END, now(), :cause, :status, :reason"
    " ON CONFLICT (neighbour) DO UPDATE SET failures = b.failures + 1, failed_at = now(), cause = excluded.cause,"
    "  status = excluded.status, reason = excluded.reason, opened_at = CASE WHEN b.opened_at IS NOT NULL"
    "   THEN b.opened_at WHEN b.failures + 1 >= :limit THEN now() END,"
    "  openings = b.openings + (:probe OR (b.opened_at IS NULL AND b.failures + 1 >= :limit))::int,"
    "  retry_at = CASE WHEN :probe OR (b.opened_at IS NULL AND b.failures + 1 >= :limit) THEN now() + make_interval("
    "   secs => greatest(:wished, least(:longest, :pause * power(2, least(b.openings, 20))) * (0.75 + random() / 4)))"
    "   ELSE b.retry_at END"
    " RETURNING failures, openings, (opened_at = now() OR :probe) AS opened,"
    "  extract(epoch FROM retry_at - now())::float AS wait"
)
_ANSWERED = text(
    "WITH before AS (SELECT opened_at FROM breaker WHERE neighbour = :neighbour FOR UPDATE)"
    " UPDATE breaker SET failures = 0, opened_at = NULL, openings = 0, retry_at = NULL FROM before"
    " WHERE neighbour = :neighbour RETURNING before.opened_at"
)
_WAKE = text(
    "UPDATE job SET next_attempt_at = now(), waits_for = NULL"
    " WHERE waits_for = :neighbour AND state IN ('ready', 'unknown')"
)


@dataclass(frozen=True)
class Breaker:
    """The breaker before one neighbour. ``call_seconds``: how long one call may take, hence how long a probe is out."""

    engine: Engine
    neighbour: str
    pace: Pace
    call_seconds: float

    def admit(self) -> Passage:
        """Let a call go; while the breaker is open, one as a probe. Raises ``ShutOff``."""
        with self.engine.begin() as connection:
            row = connection.execute(_LOOK, {"neighbour": self.neighbour}).one_or_none()
            if row is None or row.opened_at is None:
                return Passage(ailing=row is not None and row.failures > 0)
            if row.wait > 0:
                raise _shut(self.neighbour, row.wait, row.reason)
            values = {"neighbour": self.neighbour, "seconds": self.call_seconds}
            if connection.execute(_TAKE_PROBE, values).one_or_none() is None:
                raise _shut(self.neighbour, self.pace.seconds, row.reason)
        return Passage(ailing=True, probe=True)

    def told(self, passage: Passage, failure: NeighbourError | None) -> None:
        """How the call went. What cannot be noted is left: the call's own outcome matters more."""
        if failure is not None:
            failure.neighbour = self.neighbour
        try:
            if failure is not None and failure.ailing:
                self._failed(passage, failure)
            elif passage.ailing:
                self._answered()
        except SQLAlchemyError as error:
            _log.warning("breaker.not_noted", neighbour=self.neighbour, reason=type(error).__name__)

    def _failed(self, passage: Passage, failure: NeighbourError) -> None:
        wished = failure.retry_after if isinstance(failure, Unavailable) else None
        values = {
            "neighbour": self.neighbour, "limit": self.pace.failures, "pause": self.pace.seconds,
            "longest": self.pace.longest_seconds, "probe": passage.probe, "wished": wished or 0.0,
            "cause": failure.cause, "status": failure.status, "reason": mask_numbers(str(failure)),
        }  # fmt: skip
        with self.engine.begin() as connection:
            row = connection.execute(_FAILED, values).one()
        if row.opened:
            _log.warning("breaker.open", neighbour=self.neighbour, failures=row.failures, seconds=round(row.wait))

    def _answered(self) -> None:
        values = {"neighbour": self.neighbour}
        with self.engine.begin() as connection:
            opened_at = connection.execute(_ANSWERED, values).scalar_one_or_none()
            if opened_at is not None:
                woken = connection.execute(_WAKE, values).rowcount
                _log.warning("breaker.closed", neighbour=self.neighbour, open_since=opened_at.isoformat(), woken=woken)


def look_at(engine: Engine, neighbour: str) -> None:
    """Look whether a call may go now, and take no probe. Raises ``ShutOff``."""
    with engine.connect() as connection:
        row = connection.execute(_LOOK, {"neighbour": neighbour}).one_or_none()
    if row is not None and row.opened_at is not None and row.wait > 0:
        raise _shut(neighbour, row.wait, row.reason)


def _shut(neighbour: str, seconds: float, reason: str | None) -> ShutOff:
    shut = ShutOff(f"{neighbour} does not answer and is left in peace for now: {reason}", seconds)
    shut.neighbour = neighbour
    return shut
