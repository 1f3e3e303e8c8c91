"""Comparing days once more because somebody asks for it: jobs, and an event that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from worker.audit.log import AuditLog, Event, Origin
from worker.jobs.queue import enqueue
from worker.reconciliation.calling import booked_lines, call_for
from worker.reconciliation.sides import Side

_LONGEST = 1000


class NotComparable(Exception):
    """Days that cannot be compared: not over yet, the wrong way round, or too many; the sentence says which."""


def compare_again(
    connection: Connection,
    audit: AuditLog,
    origin: Origin,
    sides: Sequence[Side],
    first: date,
    last: date,
    now: datetime,
) -> list[int]:
    """Call for the jobs that compare these days with the statements of these sides; returns their ids.

    It changes nothing but breaks. The area is the origin's chain. Raises ``NotComparable``.
    """
    area, today = origin.chain, origin.business_date
    if last < first:
        raise NotComparable(f"{last} is before {first}")
    if last >= today:
        raise NotComparable(f"{last} is not over: the last day that can be compared is {today - timedelta(days=1)}")
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    if len(days) > _LONGEST:
        raise NotComparable(f"{len(days)} days are too many at once: at most {_LONGEST}")
    mark = uuid4().hex[:12]
    lines = [(side, booked_lines(connection, side, area, days)) for side in sides]
    jobs = [job for side, booked in lines for job in call_for(area, side, mark, today, booked)]
    called = enqueue(connection, jobs)
    facts = {"first": first, "last": last, "sides": [side.name for side in sides], "jobs": len(called)}
    audit.record(connection, origin, [Event("statement.called", None, facts)], now)
    return called
