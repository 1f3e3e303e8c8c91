"""Who is assisted by another area, or is to be: whoever grants here asks first, so that nobody is assisted twice."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.database.arrays import array

_ELSEWHERE = text(
    "SELECT h.person_id, sum((share->>'amount')::bigint)::bigint AS amount FROM handoff h"
    " JOIN handoff_step s ON s.handoff_id = h.id AND s.what = 'granted'"
    " CROSS JOIN LATERAL jsonb_array_elements(s.facts->'assisted') AS share"
    " WHERE h.kind = 'assistance_claim' AND h.side = 'intended' AND h.insured_year = :year"
    " AND h.person_id = ANY(CAST(:people AS bigint[])) GROUP BY h.person_id"
)


def assisted_elsewhere(connection: Connection, people: Sequence[int], insured_year: int) -> dict[int, Fen]:
    """Fen that another area has granted, by person; only those to whom it has granted any."""
    rows = connection.execute(_ELSEWHERE, {"people": array(people), "year": insured_year})
    return {row.person_id: row.amount for row in rows}
