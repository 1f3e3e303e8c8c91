"""How one person stands: cover, dues, payments, assistance, open cases; by document, masked unless the key may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.indexed import document_key
from worker.privacy import Vault, mask, mask_name
from worker.report.case import READ

_PERSON = text("SELECT id, person_no, cert_cipher, name_cipher, birth_date FROM person WHERE cert_index = :index")
_PARTS = {
    "covers": text(
        "SELECT insured_year, area, free_since IS NOT NULL OR EXISTS (SELECT FROM due d WHERE d.enrolment_id = e.id"
        " AND d.current AND d.part = 0 AND d.state IN ('paid', 'refunded')) AS paid, benefit_start AS starts_on,"
        " benefit_end AS ends_on, held_from, suspended_on, closed_because FROM enrolment e"
        " WHERE person_id = :person AND area = :area ORDER BY insured_year, id"
    ),
    "dues": text(
        "SELECT insured_year, insurance, payer, state, amount, paid, lowered, deadline, paid_on FROM due"
        " WHERE person_id = :person AND area = :area AND current ORDER BY insured_year, id"
    ),
    "payments": text(
        "SELECT p.voucher_no, p.line, p.kind, p.amount, p.channel, p.tax_date"
        " FROM payment p JOIN due d ON d.id = p.due_id WHERE d.person_id = :person AND d.area = :area ORDER BY p.id"
    ),
    "assistance": text(
        "SELECT insurance, category, source, timing, amount, state, held_because, granted_on FROM assistance"
        " WHERE person_id = :person AND area = :area ORDER BY id"
    ),
    "refunds": text(
        "SELECT insured_year, insurance, reason, amount, state, applied_on FROM refund_case"
        " WHERE person_id = :person AND area = :area AND state NOT IN ('refunded', 'refused', 'withdrawn')"
        " ORDER BY id"
    ),
    "handoffs": text(
        "SELECT case_id AS case, kind, peer, insured_year, insurance, state FROM handoff"
        " WHERE person_id = :person AND area = :area AND state NOT IN ('closed', 'withdrawn') ORDER BY id"
    ),
}
"""A statement for each part; their number does not grow with what there is."""


def state_of(
    connection: Connection, vault: Vault, area: str, cert_type: str, cert_no: str, clear: bool
) -> tuple[dict[str, Any], Event] | None:
    """The person's state in an area, and the event that says who looked; None when nobody has this document."""
    index = vault.sealing(connection).index_one(document_key(cert_type, cert_no.upper()))
    person = connection.execute(_PERSON, {"index": index}).one_or_none()
    if person is None:
        return None
    number = vault.decrypt([person.cert_cipher])[0]
    name = vault.decrypt([person.name_cipher])[0] if person.name_cipher else None
    state: dict[str, Any] = {
        "person_no": person.person_no,
        "cert_no": number if clear else mask(number),
        "name": name if clear or name is None else mask_name(name),
        "birth_date": person.birth_date if clear else None,
    }
    values = {"person": person.id, "area": area}
    for part, query in _PARTS.items():
        state[part] = [dict(row._mapping) for row in connection.execute(query, values)]
    return state, Event(READ, person.id, {"form": "api", "revealed": clear})
