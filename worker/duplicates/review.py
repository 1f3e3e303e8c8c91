"""The second person: what one clerk asked for about our enrolment, another one agrees to or not.

Asked for is that ours ends or is suspended where the notice has no rule (``worker/duplicates/rule.py``), or that such a
decision is undone: then it stands as before. A rejected refund does not open an enrolment again by itself: that the
person is enrolled twice is another question than whether the premium goes back. So somebody says why ours counts.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.duplicates.rule import ASK, CannotRule
from worker.second_person import same_person

_CASE = text(
    "SELECT c.*, (SELECT r.id FROM refund_case r WHERE r.enrolment_id = c.enrolment_id AND r.reason <> 'overpaid'"
    "  AND r.state NOT IN ('refused', 'rejected_by_review', 'withdrawn') ORDER BY r.id LIMIT 1) AS refund,"
    " (SELECT min(o.id) FROM duplicate_case o WHERE o.enrolment_id = c.enrolment_id AND o.id <> c.id"
    "  AND o.outcome = c.outcome AND o.carried_out) AS other"
    " FROM duplicate_case c JOIN enrolment e ON e.id = c.enrolment_id WHERE c.id = :id AND c.area = :area"
    " FOR NO KEY UPDATE OF e, c"
)
_REJECT = text("UPDATE duplicate_case SET review = 'rejected', reviewed_by = :by WHERE id = :id")
_APPROVE = text(
    "UPDATE duplicate_case SET review = 'approved', reviewed_by = :by, state = 'resolved', outcome = asked_for,"
    " decided_by = asked_by, decided_on = :today WHERE id = :id"
)
_OPEN = {
    "terminate": text(
        "UPDATE enrolment SET closed_because = NULL, stale = true WHERE id = :id"
        " AND closed_because IN ('joined_employee_scheme', 'enrolled_elsewhere') RETURNING id"
    ),
    "suspend": text("UPDATE enrolment SET suspended_on = NULL, stale = true WHERE id = :id RETURNING id"),
}


def ask_to_undo(connection: Connection, area: str, case_id: int, by: str, reason: str) -> list[Event]:
    """Ask that our enrolment counts after all; another person reviews it. Raises ``CannotRule``."""
    case = _locked(connection, area, case_id)
    _undoable(case)
    connection.execute(ASK, {"id": case_id, "outcome": "keep", "by": by, "reason": reason})
    return [Event("duplicate.undo_asked", case.person_id, {"case": case_id, "by": by, "because": reason})]


def review(
    connection: Connection, area: str, case_id: int, approved: bool, by: str, reason: str, today: date
) -> list[Event]:
    """Agree or not to what was asked for; never by who asked. A ruling is carried out at the next tick.

    Where one is undone, the enrolment is open or runs again and is assessed next, unless another case, or a death,
    closes it as well.

    Raises ``CannotRule``.
    """
    case = _locked(connection, area, case_id)
    if case.review != "asked":
        raise CannotRule(f"nobody has asked for anything that waits for a review in case {case_id}")
    undoes = case.asked_for == "keep"
    if undoes:
        _undoable(case)
    if same_person(case.asked_by, by):
        raise CannotRule(f"case {case_id}: {case.asked_by} asked for it, another person reviews that")
    connection.execute(_APPROVE if approved else _REJECT, {"id": case_id, "by": by, "today": today})
    if not undoes:
        facts = {"case": case_id, "outcome": case.asked_for, "by": case.asked_by, "because": case.asked_because}
        facts |= {"reviewed_by": by, "reviewed_because": reason}
        return [Event("duplicate.ruled" if approved else "duplicate.ruling_rejected", case.person_id, facts)]
    facts = {"case": case_id, "was": case.outcome, "by": by, "because": reason}
    if not approved:
        return [Event("duplicate.undo_rejected", case.person_id, facts)]
    events = [Event("duplicate.undone", case.person_id, facts)]
    if case.other is None and connection.execute(_OPEN[case.outcome], {"id": case.enrolment_id}).one_or_none():
        again = "enrolment.opened" if case.outcome == "terminate" else "cover.resumed"
        events.append(Event(again, case.person_id, {"case": case_id}))
    return events


def _locked(connection: Connection, area: str, case_id: int) -> Any:
    case = connection.execute(_CASE, {"id": case_id, "area": area}).one_or_none()
    if case is None:
        raise CannotRule(f"there is no case {case_id}")
    return case


def _undoable(case: Any) -> None:
    if case.outcome not in _OPEN or not case.carried_out:
        raise CannotRule(f"case {case.id} has neither terminated nor suspended our enrolment: nothing is to be undone")
    if case.refund is not None:
        raise CannotRule(
            f"refund case {case.refund} gives the premium back: reject it first (`levy refund review --reject`); what"
            " has been given back is not undone here"
        )
