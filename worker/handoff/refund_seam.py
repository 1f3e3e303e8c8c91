"""Where a handoff meets the refunds of this house: one is opened by the final review, and looked after.

Refunds have a life of their own (order, bank, retry). A case only asks for one, and asks later what became of it.
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

_NOTE = text("UPDATE handoff SET refund = CAST(:refund AS jsonb) WHERE id = :id")


def open_refund(
    connection: Connection,
    house: House,
    stand: Stand,
    decision: Mapping[str, Any],
    today: date,
    clerks: tuple[str, str],
) -> list[Event]:
    """Give the payment of the case back, as the engine has decided; ``clerks``: who proposed, who approved.

    Called once for each case, with its enrolment and due locked. Returns the events of it.
    """
    note_refund(connection, stand, {"state": "open", "shares": decision["refund"]})
    return []


def refund_state(stand: Stand) -> Mapping[str, Any]:
    """What became of it: ``state`` is open, held (``because``) or done (``on``, ``amount``)."""
    return stand.refund or {"state": "open"}


def note_refund(connection: Connection, stand: Stand, refund: Mapping[str, Any]) -> None:
    """Keep with the case what is known of its refund or pay-out."""
    connection.execute(_NOTE, {"id": stand.id, "refund": orjson.dumps(dict(refund)).decode()})
