"""Assistance that follows a payment: granted once per person, insurance and funding source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.audit.log import Event
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.dues.receipts import OpenDue
from worker.law import Grant
from worker.ledger import assistance as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_GRANTED = text("SELECT enrolment_id, insurance, source FROM assistance WHERE enrolment_id = ANY(:ids)")


class Assistance(NamedTuple):
    """A grant as one row of the table ``assistance``."""

    id: int
    enrolment_id: int
    person_id: int
    due_id: int
    area: str
    insurance: str
    category: str
    source: str
    amount: Fen
    rule: str
    granted_on: date


def grant(
    connection: Connection,
    accounts: Accounts,
    area: str,
    today: date,
    paid: Sequence[OpenDue],
    grants: Mapping[int, Sequence[Grant]],
) -> list[Event]:
    """Grant what each paid due calls for (``grants`` by due id) unless it was granted before; returns the events."""
    wanted = [(due, item) for due in paid for item in grants.get(due.id, ())]
    if not wanted:
        return []
    ids = [due.enrolment_id for due, _ in wanted]
    before = {tuple(row) for row in connection.execute(_GRANTED, {"ids": ids})}
    fresh = [(due, item) for due, item in wanted if (due.enrolment_id, item.insurance, item.source) not in before]
    rows = [
        Assistance(
            number,
            due.enrolment_id,
            due.person_id,
            due.id,
            area,
            item.insurance,
            item.category,
            item.source,
            item.amount,
            item.rule,
            today,
        )
        for number, (due, item) in zip(next_numbers(connection, "assistance_number", len(fresh)), fresh, strict=True)
    ]
    if rows:
        copy_columns(connection, "assistance", dict(zip(Assistance._fields, zip(*rows, strict=True), strict=True)))
    post(connection, (ledger.granted(accounts, r.id, r.due_id, r.insurance, r.source, r.amount) for r in rows), today)
    return [
        Event(
            "assistance.granted",
            row.person_id,
            {
                "assistance": row.id,
                "category": row.category,
                "source": row.source,
                "amount": row.amount,
                "rule": row.rule,
            },
        )
        for row in rows
    ]
