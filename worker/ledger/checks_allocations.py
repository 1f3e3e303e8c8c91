"""Checks of money of nobody that was given to dues: against the ledger, its payments, and the audit log."""

from __future__ import annotations

from sqlalchemy import Connection

from policies.money import yuan
from worker.ledger.finding import sentences, untold

_POSTED = (
    "WITH said AS (SELECT CASE WHEN undoes IS NULL THEN 'allocation.made' ELSE 'allocation.undone' END AS code, id,"
    "  amount, due_id, business_date FROM allocation),"
    " posted AS (SELECT code, subject_id AS id, amount, due_id FROM transfer"
    "  WHERE code LIKE 'allocation.%'), told AS (SELECT action AS code, (facts::jsonb->>'allocation')::bigint AS id,"
    "  (facts::jsonb->>'amount')::bigint AS amount, (facts::jsonb->>'due')::bigint AS due_id FROM audit_event"
    "  WHERE action LIKE 'allocation.%')"
    " SELECT code, id, said.amount AS says, posted.amount AS booked, told.amount AS told"
    " FROM said FULL JOIN posted USING (code, id) FULL JOIN told USING (code, id)"
    " WHERE (said.amount, said.due_id) IS DISTINCT FROM (posted.amount, posted.due_id)"
    " OR (said.amount, said.due_id) IS DISTINCT FROM (told.amount, told.due_id)"
    f"  AND NOT {untold('said.business_date', 'told.id')}"
)
_COVERED = (
    "SELECT p.voucher_no, p.amount, p.due_id, r.id IS NOT NULL AS gone,"
    " sum(CASE WHEN a.undoes IS NULL THEN a.amount ELSE -a.amount END)::bigint AS given"
    " FROM allocation a LEFT JOIN payment p ON p.id = a.payment_id LEFT JOIN payment r ON r.reverses = p.voucher_no"
    "  AND r.line = p.line AND r.remark = 'reversed' GROUP BY p.id, p.voucher_no, p.amount, p.due_id, p.kind, r.id"
    " HAVING p.id IS NULL OR p.due_id IS NOT NULL OR p.kind <> 'payment'"
    " OR sum(CASE WHEN a.undoes IS NULL THEN a.amount ELSE -a.amount END)"
    "  NOT BETWEEN 0 AND CASE WHEN r.id IS NULL THEN p.amount ELSE 0 END"
)
_UNDONE = (
    "SELECT u.id, u.undoes FROM allocation u JOIN allocation a ON a.id = u.undoes"
    " WHERE (u.payment_id, u.due_id, u.amount) <> (a.payment_id, a.due_id, a.amount) OR a.undoes IS NOT NULL"
)


def allocations_agree(connection: Connection) -> list[str]:
    """What was given to dues is posted and told of with the same amount and due; what was taken back was given."""

    def amount(fen: int | None) -> str:
        return "nothing" if fen is None else f"{yuan(fen)} yuan"

    return [
        *sentences(
            connection,
            _POSTED,
            lambda row: (
                f"{row.code} of {row.id}: the book says {amount(row.says)}, the ledger {amount(row.booked)}, the audit"
                f" log {amount(row.told)}" + ("" if row.says != row.booked or row.says != row.told else ", another due")
            ),
        ),
        *sentences(connection, _UNDONE, lambda row: f"allocation {row.id} takes back another than {row.undoes}"),
    ]


def allocations_are_covered(connection: Connection) -> list[str]:
    """Nothing is given to dues out of a payment but what it brought, was nobody's, and was not reversed."""
    return sentences(
        connection,
        _COVERED,
        lambda row: (
            f"{yuan(row.given)} yuan stand on dues out of voucher {row.voucher_no or 'that is not there'}"
            + (", which was booked for a due" if row.due_id else ", which was reversed" if row.gone else "")
        ),
    )
