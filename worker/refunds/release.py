"""Held refunds that somebody lets go again: the bank or tax has sent them back for a reason that is mended now."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.locking import lock_cases
from worker.refunds.progress import follow

_RELEASE = text(
    "UPDATE refund_item SET state = 'approved', held_because = NULL, batch = NULL"
    " WHERE case_id = ANY(CAST(:ids AS bigint[])) AND state = 'held' AND reversed_on IS NULL"
    " RETURNING id, case_id, person_id, amount"
)


def release(connection: Connection, case_ids: Sequence[int], by: str, reason: str) -> tuple[set[int], list[Event]]:
    """Let what is held of these cases be ordered once more, also to the same account; the cases, and the events.

    What tax has given back meanwhile is not let go: its reversal is booked at the next ``pull_payments``.
    """
    lock_cases(connection, case_ids)
    rows = connection.execute(_RELEASE, {"ids": array(case_ids)}).all()
    events = [
        Event("refund.released", row.person_id, {"case": row.case_id, "refund": row.id, "by": by, "because": reason})
        for row in rows
    ]
    released = {row.case_id for row in rows}
    return released, events + follow(connection, sorted(released))
