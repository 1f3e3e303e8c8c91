"""Repayment of what is clawed back: through the channel that had paid it; the last fen releases the cover."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, text

from policies.money import Fen, yuan
from worker.audit.log import Event
from worker.ledger import clawback as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_LOCK = text(
    "SELECT c.id, c.enrolment_id, c.person_id, c.insurance, c.source, c.amount, c.repaid, a.due_id,"
    " a.handoff_id FROM clawback c"
    " JOIN enrolment e ON e.id = c.enrolment_id JOIN assistance a ON a.id = c.assistance_id WHERE c.id = :id"
    " FOR NO KEY UPDATE OF e, c"
)
_KNOWN = text("SELECT clawback_id, amount FROM repayment WHERE voucher = :voucher")
_REPAID = text(
    "WITH paid AS (INSERT INTO repayment (clawback_id, amount, voucher, repaid_on)"
    "  VALUES (:id, :amount, :voucher, :day) RETURNING id, clawback_id, amount)"
    " UPDATE clawback c SET repaid = c.repaid + paid.amount FROM paid WHERE c.id = paid.clawback_id RETURNING paid.id"
)
_RELEASE = text(
    "UPDATE enrolment SET held_from = NULL WHERE id = :id AND held_from IS NOT NULL AND NOT EXISTS"
    " (SELECT FROM clawback WHERE enrolment_id = :id AND holds_cover AND repaid < amount) RETURNING id"
)
_STALE = text("UPDATE enrolment SET stale = true WHERE id = :id")


class NotRepayable(Exception):
    """A repayment that cannot be booked; the message says why and what would do."""


def repay(
    connection: Connection, accounts: Accounts, clawback_id: int, amount: Fen, voucher: str, day: date
) -> list[Event]:
    """Book a repayment of ``amount`` fen; the same voucher again changes nothing. Returns the events.

    Raises ``NotRepayable`` for an unknown clawback, for more than is still owed, and for a voucher with other figures.
    """
    row = connection.execute(_LOCK, {"id": clawback_id}).one_or_none()
    if row is None:
        raise NotRepayable(f"there is no clawback {clawback_id}: `levy held clawbacks` lists them")
    known = connection.execute(_KNOWN, {"voucher": voucher}).one_or_none()
    if known is not None:
        if (known.clawback_id, known.amount) == (clawback_id, amount):
            return []
        raise NotRepayable(f"voucher {voucher} is booked already, of {yuan(known.amount)} yuan")
    left = row.amount - row.repaid
    if not 0 < amount <= left:
        raise NotRepayable(f"of clawback {clawback_id} {yuan(left)} yuan are still owed, not {yuan(amount)}")
    values = {"id": clawback_id, "amount": amount, "voucher": voucher, "day": day}
    number = connection.execute(_REPAID, values).scalar_one()
    post(connection, [ledger.repaid(accounts, number, row.due_id, row.insurance, row.source, amount)], day)
    facts = {"clawback": clawback_id, "amount": amount, "left": left - amount}
    events = [Event("clawback.repaid", row.person_id, facts)]
    if connection.execute(_RELEASE, {"id": row.enrolment_id}).one_or_none():
        events.append(Event("cover.released", row.person_id, {"clawback": clawback_id}))
    if row.handoff_id is not None and amount == left:
        connection.execute(_STALE, {"id": row.enrolment_id})  # assisted as enrolled here, once the claim is made good
    return events
