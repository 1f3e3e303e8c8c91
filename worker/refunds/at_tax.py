"""Refunds that tax carries out: which are to be ordered, and what its feed of payments says was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement, Malformed
from adapters.rows import PaymentRow, RefundRow
from worker.audit.log import Event
from worker.database.arrays import array
from worker.ledger import refunds as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post
from worker.refunds.locking import lock_only
from worker.refunds.progress import cases_of, follow
from worker.refunds.reference import refund_number, refund_reference

_READY = text(
    "SELECT id, case_id FROM refund_item WHERE route = 'tax' AND state = 'approved' AND reversed_on IS NULL"
    " AND area = :area ORDER BY id"
)
_ORDERED = text("UPDATE refund_item SET state = 'ordered', batch = :batch WHERE id = ANY(CAST(:ids AS bigint[]))")
_ROWS = text(
    "SELECT i.id, i.amount, p.reference, p.voucher_no, p.line, c.reason FROM refund_item i"
    " JOIN payment p ON p.id = i.payment_id JOIN refund_case c ON c.id = i.case_id"
    " WHERE i.batch = :batch AND i.state = 'ordered' ORDER BY i.id"
)
_REFUSED = text(
    "UPDATE refund_item i SET state = 'held', held_because = n.code"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[])) AS n(id, code)"
    " WHERE i.id = n.id AND i.state = 'ordered' AND i.route = 'tax' RETURNING i.id, i.person_id, i.held_because"
)
_EXPECTED = text(
    "SELECT i.id, i.amount, p.voucher_no, p.line FROM refund_item i JOIN payment p ON p.id = i.payment_id"
    " WHERE i.id = ANY(CAST(:ids AS bigint[])) AND i.route = 'tax' AND i.state IN ('ordered', 'held')"
)
_DUES = text("SELECT DISTINCT due_id FROM refund_item WHERE id = ANY(CAST(:ids AS bigint[])) AND due_id IS NOT NULL")
_DONE = text(
    "UPDATE refund_item SET state = 'paid', held_because = NULL, settled_on = :today"
    " WHERE id = ANY(CAST(:ids AS bigint[])) RETURNING id, person_id, due_id, insurance, amount"
)


def take_ready(connection: Connection, area: str, prefix: str, size: int) -> list[str]:
    """Put approved refunds of wrong collections into batches to tax; the keys of the batches."""
    cases = {row.case_id for row in connection.execute(_READY, {"area": area})}
    lock_only(connection, sorted(cases))
    # As it is now; what was approved meanwhile goes with the next tick.
    ids = [row.id for row in connection.execute(_READY, {"area": area}) if row.case_id in cases]
    batches = []
    for at in range(0, len(ids), size):
        batches.append(f"{prefix}-{at // size}")
        connection.execute(_ORDERED, {"batch": batches[-1], "ids": array(ids[at : at + size])})
    follow(connection, cases_of(connection, ids))
    return batches


def rows_of(connection: Connection, area: str, batch: str) -> list[RefundRow]:
    """The rows of a batch as they go to tax."""
    return [
        {
            "reference": refund_reference(area, row.id),
            "due_reference": row.reference,
            "voucher_no": row.voucher_no,
            "line": row.line,
            "amount": row.amount,
            "reason": row.reason,
        }
        for row in connection.execute(_ROWS, {"batch": batch})
    ]


def acknowledge(connection: Connection, area: str, reply: Sequence[Acknowledgement]) -> list[Event]:
    """Hold what tax has refused, with its code; what it accepted is carried out later and told in its feed."""
    refused = [item for item in reply if not item.accepted]
    values = {
        "ids": array(refund_number(area, item.reference) for item in refused),
        "codes": array(item.code for item in refused),
    }
    rows = connection.execute(_REFUSED, values).all()
    events = [
        Event("refund.refused_by_tax", row.person_id, {"refund": row.id, "code": row.held_because}) for row in rows
    ]
    return events + follow(connection, cases_of(connection, [row.id for row in rows]))


def expected(connection: Connection, area: str, rows: Sequence[PaymentRow]) -> tuple[dict[str, int], list[Malformed]]:
    """Refunds of a page of the feed that we have ordered, by voucher; the others, which somebody has to look at."""
    numbers = {number for row in rows if (number := refund_number(area, row["refund"]))}
    ours = {row.id: row for row in connection.execute(_EXPECTED, {"ids": array(numbers)})} if numbers else {}
    found: dict[str, int] = {}
    odd: list[Malformed] = []
    for row in rows:
        item: Any = ours.get(refund_number(area, row["refund"]) or 0)
        undone = (row["amount"], row["reverses"], row["line"])
        if item is not None and undone == (item.amount, item.voucher_no, item.line):
            found[row["voucher_no"]] = item.id
            del ours[item.id]
        else:
            odd.append(Malformed(orjson.dumps(row).decode(), "a refund that was not ordered so"))
    return found, odd


def dues_of(connection: Connection, item_ids: Sequence[int]) -> list[int]:
    """The dues that these refunds give back."""
    return list(connection.execute(_DUES, {"ids": array(item_ids)}).scalars()) if item_ids else []


def carry_out(connection: Connection, accounts: Accounts, today: date, item_ids: Sequence[int]) -> list[Event]:
    """Book what tax has carried out; returns the events. The caller has locked the dues and cases of these refunds."""
    if not item_ids:
        return []
    cases = cases_of(connection, item_ids)
    rows = connection.execute(_DONE, {"ids": array(item_ids), "today": today}).all()
    post(connection, (ledger.carried_out(accounts, r.id, r.due_id, r.insurance, r.amount) for r in rows), today)
    events = [Event("refund.carried_out", row.person_id, {"refund": row.id, "amount": row.amount}) for row in rows]
    return events + follow(connection, cases)
