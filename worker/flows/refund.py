"""Refund: decide what was applied for, order at tax what was approved, and stop asking who is enrolled no more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.exchange import answered, exchange
from worker.house import House
from worker.jobs.outcome import Outcome
from worker.jobs.queue import NewJob
from worker.jobs.work import Work
from worker.refunds.at_tax import acknowledge, rows_of, take_ready
from worker.refunds.decide import decide_cases
from worker.refunds.opening import Overpaid, open_corrected, open_overpaid, opened
from worker.refunds.reasons import ASKED_FOR, PAID_CLOSED

# A reversal has given the money back already: what waits for a decision or a review is withdrawn.
_WITHDRAWN = text(
    "UPDATE refund_case c SET state = 'withdrawn' WHERE c.state IN ('applied', 'undetermined', 'decided')"
    " AND c.area = :area AND CASE WHEN c.payment_id IS NULL"
    "  THEN EXISTS (SELECT FROM due d WHERE d.id = c.due_id AND d.state <> 'paid'"
    "   AND NOT (c.correction_id IS NOT NULL AND d.state = 'refunded'))"
    "  ELSE EXISTS (SELECT FROM payment p JOIN payment r ON r.reverses = p.voucher_no AND r.line = p.line AND"
    " r.remark = 'reversed'"
    "   WHERE p.id = c.payment_id) END RETURNING c.id, c.person_id, c.due_id, c.reason"
)
_OVERPAID = text(
    "SELECT p.due_id, p.voucher_no, p.line, t.amount FROM transfer t JOIN payment p ON p.id = t.subject_id"
    " WHERE t.code = 'payment.overpaid' AND p.area = :area"
    " AND NOT EXISTS (SELECT FROM refund_case c WHERE c.payment_id = p.id)"
    " AND NOT EXISTS (SELECT FROM payment r WHERE r.reverses = p.voucher_no AND r.line = p.line AND r.remark ="
    " 'reversed') ORDER BY p.id"
)
_CORRECTED = text(
    "SELECT k.id, k.amount FROM correction k JOIN due d ON d.id = k.due_id WHERE d.area = :area"
    " AND k.undoes IS NULL AND NOT EXISTS (SELECT FROM correction u WHERE u.undoes = k.id)"
    " AND NOT EXISTS (SELECT FROM refund_case c WHERE c.correction_id = k.id) ORDER BY k.id"
)
_WAITING = text(
    "SELECT id FROM refund_case WHERE state IN ('applied', 'undetermined') AND area = :area ORDER BY enrolment_id, id"
)
_CLOSED = text(
    "SELECT d.id FROM due d JOIN enrolment e ON e.id = d.enrolment_id"
    " WHERE (e.closed_because IS NOT NULL OR e.suspended_on IS NOT NULL) AND d.area = :area AND d.current"
    " AND d.state = 'accepted' ORDER BY e.id, d.id FOR NO KEY UPDATE OF e, d"
)
_PAID_ALL_THE_SAME = text(
    "INSERT INTO refund_case (area, insured_year, insurance, person_id, enrolment_id, due_id, reason, amount,"
    " entered_by, applied_on, remark) SELECT d.area, d.insured_year, d.insurance, d.person_id, e.id, d.id,"
    " e.closed_because, d.paid - d.lowered, :by, :today, :remark"
    " FROM enrolment e JOIN due d ON d.enrolment_id = e.id AND d.current AND d.state = 'paid' AND d.paid > d.lowered"
    " WHERE e.closed_because = ANY(:reasons) AND e.area = :area"
    " AND NOT EXISTS (SELECT FROM refund_case c WHERE c.due_id = d.id AND c.reason <> 'overpaid')"
    " ON CONFLICT DO NOTHING RETURNING id, person_id, due_id, reason, amount"
)
_VOIDING = text("UPDATE due SET state = 'voiding' WHERE id = ANY(:ids)")


def plan(work: Work, house: House) -> Outcome | None:
    """The tick: open what is overpaid, decide what was applied for, withdraw what tax has reversed, order at tax.

    Undetermined cases are decided anew each time: a missing fact may have come.
    """
    place, size, by = {"area": house.law.area}, house.settings.batch, f"worker:{work.job.kind}"
    today = work.job.business_date
    with work.step() as connection:
        cases = connection.execute(
            _PAID_ALL_THE_SAME, place | {"by": by, "today": today, "reasons": list(ASKED_FOR), "remark": PAID_CLOSED}
        )
        house.audit.record(connection, work.origin(), [opened(row, by) for row in cases], house.clock.now())
        waiting = list(connection.execute(_WAITING, place).scalars())
    for at in range(0, len(waiting), size):
        with work.step() as connection:
            events = decide_cases(connection, house.law.notice, waiting[at : at + size])
            house.audit.record(connection, work.origin(), events, house.clock.now())
    with work.step() as connection:
        events = _stop_asking(connection, work, house)
        events += [
            Event("refund.withdrawn", row.person_id, {"case": row.id, "due": row.due_id, "reason": row.reason})
            for row in connection.execute(_WITHDRAWN, place)
        ]
        overpaid = [Overpaid(*row) for row in connection.execute(_OVERPAID, place)]
        events += open_overpaid(connection, today, overpaid, by)
        corrected = [(row.id, row.amount) for row in connection.execute(_CORRECTED, place)]
        events += open_corrected(connection, today, corrected, by)
        house.audit.record(connection, work.origin(), events, house.clock.now())
    with work.completing() as connection:
        prefix = f"{house.law.area}-{work.job.id}"
        batches = take_ready(connection, house.law.area, prefix, size)
        jobs = [NewJob("refund", batch, {"batch": batch}, today, house.law.area) for batch in batches]
        work.enqueue(connection, jobs)
    return None


def refund(work: Work, house: House) -> Outcome | None:
    """Send one batch of wrong collections to tax; its feed of payments tells later what was carried out."""
    reply = exchange(
        work,
        house.vault,
        "tax",
        lambda connection: _compose(connection, house, work),
        house.tax.ask_refund_batch,
        house.tax.submit_refunds,
    )
    with work.completing() as connection:
        if reply is not None:
            events = acknowledge(connection, house.law.area, reply)
            refused = sum(not item.accepted for item in reply)
            events.insert(0, Event("refund.ordered", None, {"orders": len(reply), "refused": refused}))
            answered(connection, work)
            house.audit.record(connection, work.origin(work.job.payload["batch"]), events, house.clock.now())
    return None


def _compose(connection: Connection, house: House, work: Work) -> bytes | None:
    rows = rows_of(connection, house.law.area, work.job.payload["batch"])
    return house.tax.encode_refund_batch(f"refund-{work.job.key}", house.law.area, rows) if rows else None


def _stop_asking(connection: Connection, work: Work, house: House) -> list[Event]:
    """Withdraw at tax what closed or suspended enrolments still owe; who pays for a closed one all the same is asked
    about by a case.
    """
    area, size = house.law.area, house.settings.batch
    ids: Sequence[int] = connection.execute(_CLOSED, {"area": area}).scalars().all()
    if not ids:
        return []
    connection.execute(_VOIDING, {"ids": list(ids)})
    today, parts = work.job.business_date, [list(ids[at : at + size]) for at in range(0, len(ids), size)]
    jobs = [NewJob("void", f"{area}-{work.job.id}-{part[0]}", {"dues": part}, today, area) for part in parts]
    work.enqueue(connection, jobs)
    return [Event("due.closing", None, {"dues": len(ids)})]
