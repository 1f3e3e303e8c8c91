"""Tax takes back a payment that is being given back: what has not left is stopped, what has left is told.

Both would give the money back. While nothing of a case has left, tax has the last word: the case is withdrawn and the
reversal booked. Once an order is under way or carried out, nothing more of that payment is ordered, and the reversal
waits as a held row: it is booked when the order comes back, else a person has to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from adapters.rows import PaymentRow
from worker.audit.log import Event
from worker.database.arrays import array
from worker.dues.receipts import OpenDue, whose
from worker.ledger import refunds as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post
from worker.refunds.locking import lock_only
from worker.refunds.progress import follow

REVERSED = "reversed_at_tax"
"""Why an item is held that tax has given back as well."""
_ASKED_BACK = text(
    "SELECT p.id, p.voucher_no, p.line, p.amount, p.due_id, array_agg(DISTINCT i.case_id) AS cases FROM payment p"
    " JOIN refund_item i ON i.payment_id = p.id AND i.state <> 'stopped'"
    " WHERE p.voucher_no = ANY(CAST(:vouchers AS text[])) AND p.kind = 'payment' GROUP BY p.id ORDER BY p.id"
)
_BOUND = (
    "i.state = 'ordered' OR i.state = 'paid' AND (i.route <> 'fund' OR EXISTS (SELECT FROM fund_statement_line k"
    " WHERE k.kind = 'refunded' AND k.subject_id = i.id AND k.live))"
)
_LEFT = text(
    f"SELECT DISTINCT i.case_id FROM refund_item i WHERE i.case_id = ANY(CAST(:ids AS bigint[])) AND ({_BOUND})"
)
_FUNDS_WAIT = text("LOCK TABLE fund_statement IN SHARE MODE")
_HAS_FUND = text(
    "SELECT EXISTS (SELECT FROM refund_item WHERE case_id = ANY(CAST(:ids AS bigint[])) AND route = 'fund')"
)
_STOP = text(
    "UPDATE refund_item SET state = 'stopped', held_because = NULL, reversed_on = :today"
    " WHERE case_id = ANY(CAST(:ids AS bigint[])) AND state <> 'stopped'"
    " RETURNING id, due_id, insurance, source, amount, stood"
)
_WITHDRAW = text(
    "UPDATE refund_case SET state = 'withdrawn' WHERE id = ANY(CAST(:ids AS bigint[]))"
    " RETURNING id, person_id, due_id, amount"
)
_BLOCK = text(
    "UPDATE refund_item SET reversed_on = :today, held_because = CASE WHEN state IN ('approved', 'held') THEN :because"
    "  ELSE held_because END, state = CASE state WHEN 'approved' THEN 'held' ELSE state END"
    " WHERE payment_id = ANY(CAST(:payments AS bigint[])) AND state <> 'stopped' AND route <> 'fund'"
)
FREE = f"NOT EXISTS (SELECT FROM refund_item i WHERE i.case_id = w.waits_for AND ({_BOUND}))"
"""Whether the case that the held row ``w`` waits for can be stopped, as SQL."""


class Waiting(NamedTuple):
    """A reversal that cannot be booked while ``case_id`` gives the same payment back; ``sentence`` says so."""

    row: PaymentRow
    case_id: int
    sentence: str


def stop_reversed(
    connection: Connection,
    accounts: Accounts,
    rows: Sequence[PaymentRow],
    dues: Mapping[int, OpenDue],
    today: date,
    others: Sequence[int] = (),
) -> tuple[list[Event], list[Waiting]]:
    """Stop the refunds of what these rows of the feed take back; returns the events and the reversals that wait.

    The caller has locked the ``dues`` of the rows, and the payments that are money of nobody; the cases are locked here
    together with the ``others`` that the caller is going to move.
    """
    back = {(row["reverses"], row["line"]): row for row in reversed(rows) if row["kind"] == "reversal"}
    asked = {"vouchers": array(voucher for voucher, _ in back)}
    found = connection.execute(_ASKED_BACK, asked).all() if back else []
    meant = [(one, row) for one in found if (row := back.get((one.voucher_no, one.line))) and _undoes(row, one, dues)]
    cases = sorted({case for one, _ in meant for case in one.cases})
    lock_only(connection, sorted({*cases, *others}))
    if not cases:
        return [], []
    if connection.execute(_HAS_FUND, {"ids": array(cases)}).scalar_one():
        connection.execute(_FUNDS_WAIT)  # a statement of claim that is being drawn takes the share in, or does not
    left = set(connection.execute(_LEFT, {"ids": array(cases)}).scalars())
    waiting = [(one, row, bound[0]) for one, row in meant if (bound := sorted(left.intersection(one.cases)))]
    connection.execute(
        _BLOCK, {"payments": array(one.id for one, _, _ in waiting), "today": today, "because": REVERSED}
    )
    kept = {case for one, _, _ in waiting for case in one.cases}
    events = _withdraw(connection, accounts, [case for case in cases if case not in kept], today)
    events += [_held(row, case, dues) for _, row, case in waiting] + follow(connection, sorted(kept))
    return events, [Waiting(row, case, _sentence(case)) for _, row, case in waiting]


def _undoes(row: PaymentRow, paid: Any, dues: Mapping[int, OpenDue]) -> bool:
    due, _ = whose(row, dues)
    return bool(row["amount"] == paid.amount and (due.id if due else None) == paid.due_id)


def _withdraw(connection: Connection, accounts: Accounts, cases: Sequence[int], today: date) -> list[Event]:
    if not cases:
        return []
    items = connection.execute(_STOP, {"ids": array(cases), "today": today}).all()
    post(
        connection,
        (ledger.stopped(accounts, i.id, i.due_id, i.insurance, i.source, i.amount, i.stood) for i in items),
        today,
    )
    return [
        Event("refund.stopped", row.person_id, {"case": row.id, "due": row.due_id, "amount": row.amount})
        for row in connection.execute(_WITHDRAW, {"ids": array(cases)})
    ]


def _held(row: PaymentRow, case: int, dues: Mapping[int, OpenDue]) -> Event:
    due, _ = whose(row, dues)
    facts = {"case": case, "voucher": row["reverses"], "line": row["line"], "amount": row["amount"]}
    return Event("refund.reversal_held", due.person_id if due else None, facts)


def _sentence(case: int) -> str:
    return (
        f"tax took back what refund case {case} gives back, and some of it has left (`levy refund show {case}`): booked"
        " when the order comes back, or the statement of claim with the fund's share is withdrawn; if it was carried"
        " out, ask for the money that went out twice"
    )
