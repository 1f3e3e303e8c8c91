"""Assistance that follows a payment: what the decision calls for, less what was granted before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.assistance.cancel import cancel
from worker.audit.log import Event
from worker.database.copy import copy_columns
from worker.dues.batch import next_numbers
from worker.law import Grant
from worker.ledger import assistance as ledger
from worker.ledger.chart import Accounts
from worker.ledger.post import post

_BEFORE = text(
    "SELECT id, enrolment_id, insurance, source, amount, state, ordinal FROM assistance WHERE enrolment_id = ANY(:ids)"
    " ORDER BY id FOR UPDATE"
)


class PaidDue(Protocol):
    """What is needed of a due that is paid."""

    @property
    def id(self) -> int: ...
    @property
    def enrolment_id(self) -> int: ...
    @property
    def person_id(self) -> int: ...


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
    ordinal: int
    granted_on: date


def grant(
    connection: Connection,
    accounts: Accounts,
    area: str,
    today: date,
    paid: Sequence[PaidDue],
    grants: Mapping[int, Sequence[Grant]],
) -> list[Event]:
    """Grant what each paid due calls for (``grants`` by due id) beyond what was granted before; returns the events.

    An identity that becomes known after the payment so yields the difference, and a decision taken again nothing. What
    another fund was to pay by an earlier decision is cancelled while it has not left; once it has, it counts: nobody
    gets more than the decision says in all.
    """
    wanted = [(due, item) for due in paid for item in grants.get(due.id, ())]
    if not wanted:
        return []
    before: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in connection.execute(_BEFORE, {"ids": list({due.enrolment_id for due, _ in wanted})}):
        before[row.enrolment_id, row.insurance].append(row)
    fresh, superseded = _missing(wanted, before)
    events = cancel(connection, accounts, today, superseded)
    numbers = next_numbers(connection, "assistance_number", len(fresh))
    rows = [
        Assistance(
            number, due.enrolment_id, due.person_id, due.id, area, item.insurance, item.category, item.source,
            amount, item.rule, ordinal, today,
        )
        for number, (due, item, amount, ordinal) in zip(numbers, fresh, strict=True)
    ]  # fmt: skip
    if rows:
        copy_columns(connection, "assistance", dict(zip(Assistance._fields, zip(*rows, strict=True), strict=True)))
    post(connection, (ledger.granted(accounts, r.id, r.due_id, r.insurance, r.source, r.amount) for r in rows), today)
    return events + [
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


def _missing(
    wanted: Sequence[tuple[PaidDue, Grant]], before: Mapping[tuple[int, str], Sequence[Any]]
) -> tuple[list[tuple[PaidDue, Grant, Fen, int]], list[int]]:
    """What is to be granted (by which rule, how much, its ordinal), and the earlier grants whose place it takes."""
    fresh: list[tuple[PaidDue, Grant, Fen, int]] = []
    superseded: list[int] = []
    for place, group in groupby(sorted(wanted, key=_place), key=_place):
        items, earlier = list(group), before.get(place, ())
        sources = {item.source for _, item in items}
        gone = [row.id for row in earlier if row.source not in sources and row.state in ("granted", "held")]
        superseded += gone
        counts = [row for row in earlier if row.state != "cancelled" and row.id not in gone]
        left = sum(item.amount for _, item in items) - sum(row.amount for row in counts)
        for due, item in items:
            amount = min(left, item.amount - sum(row.amount for row in counts if row.source == item.source))
            if amount > 0:
                ordinal = 1 + sum(row.source == item.source for row in earlier)
                fresh.append((due, item, amount, ordinal))
                left -= amount
    return fresh, superseded


def _place(one: tuple[PaidDue, Grant]) -> tuple[int, str]:
    due, item = one
    return due.enrolment_id, item.insurance
