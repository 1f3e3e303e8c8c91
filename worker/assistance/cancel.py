"""Assistance that is no longer owed: what has not left yet is cancelled; what has left is told of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.ledger import assistance as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

OPEN = ("granted", "held", "applied")
"""What can be taken back without asking anybody: nothing has left for the person."""
_OF_DUES = text(
    "SELECT id, person_id, amount, state FROM assistance WHERE due_id = ANY(:dues) AND state <> 'cancelled' ORDER BY id"
    " FOR UPDATE"
)
_CANCEL = text(
    "UPDATE assistance SET state = 'cancelled', held_because = NULL WHERE id = ANY(:ids)"
    f" AND state IN {OPEN} RETURNING id, person_id, due_id, insurance, source, timing, amount"
)


def cancel(connection: Connection, accounts: Accounts, today: date, ids: Sequence[int]) -> list[Event]:
    """Cancel those of these grants that are not ordered yet; returns the events."""
    rows = connection.execute(_CANCEL, {"ids": list(ids)}).all() if ids else []
    moves = (
        (ledger.unapplied if r.timing == "at_levy" else ledger.cancelled)(
            accounts, r.id, r.due_id, r.insurance, r.source, r.amount
        )
        for r in rows
    )
    post(connection, moves, today)
    return [Event("assistance.cancelled", row.person_id, {"assistance": row.id, "amount": row.amount}) for row in rows]


def cancel_unpaid(connection: Connection, accounts: Accounts, today: date, dues: Sequence[int]) -> list[Event]:
    """Cancel what was granted for these dues and not ordered yet; returns the events.

    What is at the treasury or paid out already is listed by ``levy held reclaim`` while its due stays unpaid.
    """
    if not dues:
        return []
    rows = connection.execute(_OF_DUES, {"dues": list(dues)}).all()
    open_ids = [row.id for row in rows if row.state in OPEN]
    return cancel(connection, accounts, today, open_ids) + [
        Event("assistance.to_reclaim", row.person_id, {"assistance": row.id, "amount": row.amount, "state": row.state})
        for row in rows
        if row.state in ("ordered", "paid")
    ]
