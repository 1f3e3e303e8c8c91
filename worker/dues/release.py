"""Dues that a department refused to pay for: released, they are declared to it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from worker.audit.log import AuditLog, Event, Origin

_RELEASE = text(
    "UPDATE due SET declaration = NULL, reject_code = NULL WHERE id = ANY(:ids) AND payer <> 'person'"
    " AND state = 'accepted' AND reject_code IS NOT NULL RETURNING id, person_id, payer"
)


def release(
    connection: Connection, audit: AuditLog, origin: Origin, dues: Sequence[int], reason: str, now: datetime
) -> list[int]:
    """Let the refused among these dues be declared by the next tick; returns their numbers. ``reason`` is kept."""
    rows = connection.execute(_RELEASE, {"ids": list(dues)}).all()
    events = [
        Event("sponsor.released", row.person_id, {"due": row.id, "source": row.payer, "reason": reason}) for row in rows
    ]
    audit.record(connection, origin, events, now)
    return [row.id for row in rows]
