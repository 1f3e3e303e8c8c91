"""Persons: found by their document, made known on first sight whichever list names them first."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, TextClause, text

from worker.audit.log import Event

# Every staged row was given a person's id of its own; who is known already gets theirs instead.
_FIND = text(
    "UPDATE staged s SET person_id = p.id, known = true, known_no = p.person_no, news = p.person_no IS NOT NULL"
    " AND (p.name_index, p.birth_date) IS DISTINCT FROM (s.name_index, s.birth_date)"
    " FROM person p WHERE p.cert_index = s.cert_index"
)
_FIND_LISTED = text(
    "UPDATE staged s SET person_id = p.id, known = true, known_no = p.person_no"
    " FROM person p WHERE p.cert_index = s.cert_index"
)
_SAME_PERSON = text(  # a department may list one person in several categories
    "UPDATE staged s SET person_id = first.person_id FROM (SELECT cert_index, min(person_id) AS person_id FROM staged"
    " WHERE NOT known GROUP BY cert_index HAVING count(*) > 1) AS first WHERE s.cert_index = first.cert_index"
)
_MEET = text(
    "INSERT INTO person (id, cert_type, cert_index, cert_cipher, name_index, name_cipher)"
    " SELECT DISTINCT ON (person_id) person_id, cert_type, cert_index, cert_cipher, name_index, name_cipher"
    " FROM staged WHERE NOT known ORDER BY person_id, line"
)
_ENROL = text(
    "INSERT INTO person (id, person_no, cert_type, cert_index, cert_cipher, name_index, name_cipher, birth_date)"
    " SELECT person_id, person_no, cert_type, cert_index, cert_cipher, name_index, name_cipher, birth_date"
    " FROM staged WHERE NOT known ORDER BY person_id ON CONFLICT (person_no) DO NOTHING"
)
_NUMBER = text(
    "UPDATE person p SET person_no = s.person_no, birth_date = s.birth_date, name_index = s.name_index,"
    " name_cipher = s.name_cipher FROM staged s WHERE s.known AND s.known_no IS NULL AND p.id = s.person_id"
    " AND NOT EXISTS (SELECT FROM person o WHERE o.person_no = s.person_no)"
)
_DIFFERS = text("DELETE FROM staged WHERE known_no <> person_no RETURNING line, 'person_no_differs'")
_TAKEN = text(
    "DELETE FROM staged s WHERE s.known_no IS NULL AND NOT EXISTS"
    " (SELECT FROM person p WHERE p.id = s.person_id AND p.person_no = s.person_no) RETURNING line, 'person_no_taken'"
)
_CORRECT = text(
    "UPDATE person p SET birth_date = s.birth_date, name_index = s.name_index, name_cipher = s.name_cipher"
    " FROM staged s, person o WHERE s.news AND p.id = s.person_id AND o.id = p.id"
    " AND NOT EXISTS (SELECT FROM enrolment e WHERE e.person_id = p.id AND e.business_date > :day)"
    " RETURNING p.id, o.name_index IS DISTINCT FROM s.name_index AS renamed,"
    " o.birth_date AS born_before, s.birth_date AS born_after"
)
_HOLD = text("SELECT id FROM enrolment WHERE person_id = ANY(:people) ORDER BY id FOR UPDATE")
_BECOME_STALE = text("UPDATE enrolment SET stale = true WHERE id = ANY(:ids) AND NOT stale")
_WITHOUT_NUMBER = text("SELECT count(*) FROM staged WHERE known_no IS NULL")


def meet(connection: Connection) -> dict[int, str]:
    """Make sure that everybody a department or bank lists is known; lines that contradict the roster, with the code.

    Somebody who is not enrolled yet is kept without a number, so that no flag or account is lost before they are.
    """
    connection.execute(_FIND_LISTED)
    refused = _set_aside(connection, _DIFFERS)
    connection.execute(_SAME_PERSON)
    connection.execute(_MEET)
    return refused


def enrol(connection: Connection) -> dict[int, str]:
    """Make sure that everybody on a roster is known by number; lines that contradict the roster, with the code."""
    found = connection.execute(_FIND).rowcount
    refused = _set_aside(connection, _DIFFERS) if found else {}
    numbered = connection.execute(_NUMBER).rowcount if found else 0
    added = connection.execute(_ENROL).rowcount
    if numbered + added < connection.execute(_WITHOUT_NUMBER).scalar_one():  # people named twice, or numbers taken
        connection.execute(_FIND)
        refused |= _set_aside(connection, _DIFFERS) | _set_aside(connection, _TAKEN)
    return refused


def correct(connection: Connection, day: date) -> list[Event]:
    """Take over names and birth dates that a roster of ``day`` gives otherwise than before; an event for each."""
    return [
        Event(
            "person.corrected",
            row.id,
            {"name_changed": row.renamed, "birth_date": {"before": row.born_before, "after": row.born_after}},
        )
        for row in connection.execute(_CORRECT, {"day": day})
    ]


def mark_stale(connection: Connection, people_ids: list[int]) -> None:
    """These people are assessed again.

    Waits for an assessment that is under way, then marks: it would clear the mark without having seen this.
    """
    held = list(connection.execute(_HOLD, {"people": people_ids}).scalars())
    if held:
        connection.execute(_BECOME_STALE, {"ids": held})


def _set_aside(connection: Connection, statement: TextClause) -> dict[int, str]:
    """Take lines off the stage; each with its reason code."""
    return {row[0]: row[1] for row in connection.execute(statement)}
