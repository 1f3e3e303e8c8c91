"""Disburse: order granted assistance to be paid out, and hold what cannot be paid until its account is corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement
from adapters.rows import OrderRow
from worker.assistance.reference import order_number, order_reference
from worker.audit.log import Event
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.ledger import assistance as ledger
from worker.ledger.post import post

_NEWEST = (
    "LATERAL (SELECT b.id FROM bank_account b WHERE b.person_id = a.person_id"
    " ORDER BY b.business_date DESC, b.id DESC LIMIT 1) AS account ON true"
)
_CORRECTED = text(
    "UPDATE assistance h SET state = 'granted', held_because = NULL FROM assistance a"
    f" JOIN {_NEWEST} LEFT JOIN LATERAL (SELECT max(d.bank_account_id) AS tried, max(d.attempt) AS attempts"
    " FROM disbursement d WHERE d.assistance_id = a.id) AS last ON true"
    " WHERE h.id = a.id AND a.state = 'held' AND a.area = :area AND account.id > coalesce(last.tried, 0)"
)
_READY = text(
    "SELECT a.id, a.person_id, a.due_id, a.insurance, a.source, a.amount, account.id AS account,"
    " (SELECT count(*) FROM disbursement d WHERE d.assistance_id = a.id) AS attempts"
    f" FROM assistance a LEFT JOIN {_NEWEST}"
    " JOIN due d ON d.id = a.due_id AND d.state = 'paid'"
    " WHERE a.state = 'granted' AND a.area = :area ORDER BY a.source, a.id FOR UPDATE OF a SKIP LOCKED"
)
_HOLD = text("UPDATE assistance SET state = 'held', held_because = 'no_account' WHERE id = ANY(:ids)")
_ORDERED = text("UPDATE assistance SET state = 'ordered' WHERE id = ANY(:ids)")
_ROWS = text(
    "SELECT d.id, d.amount, a.source, b.account_cipher, b.account_name_cipher, b.bank FROM disbursement d"
    " JOIN assistance a ON a.id = d.assistance_id JOIN bank_account b ON b.id = d.bank_account_id"
    " WHERE d.batch = :batch AND d.state = 'ordered' ORDER BY d.id"
)
_ACKNOWLEDGED = text(
    "WITH told AS (UPDATE disbursement d SET state = n.state, code = n.code FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:states AS text[]), CAST(:codes AS text[])) AS n(id, state, code)"
    " WHERE d.id = n.id AND d.state = 'ordered' RETURNING d.id, d.assistance_id, d.amount, d.state, d.code)"
    " SELECT told.*, a.person_id, a.due_id, a.insurance, a.source FROM told JOIN assistance a ON a.id = assistance_id"
)

_REFUSED = text(
    "UPDATE assistance a SET state = 'held', held_because = n.code"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:codes AS text[])) AS n(id, code) WHERE a.id = n.id"
)


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: order what is granted, hold what has no account, take up again what has a new one."""
    law, today, size = house.law, work.job.business_date, house.settings.batch
    with work.completing() as connection:
        connection.execute(_CORRECTED, {"area": law.area})
        rows = connection.execute(_READY, {"area": law.area}).all()
        without = [row for row in rows if row.account is None]
        ready = [row for row in rows if row.account is not None]
        connection.execute(_HOLD, {"ids": [row.id for row in without]})
        for at in range(0, len(ready), size):
            batch = f"{law.area}-{work.job.id}-{at // size}"
            _order(connection, house, ready[at : at + size], batch, work)
            work.enqueue(connection, [NewJob("disburse", batch, {"batch": batch}, today, law.area)])
        events = [
            Event("assistance.held", row.person_id, {"assistance": row.id, "because": "no_account"}) for row in without
        ]
        house.audit.record(connection, work.origin(), events, house.clock.now())
    return None


def _order(connection: Connection, house: House, rows: Sequence[Any], batch: str, work: Work) -> None:
    numbers = next_numbers(connection, "disbursement_number", len(rows))
    copy_columns(
        connection,
        "disbursement",
        {
            "id": numbers,
            "assistance_id": [row.id for row in rows],
            "attempt": [row.attempts + 1 for row in rows],
            "bank_account_id": [row.account for row in rows],
            "amount": [row.amount for row in rows],
            "batch": [batch] * len(rows),
        },
    )
    connection.execute(_ORDERED, {"ids": [row.id for row in rows]})
    accounts = house.accounts(house.law.area)
    moves = (
        ledger.ordered(accounts, number, row.due_id, row.insurance, row.source, row.amount)
        for number, row in zip(numbers, rows, strict=True)
    )
    post(connection, moves, work.job.business_date)


def disburse(work: Work, house: House) -> Outcome | None:
    """Send one batch of orders; the treasury's feed tells later what was paid and what came back."""
    reply = exchange(
        work,
        house.vault,
        "treasury",
        lambda connection: _compose(connection, house, work),
        house.treasury.ask_orders,
        house.treasury.submit_orders,
    )
    with work.completing() as connection:
        if reply is not None:
            _record(connection, work, house, reply)
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    rows = connection.execute(_ROWS, {"batch": work.job.payload["batch"]}).all()
    if not rows:
        return None
    account_numbers = house.vault.decrypt([row.account_cipher for row in rows])
    names = house.vault.decrypt([row.account_name_cipher for row in rows])
    orders: list[OrderRow] = [
        {
            "reference": order_reference(house.law.area, row.id),
            "payee_name": name,
            "account_no": number,
            "bank": row.bank or None,
            "fund": row.source,
            "amount": row.amount,
            "purpose": f"{house.law.insured_year} 城乡居民医保参保资助",
        }
        for row, number, name in zip(rows, account_numbers, names, strict=True)
    ]
    return house.treasury.encode_orders(f"disburse-{work.job.key}", house.law.area, orders)


def _record(connection: Connection, work: Work, house: House, reply: Sequence[Acknowledgement]) -> None:
    values = {
        "ids": [order_number(house.law.area, item.reference) for item in reply],
        "states": ["accepted" if item.accepted else "refused" for item in reply],
        "codes": [item.code for item in reply],
    }
    refused = [row for row in connection.execute(_ACKNOWLEDGED, values) if row.state == "refused"]
    accounts = house.accounts(house.law.area)
    back = (ledger.came_back(accounts, r.id, r.due_id, r.insurance, r.source, r.amount) for r in refused)
    post(connection, back, work.job.business_date)
    connection.execute(_REFUSED, {"ids": [r.assistance_id for r in refused], "codes": [r.code for r in refused]})
    answered(connection, work)
    events = [
        Event("assistance.refused", r.person_id, {"assistance": r.assistance_id, "order": r.id, "code": r.code})
        for r in refused
    ]
    summary = Event("assistance.ordered", None, {"orders": len(reply), "refused": len(refused)})
    house.audit.record(connection, work.origin(work.job.payload["batch"]), [summary, *events], house.clock.now())
