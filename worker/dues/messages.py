"""New dues written, posted and presented to tax, others withdrawn: what assessment and settlement both end with."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from worker.dues.batch import Due, write_dues
from worker.house import House
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.ledger import dues as ledger
from worker.ledger.post import post

_VOIDING = text("UPDATE due SET state = 'voiding' WHERE id = ANY(:ids) AND state = 'accepted'")


def present(
    work: Work,
    connection: Connection,
    house: House,
    batch: str,
    new: Sequence[Due],
    replaced: Sequence[int],
    withdraw: Sequence[int],
) -> None:
    """Write and post the ``new`` dues of this batch in place of the ``replaced`` ones; call for the messages to tax.

    The dues numbered in ``withdraw`` are asked back; what takes their place comes once tax has confirmed that.
    """
    today, area = work.job.business_date, house.law.area
    write_dues(connection, new, replaced)
    accounts = house.accounts(area)
    post(connection, (ledger.assessed(accounts, d.id, d.insurance, d.payer, d.amount) for d in new), today)
    if new:
        payload = {"batch": batch, "first": new[0].id, "last": new[-1].id}
        work.enqueue(connection, [NewJob("push", batch, payload, today, area)])
    if withdraw:
        connection.execute(_VOIDING, {"ids": list(withdraw)})
        work.enqueue(connection, [NewJob("void", batch, {"dues": list(withdraw)}, today, area)])
