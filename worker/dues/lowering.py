"""Paid dues that turn out too high: what is above is owed back, by a correction; a reversal undoes the correction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.audit.log import Event
from worker.database.arrays import array
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.ledger import dues as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post
from worker.refunds.opening import open_corrected

_LOWER = text(
    "UPDATE due d SET lowered = d.lowered + n.amount FROM (SELECT id, sum(amount)::bigint AS amount"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:amounts AS bigint[])) AS n(id, amount) GROUP BY id) AS n"
    " WHERE d.id = n.id"
)
_STANDING = text(
    "SELECT k.id, k.due_id, k.person_id, k.amount, k.decision_id, d.insurance FROM correction k"
    " JOIN due d ON d.id = k.due_id WHERE k.due_id = ANY(CAST(:dues AS bigint[])) AND k.undoes IS NULL"
    " AND NOT EXISTS (SELECT FROM correction u WHERE u.undoes = k.id)"
    " AND NOT EXISTS (SELECT FROM refund_case c WHERE c.correction_id = k.id"
    "  AND c.state IN ('approved', 'ordered', 'held', 'refunded')) ORDER BY k.id"  # given back already, or on its way
)
_WITHDRAW = text(
    "UPDATE refund_case SET state = 'withdrawn' WHERE correction_id = ANY(CAST(:ids AS bigint[]))"
    " AND state = 'decided' RETURNING id, person_id, amount"
)


class Lowering(NamedTuple):
    """A paid due (a row of ``worker.dues.batch``) of which ``amount`` fen are owed back, by which decision."""

    due: Any
    amount: Fen
    decision_id: int


def lower(connection: Connection, accounts: Accounts, lowered: Sequence[Lowering], today: date) -> list[Event]:
    """Owe back what was paid too much; a refund opens with it, to whoever paid. Returns the events."""
    if not lowered:
        return []
    numbers = next_numbers(connection, "correction_number", len(lowered))
    _write(
        connection,
        [
            (number, one.due.id, one.due.person_id, one.amount, one.decision_id, today, None)
            for number, one in zip(numbers, lowered, strict=True)
        ],
    )
    moves = [
        ledger.lowered(accounts, number, one.due.id, one.due.insurance, one.amount)
        for number, one in zip(numbers, lowered, strict=True)
    ]
    post(connection, moves, today)
    opening = [(number, one.amount) for number, one in zip(numbers, lowered, strict=True)]
    return [
        Event(
            "levy.lowered",
            one.due.person_id,
            {"due": one.due.id, "amount": one.amount, "decision": one.decision_id},
        )
        for one in lowered
    ] + open_corrected(connection, today, opening, "worker:assess")


def undo_lowering(connection: Connection, accounts: Accounts, dues: Sequence[int], today: date) -> list[Event]:
    """Tax reversed what these dues were paid with: nothing of it is owed back any more. Returns the events."""
    rows = connection.execute(_STANDING, {"dues": array(dues)}).all() if dues else []
    if not rows:
        return []
    numbers = next_numbers(connection, "correction_number", len(rows))
    undone = [
        (number, row.due_id, row.person_id, -row.amount, row.decision_id, today, row.id)
        for number, row in zip(numbers, rows, strict=True)
    ]
    _write(connection, undone)
    moves = [
        ledger.lowering_undone(accounts, number, row.due_id, row.insurance, row.amount)
        for number, row in zip(numbers, rows, strict=True)
    ]
    post(connection, moves, today)
    withdrawn = connection.execute(_WITHDRAW, {"ids": array(row.id for row in rows)}).all()
    return [Event("levy.lowering_undone", row.person_id, {"due": row.due_id, "amount": row.amount}) for row in rows] + [
        Event("refund.withdrawn", row.person_id, {"case": row.id, "amount": row.amount, "because": "reversed by tax"})
        for row in withdrawn
    ]


def _write(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """The corrections, and the dues as they stand by them; one that undoes another has its amount with a minus."""
    names = ("id", "due_id", "person_id", "amount", "decision_id", "corrected_on", "undoes")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    copy_columns(connection, "correction", columns)
    connection.execute(_LOWER, {"ids": array(columns["due_id"]), "amounts": array(columns["amount"])})
