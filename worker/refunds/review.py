"""The second review: somebody else than who entered a case approves what is to be given back, or rejects it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import Event, Origin
from worker.database.arrays import array
from worker.house import House
from worker.ledger.chart import Accounts
from worker.refunds.approve import NotCovered, approve
from worker.refunds.closing import end_closed
from worker.refunds.decide import decide_anew, decide_cases
from worker.refunds.locking import lock_cases
from worker.second_person import same_person

_CASES = text(
    "SELECT c.id, c.state, c.reason, c.entered_by, c.person_id, c.due_id, c.decision, d.state AS due_state,"
    " EXISTS (SELECT FROM payment p JOIN payment r ON r.reverses = p.voucher_no AND r.line = p.line AND"
    " r.remark = 'reversed'"
    "  WHERE p.id = c.payment_id) AS reversed FROM refund_case c LEFT JOIN due d ON d.id = c.due_id"
    " WHERE c.id = ANY(CAST(:ids AS bigint[])) ORDER BY c.id"
)
_REJECTED = text(
    "UPDATE refund_case c SET state = 'rejected_by_review', reviewed_by = :by, reviewed_on = :today,"
    " review_reason = n.because FROM unnest(CAST(:ids AS bigint[]), CAST(:because AS text[])) AS n(id, because)"
    " WHERE c.id = n.id RETURNING c.id, c.person_id, c.due_id, c.enrolment_id, c.review_reason"
)
_AGAIN = text("UPDATE refund_case SET state = 'applied' WHERE id = ANY(CAST(:ids AS bigint[]))")
_WAITS = ("applied", "undetermined", "decided")


class Reviewed(NamedTuple):
    """Which cases were reviewed, the events, and by case why the others were not, as a sentence."""

    done: list[int]
    events: list[Event]
    refused: dict[int, str]


def review(
    connection: Connection,
    accounts: Accounts,
    notice: str,
    today: date,
    case_ids: Sequence[int],
    approved: bool,
    by: str,
    reason: str | Mapping[int, str],
) -> Reviewed:
    """Approve or reject cases; who entered one cannot review it, and what has changed since is decided again first.

    ``reason`` is that of all, or each case's own.
    """
    lock_cases(connection, case_ids)
    rows = connection.execute(_CASES, {"ids": array(case_ids)}).all()
    now = decide_anew(connection, notice, [row.id for row in rows]) if approved else {}
    sentences = {row.id: _against(row, approved, by, now) for row in rows}
    events = _decide_changed(connection, notice, [row for row in rows if sentences[row.id] and _changed(row, now)])
    refused = {number: sentence for number, sentence in sentences.items() if sentence}
    refused |= {number: f"there is no case {number}" for number in set(case_ids) - sentences.keys()}
    done = [number for number, sentence in sentences.items() if sentence is None]
    if approved:
        told, failed = _approve(connection, accounts, today, done, by, reason)
        return Reviewed([number for number in done if number not in failed], events + told, refused | failed)
    because = reason if isinstance(reason, Mapping) else dict.fromkeys(done, reason)
    words = {"ids": array(done), "because": array(because[case] for case in done)}
    rejected = connection.execute(_REJECTED, words | {"by": by, "today": today}).all()
    events += [
        Event(
            "refund.rejected",
            row.person_id,
            {"case": row.id, "due": row.due_id, "by": by, "because": row.review_reason},
        )
        for row in rejected
    ]
    # Ours was terminated: that the premium stays does not bring the cover back (`levy duplicates undo` does).
    events += end_closed(connection, [row.enrolment_id for row in rejected if row.enrolment_id], today)
    return Reviewed(done, events, refused)


def review_now(house: House, case_ids: Sequence[int], approved: bool, by: str, reason: str) -> Reviewed:
    """Review cases of this house's area today, in a transaction of its own, with what was done in the audit log."""
    today, accounts = house.clock.today(), house.accounts(house.law.area)
    with house.engine.begin() as connection:
        outcome = review(connection, accounts, house.law.notice, today, case_ids, approved, by, reason)
        house.audit.record(connection, Origin(f"clerk:{by}", house.law.area, today), outcome.events, house.clock.now())
    return outcome


def _approve(
    connection: Connection,
    accounts: Accounts,
    today: date,
    case_ids: Sequence[int],
    by: str,
    reason: str | Mapping[int, str],
) -> tuple[list[Event], dict[int, str]]:
    """Approve all at once; where that cannot be, one half after the other, until those in the way are alone.

    Returns the events, and a sentence for each case that could not be approved.
    """
    try:
        with connection.begin_nested():
            return approve(connection, accounts, today, case_ids, by, reason), {}
    except NotCovered as error:
        if len(case_ids) == 1:
            return [], {error.case_id: str(error)}
    events: list[Event] = []
    failed: dict[int, str] = {}
    half = len(case_ids) // 2
    for part in (case_ids[:half], case_ids[half:]):
        told, not_done = _approve(connection, accounts, today, part, by, reason)
        events += told
        failed |= not_done
    return events, failed


def _against(case: Any, approved: bool, by: str, now: Mapping[int, dict[str, Any]]) -> str | None:
    """Why this case cannot be reviewed so, None where it can."""
    if same_person(case.entered_by, by):
        return f"case {case.id} was entered by {case.entered_by}: another person reviews it"
    if case.state not in _WAITS:
        return f"case {case.id} is {case.state}: nothing of it waits for a review"
    if not approved:
        return None
    if case.state != "decided":
        return f"case {case.id} is {case.state}: the notice gives nothing back yet, so there is nothing to approve"
    if case.reversed or (case.reason != "overpaid" and case.due_state != "paid"):
        return f"case {case.id}: tax has reversed the payment, so nothing is left to give back"
    if _changed(case, now):
        return f"case {case.id}: what it was decided from has changed, and it was decided anew: look at it again"
    return None


def _changed(case: Any, now: Mapping[int, dict[str, Any]]) -> bool:
    """Whether a decided case would be decided otherwise today, such as since assistance has been paid out."""
    return case.state == "decided" and case.id in now and _outcome(now[case.id]) != _outcome(case.decision)


def _decide_changed(connection: Connection, notice: str, cases: Sequence[Any]) -> list[Event]:
    ids = [case.id for case in cases]
    connection.execute(_AGAIN, {"ids": array(ids)})
    return decide_cases(connection, notice, ids) if ids else []


def _outcome(decision: Mapping[str, Any]) -> bytes:
    return orjson.dumps([decision.get(name) for name in ("outcome", "refund", "ends_cover")])
