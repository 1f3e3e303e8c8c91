"""Money of nobody: what of a payment has been given to no due, and neither went back nor is to be refunded."""

from __future__ import annotations

NET = "sum(CASE WHEN a.undoes IS NULL THEN a.amount ELSE -a.amount END)"
"""Fen of the allocations ``a`` that stand, as SQL."""
UNCLAIMED = (
    "CASE WHEN p.due_id IS NOT NULL THEN 0"
    " WHEN p.kind <> 'payment' THEN CASE WHEN p.remark = 'reversal_without_payment' THEN p.amount ELSE 0 END"
    " WHEN EXISTS (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line"
    "  AND r.remark = 'reversed') THEN 0"
    f" ELSE p.amount - coalesce((SELECT {NET} FROM allocation a WHERE a.payment_id = p.id), 0)::bigint"
    "  - coalesce((SELECT sum(i.amount) FROM refund_item i JOIN refund_case c ON c.id = i.case_id"
    "  WHERE i.payment_id = p.id AND c.payment_id = p.id AND i.state <> 'stopped'), 0)::bigint END"
)
"""Fen of the payment ``p``, as SQL; of a reversal that reversed nothing its whole amount.

Refunds of a due that it paid by allocation give back what is that due's, not what is nobody's.
"""
