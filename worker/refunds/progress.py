"""How far a case has come, from how far its items have: ordered, held, refunded; and what follows when it is."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.closing import close

_STANDS = text(
    "UPDATE refund_case c SET state = n.state FROM (SELECT case_id, CASE WHEN bool_and(state = 'paid') THEN 'refunded'"
    "  WHEN bool_or(state = 'held') THEN 'held' WHEN bool_or(state = 'approved') THEN 'approved' ELSE 'ordered' END"
    "  AS state, sum(amount)::bigint AS amount FROM refund_item WHERE case_id = ANY(CAST(:ids AS bigint[]))"
    "  AND state <> 'stopped' GROUP BY case_id) AS n WHERE c.id = n.case_id AND c.state <> n.state"
    " RETURNING c.id, c.person_id, c.due_id, c.reason, c.state, n.amount"
)
_REFUNDED = text("UPDATE due SET state = 'refunded' WHERE id = ANY(CAST(:ids AS bigint[])) AND state = 'paid'")
_OF_ITEMS = text("SELECT DISTINCT case_id FROM refund_item WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY case_id")


def cases_of(connection: Connection, item_ids: Sequence[int]) -> list[int]:
    """The cases of these items, to be locked before the items are moved."""
    if not item_ids:
        return []
    return list(connection.execute(_OF_ITEMS, {"ids": array(item_ids)}).scalars())


def follow(connection: Connection, case_ids: Sequence[int]) -> list[Event]:
    """Bring the cases, which the caller has locked, to where their items are; returns the events.

    When all of a premium has been given back its due is refunded and the cover ends.
    """
    if not case_ids:
        return []
    moved = connection.execute(_STANDS, {"ids": array(case_ids)}).all()
    done = [row for row in moved if row.state == "refunded"]
    premiums = [row for row in done if row.reason != "overpaid"]
    connection.execute(_REFUNDED, {"ids": array(row.due_id for row in premiums)})
    events = [
        Event(
            "refund.completed",
            row.person_id,
            {"case": row.id, "due": row.due_id, "reason": row.reason, "amount": row.amount},
        )
        for row in done
    ]
    return events + close(connection, [row.id for row in premiums])
