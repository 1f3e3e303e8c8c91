"""Rows that could not be taken: kept encrypted with their reasons until they are corrected or dismissed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from adapters.bureau.columns import REFERENCE
from adapters.bureau.problems import BadRow
from worker.database.copy import copy_columns
from worker.privacy import Vault

_CLOSE = text(
    "UPDATE quarantined_row q SET state = :state, closed_by = :by, closed_at = :now FROM intake_file f"
    " WHERE f.id = q.file_id AND f.kind = :kind AND q.state = 'open' AND q.id = ANY(:ids)"
)
_REFERENCES = text("SELECT reference FROM staged WHERE reference IS NOT NULL")


def put(connection: Connection, vault: Vault, file_id: int, bad: Sequence[BadRow], now: datetime) -> None:
    """Quarantine the bad rows of a file."""
    copy_columns(
        connection,
        "quarantined_row",
        {
            "file_id": [file_id] * len(bad),
            "line": [row.line for row in bad],
            "problems": [orjson.dumps([problem._asdict() for problem in row.problems]).decode() for row in bad],
            "row_cipher": vault.encrypt_bytes([orjson.dumps(row.cells) for row in bad]),
            "recorded_at": [now] * len(bad),
        },
    )


def close_corrected(connection: Connection, kind: str, file: str, bad: Sequence[BadRow], now: datetime) -> int:
    """Close the rows that a correction sheet refers to: fixed by its good rows, replaced by its bad ones.

    Returns how many were fixed.
    """
    values = {"kind": kind, "by": file, "now": now}
    fixed = list(connection.execute(_REFERENCES).scalars())
    replaced = [int(number) for row in bad if (number := row.cells.get(REFERENCE, "").strip()).isdecimal()]
    if replaced:
        connection.execute(_CLOSE, values | {"state": "replaced", "ids": replaced})
    if not fixed:
        return 0
    return connection.execute(_CLOSE, values | {"state": "fixed", "ids": fixed}).rowcount
