"""What the treasury pays out to persons, assistance and refunds, as one shape: both are rows with the same columns.

A payable is ready, then ordered by a disbursement, then paid; or held, with the reason, until the person's account is
corrected, or the cover that it assists runs again. Its statements are those of either table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, TextClause, text

from policies.money import Fen
from worker.audit.log import Event
from worker.ledger import assistance as ledger_of_assistance
from worker.ledger import refunds as ledger_of_refunds
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer
from worker.refunds.locking import lock_cases, lock_only
from worker.refunds.progress import cases_of, follow

Posting = Callable[[Accounts, int, int, str, str, Fen], Transfer]
_NEWEST = (
    "LATERAL (SELECT b.id FROM bank_account b WHERE b.person_id = a.person_id"
    " ORDER BY b.business_date DESC, b.id DESC LIMIT 1) AS account ON true"
)
_CORRECTED = (
    "UPDATE {table} h SET state = '{ready}', held_because = NULL FROM {table} a"
    f" JOIN {_NEWEST} LEFT JOIN LATERAL (SELECT max(d.bank_account_id) AS tried FROM disbursement d"
    "  WHERE d.{column} = a.id) AS last ON true"
    " WHERE h.id = a.id AND a.state = 'held' AND a.area = :area{only} AND {barred} IS NULL"
    " AND (account.id > coalesce(last.tried, 0) OR a.held_because LIKE 'cover_%') RETURNING h.id"
)
_READY = (
    "SELECT a.id, a.person_id, a.due_id, a.insurance, a.source, a.amount, account.id AS account,"
    " {barred} AS barred, (SELECT count(*) FROM disbursement d WHERE d.{column} = a.id) AS attempts"
    f" FROM {{table}} a LEFT JOIN {_NEWEST}{{due}}"
    " WHERE a.state = '{ready}' AND a.area = :area{only} ORDER BY a.source, a.id FOR UPDATE OF a SKIP LOCKED"
)
_HOLD = (
    "UPDATE {table} a SET state = 'held', held_because = n.because FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:because AS text[])) AS n(id, because) WHERE a.id = n.id"
)
_ORDERED = "UPDATE {table} SET state = 'ordered' WHERE id = ANY(:ids)"
_REFUSED = (
    "WITH told AS (UPDATE disbursement d SET state = n.state, code = n.code FROM unnest(CAST(:ids AS bigint[]),"
    " CAST(:states AS text[]), CAST(:codes AS text[])) AS n(id, state, code)"
    " WHERE d.id = n.id AND d.state = 'ordered' RETURNING d.id, d.{column}, d.state, d.code)"
    " UPDATE {table} a SET state = 'held', held_because = told.code FROM told"
    " WHERE a.id = told.{column} AND told.state = 'refused'"
    " RETURNING told.id AS order_id, told.code, a.id, a.person_id, a.due_id, a.insurance, a.source, a.amount"
)
_EXECUTED = (
    "WITH told AS (UPDATE disbursement d SET state = n.outcome, code = n.code, settled_on = n.on_day"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:outcomes AS text[]), CAST(:codes AS text[]), CAST(:days AS date[]),"
    " CAST(:amounts AS bigint[])) AS n(id, outcome, code, on_day, amount)"
    " WHERE d.id = n.id AND d.amount = n.amount AND d.state IN ('ordered', 'accepted') AND d.{column} IS NOT NULL"
    " RETURNING d.id, d.{column}, d.amount, d.state, d.code)"
    " UPDATE {table} a SET state = CASE told.state WHEN 'paid' THEN 'paid' ELSE 'held' END,"
    " held_because = told.code FROM told WHERE a.id = told.{column}"
    " RETURNING told.id AS order_id, told.state AS outcome, told.code, told.amount, a.id, a.person_id, a.due_id,"
    " a.insurance, a.source"
)
_MAY_BE_ORDERED = text(
    "SELECT DISTINCT case_id FROM refund_item WHERE route = 'treasury' AND state IN ('approved', 'held')"
    " AND area = :area ORDER BY case_id"
)
_OF_ORDERS = text("SELECT refund_item_id FROM disbursement WHERE id = ANY(:ids) AND refund_item_id IS NOT NULL")


@dataclass(frozen=True)
class Payable:
    """One of the two tables: its name for events, its column in ``disbursement``, its postings, its statements."""

    kind: str
    table: str
    column: str
    ready: str
    ordered: Posting
    arrived: Posting
    came_back: Posting
    due: str = ""
    only: str = ""
    barred: str = "CAST(NULL AS text)"
    take_up: TextClause = field(init=False)
    find: TextClause = field(init=False)
    hold: TextClause = field(init=False)
    order: TextClause = field(init=False)
    acknowledge: TextClause = field(init=False)
    execute: TextClause = field(init=False)

    def __post_init__(self) -> None:
        words = {name: getattr(self, name) for name in ("table", "column", "ready", "due", "only", "barred")}
        statements = {
            "take_up": _CORRECTED, "find": _READY, "hold": _HOLD, "order": _ORDERED, "acknowledge": _REFUSED,
            "execute": _EXECUTED,
        }  # fmt: skip
        for name, statement in statements.items():
            object.__setattr__(self, name, text(statement.format(**words)))


ASSISTANCE = Payable(
    "assistance", "assistance", "assistance_id", "granted",
    ledger_of_assistance.ordered, ledger_of_assistance.arrived, ledger_of_assistance.came_back,
    # Of the same levy: the due of old may have been reversed, and another one paid since. Or it was paid elsewhere.
    due=" JOIN LATERAL (SELECT p.id FROM due p WHERE p.enrolment_id = a.enrolment_id AND p.insurance = a.insurance"
    " AND p.current AND p.part = 0 AND p.state = 'paid' UNION ALL SELECT 0 WHERE a.handoff_id IS NOT NULL LIMIT 1)"
    " AS d ON true",
    # Who draws on another cover, or has still to repay a fund, is paid nothing more for this one until it runs again;
    # nor is anything paid out on a levy that is being given back: what was on its way when that was approved, and came
    # back.
    barred="(SELECT CASE WHEN e.suspended_on IS NOT NULL THEN 'cover_suspended' WHEN e.held_from IS NOT NULL"
    " THEN 'cover_held' WHEN EXISTS (SELECT FROM refund_case c WHERE c.due_id = a.due_id AND c.reason <> 'overpaid'"
    " AND c.state IN ('approved', 'ordered', 'held')) THEN 'cover_refunded' END"
    " FROM enrolment e WHERE e.id = a.enrolment_id)",
)  # fmt: skip
REFUND = Payable(
    "refund", "refund_item", "refund_item_id", "approved",
    ledger_of_refunds.ordered, ledger_of_refunds.arrived, ledger_of_refunds.came_back,
    only=" AND a.route = 'treasury' AND a.reversed_on IS NULL",
)  # fmt: skip
PAYABLES = {payable.kind: payable for payable in (ASSISTANCE, REFUND)}
"""Both, by the kind that stands in jobs and events."""


def hold_cases_to_order(connection: Connection, area: str) -> None:
    """Lock the refund cases of which something may be ordered now, before any item or assistance is locked."""
    lock_only(connection, list(connection.execute(_MAY_BE_ORDERED, {"area": area}).scalars()))


def hold_cases(connection: Connection, order_ids: Sequence[int]) -> None:
    """Lock what the outcome of these orders may end: refund cases, with their dues and enrolments."""
    items = connection.execute(_OF_ORDERS, {"ids": list(order_ids)}).scalars().all()
    if items:
        lock_cases(connection, cases_of(connection, items))


def moved(connection: Connection, payable: Payable, ids: Sequence[int]) -> list[Event]:
    """What follows when these have been ordered, held or paid: a refund's case goes on; returns the events."""
    return follow(connection, cases_of(connection, ids)) if payable is REFUND else []
