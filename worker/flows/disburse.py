"""Disburse: order granted assistance and approved refunds to be paid out, and hold what cannot be paid until it can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from adapters.ports import Acknowledgement
from adapters.rows import OrderRow
from worker.assistance.reference import order_number, order_reference
from worker.audit.log import Event
from worker.backup.orders import tags, take_in
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.ledger.post import post
from worker.payables import PAYABLES, Payable, hold_cases_to_order, moved

_ROWS = text(
    "SELECT d.id, d.amount, a.source, coalesce(a.insurance, i.insurance) AS insurance, p.cert_type, p.cert_cipher,"
    " b.account_cipher, b.account_name_cipher, b.bank FROM disbursement d"
    " LEFT JOIN assistance a ON a.id = d.assistance_id LEFT JOIN refund_item i ON i.id = d.refund_item_id"
    " JOIN bank_account b ON b.id = d.bank_account_id JOIN person p ON p.id = b.person_id"
    " WHERE d.batch = :batch AND d.state = 'ordered' ORDER BY d.id"
)
_PREMIUM = "premium"
"""What the treasury is told whose money a refund is: no fund's."""


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: order what is granted or approved, hold what has no account, take up again what has a new one."""
    with work.completing() as connection:
        hold_cases_to_order(connection, house.law.area)
        events = [event for payable in PAYABLES.values() for event in _plan(connection, work, house, payable)]
        house.audit.record(connection, work.origin(), events, house.clock.now())
    return None


def _plan(connection: Connection, work: Work, house: House, payable: Payable) -> list[Event]:
    law, today, size = house.law, work.job.business_date, house.settings.batch
    taken_up = list(connection.execute(payable.take_up, {"area": law.area}).scalars())
    found = connection.execute(payable.find, {"area": law.area}).all()
    known, moves, told = take_in(connection, house, payable, [row for row in found if row.account is not None])
    post(connection, moves, today)
    rows = [row for row in found if row.id not in known]
    held = [(row, row.barred or "no_account") for row in rows if row.barred or row.account is None]
    ready = [row for row in rows if not row.barred and row.account is not None]
    connection.execute(payable.hold, {"ids": [row.id for row, _ in held], "because": [why for _, why in held]})
    for at in range(0, len(ready), size):
        batch = f"{law.area}-{work.job.id}-{payable.kind}-{at // size}"
        _order(connection, house, payable, ready[at : at + size], batch, work)
        payload = {"batch": batch, "kind": payable.kind}
        work.enqueue(connection, [NewJob("disburse", batch, payload, today, law.area)])
    events = [Event(f"{payable.kind}.held", row.person_id, {payable.kind: row.id, "because": why}) for row, why in held]
    return told + events + moved(connection, payable, [*taken_up, *(row.id for row in found)])


def _order(connection: Connection, house: House, payable: Payable, rows: Sequence[Any], batch: str, work: Work) -> None:
    numbers = next_numbers(connection, "disbursement_number", len(rows))
    copy_columns(
        connection,
        "disbursement",
        {
            "id": numbers,
            payable.column: [row.id for row in rows],
            "attempt": [row.attempts + 1 for row in rows],
            "bank_account_id": [row.account for row in rows],
            "amount": [row.amount for row in rows],
            "batch": [batch] * len(rows),
        },
    )
    connection.execute(payable.order, {"ids": [row.id for row in rows]})
    accounts = house.accounts(house.law.area)
    moves = (
        payable.ordered(accounts, number, row.due_id, row.insurance, row.source, row.amount)
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
    year, kind = house.law.insured_year, work.job.payload["kind"]
    documents = house.vault.decrypt([row.cert_cipher for row in rows])
    about = [(f"{r.cert_type}|{no}", r.insurance, r.source or "") for r, no in zip(rows, documents, strict=True)]
    said = tags(house, house.vault.sealing(connection).index_key, kind, about)
    orders: list[OrderRow] = [
        {
            "reference": order_reference(house.law.area, row.id),
            "payee_name": name,
            "account_no": number,
            "bank": row.bank or None,
            "fund": row.source or _PREMIUM,
            "amount": row.amount,
            "purpose": f"{year} 城乡居民医保{'参保资助' if row.source else '退费'} #{tag}",
        }
        for row, number, name, tag in zip(rows, account_numbers, names, said, strict=True)
    ]
    return house.treasury.encode_orders(f"disburse-{work.job.key}", house.law.area, orders)


def _record(connection: Connection, work: Work, house: House, reply: Sequence[Acknowledgement]) -> None:
    payable, accounts = PAYABLES[work.job.payload["kind"]], house.accounts(house.law.area)
    values = {
        "ids": [order_number(house.law.area, item.reference) for item in reply],
        "states": ["accepted" if item.accepted else "refused" for item in reply],
        "codes": [item.code for item in reply],
    }
    refused = connection.execute(payable.acknowledge, values).all()
    back = (payable.came_back(accounts, r.order_id, r.due_id, r.insurance, r.source, r.amount) for r in refused)
    post(connection, back, work.job.business_date)
    answered(connection, work)
    events = [
        Event(f"{payable.kind}.ordered", None, {"orders": len(reply), "refused": len(refused)}),
        *(
            Event(f"{payable.kind}.refused", r.person_id, {payable.kind: r.id, "order": r.order_id, "code": r.code})
            for r in refused
        ),
        *moved(connection, payable, [row.id for row in refused]),
    ]
    house.audit.record(connection, work.origin(work.job.payload["batch"]), events, house.clock.now())
