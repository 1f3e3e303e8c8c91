"""One attempt at one job: what a flow is given, and how its outcome is recorded exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from worker.audit.log import Origin
from worker.jobs.outcome import Done, Outcome
from worker.jobs.queue import ClaimedJob, NewJob, enqueue, finish, renew

Look = Callable[[str], None]
"""Looks whether a neighbour may be called now. Raises :class:`adapters.ports.ShutOff` when it is left in peace."""


class NeverSeen(Exception):
    """A job that was only to ask about its message was told that the far side never saw it: sending it is safe."""


@dataclass
class Work:
    """An attempt: the claimed job, its transactions, and the jobs it calls for.

    A flow that writes does so inside ``completing``: its writes, the jobs it enqueues and the job's outcome are one
    transaction, guarded by the fence. ``begin`` is for reads, and for an intent that must be committed before a
    request leaves.
    """

    job: ClaimedJob
    engine: Engine
    worker: str
    lease_seconds: float
    look: Look = lambda _: None
    started: float = field(default_factory=time.monotonic)
    finished: bool = False
    enqueued: list[int] = field(default_factory=list)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction of its own, committed at the end."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def step(self) -> Iterator[Connection]:
        """A part of the work that is committed for itself: guarded by the fence, and the lease starts anew."""
        with self.engine.begin() as connection:
            self.renew(connection)
            yield connection

    def renew(self, connection: Connection) -> None:
        """Start the lease anew, and hold the job's row until the commit. Raises ``Fenced`` when the lease was lost."""
        renew(connection, self.job, self.lease_seconds)

    @contextmanager
    def completing(self, outcome: Outcome | None = None) -> Iterator[Connection]:
        """The final transaction: commits the caller's writes together with ``outcome`` (done unless given)."""
        with self.engine.begin() as connection:
            yield connection
            self.record(connection, outcome or Done())
        self.finished = True

    def record(self, connection: Connection, outcome: Outcome, seconds: float = 0.0) -> None:
        """Write the outcome in an open transaction; raises ``Fenced`` when the lease was lost."""
        finish(connection, self.job, outcome, seconds, time.monotonic() - self.started)

    def enqueue(self, connection: Connection, jobs: Sequence[NewJob]) -> int:
        """Call for more work in the same transaction; the broker hears after the commit. Returns how many were new."""
        fresh = enqueue(connection, jobs)
        self.enqueued.extend(fresh)
        return len(fresh)

    def origin(self, batch: str | None = None) -> Origin:
        """Who acts, for the audit log: this worker, this job, this attempt."""
        job = self.job
        return Origin(
            actor=f"worker:{job.kind}",
            chain=job.area or "house",
            business_date=job.business_date,
            batch=batch,
            job_id=job.id,
            attempt=job.attempts,
        )
