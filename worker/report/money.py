"""Money by state: what is asked for, was paid, is on its way or held, of dues, assistance and refunds."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

_SUMS = text(
    "SELECT 'due' AS what, state, count(*) AS items, sum(amount)::bigint AS asked, sum(paid)::bigint AS paid FROM due"
    " WHERE area = :area AND insured_year = :year AND state <> 'void' GROUP BY state"
    " UNION ALL SELECT 'assistance', a.state, count(*), sum(a.amount)::bigint,"
    "  coalesce(sum(a.amount) FILTER (WHERE a.state = 'paid'), 0)::bigint FROM assistance a"
    "  WHERE a.area = :area AND a.insured_year = :year AND a.state <> 'cancelled' GROUP BY a.state"
    " UNION ALL SELECT 'refund', i.state, count(*), sum(i.amount)::bigint,"
    "  coalesce(sum(i.amount) FILTER (WHERE i.state = 'paid'), 0)::bigint FROM refund_item i"
    "  JOIN refund_case c ON c.id = i.case_id WHERE c.area = :area AND c.insured_year = :year GROUP BY i.state"
    " ORDER BY 1, 2"
)


class Sum(NamedTuple):
    """How many dues, assistances or parts of refunds are in a state, what they come to and what of it moved, in fen."""

    what: str
    state: str
    items: int
    asked: int
    paid: int


def money_by_state(connection: Connection, area: str, insured_year: int) -> list[Sum]:
    """A line for each state of each kind; what was withdrawn or cancelled is left out."""
    return [Sum(*row) for row in connection.execute(_SUMS, {"area": area, "year": insured_year})]
