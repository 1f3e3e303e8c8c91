"""Where the person of a case stands in our own roster, and which payment of ours the case is about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from worker.handoff.cases import Stand

_HERE = text(
    "SELECT p.id AS person_id, e.id AS enrolment_id, d.id AS due_id"
    " FROM person p JOIN enrolment e ON e.person_id = p.id"
    " LEFT JOIN due d ON d.enrolment_id = e.id AND d.insurance = :insurance AND d.payer = 'person' AND d.current"
    " AND d.part = 0 WHERE p.cert_index = :index AND e.area = :area AND e.insured_year = :year"
)
_PAID_HERE = text(
    "SELECT d.id AS due_id, d.enrolment_id, d.paid AS amount, d.paid_on, p.voucher_no FROM due d"
    " JOIN LATERAL (SELECT voucher_no FROM payment p WHERE p.due_id = d.id AND p.kind = 'payment' AND NOT EXISTS"
    "  (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark = 'reversed')"
    "  ORDER BY p.id DESC LIMIT 1) AS p ON true"
    " WHERE d.enrolment_id = :enrolment AND d.insurance = :insurance AND d.payer = 'person'"
    " AND d.state = 'paid' AND d.part = 0 ORDER BY d.version DESC LIMIT 1"
)
_PAYMENT = text(
    "SELECT n.id AS person_id, d.enrolment_id, d.id AS due_id FROM payment p JOIN due d ON d.id = p.due_id"
    " JOIN person n ON n.id = d.person_id WHERE p.voucher_no = :voucher AND p.kind = 'payment' AND p.amount = :amount"
    " AND n.cert_index = :index"
)
_PERSON = text("SELECT id FROM person WHERE cert_index = :index")
_LINK = text("UPDATE handoff SET person_id = :person, enrolment_id = :enrolment, due_id = :due WHERE id = :id")


def enrolled_here(connection: Connection, stand: Stand) -> Any:
    """The person's number, enrolment and due in our area; None where they are not enrolled for the year."""
    values = {
        "index": stand.cert_index, "area": stand.area, "year": stand.insured_year, "insurance": stand.insurance,
    }  # fmt: skip
    return connection.execute(_HERE, values).one_or_none()


def paid_here(connection: Connection, stand: Stand, enrolment_id: int) -> Any:
    """The person's paid due of the case's insurance with its voucher; None while nothing is paid."""
    values = {"enrolment": enrolment_id, "insurance": stand.insurance}
    return connection.execute(_PAID_HERE, values).one_or_none()


def payment_here(connection: Connection, voucher: str, amount: int, index: bytes) -> Any:
    """Whose payment a voucher of ours is, if it is this person's and of this amount; None else."""
    return connection.execute(_PAYMENT, {"voucher": voucher, "amount": amount, "index": index}).one_or_none()


def person_here(connection: Connection, index: bytes) -> int | None:
    """The person's number in our roster, None where they are not known."""
    found: int | None = connection.execute(_PERSON, {"index": index}).scalar_one_or_none()
    return found


def link(connection: Connection, stand: Stand) -> None:
    """Note with the case who the person is in our roster, their enrolment, and their due."""
    if (found := enrolled_here(connection, stand)) is not None:
        values = {"id": stand.id, "person": found.person_id, "enrolment": found.enrolment_id, "due": found.due_id}
        connection.execute(_LINK, values)
