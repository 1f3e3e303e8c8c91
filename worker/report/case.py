"""The case file of one person (案卷): everything that was decided and done, in order, with the clauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.privacy import Vault, mask, mask_name

_PERSON = text(
    "SELECT id, person_no, cert_type, cert_cipher, name_cipher, birth_date FROM person"
    " WHERE person_no = :given OR cert_index = :index"
)
_EVENTS = text(
    "SELECT s.recorded_at, e.action, s.origin, e.facts FROM audit_event e"
    " JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " WHERE e.person_id = :person ORDER BY s.recorded_at, e.position"
)
_ENROLMENTS = text(
    "SELECT e.business_date, 'enrolled for ' || e.insured_year || ' in ' || e.town || ', ' || e.person_type ||"
    " coalesce(', ' || nullif(array_to_string(e.circumstances, ' '), ''), '') ||"
    " CASE WHEN e.benefit_start IS NULL THEN ', no cover dated' ELSE ', covered ' || e.benefit_start || ' to ' ||"
    " e.benefit_end END AS says, f.name AS file FROM enrolment e JOIN intake_file f ON f.id = e.source_file"
    " WHERE e.person_id = :person ORDER BY e.id"
)
_FLAGS = text(
    "SELECT i.business_date, i.category || ' recognised on ' || i.recognised_on || ' in ' || i.area ||"
    " coalesce(', revoked on ' || i.revoked_on, '') AS says, f.name AS file FROM identity_flag i"
    " JOIN intake_file f ON f.id = i.source_file WHERE i.person_id = :person ORDER BY i.id"
)
_ACCOUNTS = text(
    "SELECT b.business_date, 'a bank account at ' || b.bank AS says, f.name AS file FROM bank_account b"
    " JOIN intake_file f ON f.id = b.source_file WHERE b.person_id = :person ORDER BY b.id"
)
_DECISIONS = text("SELECT id, notice, body FROM decision WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class CaseFile:
    """A person, masked, with the events and the decisions they name."""

    person: dict[str, Any]
    roster: list[dict[str, Any]]
    events: list[dict[str, Any]]
    decisions: dict[int, dict[str, Any]]


def read_case(connection: Connection, vault: Vault, given: str) -> CaseFile | None:
    """The case of a person number or an identity number (type 01); None when nobody has it."""
    index = vault.index([f"01|{given.upper()}"])[0]
    person = connection.execute(_PERSON, {"given": given, "index": index}).one_or_none()
    if person is None:
        return None
    number = vault.decrypt([person.cert_cipher])[0]
    name = mask_name(vault.decrypt([person.name_cipher])[0]) if person.name_cipher else None
    events = [
        {**orjson.loads(row.origin), "action": row.action, "facts": orjson.loads(row.facts)}
        for row in connection.execute(_EVENTS, {"person": person.id})
    ]
    ids = sorted({event["facts"]["decision"] for event in events if event["facts"].get("decision")})
    decisions = {row.id: {"notice": row.notice, **row.body} for row in connection.execute(_DECISIONS, {"ids": ids})}
    shown = {
        "person_no": person.person_no,
        "name": name,
        "cert_no": mask(number),
        "birth_date": person.birth_date,
    }
    roster = [
        dict(row._mapping)
        for query in (_ENROLMENTS, _FLAGS, _ACCOUNTS)
        for row in connection.execute(query, {"person": person.id})
    ]
    return CaseFile(shown, roster, events, decisions)
