"""A worker that is a thread of this process: it runs the jobs of a small house, one after the other."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from worker.house import House
from worker.jobs.run import Nudge
from worker.wiring import build_runner

_DUE = text("SELECT id FROM job WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() ORDER BY id LIMIT 50")


class _Hands(threading.Thread):
    """Runs what it is nudged about, and, when it hears nothing for ``idle_seconds``, whatever is due."""

    def __init__(self, house: House, idle_seconds: float) -> None:
        super().__init__(daemon=True)
        self._nudged: queue.Queue[int | None] = queue.Queue()
        self._house, self._idle_seconds = house, idle_seconds
        self._runner = build_runner(house, self.nudge)

    def nudge(self, job_ids: Sequence[int]) -> None:
        for job in job_ids:
            self._nudged.put(job)

    def end(self) -> None:
        self._nudged.put(None)
        self.join()

    def run(self) -> None:
        while True:
            try:
                job = self._nudged.get(timeout=self._idle_seconds)
                if job is None:
                    return
                self._runner.run(job)
            except queue.Empty:
                with suppress(DBAPIError):
                    self._look()
            except DBAPIError:
                continue  # the database is away; what was not done is due when it is back

    def _look(self) -> None:
        with self._house.engine.connect() as connection:
            self.nudge(connection.execute(_DUE).scalars().all())


@contextmanager
def working(house: House, idle_seconds: float = 0.05) -> Iterator[Nudge]:
    """The thread works until the block ends; yields what wakes it for jobs by their ids."""
    hands = _Hands(house, idle_seconds)
    hands.start()
    try:
        yield hands.nudge
    finally:
        hands.end()
