"""What the end of a case means for the enrolment: nothing more is asked for that year, and the cover ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.reasons import ENDS_BEFORE

# Cover that ends before it has begun never was. A wrong area's counts at the intended place, a wrong tier's begins
# anew when the right amount is paid: neither leaves anything here.
_CLOSE = text(
    "WITH ends AS (SELECT DISTINCT ON (c.enrolment_id) c.enrolment_id, c.id AS case_id, c.person_id, c.reason,"
    "  CASE WHEN c.reason IN ('wrong_area', 'wrong_tier') THEN NULL"
    "   ELSE coalesce(c.event_on, c.applied_on) - CASE WHEN c.reason = ANY(:ends_before) THEN 1 ELSE 0 END END AS last"
    "  FROM refund_case c WHERE c.id = ANY(CAST(:ids AS bigint[])) AND c.enrolment_id IS NOT NULL"
    "  ORDER BY c.enrolment_id, c.id)"
    " UPDATE enrolment e SET closed_because = CASE WHEN n.reason = 'wrong_tier' THEN e.closed_because"
    "   ELSE coalesce(e.closed_because, n.reason) END,"
    "  stale = n.reason = 'wrong_tier',"
    "  benefit_start = CASE WHEN n.last >= e.benefit_start THEN e.benefit_start END,"
    "  benefit_end = CASE WHEN n.last >= e.benefit_start THEN least(e.benefit_end, n.last) END"
    " FROM ends n, enrolment o WHERE e.id = n.enrolment_id AND o.id = e.id"
    " RETURNING n.case_id, n.person_id, n.reason, o.benefit_start AS began, o.benefit_end AS ended,"
    " e.benefit_start, e.benefit_end"
)


# Cover on which a case still hangs is ended by that case, or would be decided without it.
_END = text(
    "UPDATE enrolment e SET benefit_start = CASE WHEN e.benefit_start <= :today THEN e.benefit_start END,"
    " benefit_end = CASE WHEN e.benefit_start <= :today THEN least(e.benefit_end, :today) END FROM enrolment o"
    " WHERE e.id = ANY(CAST(:ids AS bigint[])) AND o.id = e.id AND e.closed_because IS NOT NULL"
    " AND e.benefit_start IS NOT NULL AND NOT EXISTS (SELECT FROM refund_case c WHERE c.enrolment_id = e.id"
    "  AND c.reason <> 'overpaid' AND c.state IN ('applied', 'undetermined', 'decided', 'approved', 'ordered', 'held'))"
    " RETURNING e.person_id, e.closed_because, o.benefit_start AS began, o.benefit_end AS ended, e.benefit_start,"
    " e.benefit_end"
)


def end_closed(connection: Connection, enrolment_ids: Sequence[int], today: date) -> list[Event]:
    """End the cover of closed enrolments on which no case hangs any more, today; returns an event for each."""
    rows = connection.execute(_END, {"ids": array(enrolment_ids), "today": today}) if enrolment_ids else ()
    return [
        Event(
            "cover.ended",
            row.person_id,
            {
                "because": row.closed_because,
                "before": {"starts_on": row.began, "ends_on": row.ended},
                "after": {"starts_on": row.benefit_start, "ends_on": row.benefit_end},
            },
        )
        for row in rows
    ]


def close(connection: Connection, case_ids: Sequence[int]) -> list[Event]:
    """End the cover that these cases end, as of each case's event; returns an event for each.

    Who was asked for a wrong tier is not closed: they are assessed again, and asked through the special channel.
    """
    if not case_ids:
        return []
    return [
        Event(
            "cover.ended",
            row.person_id,
            {
                "case": row.case_id,
                "because": row.reason,
                "before": {"starts_on": row.began, "ends_on": row.ended},
                "after": {"starts_on": row.benefit_start, "ends_on": row.benefit_end},
            },
        )
        for row in connection.execute(_CLOSE, {"ids": array(case_ids), "ends_before": list(ENDS_BEFORE)})
    ]
