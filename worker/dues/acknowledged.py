"""What tax has said of dues, in our book: taken or refused, withdrawn or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement
from worker.audit.log import Event
from worker.database.arrays import array
from worker.dues.reference import due_number
from worker.house import House
from worker.ledger import dues as ledger
from worker.ledger.post import post

_ACKNOWLEDGED = text(
    "UPDATE due d SET state = n.state, tax_no = n.number, reject_code = n.code"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:states AS text[]), CAST(:numbers AS text[]), CAST(:codes AS text[]))"
    " AS n(id, state, number, code) WHERE d.id = n.id AND d.state = 'assessed'"
    " RETURNING d.id, d.person_id, d.enrolment_id, d.insurance, d.payer, d.amount, d.state, d.tax_no, d.reject_code"
)
_LOCK = text(
    "SELECT d.id FROM due d JOIN enrolment e ON e.id = d.enrolment_id WHERE d.id = ANY(:ids) ORDER BY e.id, d.id"
    " FOR NO KEY UPDATE OF e, d"
)
_VOIDED = text(
    "UPDATE due SET state = 'void' WHERE id = ANY(:ids) AND state = 'voiding'"
    " RETURNING id, enrolment_id, person_id, insurance, payer, amount"
)
_STILL_OPEN = text("UPDATE due SET state = 'accepted' WHERE id = ANY(:ids) AND state = 'voiding'")


def acknowledge(connection: Connection, house: House, today: date, reply: Sequence[Acknowledgement]) -> list[Event]:
    """Dues that tax has taken are accepted, those it refused are withdrawn; returns the events.

    What tax refused is asked for again when the bureau's facts change, or when the decision has run out.
    """
    answers = [(due_number(item.reference), item) for item in reply]
    changed = connection.execute(
        _ACKNOWLEDGED,
        {
            "ids": array(number for number, _ in answers),
            "states": array("accepted" if item.accepted else "rejected" for _, item in answers),
            "numbers": array(item.number for _, item in answers),
            "codes": array(item.code for _, item in answers),
        },
    ).all()
    accounts = house.accounts(house.law.area)
    refused = [row for row in changed if row.state == "rejected"]
    post(connection, (ledger.withdrawn(accounts, r.id, r.insurance, r.payer, r.amount) for r in refused), today)
    return [
        Event(
            f"due.{row.state}",
            row.person_id,
            {"due": row.id, "amount": row.amount, "tax_no": row.tax_no, "code": row.reject_code},
        )
        for row in changed
    ]


def withdrawn(
    connection: Connection, house: House, today: date, gone: Sequence[int], paid: Sequence[int]
) -> list[Event]:
    """Dues that tax has withdrawn are void, and their people assessed anew; those it says are paid stay open for us:
    their payment is in the feed and will settle them. Returns the events.
    """
    connection.execute(_LOCK, {"ids": [*gone, *paid]})  # in the order in which assessments and payments lock them
    rows = connection.execute(_VOIDED, {"ids": list(gone)}).all()
    connection.execute(_STILL_OPEN, {"ids": list(paid)})
    accounts = house.accounts(house.law.area)
    post(connection, (ledger.withdrawn(accounts, r.id, r.insurance, r.payer, r.amount) for r in rows), today)
    connection.execute(
        text("UPDATE enrolment SET stale = true WHERE id = ANY(:ids)"), {"ids": [row.enrolment_id for row in rows]}
    )
    return [Event("due.void", row.person_id, {"due": row.id, "amount": row.amount}) for row in rows]
