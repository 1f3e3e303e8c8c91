"""Money of nobody that turns out to be for a due: given to it, and taken back when tax reverses the payment.

Payments are locked before dues, here and wherever both are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.audit.log import Event
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.dues.open import open_dues, uncover, write_dues_paid
from worker.dues.receipts import OpenDue, Receipt
from worker.dues.reference import due_number
from worker.dues.unclaimed import UNCLAIMED
from worker.jobs.queue import NewJob, enqueue
from worker.ledger import dues as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

KEPT_UNDER = "resident_medical"
"""The insurance under which money of nobody is kept."""
_PAYMENT = text(
    f"SELECT p.id, p.voucher_no, p.line, p.person_no, p.tax_date, p.area, p.kind, p.due_id, {UNCLAIMED} AS unclaimed"
    ", (SELECT min(c.id) FROM refund_case c WHERE c.payment_id = p.id AND c.state IN ('applied', 'undetermined',"
    " 'decided')) AS refund_case FROM payment p WHERE p.id = :id FOR UPDATE OF p"
)
_PAID_ON = text("SELECT paid_on FROM due WHERE id = :id")
_STALE = text("UPDATE enrolment SET stale = true WHERE id = :id")
_HOLD = text("SELECT id FROM payment WHERE voucher_no = ANY(:vouchers) AND due_id IS NULL ORDER BY id FOR UPDATE")
_STANDING = text(
    "SELECT a.id, a.payment_id, a.due_id, a.amount, p.voucher_no, p.line FROM payment p"
    " JOIN allocation a ON a.payment_id = p.id AND a.undoes IS NULL WHERE p.voucher_no = ANY(:vouchers)"
    " AND NOT EXISTS (SELECT FROM allocation u WHERE u.undoes = a.id) ORDER BY a.id"
)


class NotAllocated(Exception):
    """The money cannot be given to that due; the sentence says why and what to do. Nothing was changed."""


class Allocated(NamedTuple):
    """What was given to the due and what of the payment is still nobody's (fen), and the event to record."""

    amount: Fen
    left: Fen
    due_id: int
    event: Event


def allocate(
    connection: Connection,
    accounts: Accounts,
    payment_id: int,
    reference: str,
    reason: str,
    other_person: bool,
    today: date,
) -> Allocated:
    """Give what is nobody's of the payment to the due of this reference, and no more than it still owes.

    The person is assessed next: cover and assistance follow as after any payment, dated by the day on which it was
    paid. A due that is paid now is withdrawn at tax (a job ``void``), where it is still open. Raises ``NotAllocated``.
    """
    payment = connection.execute(_PAYMENT, {"id": payment_id}).one()
    number = due_number(reference)
    due = open_dues(connection, [] if number is None else [number]).get(number or 0)
    if due is None or due.reference != reference:
        raise NotAllocated(f"{reference} is no due of ours: see `levy why PERSON` for the reference")
    if fault := _fault(payment, due, other_person):
        raise NotAllocated(fault)
    amount = min(payment.unclaimed, due.amount - due.paid)
    due.paid += amount
    due.state = "paid" if due.paid == due.amount else "part_paid"
    before: date | None = connection.execute(_PAID_ON, {"id": due.id}).scalar_one()
    due.paid_on = str(max(payment.tax_date, before or payment.tax_date))
    allocation = next_numbers(connection, "allocation_number", 1)[0]
    _write(connection, [(allocation, payment.id, due.id, amount, None, reason)], today)
    post(connection, [ledger.allocated(accounts, allocation, due.id, due.insurance, due.payer, amount)], today)
    write_dues_paid(connection, [due])
    if due.state == "part_paid":
        uncover(connection, [due])
    connection.execute(_STALE, {"id": due.enrolment_id})
    if due.state == "paid":  # tax still holds it open: nobody is to pay it once more
        told = NewJob("void", f"allocation-{allocation}", {"dues": [due.id], "settled": True}, today, due.area)
        enqueue(connection, [told])
    facts = {"allocation": allocation, "due": due.id, "amount": amount, "voucher": payment.voucher_no}
    event = Event("allocation.made", due.person_id, facts | {"line": payment.line, "paid_on": payment.tax_date})
    return Allocated(amount, payment.unclaimed - amount, due.id, event)


