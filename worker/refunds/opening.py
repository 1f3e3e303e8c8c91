"""Cases that are decided when they are opened: money above what was due, and what another flow has had decided.

Other flows call these in their own transaction, with the dues already locked. What is opened here gives nothing back
yet: that takes the second review (``worker.refunds.approve``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, text

from policies.money import Fen
from worker.audit.log import Event
from worker.database.arrays import array
from worker.refunds.reasons import owed_back

_OPEN_OVERPAID = text(
    "INSERT INTO refund_case (area, insured_year, insurance, person_id, enrolment_id, due_id, payment_id, reason,"
    " amount, remark, entered_by, applied_on, event_on, decision, state)"
    " SELECT p.area, p.insured_year, coalesce(d.insurance, 'resident_medical'), coalesce(d.person_id, q.id),"
    " d.enrolment_id, d.id, p.id, 'overpaid', n.amount, n.why, :by, :today, p.tax_date, n.decision::jsonb, 'decided'"
    " FROM unnest(CAST(:dues AS bigint[]), CAST(:vouchers AS text[]), CAST(:lines AS int[]),"
    " CAST(:amounts AS bigint[]), CAST(:why AS text[]), CAST(:decisions AS text[]))"
    " AS n(due_id, voucher_no, line, amount, why, decision) JOIN payment p ON p.voucher_no = n.voucher_no"
    " AND p.line = n.line AND p.due_id IS NOT DISTINCT FROM n.due_id AND p.kind = 'payment'"
    " LEFT JOIN due d ON d.id = p.due_id LEFT JOIN person q ON q.person_no = p.person_no AND d.id IS NULL"
    " ON CONFLICT DO NOTHING RETURNING id, person_id, due_id, reason, amount"
)
_OPEN_DECIDED = text(
    "INSERT INTO refund_case (area, insured_year, insurance, person_id, enrolment_id, due_id, reason, amount, remark,"
    " entered_by, applied_on, event_on, own_fault, intended_area, decision, state)"
    " SELECT d.area, d.insured_year, d.insurance, d.person_id, d.enrolment_id, d.id, :reason, d.paid -"
    " d.lowered, :remark, :by,"
    " :today, :event_on, :own_fault, :intended_area, CAST(:decision AS jsonb), 'decided' FROM due d"
    " WHERE d.id = :due AND d.state = 'paid' AND d.paid > d.lowered ON CONFLICT DO NOTHING RETURNING id,"
    " person_id, due_id, reason, amount"
)


_OPEN_CORRECTED = text(
    "INSERT INTO refund_case (area, insured_year, insurance, person_id, enrolment_id, due_id, correction_id, reason,"
    " amount, remark, entered_by, applied_on, event_on, decision, state)"
    " SELECT d.area, d.insured_year, d.insurance, d.person_id, d.enrolment_id, d.id, k.id, 'overpaid', k.amount,"
    " 'less was due than was paid', :by, :today, k.corrected_on, n.decision::jsonb, 'decided'"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:decisions AS text[])) AS n(id, decision)"
    " JOIN correction k ON k.id = n.id JOIN due d ON d.id = k.due_id"
    " ON CONFLICT DO NOTHING RETURNING id, person_id, due_id, reason, amount"
)


class Overpaid(NamedTuple):
    """``amount`` fen of a payment above what was due; ``due_id`` None: the reference was not ours.

    ``line`` tells the lines of one voucher apart, each of which pays another due. ``why`` is kept with the case.
    """

    due_id: int | None
    voucher_no: str
    line: int
    amount: Fen
    why: str | None = None


def open_overpaid(
    connection: Connection, today: date, overpaid: Sequence[Overpaid], by: str = "worker:settle"
) -> list[Event]:
    """Open a decided case for each payment that was too much and has none yet; returns the events.

    Called in the transaction that books the payments; call it as often as you like, a payment gets one case.
    """
    if not overpaid:
        return []
    values = {
        "today": today,
        "by": by,
        "dues": array(one.due_id for one in overpaid),
        "vouchers": array(one.voucher_no for one in overpaid),
        "lines": array(one.line for one in overpaid),
        "amounts": array(one.amount for one in overpaid),
        "why": array(one.why for one in overpaid),
        "decisions": array(orjson.dumps(owed_back("overpaid", one.amount)).decode() for one in overpaid),
    }
    return [opened(row, by) for row in connection.execute(_OPEN_OVERPAID, values)]


def open_corrected(connection: Connection, today: date, corrections: Sequence[tuple[int, Fen]], by: str) -> list[Event]:
    """Open a decided case for each correction (its number and amount) by which a paid due was lowered."""
    if not corrections:
        return []
    decisions = [orjson.dumps(owed_back("overpaid", amount)).decode() for _, amount in corrections]
    values = {"today": today, "by": by, "ids": array(one for one, _ in corrections), "decisions": array(decisions)}
    return [opened(row, by) for row in connection.execute(_OPEN_CORRECTED, values)]


def open_decided(
    connection: Connection,
    today: date,
    due_id: int,
    reason: str,
    decision: Mapping[str, Any],
    by: str,
    event_on: date | None = None,
    own_fault: bool | None = None,
    intended_area: str | None = None,
    remark: str | None = None,
) -> tuple[int | None, list[Event]]:
    """Open a case for the whole of a paid due with the engine's ``decision`` already given, such as a handoff's.

    Returns the case's number and the event; no number where the due is not paid, or has a case that gives it back.
    ``worker.refunds.approve.approve`` takes it on, in the same transaction if the review has been done.
    """
    values = {
        "today": today, "due": due_id, "reason": reason, "decision": orjson.dumps(decision).decode(), "by": by,
        "event_on": event_on, "own_fault": own_fault, "intended_area": intended_area, "remark": remark,
    }  # fmt: skip
    row = connection.execute(_OPEN_DECIDED, values).one_or_none()
    return (None, []) if row is None else (row.id, [opened(row, by)])


def opened(row: Any, by: str) -> Event:
    """That a case was opened: ``row`` has its id, person, due, reason and amount."""
    facts = {"case": row.id, "due": row.due_id, "reason": row.reason, "amount": row.amount, "by": by}
    return Event("refund.applied", row.person_id, facts)
