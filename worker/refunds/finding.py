"""Finding whom an application is about: by person number or identity number, by a due's reference, or by a voucher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.dues.reference import due_number, due_reference
from worker.privacy import Vault
from worker.refunds.opening import Overpaid

_PERSON = text("SELECT id FROM person WHERE person_no = :given OR cert_index = :index")
_DUE = text("SELECT id, person_id, area, insured_year FROM due WHERE id = :id")
_VOUCHER = text(
    "SELECT p.due_id, d.person_id, p.voucher_no, p.line, p.kind, p.amount,"
    " t.amount - coalesce((SELECT sum(CASE WHEN a.undoes IS NULL THEN a.amount ELSE -a.amount END) FROM allocation a"
    "  WHERE a.payment_id = p.id), 0)::bigint AS kept,"
    " EXISTS (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark ="
    " 'reversed') AS reversed"
    " FROM payment p LEFT JOIN due d ON d.id = p.due_id"
    " LEFT JOIN transfer t ON t.subject_id = p.id AND t.code = 'payment.unidentified' WHERE p.voucher_no ="
    " :voucher AND (CAST(:line AS int) IS NULL OR p.line = :line) ORDER BY p.line"
)


class NotFound(Exception):
    """What was asked about is not there, or nothing of it can be given back: a sentence that says what to look at."""


def person_of(connection: Connection, vault: Vault, given: str) -> int:
    """The person with this number at the bureau or identity number. Raises ``NotFound``."""
    index = vault.sealing(connection).index_one(f"01|{given.upper()}")
    found: int | None = connection.execute(_PERSON, {"given": given, "index": index}).scalar_one_or_none()
    if found is None:
        raise NotFound("nobody with this person number or identity number has been taken in")
    return found


def due_of(connection: Connection, reference: str) -> tuple[int, int]:
    """Person and due of a reference of ours. Raises ``NotFound``."""
    number = due_number(reference)
    row = connection.execute(_DUE, {"id": number}).one_or_none() if number else None
    if row is None or due_reference(row.area, row.insured_year, row.id) != reference:
        raise NotFound(f"{reference} is no reference of a due of ours: it stands on `levy why PERSON`")
    return row.person_id, row.id


def payment_of(connection: Connection, voucher: str, line: int | None = None) -> tuple[int, int] | Overpaid:
    """Person and due that a line of a voucher paid; of money under a reference that is not ours, what there is of it.

    Raises ``NotFound``.
    """
    rows: Sequence[Any] = connection.execute(_VOUCHER, {"voucher": voucher, "line": line}).all()
    if not rows or rows[0].kind != "payment":
        raise NotFound(f"no payment came with voucher {voucher}" + (f", line {line}" if line else ""))
    if len(rows) > 1:
        raise NotFound(f"voucher {voucher} has {len(rows)} lines: name one of them with --line")
    (row,) = rows
    if row.reversed:
        raise NotFound(f"tax has reversed voucher {voucher}: nothing is left to give back")
    if row.due_id is None and row.kept == 0:
        raise NotFound(f"the money of voucher {voucher} was found to be for a due and given to it: `levy breaks`")
    if row.due_id is None:
        return Overpaid(None, row.voucher_no, row.line, row.kept or row.amount, "money of nobody we know")
    return row.person_id, row.due_id
