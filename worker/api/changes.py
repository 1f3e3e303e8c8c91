"""The feed of changes: what happened to whom, by a cursor that misses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from worker.report.case import READ

_CHANGES = text(
    "SELECT e.position, e.action, e.person_id, s.origin::jsonb->>'business_date' AS day, s.recorded_at"
    " FROM audit_event e JOIN audit_segment s ON s.chain = e.chain AND s.segment = e.segment"
    " WHERE e.chain = :chain AND e.position > :after ORDER BY e.position LIMIT :limit"
)
_NUMBERS = text("SELECT id, person_no FROM person WHERE id = ANY(:people)")
_ENDS = text(
    "SELECT coalesce((SELECT max(events) FROM audit_stub WHERE chain = :chain), 0) AS first,"
    " coalesce((SELECT events FROM audit_chain WHERE chain = :chain), 0) AS last"
)
_QUIET = frozenset((READ,))


class CursorGone(Exception):
    """What follows the cursor was removed, or the book was put back to before it: begin with every person anew."""


def changes_after(connection: Connection, chain: str, after: int, limit: int) -> dict[str, Any]:
    """What happened to whom after ``after``, in the order in which it was committed. Raises ``CursorGone``.

    The cursor is the position in the area's audit chain. A transaction that writes to the chain holds its head until
    it ends, so that positions become visible in their order and without a gap: no reader passes one still to come.
    """
    ends = connection.execute(_ENDS, {"chain": chain}).one()
    if after < ends.first and after != 0:
        raise CursorGone("what follows this cursor was removed: read everybody's state anew, then begin at the first")
    if after > ends.last:
        raise CursorGone("the book is shorter than this cursor: it was restored; read everybody's state anew")
    rows = connection.execute(_CHANGES, {"chain": chain, "after": after, "limit": limit}).all()
    told = [row for row in rows if row.person_id is not None and row.action not in _QUIET]
    numbers = dict(_numbered(connection, sorted({row.person_id for row in told})))
    return {
        "items": [
            {
                "position": row.position,
                "action": row.action,
                "person_no": numbers.get(row.person_id),
                "business_date": row.day,
                "recorded_at": row.recorded_at,
            }
            for row in told
        ],
        "next": rows[-1].position if rows else after,
        "more": bool(rows) and rows[-1].position < ends.last,
    }


def _numbered(connection: Connection, people: list[int]) -> Iterator[tuple[int, str | None]]:
    if people:
        yield from ((row.id, row.person_no) for row in connection.execute(_NUMBERS, {"people": people}))
