"""What each fund owes: claimed, settled, open and for how long, not yet claimed, and what is still to be deducted."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

_ENROLLED = "JOIN enrolment e ON e.id = {} AND e.insured_year = :year"
_ON = "EXISTS (SELECT FROM fund_statement_line k WHERE k.kind = '{}' AND k.subject_id = {} AND k.live)"
_GIVEN = "a.area = :area AND a.insured_year = :year AND"
ON_NONE = (
    "SELECT 'claim' AS kind, a.id AS subject_id, a.person_id, a.insurance, a.source, a.amount FROM assistance a"
    f"  WHERE {_GIVEN} a.state <> 'cancelled' AND NOT {_ON.format('claim', 'a.id')}"
    " UNION ALL SELECT 'cancelled', a.id, a.person_id, a.insurance, a.source, a.amount FROM assistance a"
    f"  WHERE {_GIVEN} a.state = 'cancelled' AND {_ON.format('claim', 'a.id')}"
    f"  AND NOT {_ON.format('cancelled', 'a.id')}"
    " UNION ALL SELECT 'repaid', r.id, c.person_id, c.insurance, c.source, r.amount FROM repayment r"
    f"  JOIN clawback c ON c.id = r.clawback_id {_ENROLLED.format('c.enrolment_id')}"
    f"  WHERE c.area = :area AND NOT {_ON.format('repaid', 'r.id')}"
    " UNION ALL SELECT 'refunded', i.id, d.person_id, i.insurance, i.source, i.amount FROM refund_item i"
    "  JOIN due d ON d.id = i.due_id AND d.insured_year = :year WHERE i.area = :area AND i.source <> ''"
    f"  AND i.state <> 'stopped' AND NOT {_ON.format('refunded', 'i.id')}"
)
"""What is on no statement yet, as SQL: what a fund is to be asked for, and what is to be deducted; amounts in fen."""
_PARTS = (
    "SELECT insurance, source, claimed, deducted, settled * sign(claimed - deducted)::bigint AS settled,"
    "  claimed - deducted - settled * sign(claimed - deducted)::bigint AS open, CAST(:today AS date) - drawn_on AS age,"
    "  0 AS unclaimed, 0 AS to_deduct, 0 AS asked_back FROM fund_statement"
    "  WHERE area = :area AND insured_year = :year AND state <> 'withdrawn'"
    " UNION ALL SELECT insurance, source, 0, 0, 0, 0, 0, CASE kind WHEN 'claim' THEN amount ELSE 0 END,"
    f"  CASE kind WHEN 'claim' THEN 0 ELSE amount END, 0 FROM ({ON_NONE}) AS n"
    " UNION ALL SELECT c.insurance, c.source, 0, 0, 0, 0, 0, 0, 0, c.amount - c.repaid FROM clawback c"
    f"  {_ENROLLED.format('c.enrolment_id')} WHERE c.area = :area AND c.repaid < c.amount"
)
OWING = (
    "SELECT source, insurance, sum(claimed)::bigint AS claimed, sum(deducted)::bigint AS deducted,"
    " sum(settled)::bigint AS settled, sum(open)::bigint AS open,"
    " coalesce(sum(open) FILTER (WHERE age <= 30), 0)::bigint AS open_30_days,"
    " coalesce(sum(open) FILTER (WHERE age BETWEEN 31 AND 90), 0)::bigint AS open_90_days,"
    " coalesce(sum(open) FILTER (WHERE age > 90), 0)::bigint AS open_longer,"
    " sum(unclaimed)::bigint AS unclaimed, sum(to_deduct)::bigint AS to_deduct, sum(asked_back)::bigint AS asked_back,"
    " (sum(open) + sum(unclaimed) - sum(to_deduct))::bigint AS owes"
    f" FROM ({_PARTS}) AS p GROUP BY source, insurance"
)
"""What each fund owes by insurance, as SQL, amounts in fen."""
SPONSORED = (
    "SELECT payer AS source, insurance, count(*) AS people, sum(amount)::bigint AS asked, sum(paid - lowered)::bigint"
    " AS paid FROM due WHERE area = :area AND insured_year = :year AND payer <> 'person' AND current"
    " AND state NOT IN ('void', 'rejected', 'refunded') GROUP BY payer, insurance"
)
"""What departments pay themselves, as SQL, amounts in fen."""
_OWING, _SPONSORS = (text(f"{one} ORDER BY source, insurance DESC") for one in (OWING, SPONSORED))
STATEMENTS = (
    "SELECT s.number, s.source, s.insurance, s.first_day, s.last_day, s.claimed, s.deducted,"
    " s.claimed - s.deducted AS net, s.settled, s.state, s.drawn_on FROM fund_statement s"
    " WHERE s.area = :area AND s.insured_year = :year"
)
"""Statements of claim as SQL, amounts in fen."""
_STATEMENTS = text(f"{STATEMENTS} AND (:every OR s.state IN ('drawn', 'partly_settled')) ORDER BY s.id")


def owing(connection: Connection, area: str, insured_year: int, today: date | None = None) -> list[dict[str, Any]]:
    """By fund and insurance, in fen; ``owes`` is ``open`` + ``unclaimed`` - ``to_deduct``. Without ``today``, no ages.

    ``settled`` is less what was given back to the fund; ``asked_back`` is what persons have still to repay: it is
    deducted when they do.
    """
    place = {"area": area, "year": insured_year, "today": today}
    return [dict(row._mapping) for row in connection.execute(_OWING, place)]


def sponsored(connection: Connection, area: str, insured_year: int) -> list[dict[str, Any]]:
    """What departments pay to tax themselves in residents' stead, in fen: nothing of it is claimed."""
    return [dict(row._mapping) for row in connection.execute(_SPONSORS, {"area": area, "year": insured_year})]


def statements(connection: Connection, area: str, insured_year: int, every: bool = False) -> list[dict[str, Any]]:
    """The statements that are open, or every one, in the order in which they were drawn; amounts in fen."""
    place = {"area": area, "year": insured_year, "every": every}
    return [dict(row._mapping) for row in connection.execute(_STATEMENTS, place)]
