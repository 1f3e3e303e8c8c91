"""Where a handoff meets the refunds of this house: one is opened by the final review, and looked after.

Refunds have a life of their own (order, tax, retry). A case only asks for one, and asks later what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.audit.log import Event
from worker.handoff.cases import Stand
from worker.house import House
from worker.refunds.approve import NotCovered, approve
from worker.refunds.locking import lock_cases
from worker.refunds.opening import open_decided

_NOTE = text("UPDATE handoff SET refund = CAST(:refund AS jsonb) WHERE id = :id")
_STATE = text(
    "SELECT c.state, (SELECT max(settled_on)::text FROM refund_item i WHERE i.case_id = c.id) AS on_day,"
    " (SELECT string_agg(DISTINCT held_because, ', ') FROM refund_item i WHERE i.case_id = c.id) AS because"
    " FROM refund_case c WHERE c.id = :case"
)


def open_refund(
    connection: Connection,
    house: House,
    stand: Stand,
    decision: Mapping[str, Any],
    today: date,
    clerks: tuple[str, str],
) -> list[Event]:
    """Give the payment of the case back, as the engine has decided; ``clerks``: marks of who proposed, who approved.

    Called once for each case, with its enrolment and due locked; returns the events. Where nothing can be given back
    (the payment was reversed, or another refund has it) the case is kept with the reason, for a person to look at.
    """
    assert stand.due_id is not None
    entered, reviewed = (f"handoff clerk {mark}" for mark in clerks)
    number, events = open_decided(
        connection, today, stand.due_id, "wrong_area", decision, entered, own_fault=False,
        intended_area=stand.peer, remark=f"case {stand.case_id}",
    )  # fmt: skip
    if number is None:
        return _held(connection, stand, "the payment is not there any more, or another refund gives it back")
    lock_cases(connection, [number])
    reason = f"final review of case {stand.case_id}"
    try:
        with connection.begin_nested():
            events += approve(connection, house.accounts(stand.area), today, [number], reviewed, reason)
    except NotCovered as error:
        return events + _held(connection, stand, str(error))
    note_refund(connection, stand, {"state": "open", "case": number})
    return events


def refund_state(connection: Connection, stand: Stand) -> Mapping[str, Any]:
    """What became of it: ``state`` is open, held (``because``) or done (``on``)."""
    noted = stand.refund or {"state": "open"}
    if "case" not in noted:
        return noted
    row = connection.execute(_STATE, {"case": noted["case"]}).one()
    if row.state == "refunded":
        return {"state": "done", "on": row.on_day, "case": noted["case"]}
    if row.state == "held":
        return {"state": "held", "because": row.because or "", "case": noted["case"]}
    if row.state == "withdrawn":
        return {"state": "held", "because": "tax took the payment back", "case": noted["case"]}
    return {"state": "open", "case": noted["case"]}


def note_refund(connection: Connection, stand: Stand, refund: Mapping[str, Any]) -> None:
    """Keep with the case what is known of its refund or pay-out."""
    connection.execute(_NOTE, {"id": stand.id, "refund": orjson.dumps(dict(refund)).decode()})


def _held(connection: Connection, stand: Stand, because: str) -> list[Event]:
    note_refund(connection, stand, {"state": "held", "because": because})
    return [Event("handoff.refund_held", stand.person_id, {"case": stand.case_id, "because": because})]
