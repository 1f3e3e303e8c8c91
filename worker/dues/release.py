"""Dues that a department refused to pay for: released, they are declared to it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from worker.audit.log import AuditLog, Event, Origin

_REFUSED = "WHERE id = ANY(:ids) AND payer <> 'person' AND state = 'accepted' AND reject_code IS NOT NULL"
_AMONG = text(f"SELECT id, payer, amount FROM due {_REFUSED} ORDER BY id FOR UPDATE")
_RELEASE = text(f"UPDATE due SET declaration = NULL, reject_code = NULL {_REFUSED} RETURNING id, person_id, payer")


def refused_among(connection: Connection, dues: Sequence[int]) -> Sequence[Any]:
    """Those of these dues that a department has refused: ``id``, ``payer``, ``amount`` in fen. They are locked."""
    return connection.execute(_AMONG, {"ids": list(dues)}).all()


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
