"""Keeping a lease while work goes on: one long statement must not look like a dead worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from worker.jobs.queue import ClaimedJob, Fenced, renew

_log = structlog.get_logger("jobs")


@contextmanager
def kept(engine: Engine, job: ClaimedJob, lease_seconds: float) -> Iterator[None]:
    """Renew the lease each third of its time until the block ends.

    The renewals end with the process, when it is stopped, and when someone else took the job; how long work may take
    in all is the time limit's business, not the lease's.
    """
    over = threading.Event()
    keeper = threading.Thread(target=_renew_until, args=(over, engine, job, lease_seconds), name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _renew_until(over: threading.Event, engine: Engine, job: ClaimedJob, lease_seconds: float) -> None:
    while not over.wait(lease_seconds / 3):
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
                renew(connection, job, lease_seconds)
        except Fenced:
            return
        except SQLAlchemyError as error:  # the work itself will meet the same database, and say so
            _log.warning("lease.not_renewed", reason=type(error).__name__)
