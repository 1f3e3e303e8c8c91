"""Lists of people whose premium is asked back, such as the deaths of a month: cases for those who have paid."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, text

from worker.flows.intake import people
from worker.flows.intake.counts import Merged
from worker.refunds.apply import Application, apply

# A list is of one area and year: those for which its people are enrolled, the newest first.
_LISTED = text(
    "SELECT s.line, s.person_id, s.reason, coalesce(s.applied_on, :day) AS applied_on, s.event_on, s.own_fault,"
    " s.benefits_used, e.area, e.insured_year FROM staged s LEFT JOIN LATERAL (SELECT e.area, e.insured_year"
    "  FROM enrolment e WHERE e.person_id = s.person_id ORDER BY e.insured_year DESC, e.id DESC LIMIT 1) AS e ON true"
    " ORDER BY e.insured_year, e.area, s.line"
)


def merge(connection: Connection, day: date, file_id: int, _now: datetime) -> Merged:
    """Open a case for each who has paid; the `refunds` tick decides them, and a second person reviews them.

    Who is listed again with what is known already changes nothing.
    """
    merged = Merged(refused=people.meet(connection))
    rows = connection.execute(_LISTED, {"day": day}).all()
    merged.refused |= {row.line: "not_enrolled" for row in rows if row.area is None}
    for area, year in sorted({(row.area, row.insured_year) for row in rows if row.area is not None}):
        here = [row for row in rows if (row.area, row.insured_year) == (area, year)]
        listed = [Application(*row[1:7]) for row in here]
        applied = apply(connection, area, year, listed, f"list:{file_id}")
        merged.refused |= {
            here[at].line: refusal.code for at, refusal in applied.refused.items() if refusal.code != "known"
        }
        merged.events += applied.events
        merged.added += len(listed) - len(applied.refused)
    return merged
