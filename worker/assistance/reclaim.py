"""Asking back assistance that was paid out for a payment that tax has reversed since, and that nobody has made again.

No notice says what becomes of it, so nothing is asked back by itself: a clerk decides it, one grant at a time. From
then on it is a clawback like others. Who pays the premium after all is assisted anew.
"""

from __future__ import annotations

from datetime import date

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.ledger import clawback as ledger
from worker.ledger.chart import Accounts
from worker.ledger.checks_assistance import UNPAID_AGAIN
from worker.ledger.post import post

RECLAIMABLE = (
    # Of a premium that was given back the fund has its share, unless it is asked for anew and not paid again.
    "x.state IN ('ordered', 'paid') AND d.state <> 'paid' AND (d.state <> 'refunded' OR EXISTS"
    "  (SELECT FROM refund_case c WHERE c.due_id = x.due_id AND c.reason = 'wrong_tier' AND c.state = 'refunded'))"
    " AND NOT EXISTS (SELECT FROM due n WHERE n.enrolment_id = x.enrolment_id AND n.insurance = x.insurance"
    "  AND n.current AND n.state = 'paid') AND NOT EXISTS (SELECT FROM clawback c WHERE c.assistance_id = x.id)"
    f" AND x.due_id IN ({UNPAID_AGAIN})"
)
"""What ``levy held reclaim`` lists, as SQL over ``assistance x JOIN due d ON d.id = x.due_id``."""
_LOCK = text(
    "SELECT FROM enrolment e JOIN due d ON d.enrolment_id = e.id JOIN assistance x ON x.due_id = d.id WHERE x.id = :id"
    " AND x.area = :area FOR NO KEY UPDATE OF e, d, x"
)
_LISTED = text(
    "SELECT x.person_id, x.due_id, x.insurance, x.source, x.category, x.amount, x.state FROM assistance x"
    f" JOIN due d ON d.id = x.due_id WHERE x.id = :id AND {RECLAIMABLE}"
)
_OPEN = text(
    "INSERT INTO clawback (assistance_id, enrolment_id, person_id, area, insurance, source, category, amount,"
    " opened_on, holds_cover, decision) SELECT id, enrolment_id, person_id, area, insurance, source, category, amount,"
    " :today, false, CAST(:decision AS jsonb) FROM assistance WHERE id = :id RETURNING id"
)


class NotReclaimable(Exception):
    """Assistance that is not to be asked back, or not yet: a sentence that says why."""


def reclaim(
    connection: Connection, accounts: Accounts, area: str, assistance_id: int, by: str, reason: str, today: date
) -> list[Event]:
    """Ask one grant back from the person, for its fund. Returns the events.

    Raises ``NotReclaimable`` where ``levy held reclaim`` does not list it, or the bank has not paid it out yet.
    """
    values = {"id": assistance_id, "area": area}
    locked = connection.execute(_LOCK, values).one_or_none() is not None
    row = connection.execute(_LISTED, values).one_or_none() if locked else None
    if row is None:
        raise NotReclaimable(f"assistance {assistance_id} is not on the list of `levy held reclaim`")
    if row.state == "ordered":
        raise NotReclaimable(f"assistance {assistance_id} is on its way to the bank: wait until it has arrived")
    decision = orjson.dumps({"outcome": "clawback", "by": by, "because": reason}).decode()
    number = connection.execute(_OPEN, {"id": assistance_id, "today": today, "decision": decision}).scalar_one()
    move = ledger.opened(accounts, number, row.due_id, row.insurance, row.source, row.amount)
    post(connection, [move], today)
    facts = {"clawback": number, "assistance": assistance_id, "category": row.category, "source": row.source}
    facts |= {"amount": row.amount, "cover_held": False, "by": by, "because": reason}
    return [Event("clawback.opened", row.person_id, facts)]
