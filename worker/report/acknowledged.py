"""What neighbours answered to the rows of batches: how many came to what, and with how much money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from worker.database.arrays import array

_BY_STATE = text(
    "SELECT r.what, r.state, r.code, count(*) AS items, sum(r.amount)::bigint AS amount FROM job j CROSS JOIN LATERAL"
    " (SELECT 'due' AS what, d.state, d.reject_code AS code, d.amount FROM due d WHERE j.kind <> 'disburse'"
    "   AND d.id BETWEEN (j.payload->>'first')::bigint AND (j.payload->>'last')::bigint"
    "   AND d.batch = coalesce(j.payload->>'batch', j.key)"
    "  UNION ALL SELECT 'due', d.state, d.reject_code, d.amount FROM due d WHERE j.kind <> 'disburse'"
    "   AND d.id IN (SELECT jsonb_array_elements_text(j.payload->'dues')::bigint)"
    "  UNION ALL SELECT 'order', o.state, o.code, o.amount FROM disbursement o WHERE j.kind = 'disburse'"
    "   AND o.batch = coalesce(j.payload->>'batch', j.key)) AS r"
    " WHERE j.id = ANY(CAST(:jobs AS bigint[])) GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"
)


def acknowledged(connection: Connection, jobs: Sequence[int]) -> list[dict[str, Any]]:
    """By ``what`` (``due`` or ``order``), ``state`` and ``code`` of refusal: ``items``, and their ``amount`` in fen.

    Jobs that carry no rows count nothing.
    """
    return [dict(row._mapping) for row in connection.execute(_BY_STATE, {"jobs": array(jobs)})]
