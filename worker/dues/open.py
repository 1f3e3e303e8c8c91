"""Dues that money is given to: read and locked before, written back after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from worker.database.arrays import array
from worker.dues.receipts import OpenDue

_DUES = text(
    # The number is looked up for each: joined, the planner would read all people for a page of payments.
    "SELECT d.id, d.enrolment_id, d.person_id, (SELECT p.person_no FROM person p WHERE p.id = d.person_id),"
    " d.area, d.insured_year, d.insurance, d.payer, d.part, d.amount, d.paid, d.state FROM due d"
    " JOIN enrolment e ON e.id = d.enrolment_id WHERE d.id = ANY(CAST(:ids AS bigint[])) ORDER BY e.id, d.id"
    " FOR NO KEY UPDATE OF e, d"
)
_DUES_AFTER = text(
    "UPDATE due d SET paid = n.paid, state = n.state, paid_on = n.on_day, reversed = d.reversed OR n.reversed"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:paid AS bigint[]), CAST(:states AS text[]), CAST(:days AS date[]),"
    " CAST(:reversed AS bool[])) AS n(id, paid, state, on_day, reversed)"
    " WHERE d.id = n.id"
)
_UNCOVERED = text("UPDATE enrolment SET benefit_start = NULL, benefit_end = NULL, stale = true WHERE id = ANY(:ids)")


def open_dues(connection: Connection, ids: Iterable[int]) -> dict[int, OpenDue]:
    """The dues with these numbers, by number, locked together with their enrolments until the transaction ends."""
    return {row.id: OpenDue(*row) for row in connection.execute(_DUES, {"ids": array(ids)})}


def write_dues_paid(connection: Connection, touched: Sequence[OpenDue]) -> None:
    """Write back what is paid of them, their state, and the day of the payment that counts."""
    connection.execute(
        _DUES_AFTER,
        {
            "ids": array(due.id for due in touched),
            "paid": array(due.paid for due in touched),
            "states": array(due.state for due in touched),
            "days": array(due.paid_on for due in touched),
            "reversed": array(due.reversed for due in touched),
        },
    )


def uncover(connection: Connection, unpaid: Sequence[OpenDue]) -> None:
    """A reversal, or a payment that fell short: no cover, and the person is assessed anew."""
    if unpaid:
        connection.execute(_UNCOVERED, {"ids": [due.enrolment_id for due in unpaid if due.part == 0]})
