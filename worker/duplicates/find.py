"""Finding people who are enrolled twice: on our rosters, by the bureau's lists of other cover, by name and birth date.

Each source is one statement that adds cases for what it finds and has not found before; another source, such as the
notices of peers, is one more of the same shape. ``facts`` are both enrolments as the policy engine's question has
them, ours first; null says: not known.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, TextClause, text

from worker.audit.log import Event


def _usual(alias: str) -> str:
    """Whether the area of an enrolment is where the person usually lives, as far as the roster says."""
    return (
        f"CASE WHEN {alias}.residence_area <> '' THEN {alias}.residence_area = {alias}.area"
        f" WHEN {alias}.residence_area = '' AND {alias}.household_area = {alias}.area THEN true END"
    )


def _resident(alias: str) -> str:
    return (
        f"jsonb_build_object('scheme', 'resident', 'area', {alias}.area, 'usual_residence', {_usual(alias)},"
        f" 'as_student', coalesce({alias}.student_stage = 'college' AND {alias}.school_area = {alias}.area, false),"
        f" 'months', NULL, 'flexible_employment', false, 'entitled', NULL)"
    )


_INTO = (
    "INSERT INTO duplicate_case AS c (area, insured_year, person_id, enrolment_id, other, found_by, other_scheme,"
    " other_since, facts, state)"
)
_NEWS = (
    " ON CONFLICT (enrolment_id, other) DO UPDATE SET facts = excluded.facts, state = 'found'"
    " WHERE c.state = 'undetermined' AND c.decided_by IS NULL AND c.review IS DISTINCT FROM 'asked'"
    " AND c.facts <> excluded.facts"
    " RETURNING c.id, c.person_id, c.found_by, c.other_scheme, c.other_since"
)
_ROSTER = text(
    f"{_INTO} SELECT e.area, e.insured_year, e.person_id, e.id, 'enrolment ' || o.id,"
    f" 'roster', 'resident',"
    f" coalesce(o.benefit_start, o.registered_on), jsonb_build_array({_resident('e')}, {_resident('o')}), 'found'"
    " FROM (SELECT DISTINCT person_id FROM enrolment WHERE id > :since AND insured_year = :year) AS fresh"
    " JOIN enrolment e USING (person_id) JOIN enrolment o ON o.person_id = e.person_id AND o.area <> e.area"
    " WHERE e.area = :area AND e.insured_year = :year AND o.insured_year = :year AND greatest(e.id, o.id) > :since"
    f" AND e.closed_because IS NULL{_NEWS}"
)
_OTHER_COVER = text(
    "WITH told AS (SELECT DISTINCT ON (person_id, scheme, area, since) * FROM other_cover"
    "  ORDER BY person_id, scheme, area, since, id DESC)"
    f" {_INTO} SELECT e.area, e.insured_year, e.person_id, e.id, t.scheme || ' ' || t.area || ' ' || t.since,"
    f" 'other_cover', t.scheme, t.since, jsonb_build_array({_resident('e')}, jsonb_build_object('scheme', t.scheme,"
    "  'area', t.area, 'usual_residence', CASE WHEN e.residence_area = t.area THEN true END, 'as_student', false,"
    "  'months', t.months, 'flexible_employment', t.flexible_employment, 'entitled', t.entitled)), 'found'"
    " FROM told t JOIN enrolment e ON e.person_id = t.person_id AND e.area = :area AND e.insured_year = :year"
    f" WHERE e.closed_because IS NULL{_NEWS}"
)
_NEW_NAMES = text(
    "SELECT DISTINCT p.name_index FROM enrolment e JOIN person p ON p.id = e.person_id"
    " WHERE e.insured_year = :year AND e.id > :since AND p.name_index IS NOT NULL LIMIT :limit"
)
_FEW = 5_000
# Sorted, not joined: a county's people in pairs of unknown number would be compared each with each. Where only few
# names have just come, only who bears one of them is sorted.
_SAME_NAME = text(
    "WITH named AS (SELECT e.id, e.area, e.insured_year, e.person_id, lag(e.person_id) OVER likes AS other"
    "  FROM enrolment e JOIN person p ON p.id = e.person_id WHERE e.insured_year = :year AND e.closed_because IS NULL"
    "  AND p.name_index IS NOT NULL AND (:all OR p.name_index = ANY(CAST(:names AS bytea[])))"
    "  WINDOW likes AS (PARTITION BY p.name_index, p.birth_date ORDER BY e.id))"
    f" {_INTO} SELECT area, insured_year, person_id, id, 'person ' || other, 'same_name', 'resident', NULL, '[]',"
    f" 'suspected' FROM named WHERE other <> person_id AND area = :area AND id > :since{_NEWS}"
)
_PEER_NOTICE = text(
    "WITH told AS (SELECT DISTINCT ON (peer, cert_index, scheme) * FROM peer_notice WHERE insured_year = :year"
    "  ORDER BY peer, cert_index, scheme, id DESC)"
    f" {_INTO} SELECT e.area, e.insured_year, e.person_id, e.id, 'peer ' || t.peer || ' ' || t.scheme, 'peer_notice',"
    f" t.scheme, t.since, jsonb_build_array({_resident('e')}, jsonb_build_object('scheme', t.scheme, 'area', t.peer,"
    "  'usual_residence', CASE WHEN e.residence_area = t.peer THEN true END, 'as_student', t.as_student,"
    "  'months', t.months, 'flexible_employment', t.flexible_employment, 'entitled', NULL)), 'found'"
    " FROM told t JOIN person p ON p.cert_index = t.cert_index"
    " JOIN enrolment e ON e.person_id = p.id AND e.area = :area AND e.insured_year = :year AND e.area <> t.peer"
    f" WHERE e.closed_because IS NULL{_NEWS}"
)
_NEWEST = text("SELECT coalesce(max(id), 0) FROM enrolment")


def newest_enrolment(connection: Connection) -> int:
    """The number up to which enrolments have come."""
    newest: int = connection.execute(_NEWEST).scalar_one()
    return newest


def find(connection: Connection, area: str, year: int, since: int, newest: int) -> list[Event]:
    """Add a case for each that is found; rosters are compared for enrolments numbered above ``since`` only."""
    values: dict[str, Any] = {"area": area, "year": year, "since": since}
    rosters: tuple[TextClause, ...] = ()
    if newest > since:
        rosters = (_ROSTER, _SAME_NAME)
        names = list(connection.execute(_NEW_NAMES, values | {"limit": _FEW + 1}).scalars())
        values |= {"all": len(names) > _FEW, "names": names[:_FEW]}
    return [
        Event(
            "duplicate.found",
            row.person_id,
            {"case": row.id, "by": row.found_by, "scheme": row.other_scheme, "since": row.other_since},
        )
        for source in (*rosters, _OTHER_COVER, _PEER_NOTICE)
        for row in connection.execute(source, values)
    ]
