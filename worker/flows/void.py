"""Void: withdraw dues at tax that are not paid yet, so that what took their place can be asked for; or, ``settled``,
that money of nobody has paid here, so that nobody pays them once more there.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from adapters.ports import VoidResult
from worker.audit.log import Event
from worker.dues.reference import due_number, due_reference
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.work import Work
from worker.ledger import dues as ledger
from worker.ledger.post import post

_ROWS = text("SELECT id FROM due WHERE id = ANY(:ids) AND state = :state ORDER BY id")
_SETTLED = text("SELECT id, person_id, amount FROM due WHERE id = ANY(:ids) AND state = 'paid' ORDER BY id")
_LOCK = text(
    "SELECT d.id FROM due d JOIN enrolment e ON e.id = d.enrolment_id WHERE d.id = ANY(:ids) ORDER BY e.id, d.id"
    " FOR NO KEY UPDATE OF e, d"
)
_VOIDED = text(
    "UPDATE due SET state = 'void' WHERE id = ANY(:ids) AND state = 'voiding'"
    " RETURNING id, enrolment_id, person_id, insurance, payer, amount"
)
_STILL_OPEN = text("UPDATE due SET state = 'accepted' WHERE id = ANY(:ids) AND state = 'voiding'")


def void(work: Work, house: House) -> Outcome | None:
    """Ask tax to withdraw the dues of the payload; those it has withdrawn are assessed anew.

    One that is settled stays paid. Had somebody paid it at tax meanwhile, that payment is in the feed and is overpaid.
    """
    reply = exchange(
        work,
        house.vault,
        "tax",
        lambda connection: _compose(connection, house, work),
        house.tax.ask_void_batch,
        house.tax.void_dues,
    )
    with work.completing() as connection:
        if reply is not None:
            _record(connection, work, house, reply)
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    law, settled = house.law, work.job.payload.get("settled", False)
    state, reason = ("paid", "paid_otherwise") if settled else ("voiding", "reassessed")
    ids = connection.execute(_ROWS, {"ids": work.job.payload["dues"], "state": state}).scalars().all()
    rows = [{"reference": due_reference(law.area, law.insured_year, number), "reason": reason} for number in ids]
    return house.tax.encode_void_batch(f"void-{work.job.key}", law.area, rows) if rows else None


def _record(connection: Connection, work: Work, house: House, reply: Sequence[VoidResult]) -> None:
    """A due that tax says is paid stays open for us: its payment is in the feed and will settle it."""
    gone = [due_number(item.reference) for item in reply if item.outcome != "already_paid"]
    paid = [due_number(item.reference) for item in reply if item.outcome == "already_paid"]
    connection.execute(_LOCK, {"ids": [*gone, *paid]})  # in the order in which assessments and payments lock them
    rows = connection.execute(_VOIDED, {"ids": gone}).all()
    connection.execute(_STILL_OPEN, {"ids": paid})
    accounts = house.accounts(house.law.area)
    undone = (ledger.withdrawn(accounts, row.id, row.insurance, row.payer, row.amount) for row in rows)
    post(connection, undone, work.job.business_date)
    connection.execute(
        text("UPDATE enrolment SET stale = true WHERE id = ANY(:ids)"), {"ids": [row.enrolment_id for row in rows]}
    )
    answered(connection, work)
    events = [Event("due.void", row.person_id, {"due": row.id, "amount": row.amount}) for row in rows]
    if work.job.payload.get("settled", False):
        events += [
            Event("due.closed_at_tax", row.person_id, {"due": row.id, "amount": row.amount})
            for row in connection.execute(_SETTLED, {"ids": gone})
        ]
    house.audit.record(connection, work.origin(f"void-{work.job.key}"), events, house.clock.now())
