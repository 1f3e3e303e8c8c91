"""Locking cases in the order in which everything is locked: payments, enrolments, dues, then the cases themselves."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from worker.database.arrays import array

# Only money of nobody is locked as such: what was booked for a due is locked with the due.
_PAYMENTS = text(
    "SELECT id FROM payment WHERE id IN (SELECT a.payment_id FROM refund_case c JOIN allocation a"
    " ON a.due_id = c.due_id WHERE c.id = ANY(CAST(:ids AS bigint[])) UNION SELECT payment_id FROM refund_case"
    " WHERE id = ANY(CAST(:ids AS bigint[]))) AND due_id IS NULL ORDER BY id FOR UPDATE"
)
_ENROLMENTS = text(
    "SELECT id FROM enrolment WHERE id IN (SELECT enrolment_id FROM refund_case WHERE id = ANY(CAST(:ids AS bigint[])))"
    " ORDER BY id FOR NO KEY UPDATE"
)
_DUES = text(
    "SELECT id FROM due WHERE id IN (SELECT due_id FROM refund_case WHERE id = ANY(CAST(:ids AS bigint[])))"
    " ORDER BY id FOR NO KEY UPDATE"
)
_CASES = text("SELECT id FROM refund_case WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE")


def lock_only(connection: Connection, case_ids: Sequence[int]) -> None:
    """Hold these cases: for whoever has locked their dues, or moves items of theirs and touches neither.

    Items are always locked after their case, and assistance after both.
    """
    if case_ids:
        connection.execute(_CASES, {"ids": array(case_ids)})


def lock_cases(connection: Connection, case_ids: Sequence[int]) -> None:
    """Hold these cases with their dues and enrolments until the transaction ends."""
    for statement in (_PAYMENTS, _ENROLMENTS, _DUES, _CASES):
        connection.execute(statement, {"ids": array(case_ids)})
