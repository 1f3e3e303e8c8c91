"""One event with its place in the chain, and how the chains stand: for whoever looks, not instead of verifying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, text

from worker.audit.anchors import last_anchored
from worker.audit.log import digest_of, event_mac
from worker.audit.verify import stub_of
from worker.keys import Keychain, KeysError

_EVENT = (
    "SELECT e.chain || ' ' || e.position AS event, e.chain, e.position, e.segment, e.action, e.person_id,"
    " p.person_no, e.facts::jsonb AS facts, s.recorded_at, s.batch, s.origin::jsonb->>'actor' AS actor,"
    " (s.origin::jsonb->>'business_date')::date AS business_date, (s.origin::jsonb->>'job')::bigint AS job"
)
EVENTS = (
    f"{_EVENT} FROM audit_event e JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " LEFT JOIN person p ON p.id = e.person_id WHERE e.chain = :chain"
)
"""The events of a chain with who, when and which job, as SQL."""
_OF_FEW = (
    f"{_EVENT} FROM audit_segment s JOIN LATERAL (SELECT * FROM audit_event o WHERE o.chain = s.chain"
    " AND o.segment = s.segment OFFSET 0) AS e ON true LEFT JOIN person p ON p.id = e.person_id"
    " WHERE s.chain = :chain AND s.segment = ANY(:segments)"
)
SHARED = {
    "job": "origin::jsonb->>'job' = CAST(:job AS text)",
    "batch": "batch = :batch",
    "segment": "segment = :segment",
    "day": "origin::jsonb->>'business_date' = CAST(:day AS text)",
    "actor": "strpos(origin::jsonb->>'actor', :actor) > 0",
}
"""What all events of a segment share and one may look for: conditions on ``audit_segment``."""
_FEW, _SCATTERED = 200, 4
_ONE = text(
    "SELECT e.chain, e.position, e.segment, e.action, e.person_id, p.person_no, e.facts, e.mac, s.origin, s.batch,"
    " s.recorded_at, b.mac AS before, c.events AS last, (SELECT count(*) FROM audit_event o WHERE o.chain = e.chain"
    "  AND o.segment = e.segment AND o.position BETWEEN e.position - 100000 AND e.position + 100000) AS of_segment"
    " FROM audit_event e JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " JOIN audit_chain c ON c.chain = e.chain LEFT JOIN audit_event b ON b.chain = e.chain"
    " AND b.position = e.position - 1 LEFT JOIN person p ON p.id = e.person_id"
    " WHERE e.chain = :chain AND e.position = :position"
)
_CHAINS = text(
    "SELECT c.chain, c.segments, c.events, encode(c.head, 'hex') AS head, c.key, (SELECT max(recorded_at)"
    " FROM audit_segment s WHERE s.chain = c.chain AND s.segment = c.segments) AS written,"
    " (SELECT max(events) FROM audit_stub t WHERE t.chain = c.chain) AS removed FROM audit_chain c ORDER BY c.chain"
)


def events_sharing(connection: Connection, chain: str, wanted: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """``EVENTS`` for which these conditions of ``SHARED`` hold, as SQL with the values that it has beside ``chain``.

    Segments are looked for first. Of a few that lie scattered, as those of one person do, each one's events are read.
    Else: positions follow segments, so that all events wanted lie between the first segment's and the last's; a walk
    by position, as a page goes, begins and ends there. ``+ 0``: else the planner looks for the first along all
    positions.
    """
    if not wanted:
        return EVENTS, {}
    of = f"FROM audit_segment WHERE chain = :chain AND {' AND '.join(SHARED[name] for name in wanted)}"
    few = text(f"SELECT segment {of} LIMIT {_FEW + 1}")
    segments = list(connection.execute(few, {"chain": chain, **wanted}).scalars())
    if not segments or (len(segments) <= _FEW and max(segments) - min(segments) >= _SCATTERED * len(segments)):
        return _OF_FEW, {"segments": segments}
    ends = [
        f"(SELECT {end}(position + 0) FROM audit_event WHERE chain = :chain AND segment = (SELECT {end}(segment) {of}))"
        for end in ("min", "max")
    ]
    sql = f"{EVENTS} AND s.segment = ANY(ARRAY(SELECT segment {of})) AND e.position BETWEEN {ends[0]} AND {ends[1]}"
    return sql, dict(wanted)


@dataclass(frozen=True)
class Placed:
    """An event: its row, what its segment shares, and whether it fits the event before it (None: that is not here)."""

    row: Any
    facts: dict[str, Any]
    origin: dict[str, Any]
    holds: bool | None


def event_at(connection: Connection, keychain: Keychain, chain: str, position: int) -> Placed | None:
    """The event at this place; None where there is none, or where it was removed."""
    row = connection.execute(_ONE, {"chain": chain, "position": position}).one_or_none()
    if row is None:
        return None
    origin: dict[str, Any] = orjson.loads(row.origin)
    stub = stub_of(connection, chain)
    before = stub.mac if stub.events == position - 1 else None if row.before is None else bytes(row.before)
    return Placed(row, orjson.loads(row.facts), origin, _holds(keychain, row, origin, before))


def _holds(keychain: Keychain, row: Any, origin: dict[str, Any], before: bytes | None) -> bool | None:
    if before is None:
        return None
    try:
        digest = digest_of(keychain.key("audit", int(origin["key"])))
    except (KeysError, KeyError, ValueError):
        return None
    said = (before, row.origin.encode(), row.position, row.action, row.person_id, row.facts.encode())
    return bool(event_mac(digest, *said) == bytes(row.mac))


def chain_states(connection: Connection, anchors: Path) -> list[dict[str, Any]]:
    """Each chain: segments, events, head, key, up to where removed, and its newest head in the file of anchors."""
    kept = last_anchored(anchors)
    return [
        {
            **row._mapping,
            "anchored": kept[row.chain].events if row.chain in kept else None,
            "anchored_at": kept[row.chain].at if row.chain in kept else None,
        }
        for row in connection.execute(_CHAINS)
    ]
