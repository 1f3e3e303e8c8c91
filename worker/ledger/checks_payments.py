"""Checks of the payments against ledger, dues, persons, and one another."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences

_BOOKED = (
    "WITH booked AS (SELECT subject_id, sum(amount)::bigint AS amount, min(due_id) AS due_id,"
    "  min(due_id) IS DISTINCT FROM max(due_id) OR count(due_id) NOT IN (0, count(*)) AS torn,"
    "  bool_or(code LIKE '%reversed') AS back, bool_or(code NOT LIKE '%reversed') AS forth"
    "  FROM transfer WHERE code LIKE 'payment.%' GROUP BY subject_id)"
    " SELECT p.voucher_no, p.kind, p.amount, p.due_id, coalesce(b.amount, 0) AS booked, b.due_id AS booked_for,"
    " b.torn OR b.due_id IS DISTINCT FROM p.due_id AS elsewhere"
    " FROM payment p LEFT JOIN booked b ON b.subject_id = p.id"
    " WHERE p.kind <> 'refund' AND ("
    " (b.amount IS NULL AND NOT (p.due_id IS NULL AND p.kind = 'reversal')) OR b.amount <> p.amount OR b.torn"
    " OR (b.subject_id IS NOT NULL AND b.due_id IS DISTINCT FROM p.due_id)"
    " OR CASE p.kind WHEN 'reversal' THEN b.forth ELSE b.back END)"
)
_NAMED = (
    "SELECT p.voucher_no, p.reference, p.due_id, n.person_no = p.person_no AS same_person FROM payment p"
    " LEFT JOIN due d ON d.id = p.due_id LEFT JOIN person n ON n.id = d.person_id WHERE p.due_id IS NOT NULL"
    " AND (n.person_no IS DISTINCT FROM p.person_no OR NOT starts_with(p.reference, d.area)"
    " OR ltrim(split_part(p.reference, '-', 3), '0') <> d.id::text)"
)
_REVERSED = (
    "SELECT r.voucher_no, r.reverses, r.amount, o.amount AS original FROM payment r"
    " LEFT JOIN payment o ON o.voucher_no = r.reverses AND o.line = r.line AND o.kind = 'payment'"
    "  AND o.due_id = r.due_id"
    " WHERE r.kind = 'reversal' AND r.due_id IS NOT NULL AND o.amount IS DISTINCT FROM r.amount"
)


def payments_agree(connection: Connection) -> list[str]:
    """Every payment is booked to the fen, in its direction and under its due."""
    return sentences(
        connection,
        _BOOKED,
        lambda row: (
            f"{row.kind} {row.voucher_no} of {yuan(row.amount)} yuan for due {row.due_id or 'unknown'} is booked with"
            f" {yuan(row.booked)}" + (f" for due {row.booked_for or 'unknown'}" if row.elsewhere else "")
        ),
    )


def payments_belong(connection: Connection) -> list[str]:
    """Every payment came under the reference of its due and for the person who owes it."""
    return sentences(
        connection,
        _NAMED,
        lambda row: (
            f"payment {row.voucher_no} is given to due {row.due_id}, "
            + (f"it came under {row.reference}" if row.same_person else "it came for another person")
        ),
    )


def reversals_belong(connection: Connection) -> list[str]:
    """Every reversal takes back a payment of the same due, whole."""
    return sentences(
        connection,
        _REVERSED,
        lambda row: (
            f"reversal {row.voucher_no} of {yuan(row.amount)} yuan: payment {row.reverses} "
            + ("of its due is not there" if row.original is None else f"was of {yuan(row.original)}")
        ),
    )
