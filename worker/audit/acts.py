"""What one person did, from the audit log: the newest events of segments that are theirs."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.database.evidence import BY_PEOPLE

_ACTS = text(
    "SELECT s.recorded_at, s.chain, e.position, e.action, e.facts FROM (SELECT chain, segment, recorded_at"
    f"  FROM audit_segment WHERE ({BY_PEOPLE}) AND origin::jsonb->>'actor' = ANY(:actors)"
    "  ORDER BY recorded_at DESC LIMIT :limit) AS s JOIN audit_event e ON e.chain = s.chain AND e.segment = s.segment"
    " ORDER BY s.recorded_at DESC, s.chain, e.position DESC LIMIT :limit"
)


def acts_of(connection: Connection, login: str, limit: int) -> list[dict[str, Any]]:
    """The newest acts of this account, in whatever capacity: when, in which chain, what, and the facts."""
    values = {"actors": [f"{capacity}:{login}" for capacity in ("operator", "clerk")], "limit": limit}
    rows = connection.execute(_ACTS, values)
    return [dict(row._mapping) | {"facts": orjson.loads(row.facts)} for row in rows]
