"""What a clerk adds to a case: facts that the rosters do not have, or a ruling where the notice has no rule.

A ruling that ends or suspends our cover is only asked for: another person reviews it (``worker/duplicates/review.py``).
What the notice decides, also by facts that a clerk added, needs no second person.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import Event

_CASE = text(
    "SELECT id, person_id, state, facts, review, asked_by FROM duplicate_case WHERE id = :id AND area = :area"
    " FOR UPDATE"
)
_FACTS = text(
    "UPDATE duplicate_case SET facts = CAST(:facts AS jsonb), state = 'found', decided_by = :by WHERE id = :id"
)
_KEPT = text(
    "UPDATE duplicate_case SET state = 'resolved', outcome = 'keep', decided_by = :by, decided_on = :today"
    " WHERE id = :id"
)
ASK = text(
    "UPDATE duplicate_case SET review = 'asked', asked_for = :outcome, asked_by = :by, asked_because = :reason,"
    " reviewed_by = NULL WHERE id = :id"
)
"""A clerk asks for an ``outcome`` of ours; the second person's answer is still to come."""


class CannotRule(Exception):
    """The case is not there, or waits for nobody: a sentence that says which."""


def facts_of_both(
    usual_residence: str | None, months: int | None, flexible: bool | None, entitled: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a clerk knows, as facts of ours and of the other enrolment; None where it is not known.

    ``usual_residence``, ``entitled``: at which of both the person usually lives, by which they draw benefits (``ours``,
    ``other``); ``months`` of continuous cover of the other one, and whether it is by flexible employment.
    """
    ours: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for name, where in (("usual_residence", usual_residence), ("entitled", entitled)):
        if where is not None:
            ours[name], other[name] = where == "ours", where == "other"
    if months is not None:
        other["months"] = months
    if flexible is not None:
        other["flexible_employment"] = flexible
    return ours, other


def rule(
    connection: Connection,
    area: str,
    case_id: int,
    by: str,
    today: date,
    outcome: str | None = None,
    reason: str | None = None,
    ours: Mapping[str, Any] | None = None,
    other: Mapping[str, Any] | None = None,
) -> list[Event]:
    """Rule on a case (``outcome`` of ours, with the reason), or add facts, so that it is decided anew.

    Ours is kept at once; that it is terminated or suspended waits for a second person. Raises ``CannotRule``.
    """
    case = connection.execute(_CASE, {"id": case_id, "area": area}).one_or_none()
    if case is None:
        raise CannotRule(f"there is no case {case_id}")
    if case.state == "resolved":
        raise CannotRule(f"case {case_id} is resolved: nothing of it waits for anybody")
    if case.review == "asked":
        raise CannotRule(f"case {case_id} waits for the review of what {case.asked_by} asked for")
    if outcome is not None:
        values = {"id": case_id, "outcome": outcome, "by": by, "reason": reason, "today": today}
        connection.execute(_KEPT if outcome == "keep" else ASK, values)
        facts = {"case": case_id, "outcome": outcome, "by": by, "because": reason}
        return [Event("duplicate.ruled" if outcome == "keep" else "duplicate.ruling_asked", case.person_id, facts)]
    if not case.facts:
        raise CannotRule(f"case {case_id} is a suspicion only: rule on it with --outcome")
    both = [one | dict(more or {}) for one, more in zip(case.facts, (ours, other), strict=True)]
    connection.execute(_FACTS, {"id": case_id, "facts": orjson.dumps(both).decode(), "by": by})
    added = {"case": case_id, "by": by, "ours": dict(ours or {}), "other": dict(other or {})}
    return [Event("duplicate.facts_added", case.person_id, added)]
