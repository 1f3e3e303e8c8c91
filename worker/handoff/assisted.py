"""Who is assisted on a claim between areas: whoever grants here asks first, so that nobody is assisted by two areas."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.database.arrays import array

_ON_CLAIMS = text(
    "SELECT e.id, h.insurance, sum((share->>'amount')::bigint)::bigint AS amount FROM handoff h"
    " JOIN handoff_step s ON s.handoff_id = h.id AND s.what = 'granted'"
    " JOIN enrolment e ON e.person_id = h.person_id AND e.insured_year = h.insured_year"
    " CROSS JOIN LATERAL jsonb_array_elements(s.facts->'assisted') AS share"
    " WHERE h.kind = 'assistance_claim' AND e.id = ANY(CAST(:enrolments AS bigint[]))"
    # What we paid on a claim and the fund has back in whole assists nobody.
    " AND (SELECT bool_and(fund_has_back(a.id)) FROM assistance a WHERE a.handoff_id = h.id AND a.state <> 'cancelled')"
    "  IS NOT TRUE GROUP BY e.id, h.insurance"
)
_HERE = text(
    "SELECT EXISTS (SELECT FROM assistance a JOIN enrolment e ON e.id = a.enrolment_id WHERE a.person_id = :person"
    " AND e.insured_year = :year AND a.insurance = :insurance AND a.state <> 'cancelled'"
    " AND NOT fund_has_back(a.id))"
)


def assisted_elsewhere(connection: Connection, enrolments: Sequence[int]) -> dict[tuple[int, str], Fen]:
    """Fen that the area which recognised an identity has granted, by enrolment and insurance; others are left out."""
    rows = connection.execute(_ON_CLAIMS, {"enrolments": array(enrolments)})
    return {(row.id, row.insurance): row.amount for row in rows}


def assisted_here(connection: Connection, person_id: int | None, insured_year: int, insurance: str) -> bool:
    """Whether we assist this person already, as somebody enrolled here; what its fund has back does not count."""
    values = {"person": person_id, "year": insured_year, "insurance": insurance}
    return bool(connection.execute(_HERE, values).scalar_one())
