"""Rows that could not be taken: kept encrypted with their reasons until they are corrected, replaced or dismissed.

A quarantined row is about a subject: a person number on a roster, a document and category on a department's list (with
the year, on one of applications), a document on the bank's. A later list that has a row about the same subject settles
it, so that a monthly list does not quarantine the same row again and again. Cells slip, so that anything may stand in
any of them: what is stored as the subject is a keyed hash, never the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from sqlalchemy import Connection, text

from adapters.bureau.columns import REFERENCE
from adapters.bureau.problems import BadRow, Problem
from adapters.bureau.table import rows_at
from worker.database.copy import Column, copy_columns
from worker.indexed import subject_key, subjects
from worker.privacy import Vault

_KEY = {
    "enrolments": "s.person_no",
    "flags": "encode(s.cert_index, 'hex') || s.category",
    "accounts": "encode(s.cert_index, 'hex')",
    "refunds": "encode(s.cert_index, 'hex')",
    "other_cover": "encode(s.cert_index, 'hex')",
    "applications": "encode(s.cert_index, 'hex') || s.category || s.insured_year",
}
"""Whom a good row is about, by kind: the keys of bad rows are written alike."""
_REFERENCE = re.compile("[0-9]{1,18}")
_OLDER = "f.id = q.file_id AND f.kind = :kind AND f.business_date <= :day AND f.id <> :file AND q.state = 'open'"
_WANTED = {
    kind: text(
        f"SELECT DISTINCT {key} FROM staged s"
        f" WHERE EXISTS (SELECT FROM quarantined_row q, intake_file f WHERE {_OLDER})"
    )
    for kind, key in _KEY.items()
}
_BY_SUBJECT = (
    "UPDATE quarantined_row q SET state = :state, closed_by = :by, closed_at = :now FROM intake_file f"
    f" WHERE {_OLDER} AND q.subject = ANY({{subjects}})"
)
_FIXED_BY_SUBJECT = text(_BY_SUBJECT.format(subjects=":subjects"))
_REPLACED_BY_SUBJECT = text(_BY_SUBJECT.format(subjects="ARRAY(SELECT subject FROM aside)"))
_BY_REFERENCE = (
    "UPDATE quarantined_row q SET state = :state, closed_by = :by, closed_at = :now FROM intake_file f, {rows} s"
    " WHERE f.id = q.file_id AND f.kind = :kind AND q.state = 'open' AND q.id = s.reference"
)
_FIXED_BY_REFERENCE = text(_BY_REFERENCE.format(rows="staged"))
_REPLACED_BY_REFERENCE = text(_BY_REFERENCE.format(rows="aside"))
_OPEN_ASIDE = text(
    "CREATE TEMPORARY TABLE aside (line int, problems jsonb, row_cipher bytea, subject text, reference bigint)"
    " ON COMMIT DROP"
)
_KEEP = text(
    "INSERT INTO quarantined_row (file_id, line, problems, row_cipher, subject, recorded_at)"
    " SELECT :file, line, problems, row_cipher, subject, :now FROM aside"
)


_CONFLICTING = text(
    "SELECT s.line, q.problems, q.row_cipher FROM staged s JOIN quarantined_row q ON q.id = s.reference"
    " JOIN intake_file f ON f.id = q.file_id WHERE f.kind = :kind AND EXISTS (SELECT FROM"
    " jsonb_array_elements(q.problems) AS p WHERE p->>'code' IN ('duplicate_differs', 'duplicate_person_no'))"
)
_UNSTAGE = text("DELETE FROM staged WHERE line = ANY(:lines)")
_DAY_CORRECTED = text(
    "SELECT max(f.business_date) FROM staged s JOIN quarantined_row q ON q.id = s.reference"
    " JOIN intake_file f ON f.id = q.file_id WHERE f.kind = :kind"
)


@dataclass(frozen=True)
class Source:
    """The file that is being taken in: its number and name, the kind of its rows, its business date, and the moment."""

    id: int
    name: str
    kind: str
    day: date
    now: datetime


def open_aside(connection: Connection) -> None:
    """Create the table in which a file's bad rows wait; it goes with the transaction."""
    connection.execute(_OPEN_ASIDE)


def set_aside(connection: Connection, vault: Vault, source: Source, bad: Sequence[BadRow]) -> None:
    """Set a chunk's bad rows aside, encrypted: a list of nothing but bad rows needs no more memory than a good one."""
    if bad:
        references = [row.cells.get(REFERENCE, "").strip() for row in bad]
        seal = vault.sealing(connection)
        keys = [subject_key(seal, source.kind, source.day, row.cells) for row in bad]
        columns: dict[str, Column] = {
            "line": [row.line for row in bad],
            "problems": [orjson.dumps([problem._asdict() for problem in row.problems]).decode() for row in bad],
            "row_cipher": seal.encrypt_bytes([orjson.dumps(row.cells) for row in bad]),
            "subject": subjects(seal, source.kind, keys),
            "reference": [int(number) if _REFERENCE.fullmatch(number) else None for number in references],
        }
        copy_columns(connection, "aside", columns)


def day_corrected(connection: Connection, kind: str) -> date | None:
    """The business date of the lists that a correction sheet mends; None where the file is none."""
    found: date | None = connection.execute(_DAY_CORRECTED, {"kind": kind}).scalar_one()
    return found


def put_back_unmended(connection: Connection, vault: Vault, source: Source, content: bytes) -> int:
    """Put back rows of a correction sheet that contradict another line and came back as they were; how many there are.

    Alone on the sheet such a row contradicts nothing any more, and would win over the line that counts.
    """
    found = {row.line: row for row in connection.execute(_CONFLICTING, {"kind": source.kind})}
    if not found:
        return 0
    unmended = []
    for line, cells in rows_at(content, frozenset(found)):
        before = orjson.loads(vault.decrypt_bytes([bytes(found[line].row_cipher)])[0])
        if all(cells.get(name, "").strip() == cell.strip() for name, cell in before.items() if name != REFERENCE):
            unmended.append(BadRow(line, cells, tuple(Problem(**entry) for entry in found[line].problems)))
    connection.execute(_UNSTAGE, {"lines": [row.line for row in unmended]})
    set_aside(connection, vault, source, unmended)
    return len(unmended)


def quarantine(connection: Connection, vault: Vault, source: Source) -> int:
    """Quarantine what was set aside, and close older rows that the file settles; returns how many its good rows fixed.

    A correction sheet settles the rows that it refers to, whoever its rows are about now.
    """
    values = {"by": source.name, "now": source.now, "kind": source.kind, "day": source.day, "file": source.id}
    fixed = connection.execute(_FIXED_BY_REFERENCE, values | {"state": "fixed"}).rowcount
    if good := list(connection.execute(_WANTED[source.kind], values).scalars()):
        settled = values | {"state": "fixed", "subjects": subjects(vault.sealing(connection), source.kind, good)}
        fixed += connection.execute(_FIXED_BY_SUBJECT, settled).rowcount
    for statement in (_REPLACED_BY_REFERENCE, _REPLACED_BY_SUBJECT):
        connection.execute(statement, values | {"state": "replaced"})
    connection.execute(_KEEP, values)
    return fixed
