"""People who paid in another area first, by mistake: from which day their cover here counts (待遇自首次缴费起算)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, text

from worker.database.arrays import array

_FIRST = text(
    "SELECT enrolment_id, min(first_paid_on) AS first FROM handoff WHERE enrolment_id = ANY(CAST(:ids AS bigint[]))"
    " AND kind = 'wrong_area' AND side = 'intended' AND state = 'completed' GROUP BY enrolment_id"
)


def first_payments(connection: Connection, enrolment_ids: Sequence[int]) -> dict[int, date]:
    """The day of the first payment, by enrolment, of those who came by a wrong-area case that is complete."""
    rows = connection.execute(_FIRST, {"ids": array(enrolment_ids)})
    return {row.enrolment_id: row.first for row in rows}
