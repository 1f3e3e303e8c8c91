"""Who holds a job: a process of a host. One that is gone from this host needs no waiting for its lease."""

from __future__ import annotations

import os
import socket

import psutil
from sqlalchemy import Connection, text

_HELD_HERE = text(
    "SELECT id, worker FROM job WHERE state = 'running' AND worker LIKE :host || '/%' AND lease_until >= now()"
)
_LET_GO = text(
    "UPDATE job SET lease_until = now() - interval '1 second'"
    " WHERE id = ANY(:ids) AND state = 'running' AND worker = ANY(:workers)"
)


def this_process() -> str:
    """Host, process number, and when the process began, so that a number given out again is told apart."""
    return f"{socket.gethostname()}/{os.getpid()}/{psutil.Process().create_time():.2f}"


def let_go_of_the_dead(connection: Connection) -> int:
    """End the leases of processes of this host that are no more; returns how many. Others run out by themselves."""
    held = connection.execute(_HELD_HERE, {"host": socket.gethostname()}).all()
    gone = [row for row in held if _is_gone(row.worker)]
    if gone:
        connection.execute(_LET_GO, {"ids": [row.id for row in gone], "workers": [row.worker for row in gone]})
    return len(gone)


def _is_gone(worker: str) -> bool:
    _, number, began = worker.rsplit("/", 2)
    try:
        process = psutil.Process(int(number))
        return f"{process.create_time():.2f}" != began or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
