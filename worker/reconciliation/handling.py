"""What people do about breaks: look after one, explain it, give its money to a due, close it. Each is a step, kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, text

from policies.money import yuan
from worker.audit.log import AuditLog, Event, Origin
from worker.dues.allocation import Allocated, NotAllocated, allocate
from worker.ledger.chart import Accounts

_LOCK = text("SELECT * FROM break_found WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
_STEP = text(
    "INSERT INTO break_step (break_id, action, actor, text, business_date)"
    " SELECT id, :action, :actor, :text, :today FROM unnest(CAST(:ids AS bigint[])) AS n(id)"
)
_OWN = text("UPDATE break_found SET owner = :name WHERE id = ANY(:ids)")
_END = text("UPDATE break_found SET state = :state, closed_on = :today, closed_at = now() WHERE id = ANY(:ids)")
_LEFT = text(
    "UPDATE break_found SET ours = jsonb_set(ours, '{unclaimed}', to_jsonb(CAST(:left AS bigint))) WHERE id = :id"
)
_PAYMENT = text(
    "SELECT p.id FROM payment p WHERE p.voucher_no || CASE WHEN p.line > 1 THEN '/' || p.line ELSE '' END = :item"
    " AND p.voucher_no = ANY(:vouchers)"
)


class NotDone(Exception):
    """A break is not there, or is in no state for this; the sentence says which. Nothing was changed."""


@dataclass(frozen=True)
class Desk:
    """Where a clerk acts: one transaction, the audit log, who it is, and when."""

    connection: Connection
    audit: AuditLog
    origin: Origin
    now: datetime

    @property
    def today(self) -> date:
        """The business day."""
        return self.origin.business_date


def own(desk: Desk, ids: Sequence[int], name: str) -> int:
    """``name`` looks after the open breaks with these ids from now on; returns how many. Raises ``NotDone``."""
    rows = _open(desk, ids)
    desk.connection.execute(_OWN, {"ids": list(ids), "name": name})
    _record(desk, rows, "owned", f"by {name}", [])
    return len(rows)


def explain(desk: Desk, ids: Sequence[int], words: str) -> int:
    """Keep an explanation with the breaks, whatever their state; returns how many. Raises ``NotDone``."""
    rows = _open(desk, ids, needs_open=False)
    _record(desk, rows, "explained", words, [])
    return len(rows)


def close(desk: Desk, ids: Sequence[int], reason: str) -> int:
    """Close open breaks for a reason: they stay closed while they differ just so. Raises ``NotDone``."""
    rows = _open(desk, ids)
    desk.connection.execute(_END, {"ids": list(ids), "state": "closed", "today": desk.today})
    _record(desk, rows, "closed", reason, [])
    return len(rows)


def allocate_break(
    desk: Desk, accounts: Callable[[str], Accounts], number: int, reference: str, reason: str, other_person: bool
) -> Allocated:
    """Give the money of an ``unidentified`` break to the due of this reference; resolved once nothing is nobody's.

    ``accounts`` gives the ledger accounts of an area. Raises ``NotDone`` or ``NotAllocated``.
    """
    row, given = _allocate(desk, accounts, number, reference, reason, other_person)
    desk.connection.execute(_LEFT, {"id": number, "left": given.left})
    if given.left == 0 and row.kind == "unidentified":
        desk.connection.execute(_END, {"ids": [number], "state": "resolved", "today": desk.today})
    words = f"{yuan(given.amount)} yuan to {reference}, {yuan(given.left)} left: {reason}"
    _record(desk, [row], "allocated", words, [given.event])
    return given


def would_allocate(
    desk: Desk, accounts: Callable[[str], Accounts], number: int, reference: str, other_person: bool
) -> Allocated:
    """What ``allocate_break`` would give and leave, to be rolled back. Raises ``NotDone`` or ``NotAllocated``."""
    return _allocate(desk, accounts, number, reference, "", other_person)[1]


def _allocate(
    desk: Desk, accounts: Callable[[str], Accounts], number: int, reference: str, reason: str, other_person: bool
) -> tuple[Any, Allocated]:
    (row,) = _open(desk, [number])
    vouchers = [row.item, row.item.rpartition("/")[0]]
    found = desk.connection.execute(_PAYMENT, {"item": row.item, "vouchers": vouchers}).scalar_one_or_none()
    if row.side != "tax" or found is None:
        raise NotAllocated(f"break {number} is about no payment in our book: there is no money to give to a due")
    return row, allocate(desk.connection, accounts(row.area), found, reference, reason, other_person, desk.today)


def _open(desk: Desk, ids: Sequence[int], needs_open: bool = True) -> list[Any]:
    rows = list(desk.connection.execute(_LOCK, {"ids": list(ids)}).all())
    if missing := sorted(set(ids) - {row.id for row in rows}):
        raise NotDone(f"no break has the number {', '.join(map(str, missing))}: see `levy breaks`")
    if ended := [row for row in rows if needs_open and row.state != "open"]:
        raise NotDone("; ".join(f"break {row.id} is {row.state}, not open" for row in ended))
    return rows


def _record(desk: Desk, rows: Sequence[Any], action: str, words: str, events: Sequence[Event]) -> None:
    ids = [row.id for row in rows]
    values = {"ids": ids, "action": action, "actor": desk.origin.actor, "text": words, "today": desk.today}
    desk.connection.execute(_STEP, values)
    told = [
        Event(
            f"break.{action}",
            None,
            {"break": row.id, "side": row.side, "day": row.day, "item": row.item, "kind": row.kind, "text": words},
        )
        for row in rows
    ]
    desk.audit.record(desk.connection, desk.origin, [*events, *told], desk.now)
