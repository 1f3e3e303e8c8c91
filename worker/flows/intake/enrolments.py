"""Rosters: enrolments are added, or changed where a newer list says otherwise; equal rows change nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.flows.intake import accounts, people
from worker.flows.intake.counts import Merged

_FACTS = (
    *("town", "person_type", "household_no", "student_stage", "school_area", "student_enrolled_on", "household_area"),
    *("residence_area", "registered_on", "circumstances", "prior_scheme", "prior_area", "prior_months"),
    "prior_ended_on",
)


def _of(alias: str) -> str:
    """The facts of an enrolment as columns of a table; a roster without the column says: no circumstances."""
    return ", ".join(
        f"coalesce({alias}.{name}, '{{}}')" if name == "circumstances" else f"{alias}.{name}" for name in _FACTS
    )


_FIND = text(
    "UPDATE staged s SET enrolment_id = (SELECT e.id FROM enrolment e WHERE e.person_id = s.person_id"
    " AND e.insured_year = s.insured_year AND e.area = s.area) WHERE s.known_no IS NOT NULL"
)
_CHANGES = text(
    "SELECT e.id, e.person_id, ARRAY_TO_JSON(ARRAY[to_jsonb(e), to_jsonb(s)]) AS both_rows"
    " FROM staged s JOIN enrolment e ON e.id = s.enrolment_id"
    f" WHERE e.business_date <= :day AND ({_of('e')}) IS DISTINCT FROM ({_of('s')}) ORDER BY e.id"
)
_ADD = text(
    f"INSERT INTO enrolment (person_id, insured_year, area, {', '.join(_FACTS)}, business_date, source_file,"
    f" recorded_at) SELECT s.person_id, s.insured_year, s.area, {_of('s')}, :day, :file, :now FROM staged s"
    " WHERE s.enrolment_id IS NULL ORDER BY s.line"
)
_CHANGE = text(
    f"UPDATE enrolment e SET ({', '.join(_FACTS)}) = ROW({_of('s')}), business_date = :day, source_file = :file,"
    " recorded_at = :now, stale = true FROM staged s WHERE e.id = s.enrolment_id AND e.id = ANY(:ids)"
)
_CHANGED_ROWS = text(
    "SELECT count(*) FROM staged WHERE enrolment_id = ANY(:ids)"
    " OR (enrolment_id IS NOT NULL AND person_id = ANY(:people))"
)
_BECOME_STALE = text("UPDATE enrolment SET stale = true WHERE person_id = ANY(:people)")


def merge(connection: Connection, day: date, file_id: int, now: datetime) -> Merged:
    """Bring what is staged into persons, enrolments and, where the roster names them, accounts."""
    merged = Merged(refused=people.enrol(connection))
    values = {"day": day, "file": file_id, "now": now}
    changes = connection.execute(_CHANGES, {"day": day}).all() if connection.execute(_FIND).rowcount else []
    merged.added = connection.execute(_ADD, values).rowcount
    if changes:
        connection.execute(_CHANGE, values | {"ids": [change.id for change in changes]})
    corrected = people.correct(connection, day)
    touched = {"ids": [change.id for change in changes], "people": [event.person_id for event in corrected]}
    if corrected:
        connection.execute(_BECOME_STALE, touched)
    if changes or corrected:
        merged.changed = connection.execute(_CHANGED_ROWS, touched).scalar_one()
    merged.events += [*corrected, *(_changed(change.person_id, *change.both_rows) for change in changes)]
    merged.events += accounts.add(connection, day, file_id, now)[1]
    return merged


def _changed(person_id: int, before: dict[str, Any], after: dict[str, Any]) -> Event:
    """What a newer list says otherwise; none of these fields is personal data beyond the area and dates."""
    after = after | {"circumstances": after["circumstances"] or []}
    different = [name for name in _FACTS if before[name] != after[name]]
    return Event(
        "enrolment.changed",
        person_id,
        {
            "insured_year": before["insured_year"],
            "before": {name: before[name] for name in different},
            "after": {name: after[name] for name in different},
        },
    )
