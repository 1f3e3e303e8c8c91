"""The case file of one person (案卷): everything that was decided and done, in order, with the clauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.privacy import Vault, mask, mask_name
from worker.report.telling import now

READ = "case.read"
"""The action of the event that says who looked at somebody's case, in which form, and in clear or not."""
_FIND = text("SELECT id FROM person WHERE person_no = :given OR cert_index = :index")
_PERSON = text("SELECT id, person_no, cert_type, cert_cipher, name_cipher, birth_date FROM person WHERE id = :person")
_EVENTS = text(
    "SELECT e.position, e.action, s.origin, e.facts FROM audit_event e"
    " JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " WHERE e.person_id = :person ORDER BY s.recorded_at, e.position"
)
_PAID = (
    "(e.free_since IS NOT NULL OR EXISTS (SELECT FROM due d WHERE d.enrolment_id = e.id AND d.current AND d.part = 0"
    " AND d.state IN ('paid', 'refunded')))"
)
"""Whether the cover of the enrolment ``e``, which is dated as soon as its levy is decided, counts, as SQL."""
_ENROLMENTS = text(
    "SELECT e.business_date, 'enrolled for ' || e.insured_year || ' in ' || e.town || ', ' || e.person_type ||"
    " coalesce(', ' || nullif(array_to_string(e.circumstances, ' '), ''), '') ||"
    f" CASE WHEN NOT {_PAID} THEN ', no cover until it is paid' WHEN e.benefit_start IS NULL THEN ', no cover dated'"
    " ELSE ', covered ' || e.benefit_start || ' to ' ||"
    " e.benefit_end END || coalesce(', held from ' || e.held_from || ' until repaid', '')"
    " || coalesce(', suspended since ' || e.suspended_on, '')"
    " || coalesce(', closed: ' || e.closed_because, '') AS says, jsonb_build_object('enrolled_for', e.insured_year,"
    " 'town', e.town, 'person_type', e.person_type, 'circumstances', e.circumstances, 'cover_from', e.benefit_start,"
    f" 'cover_to', e.benefit_end, 'cover_counts', {_PAID}, 'held_from', e.held_from, 'suspended_on', e.suspended_on,"
    " 'closed_because', e.closed_because) AS facts,"
    " f.name AS file FROM enrolment e JOIN intake_file f ON f.id = e.source_file"
    " WHERE e.person_id = :person ORDER BY e.id"
)
_FLAGS = text(
    "SELECT i.business_date, i.category || ' recognised on ' || i.recognised_on || ' in ' || i.area ||"
    " coalesce(', revoked on ' || i.revoked_on, '') AS says, jsonb_build_object('category', i.category,"
    " 'recognised_on', i.recognised_on, 'area', i.area, 'revoked_on', i.revoked_on) AS facts,"
    " f.name AS file FROM identity_flag i JOIN intake_file f ON f.id = i.source_file WHERE i.person_id = :person"
    " ORDER BY i.id"
)
_ACCOUNTS = text(
    "SELECT b.business_date, 'a bank account at ' || b.bank AS says,"
    " jsonb_build_object('bank', b.bank) AS facts, f.name AS file FROM bank_account b"
    " JOIN intake_file f ON f.id = b.source_file WHERE b.person_id = :person ORDER BY b.id"
)
_COVERS = text(
    f"SELECT insured_year, area, {_PAID} AS paid, benefit_start, benefit_end, held_from, suspended_on, closed_because"
    " FROM enrolment e WHERE person_id = :person ORDER BY insured_year, id"
)
_DUES = text(
    "SELECT id, insured_year, payer, amount, paid, lowered, paid_on, state, deadline, reject_code FROM due"
    " WHERE person_id = :person AND current ORDER BY insured_year, id"
)
_ASSISTANCE = text(
    "SELECT a.id, a.due_id, a.category, a.source, a.amount, a.state, a.held_because, d.state IN ('paid',"
    " 'refunded') AS due_paid, EXISTS (SELECT FROM clawback c WHERE c.assistance_id = a.id) AS asked_back"
    " FROM assistance a LEFT JOIN due d ON d.id = a.due_id"
    " WHERE a.person_id = :person AND a.state <> 'cancelled' ORDER BY a.id"
)
_DECISIONS = text("SELECT id, notice, body FROM decision WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class CaseFile:
    """A person, masked unless revealed, with the events, the decisions they name, and how the case stands now."""

    person_id: int
    person: dict[str, Any]
    roster: list[dict[str, Any]]
    events: list[dict[str, Any]]
    decisions: dict[int, dict[str, Any]]
    covers: list[dict[str, Any]]
    dues: list[dict[str, Any]]
    assistance: list[dict[str, Any]]
    now: list[str]


def read_case(connection: Connection, vault: Vault, given: str, reveal: bool = False) -> CaseFile | None:
    """The case of a person number or an identity number (type 01); None when nobody has it."""
    index = vault.sealing(connection).index_one(f"01|{given.upper()}")
    found = connection.execute(_FIND, {"given": given, "index": index}).scalar_one_or_none()
    return None if found is None else case_of(connection, vault, found, reveal)


def case_of(connection: Connection, vault: Vault, person_id: int, reveal: bool = False) -> CaseFile | None:
    """The case of the person with this number of ours; None when there is none."""
    person = connection.execute(_PERSON, {"person": person_id}).one_or_none()
    if person is None:
        return None
    number = vault.decrypt([person.cert_cipher])[0]
    name = vault.decrypt([person.name_cipher])[0] if person.name_cipher else None
    events = [
        {**orjson.loads(row.origin), "event": row.position, "action": row.action, "facts": orjson.loads(row.facts)}
        for row in connection.execute(_EVENTS, {"person": person.id})
    ]
    ids = sorted({event["facts"]["decision"] for event in events if event["facts"].get("decision")})
    decisions = {row.id: {"notice": row.notice, **row.body} for row in connection.execute(_DECISIONS, {"ids": ids})}
    shown = {
        "person_no": person.person_no,
        "name": name if reveal or name is None else mask_name(name),
        "cert_type": person.cert_type,
        "cert_no": number if reveal else mask(number),
        "birth_date": person.birth_date,
    }
    roster = [
        dict(row._mapping)
        for query in (_ENROLMENTS, _FLAGS, _ACCOUNTS)
        for row in connection.execute(query, {"person": person.id})
    ]
    covers, dues, assistance, accounts = (
        [dict(row._mapping) for row in connection.execute(query, {"person": person.id})]
        for query in (_COVERS, _DUES, _ASSISTANCE, _ACCOUNTS)
    )
    outcomes = [event["facts"]["outcome"] for event in events if event["action"] == "levy.assessed"]
    standing = now(dues, assistance, outcomes[-1] if outcomes else None, bool(accounts), covers)
    return CaseFile(person.id, shown, roster, events, decisions, covers, dues, assistance, standing)
