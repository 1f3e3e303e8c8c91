"""Asking back assistance that nobody has a right to keep and of which no notice says what becomes.

It was paid out for a payment that tax has reversed since, and that nobody has made again; or somebody is assisted both
as enrolled here and on a claim between areas. Nothing is asked back by itself: a clerk asks for it, one grant at a
time, and another person agrees. From then on it is a clawback like others, only that it holds no cover. Who pays the
premium after all is assisted anew.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.assistance.twice import TWICE
from worker.audit.log import Event
from worker.ledger import clawback as ledger
from worker.ledger.chart import Accounts
from worker.ledger.checks_assistance import UNPAID_AGAIN
from worker.ledger.post import post
from worker.second_person import same_person

RECLAIMABLE = (
    # Of a premium that was given back the fund has its share, unless it is asked for anew and not paid again.
    "x.state IN ('ordered', 'paid') AND d.state <> 'paid' AND (d.state <> 'refunded' OR EXISTS"
    "  (SELECT FROM refund_case c WHERE c.due_id = x.due_id AND c.reason = 'wrong_tier' AND c.state = 'refunded'))"
    " AND NOT EXISTS (SELECT FROM due n WHERE n.enrolment_id = x.enrolment_id AND n.insurance = x.insurance"
    "  AND n.current AND n.state = 'paid') AND NOT EXISTS (SELECT FROM clawback c WHERE c.assistance_id = x.id)"
    f" AND x.due_id IN ({UNPAID_AGAIN})"
)
"""What may be asked back since its premium is not paid, as SQL over ``assistance x JOIN due d ON d.id = x.due_id``."""
_LOCKS = (
    "SELECT FROM enrolment e JOIN assistance x ON x.person_id = e.person_id AND x.insured_year = e.insured_year"
    " WHERE x.id = :id ORDER BY e.id FOR NO KEY UPDATE OF e",
    "SELECT FROM due d JOIN assistance x ON x.due_id = d.id WHERE x.id = :id FOR NO KEY UPDATE OF d",
    "SELECT FROM assistance x WHERE x.id = :id FOR NO KEY UPDATE",
)
_ONE = text(
    "SELECT x.*, r.id AS request, r.asked_by, r.asked_because,"
    " EXISTS (SELECT FROM clawback c WHERE c.assistance_id = x.id) AS asked_back,"
    f" EXISTS (SELECT FROM due d WHERE d.id = x.due_id AND {RECLAIMABLE})"
    f" OR EXISTS (SELECT FROM ({TWICE}) AS t WHERE t.assistance = x.id AND t.person_id = x.person_id) AS listed"
    " FROM assistance x LEFT JOIN clawback_request r ON r.assistance_id = x.id AND r.answer IS NULL"
    " WHERE x.id = :id AND x.area = :area"
)
_ASK = text(
    "INSERT INTO clawback_request (assistance_id, area, asked_by, asked_because, asked_on)"
    " VALUES (:id, :area, :by, :reason, :today)"
)
_ANSWER = text(
    "UPDATE clawback_request SET answer = :answer, reviewed_by = :by, reviewed_because = :reason, reviewed_on = :today"
    " WHERE id = :request"
)
_OPEN = text(
    # Who was assisted on a claim is enrolled here too, or they would not be assisted twice.
    "INSERT INTO clawback (assistance_id, enrolment_id, person_id, area, insurance, source, category, amount,"
    " opened_on, holds_cover, asked_by, reviewed_by, decision) SELECT x.id, coalesce(x.enrolment_id, (SELECT e.id"
    "  FROM enrolment e WHERE e.person_id = x.person_id AND e.insured_year = x.insured_year AND e.area = x.area)),"
    " person_id, area, insurance, source, category, amount, :today, false, :asked_by, :by, CAST(:decision AS jsonb)"
    " FROM assistance x WHERE x.id = :id RETURNING id"
)


class NotReclaimable(Exception):
    """Assistance that is not to be asked back, or not yet, or not by this person: a sentence that says why."""


def ask(connection: Connection, area: str, assistance_id: int, by: str, reason: str, today: date) -> list[Event]:
    """Ask that one grant is asked back from the person, for its fund; another person reviews it. Returns the events.

    Raises ``NotReclaimable`` where neither ``levy held reclaim`` nor ``levy held twice`` lists it, where it is asked
    for already, or where the bank has not paid it out yet.
    """
    row = _locked(connection, area, assistance_id)
    if row.request is not None:
        raise NotReclaimable(f"assistance {assistance_id} waits for the review of what {row.asked_by} asked for")
    _still(row, assistance_id)
    values = {"id": assistance_id, "area": area, "by": by, "reason": reason, "today": today}
    connection.execute(_ASK, values)
    return [Event("clawback.asked", row.person_id, _facts(row) | {"by": by, "because": reason})]


def review(
    connection: Connection,
    accounts: Accounts,
    area: str,
    assistance_id: int,
    approved: bool,
    by: str,
    reason: str,
    today: date,
) -> list[Event]:
    """Agree or not that it is asked back; never by who asked. Returns the events. Raises ``NotReclaimable``."""
    row = _locked(connection, area, assistance_id)
    if row.request is None:
        raise NotReclaimable(
            f"nobody has asked for assistance {assistance_id} back: `levy held asked` lists what waits"
        )
    if same_person(row.asked_by, by):
        raise NotReclaimable(f"assistance {assistance_id}: {row.asked_by} asked for it, another person reviews that")
    values = {"request": row.request, "by": by, "reason": reason, "today": today}
    if approved and not row.listed:
        raise NotReclaimable(
            f"assistance {assistance_id} is on no list any more: its premium was paid since, or it stands alone; reject"
        )
    if approved:
        _still(row, assistance_id)
    connection.execute(_ANSWER, values | {"answer": "approved" if approved else "rejected"})
    asked = {"by": row.asked_by, "because": row.asked_because, "reviewed_by": by, "reviewed_because": reason}
    if not approved:
        return [Event("clawback.rejected", row.person_id, _facts(row) | asked)]
    decision = orjson.dumps({"outcome": "clawback"} | asked).decode()
    opened = {"id": assistance_id, "today": today, "asked_by": row.asked_by, "by": by, "decision": decision}
    number = connection.execute(_OPEN, opened).scalar_one()
    post(connection, [ledger.opened(accounts, number, row.due_id, row.insurance, row.source, row.amount)], today)
    facts = {"clawback": number} | _facts(row) | {"cover_held": False} | asked
    return [Event("clawback.opened", row.person_id, facts)]


def _locked(connection: Connection, area: str, assistance_id: int) -> Any:
    for lock in _LOCKS:
        connection.execute(text(lock), {"id": assistance_id})
    row = connection.execute(_ONE, {"id": assistance_id, "area": area}).one_or_none()
    if row is None:
        raise NotReclaimable(f"there is no assistance {assistance_id}")
    return row


def _still(row: Any, assistance_id: int) -> None:
    if row.asked_back or not row.listed:
        raise NotReclaimable(
            f"assistance {assistance_id} is neither on the list of `levy held reclaim` nor of `levy held twice`"
        )
    if row.state not in ("paid", "applied"):
        raise NotReclaimable(f"assistance {assistance_id} is not paid out yet: wait until it has arrived")


def _facts(row: Any) -> dict[str, Any]:
    return {"assistance": row.id, "category": row.category, "source": row.source, "amount": row.amount}