def _fault(payment: Any, due: OpenDue, other_person: bool) -> str | None:
    """Why the money cannot go to the due, as a sentence; ``None`` when it can."""
    if payment.kind != "payment" or payment.due_id is not None:
        return f"voucher {payment.voucher_no} is no money of nobody: it was booked for a due, or is a {payment.kind}"
    if payment.unclaimed <= 0:
        return f"nothing is left of voucher {payment.voucher_no}: it was given to dues, or tax took it back"
    if payment.refund_case is not None:
        return f"refund {payment.refund_case} asks the money of voucher {payment.voucher_no} back: withdraw it first"
    if due.area != payment.area:
        return f"due {due.reference} is of area {due.area}, the money came to {payment.area}: propose a handoff"
    if due.insurance != KEPT_UNDER:
        return (
            f"due {due.reference} is of {due.insurance}, and money of nobody is kept under {KEPT_UNDER}: it does not"
            f" cross from one insurance to another. Give it back (`levy refund apply --voucher {payment.voucher_no}`)"
            " and let the due be paid at tax"
        )
    if due.state in ("void", "rejected", "voiding"):
        return f"due {due.reference} is {due.state}: nobody owes it; look for the person's current due"
    if due.state == "assessed":
        return f"due {due.reference} has not been accepted by tax yet: try again when it is"
    if due.paid >= due.amount:
        return f"due {due.reference} is paid: the money would be too much; look for another due, or refund it"
    if due.person_no != payment.person_no and not other_person:
        return (
            f"due {due.reference} is another person's than the one named by the payment: if they paid for"
            " somebody else, say so with --other-person"
        )
    return None


def standing_allocations(connection: Connection, vouchers: Sequence[str | None]) -> list[Any]:
    """What was given to dues out of these vouchers and still stands; those that are money of nobody are locked."""
    if not vouchers:
        return []
    values = {"vouchers": list(vouchers)}
    connection.execute(_HOLD, values)
    return list(connection.execute(_STANDING, values).all())


def take_back(
    connection: Connection,
    accounts: Accounts,
    standing: Sequence[Any],
    receipts: Sequence[Receipt],
    dues: Mapping[int, OpenDue],
    today: date,
) -> list[Event]:
    """Take back what was given out of payments that are reversed now, changing ``dues``; returns the events."""
    gone = {(r.row["reverses"], r.row["line"]) for r in receipts if r.remark == "reversed" and r.due is None}
    back = [one for one in standing if (one.voucher_no, one.line) in gone]
    numbers = next_numbers(connection, "allocation_number", len(back))
    _write(
        connection,
        [(n, a.payment_id, a.due_id, a.amount, a.id, "reversed") for n, a in zip(numbers, back, strict=True)],
        today,
    )
    moves, events = [], []
    for number, one in zip(numbers, back, strict=True):
        due = dues[one.due_id]
        due.paid -= one.amount
        due.state, due.paid_on, due.touched = "part_paid" if due.paid else "accepted", None, True
        due.reversed = not due.paid  # tax has closed it: only another one can be paid
        moves.append(ledger.unallocated(accounts, number, due.id, due.insurance, due.payer, one.amount))
        facts = {"allocation": number, "undoes": one.id, "due": due.id, "amount": one.amount, "voucher": one.voucher_no}
        events.append(Event("allocation.undone", due.person_id, facts))
    post(connection, moves, today)
    return events


def _write(connection: Connection, rows: Sequence[tuple[Any, ...]], today: date) -> None:
    if rows:
        names = ("id", "payment_id", "due_id", "amount", "undoes", "reason")
        columns = dict(zip(names, zip(*rows, strict=True), strict=True))
        copy_columns(connection, "allocation", {**columns, "business_date": [today] * len(rows)})
