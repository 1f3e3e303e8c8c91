"""Finding a person by what somebody at a counter has: the number at the bureau, a document, or the whole name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from worker.indexed import document_key
from worker.privacy import Vault, mask, mask_name

MOST = 50
_FIND = text(
    "SELECT p.id, p.person_no, p.birth_date, p.cert_cipher, p.name_cipher, (SELECT e.town FROM enrolment e"
    "  WHERE e.person_id = p.id ORDER BY e.insured_year DESC, e.id DESC LIMIT 1) AS town FROM person p"
    " WHERE p.person_no = :given OR p.cert_index = ANY(CAST(:documents AS bytea[])) OR p.name_index = :name"
    " ORDER BY p.id LIMIT :most"
)
DOCUMENTS = ("01", "04", "05", "06", "07", "17")
"""Types of documents that are tried, by the national codes (psn_cert_type)."""


def find_people(connection: Connection, vault: Vault, given: str) -> list[dict[str, Any]]:
    """Who has this number, document or whole name, masked; at most ``MOST`` and one, by which more is told."""
    seal = vault.sealing(connection)
    documents = seal.index(document_key(kind, given.upper()) for kind in DOCUMENTS)
    values = {"given": given, "documents": documents, "name": seal.index_one(given), "most": MOST + 1}
    return [_masked(vault, row) for row in connection.execute(_FIND, values)]


def _masked(vault: Vault, row: Any) -> dict[str, Any]:
    (number,) = vault.decrypt([bytes(row.cert_cipher)])
    name = vault.decrypt([bytes(row.name_cipher)])[0] if row.name_cipher else ""
    return {
        "id": row.id, "person_no": row.person_no, "birth_date": row.birth_date, "town": row.town,
        "name": mask_name(name), "document": mask(number),
    }  # fmt: skip
