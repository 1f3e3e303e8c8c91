"""Whom and how much money some jobs are about, for whoever is to say what becomes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, text

from policies.money import Fen
from worker.database.arrays import array

MOST = 500
"""Jobs that are looked into: about a million people."""
_TOUCHED = text(
    "WITH meant AS (SELECT kind, payload FROM job WHERE id = ANY(CAST(:ids AS bigint[]))), money AS ("
    " SELECT d.person_id, d.amount FROM meant j JOIN due d ON d.id BETWEEN (j.payload->>'first')::bigint"
    "  AND (j.payload->>'last')::bigint AND d.batch = j.payload->>'batch' WHERE j.kind = 'push'"
    " UNION ALL SELECT d.person_id, d.amount FROM meant j"
    "  CROSS JOIN LATERAL jsonb_array_elements_text(j.payload->'dues') AS n(id) JOIN due d ON d.id = n.id::bigint"
    "  WHERE jsonb_typeof(j.payload->'dues') = 'array'"
    " UNION ALL SELECT coalesce(a.person_id, i.person_id), o.amount FROM meant j JOIN disbursement o"
    "  ON o.batch = j.payload->>'batch' LEFT JOIN assistance a ON a.id = o.assistance_id"
    "  LEFT JOIN refund_item i ON i.id = o.refund_item_id WHERE j.kind = 'disburse'"
    " UNION ALL SELECT i.person_id, i.amount FROM meant j JOIN refund_item i ON i.batch = j.payload->>'batch'"
    "  WHERE j.kind = 'refund')"
    " SELECT count(DISTINCT person_id) AS people, coalesce(sum(amount), 0)::bigint AS amount FROM money"
)


class Touched(NamedTuple):
    """People, and fen of their dues or orders."""

    people: int
    amount: Fen


def touched(connection: Connection, jobs: Sequence[int]) -> Touched | None:
    """Whose dues and orders these jobs carry; None where there are too many jobs to look into."""
    if len(jobs) > MOST:
        return None
    return Touched(*connection.execute(_TOUCHED, {"ids": array(jobs)}).one())
