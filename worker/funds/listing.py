"""One statement of claim, with its lines: who, how much, by which clause, and whether the money has arrived."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from worker.privacy import Vault, mask_name

_STATEMENT = text(
    "SELECT id, number, area, insured_year, insurance, source, first_day, last_day, claimed, deducted,"
    " claimed - deducted AS net, settled, state, drawn_on, drawn_by, withdrawn_on FROM fund_statement"
    " WHERE number = :number AND area = :area"
)
SETTLEMENTS = "SELECT id, voucher, amount, settled_on, recorded_by FROM fund_settlement WHERE statement_id = :id"
"""What was paid of a statement, as SQL, amounts in fen."""
_SETTLEMENTS = text(f"{SETTLEMENTS} ORDER BY id")
SUMS = (
    "SELECT e.town, l.kind, l.category, l.clauses, count(DISTINCT l.person_id) AS people, sum(l.amount)::bigint AS fen"
    " FROM fund_statement_line l LEFT JOIN enrolment e ON e.id = l.enrolment_id WHERE l.statement_id = :id"
    " GROUP BY e.town, l.kind, l.category, l.clauses"
)
"""The lines of a statement summed, as SQL, amounts in fen."""
_SUMS = text(f"{SUMS} ORDER BY e.town, l.kind = 'claim' DESC, l.category, l.clauses")
# Paid on: by the person or for them, the premium that the assistance goes with. Arrived on: by the bank, or given back.
LINES = (
    "SELECT l.kind, l.subject_id, l.person_id, e.town, p.person_no, p.name_cipher,"
    " l.category, l.rule, l.clauses, l.standard,"
    " l.amount, coalesce(a.timing, '') AS timing, d.paid_on,"
    " CASE l.kind WHEN 'claim' THEN o.settled_on ELSE l.on_day END AS arrived_on"
    " FROM fund_statement_line l LEFT JOIN enrolment e ON e.id = l.enrolment_id"
    " LEFT JOIN person p ON p.id = l.person_id"
    " LEFT JOIN assistance a ON l.kind IN ('claim', 'cancelled') AND a.id = l.subject_id"
    " LEFT JOIN due d ON d.id = a.due_id"
    " LEFT JOIN disbursement o ON l.kind = 'claim' AND o.assistance_id = a.id AND o.state = 'paid'"
    " WHERE l.statement_id = :id"
)
"""The lines of a statement as SQL; names are encrypted."""
_LINES = text(f"{LINES} ORDER BY e.town, l.kind = 'claim' DESC, l.category, p.person_no, l.subject_id")


class Statement(NamedTuple):
    """A statement with its settlements, and its lines summed by town, kind, category and clauses."""

    row: Any
    settlements: list[Any]
    sums: list[Any]


class NoStatement(Exception):
    """There is no statement of that number."""


def read_statement(connection: Connection, area: str, number: str) -> Statement:
    """The statement of this number. Raises ``NoStatement``."""
    row = connection.execute(_STATEMENT, {"number": number, "area": area}).one_or_none()
    if row is None:
        raise NoStatement(f"there is no statement {number} of {area}: `levy funds` lists them")
    settlements = connection.execute(_SETTLEMENTS, {"id": row.id}).all()
    return Statement(row, list(settlements), list(connection.execute(_SUMS, {"id": row.id})))


def shown_names(vault: Vault, lines: Sequence[Any], in_clear: bool = False) -> list[str]:
    """The names of lines, masked unless asked for in clear; empty where none is known."""
    known = [(at, line.name_cipher) for at, line in enumerate(lines) if line.name_cipher is not None]
    names = [""] * len(lines)
    for (at, _), name in zip(known, vault.decrypt(cipher for _, cipher in known), strict=True):
        names[at] = name if in_clear else mask_name(name)
    return names


def read_lines(connection: Connection, statement_id: int) -> list[Any]:
    """Every line, by town; names are still encrypted (``name_cipher``, None where no name is known)."""
    return list(connection.execute(_LINES, {"id": statement_id}))
