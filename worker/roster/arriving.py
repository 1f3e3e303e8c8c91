"""Whether lists of the bureau are being taken in right now: what rests on them waits for that."""

from __future__ import annotations

from sqlalchemy import Connection, text

from worker.jobs.outcome import Later

_OPEN = text(
    "SELECT EXISTS (SELECT FROM job WHERE kind IN ('intake', 'tick.intake')"
    " AND state IN ('ready', 'running', 'unknown'))"
)


def wait_for_lists(connection: Connection) -> Later | None:
    """The outcome of work that comes before the lists are in: soon again; None when none is arriving."""
    arriving = connection.execute(_OPEN).scalar_one()
    return Later("intake is still under way", seconds=0.5, failed=False) if arriving else None
