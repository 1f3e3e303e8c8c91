"""Notices of peers that somebody is enrolled with them: kept for whoever looks for duplicate enrolments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.privacy import Vault

_KEEP = text(
    "INSERT INTO peer_notice (peer, cert_index, cert_cipher, scheme, insured_year, since, months, as_student,"
    " flexible_employment, message) SELECT :peer, decode(index, 'hex'), decode(document, 'hex'), scheme, insured_year,"
    " since, months, as_student, flexible_employment, :message FROM json_to_recordset(:rows) AS n(index text,"
    " document text, scheme text, insured_year smallint, since date, months smallint, as_student boolean,"
    " flexible_employment boolean) ON CONFLICT DO NOTHING"
)
_CASES = ("scheme", "insured_year", "since", "months", "as_student", "flexible_employment")


def keep_notices(
    connection: Connection, vault: Vault, peer: str, message: str, notices: Sequence[Mapping[str, Any]]
) -> int:
    """Keep a message's notices, people found by keyed hash only; returns how many there were."""
    seal, documents = vault.sealing(connection), [f"{notice['cert_type']}|{notice['cert_no']}" for notice in notices]
    rows = [
        {name: notice[name] for name in _CASES} | {"index": index.hex(), "document": document.hex()}
        for notice, index, document in zip(notices, seal.index(documents), seal.encrypt(documents), strict=True)
    ]
    connection.execute(_KEEP, {"peer": peer, "message": message, "rows": orjson.dumps(rows).decode()})
    return len(rows)
