"""Lists of cases for screens and reviews: by number, state, reason and day, without personal data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.database.arrays import array

CASES = (
    "SELECT c.id, p.person_no, c.reason, c.amount AS yuan, c.state, c.entered_by, c.applied_on,"
    " coalesce((SELECT string_agg(DISTINCT i.held_because, ', ') FROM refund_item i WHERE i.case_id = c.id),"
    "  (SELECT string_agg(m, ', ') FROM jsonb_array_elements_text(coalesce(c.decision->'missing', '[]')) AS m))"
    " AS because"
    " FROM refund_case c LEFT JOIN person p ON p.id = c.person_id WHERE c.area = :area"
)
"""All cases of an area, as SQL; ``yuan`` is in fen."""

_CASES = text(
    CASES + " AND (CAST(:states AS text[]) IS NULL OR c.state = ANY(CAST(:states AS text[])))"
    " AND (CAST(:reason AS text) IS NULL OR c.reason = :reason)"
    " AND (CAST(:ids AS bigint[]) IS NULL OR c.id = ANY(CAST(:ids AS bigint[])))"
    " ORDER BY c.id LIMIT :limit"
)
_ONE = text("SELECT * FROM refund_case WHERE id = :id")
_ITEMS = text(
    "SELECT i.id AS item, coalesce(nullif(i.source, ''), 'person') AS \"to\", i.amount AS yuan, y.voucher_no, i.route,"
    " i.state, i.held_because AS because, i.settled_on, i.reversed_on FROM refund_item i"
    " JOIN payment y ON y.id = i.payment_id WHERE i.case_id = :id ORDER BY i.ordinal"
)


def list_cases(
    connection: Connection,
    area: str,
    states: Sequence[str] | None = None,
    reason: str | None = None,
    ids: Sequence[int] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Cases in order of their numbers; None: whatever it is."""
    values = {
        "area": area,
        "states": array(states) if states is not None else None,
        "reason": reason,
        "ids": array(ids) if ids is not None else None,
        "limit": limit,
    }
    return [dict(row._mapping) for row in connection.execute(_CASES, values)]


def one_case(connection: Connection, case_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """All columns of a case, and its items; None where there is no such case."""
    row = connection.execute(_ONE, {"id": case_id}).one_or_none()
    if row is None:
        return None
    return dict(row._mapping), [dict(item._mapping) for item in connection.execute(_ITEMS, {"id": case_id})]
