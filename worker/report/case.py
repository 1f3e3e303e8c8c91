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
_DECISIONS = text("SELECT id, notice, body FROM decision WHERE id = ANY(:ids)")


@dataclass(frozen=True)
class CaseFile:
    """A person, masked, with the events and the decisions they name."""

    person: dict[str, Any]
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
    return CaseFile(shown, events, decisions)
