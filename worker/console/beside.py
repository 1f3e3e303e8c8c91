"""What takes longer than a page may, done beside the pages: one of each at a time, its rows kept with their time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, Thread
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from worker.clock import Clock

_log = structlog.get_logger("console")


@dataclass
class Reading:
    """One reading: when it began, its rows so far, when it ended (null: under way), and why it was given up if so."""

    begun_at: datetime
    rows: list[dict[str, Any]] = field(default_factory=list)
    ended_at: datetime | None = None
    failed: str | None = None


class Beside:
    """The newest reading of each name, in the memory of this process: it is done again after a start."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._kept, self._lock = clock, dict[str, Reading](), Lock()

    def kept(self, name: str) -> Reading | None:
        """The newest reading, that is over or under way; None where there was none yet."""
        return self._kept.get(name)

    def begin(self, name: str, work: Callable[[], Iterable[dict[str, Any]]], older_seconds: float = 0.0) -> Reading:
        """Begin a reading, unless one is under way or the last one began within ``older_seconds``; returns the newest.

        ``work`` gives its rows one by one; each is seen as soon as it is there.
        """
        with self._lock:
            found, now = self._kept.get(name), self._clock.now()
            if found and (found.ended_at is None or (now - found.begun_at).total_seconds() < older_seconds):
                return found
            fresh = self._kept[name] = Reading(now)
        Thread(target=self._read, args=(name, fresh, work), name=name, daemon=True).start()
        return fresh

    def _read(self, name: str, reading: Reading, work: Callable[[], Iterable[dict[str, Any]]]) -> None:
        try:
            for row in work():
                reading.rows.append(row)
        except DBAPIError as error:
            _log.warning("console.reading_gave_up", name=name, reason=type(error).__name__)
            reading.failed = "the database did not answer in time"
        except Exception:
            _log.exception("console.reading_failed", name=name)
            reading.failed = "a fault of our own; the log has the trace"
        finally:
            reading.ended_at = self._clock.now()
