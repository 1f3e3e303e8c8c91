"""Approval: what a second person has agreed to is split over the payments it gives back, and moved in the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.assistance.cancel import OPEN, cancel
from worker.audit.log import Event
from worker.database.arrays import array
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.dues.unclaimed import NET
from worker.ledger import refunds as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post
from worker.refunds.progress import follow
from worker.refunds.reasons import route_of

# What settled a due, money of nobody that was given to it included, gives back premiums and what a correction made too
# much; what was above it, or is nobody's, itself.
_PAYMENTS = text(
    "WITH chosen AS (SELECT id AS case_id, due_id, payment_id FROM refund_case WHERE id = ANY(CAST(:ids AS bigint[]))),"
    " paid AS (SELECT c.case_id, c.due_id, p.id, t.amount, true AS settled FROM chosen c"
    "  JOIN payment p ON p.due_id = c.due_id AND p.kind = 'payment'"
    "  JOIN transfer t ON t.subject_id = p.id AND t.code = 'payment.settled' WHERE c.payment_id IS NULL"
    f" UNION ALL SELECT c.case_id, c.due_id, a.payment_id, {NET}::bigint, true FROM chosen c"
    "  JOIN allocation a ON a.due_id = c.due_id WHERE c.payment_id IS NULL GROUP BY c.case_id, c.due_id, a.payment_id"
    f" UNION ALL SELECT c.case_id, c.due_id, p.id, t.amount - coalesce((SELECT {NET} FROM allocation a"
    "   WHERE a.payment_id = p.id), 0), false FROM chosen c JOIN payment p ON p.id = c.payment_id"
    "  JOIN transfer t ON t.subject_id = p.id AND t.code IN ('payment.overpaid', 'payment.unidentified'))"
    " SELECT paid.case_id, paid.due_id, paid.settled, paid.id, paid.amount - coalesce((SELECT sum(i.amount)"
    "  FROM refund_item i JOIN refund_case o ON o.id = i.case_id WHERE i.payment_id = paid.id"
    "  AND i.state <> 'stopped' AND CASE WHEN settled"
    "   THEN o.payment_id IS NULL AND i.due_id = paid.due_id ELSE o.payment_id = paid.id END), 0)::bigint AS left"
    " FROM paid JOIN payment p ON p.id = paid.id WHERE NOT EXISTS (SELECT FROM payment r"
    "  WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark = 'reversed') ORDER BY paid.case_id, paid.id"
)
_APPROVED = text(
    "UPDATE refund_case c SET state = 'approved', reviewed_by = :by, reviewed_on = :today, review_reason = n.because"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:because AS text[])) AS n(id, because)"
    " WHERE c.id = n.id AND c.state = 'decided' RETURNING c.id, c.area, c.person_id, c.due_id, c.insurance, c.reason,"
    " c.decision->'refund' AS shares"
)
_CLOSE = text(
    "UPDATE enrolment e SET closed_because = coalesce(e.closed_because, c.reason) FROM refund_case c"
    " WHERE c.id = ANY(CAST(:ids AS bigint[])) AND e.id = c.enrolment_id AND c.reason NOT IN ('wrong_tier', 'overpaid')"
)
_NOT_LEFT = text(
    "SELECT id FROM assistance WHERE due_id = ANY(CAST(:dues AS bigint[])) AND state = ANY(:open) ORDER BY id"
    " FOR UPDATE"
)


class Item(NamedTuple):
    """A part of one payment that goes to one place, as a row of ``refund_item``."""

    id: int
    case_id: int
    ordinal: int
    payment_id: int
    person_id: int | None
    due_id: int | None
    area: str
    insurance: str
    source: str
    amount: Fen
    stood: str
    route: str
    state: str
    settled_on: date | None


class NotCovered(Exception):
    """The payments of a case do not hold what it is to give back: one was reversed, or given back already."""

    def __init__(self, case_id: int) -> None:
        self.case_id = case_id
        super().__init__(
            f"case {case_id}: what was paid is not there any more, or was given back before: see its payments with"
            " `levy why PERSON`; reject it if nothing is left to give back"
        )


def approve(
    connection: Connection,
    accounts: Accounts,
    today: date,
    case_ids: Sequence[int],
    by: str,
    reason: str | Mapping[int, str],
) -> list[Event]:
    """Approve decided cases that the caller has locked (``worker.refunds.locking``); returns the events.

    ``reason`` is that of all, or each case's own.

    The database refuses a reviewer who entered the case, and items above their payment. Raises ``NotCovered``.
    """
    because = reason if isinstance(reason, Mapping) else dict.fromkeys(case_ids, reason)
    words = {"ids": array(case_ids), "because": array(because[case] for case in case_ids)}
    cases = sorted(connection.execute(_APPROVED, words | {"by": by, "today": today}), key=lambda case: case.id)
    left = _left(connection, [case.id for case in cases])
    parts = [(case, *part) for case in cases for part in enumerate(_split(case, left[case.id]), start=1)]
    items = [
        _item(number, case, ordinal, part, today)
        for number, (case, ordinal, part) in zip(
            next_numbers(connection, "refund_item_number", len(parts)), parts, strict=True
        )
    ]
    if items:
        copy_columns(connection, "refund_item", dict(zip(Item._fields, zip(*items, strict=True), strict=True)))
    moves = (ledger.approved(accounts, i.id, i.due_id, i.insurance, i.source, i.amount, i.stood) for i in items)
    post(connection, moves, today)
    connection.execute(_CLOSE, {"ids": array(case.id for case in cases)})
    premiums = [case.due_id for case in cases if case.reason != "overpaid"]
    unpaid = (
        list(connection.execute(_NOT_LEFT, {"dues": array(premiums), "open": list(OPEN)}).scalars()) if premiums else []
    )
    events = [_event(case, by, because[case.id]) for case in cases] + cancel(connection, accounts, today, unpaid)
    return events + follow(connection, [case.id for case in cases])


def _left(connection: Connection, case_ids: Sequence[int]) -> dict[int, list[list[int]]]:
    """What is left to give back of each payment (its number, fen), by case; cases of one due share what settled it."""
    shared: dict[int | None, list[list[int]]] = {}
    own: dict[int, list[list[int]]] = {case: [] for case in case_ids}
    first: dict[int | None, int] = {}
    for row in connection.execute(_PAYMENTS, {"ids": array(case_ids)}):
        if row.settled:
            own[row.case_id] = shared.setdefault(row.due_id, [])
        if not row.settled or first.setdefault(row.due_id, row.case_id) == row.case_id:
            own[row.case_id].append([row.id, row.left])
    return own


def _split(case: Any, left: list[list[int]]) -> Iterator[tuple[int, str, Fen]]:
    """Each share taken from the payments in their order: payment, recipient, fen; ``left`` shrinks.

    Raises ``NotCovered``.
    """
    for share in case.shares:
        wanted = share["amount"]
        while wanted:
            while left and not left[0][1]:
                left.pop(0)
            if not left:
                raise NotCovered(case.id)
            amount = min(wanted, left[0][1])
            left[0][1] -= amount
            wanted -= amount
            yield left[0][0], share["to"], amount


def _item(number: int, case: Any, ordinal: int, part: tuple[int, str, Fen], today: date) -> Item:
    payment_id, to, amount = part
    source = "" if to == "person" else to
    stood = "premium_levied" if case.reason != "overpaid" else "overpaid" if case.due_id else "unidentified"
    return Item(
        number, case.id, ordinal, payment_id, case.person_id, case.due_id, case.area, case.insurance, source, amount,
        stood, route_of(case.reason, source), "paid" if source else "approved", today if source else None,
    )  # fmt: skip


def _event(case: Any, by: str, reason: str) -> Event:
    facts: Mapping[str, Any] = {
        "case": case.id,
        "due": case.due_id,
        "reason": case.reason,
        "refund": case.shares,
        "amount": sum(share["amount"] for share in case.shares),
        "by": by,
        "because": reason,
    }
    return Event("refund.approved", case.person_id, facts)
