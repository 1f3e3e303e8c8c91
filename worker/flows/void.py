"""Void: withdraw dues at tax that are not paid yet, so that what took their place can be asked for; or, ``settled``,
that money of nobody has paid here, so that nobody pays them once more there.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from adapters.ports import VoidResult
from worker.audit.log import Event
from worker.dues.acknowledged import withdrawn
from worker.dues.reference import due_number, due_reference
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.work import Work

_ROWS = text("SELECT id FROM due WHERE id = ANY(:ids) AND state = :state ORDER BY id")
_GONE = text("UPDATE stray SET outcome = 'withdrawn' WHERE side = 'tax' AND number = ANY(:ids) AND outcome IS NULL")
_SETTLED = text("SELECT id, person_id, amount FROM due WHERE id = ANY(:ids) AND state = 'paid' ORDER BY id")


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


def void_stray(work: Work, house: House) -> Outcome | None:
    """Withdraw dues that tax holds and a restored book does not know of: what took their place is asked for instead."""
    law, numbers = house.law, work.job.payload["numbers"]
    rows = [{"reference": due_reference(law.area, law.insured_year, n), "reason": "lost_by_restore"} for n in numbers]
    body = house.tax.encode_void_batch(f"{work.job.kind}-{work.job.key}", law.area, rows)
    reply = exchange(work, house.vault, "tax", lambda _: body, house.tax.ask_void_batch, house.tax.void_dues)
    with work.completing() as connection:
        gone = [due_number(item.reference) for item in reply or () if item.outcome != "already_paid"]
        connection.execute(_GONE, {"ids": gone})
        answered(connection, work)
        told = Event("due.stray_withdrawn", None, {"dues": gone})
        house.audit.record(connection, work.origin(), [told], house.clock.now())
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    law, settled = house.law, work.job.payload.get("settled", False)
    state, reason = ("paid", "paid_otherwise") if settled else ("voiding", "reassessed")
    ids = connection.execute(_ROWS, {"ids": work.job.payload["dues"], "state": state}).scalars().all()
    rows = [{"reference": due_reference(law.area, law.insured_year, number), "reason": reason} for number in ids]
    return house.tax.encode_void_batch(f"void-{work.job.key}", law.area, rows) if rows else None


def _record(connection: Connection, work: Work, house: House, reply: Sequence[VoidResult]) -> None:
    """A due that tax says is paid stays open for us: its payment is in the feed and will settle it."""
    gone = [number for item in reply if item.outcome != "already_paid" and (number := due_number(item.reference))]
    paid = [number for item in reply if item.outcome == "already_paid" and (number := due_number(item.reference))]
    events = withdrawn(connection, house, work.job.business_date, gone, paid)
    answered(connection, work)
    if work.job.payload.get("settled", False):
        events += [
            Event("due.closed_at_tax", row.person_id, {"due": row.id, "amount": row.amount})
            for row in connection.execute(_SETTLED, {"ids": gone})
        ]
    house.audit.record(connection, work.origin(f"void-{work.job.key}"), events, house.clock.now())
