"""Carrying out what was decided about our side: kept, suspended, or terminated and refunded where the notice allows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.apply import Application, apply
from worker.refunds.closing import end_closed
from worker.refunds.decide import decide_cases

_RESOLVED = text(
    "SELECT c.id, c.person_id, c.enrolment_id, c.outcome, c.other_since, CASE c.other_scheme WHEN 'employee'"
    " THEN 'joined_employee_scheme' ELSE 'enrolled_elsewhere' END AS reason FROM duplicate_case c"
    " JOIN enrolment e ON e.id = c.enrolment_id WHERE c.state = 'resolved' AND NOT c.carried_out AND c.area = :area"
    " ORDER BY e.id, c.id FOR NO KEY UPDATE OF e, c"
)
_DONE = text("UPDATE duplicate_case SET carried_out = true WHERE id = ANY(CAST(:ids AS bigint[]))")
_CLOSE = text(
    "UPDATE enrolment e SET closed_because = coalesce(e.closed_because, n.reason), stale = false"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS n(id, reason) WHERE e.id = n.id"
)
_SUSPEND = text(
    "UPDATE enrolment e SET suspended_on = coalesce(e.suspended_on, n.since) FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:since AS date[])) AS n(id, since) WHERE e.id = n.id"
)


def carry_out(connection: Connection, notice: str, area: str, year: int, today: date, by: str) -> list[Event]:
    """Carry out every resolved case once; returns the events.

    Dues that a terminated enrolment has not paid are withdrawn at tax by the `refunds` tick.
    """
    rows: Sequence[Any] = connection.execute(_RESOLVED, {"area": area}).all()
    terminated = [row for row in rows if row.outcome == "terminate"]
    suspended = [row for row in rows if row.outcome == "suspend"]
    events = _terminate(connection, notice, area, year, today, by, terminated) if terminated else []
    values = {
        "ids": array(row.enrolment_id for row in suspended),
        "since": array(row.other_since or today for row in suspended),
    }
    connection.execute(_SUSPEND, values)
    events += [
        Event("cover.suspended", row.person_id, {"case": row.id, "since": row.other_since or today})
        for row in suspended
    ]
    connection.execute(_DONE, {"ids": array(row.id for row in rows)})
    return events


def _terminate(
    connection: Connection, notice: str, area: str, year: int, today: date, by: str, rows: Sequence[Any]
) -> list[Event]:
    asked = [Application(row.person_id, row.reason, today, event_on=row.other_since) for row in rows]
    applied = apply(connection, area, year, asked, by)
    ids = array(row.enrolment_id for row in rows)
    connection.execute(_CLOSE, {"ids": ids, "reasons": array(row.reason for row in rows)})
    events = applied.events + decide_cases(connection, notice, applied.cases)
    events += end_closed(connection, [row.enrolment_id for row in rows], today)
    return events + [Event("enrolment.closed", row.person_id, {"because": row.reason, "case": row.id}) for row in rows]
