"""A month in totals: what a neighbour booked under each heading, against our own book."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, text

from adapters.ports import MonthTotal
from worker.reconciliation.compare import Break
from worker.reconciliation.keep import Compared
from worker.reconciliation.sides import Side

_OURS = (
    "WITH moved AS (SELECT split_part(ours->>'kind', ' ', 1) AS kind, {moved_fund} AS fund,"
    "  (ours->>'amount')::bigint AS amount, CASE WHEN day >= :first AND day < :after THEN -1 ELSE 1 END AS n"
    "  FROM break_found WHERE area = :area AND side = :side AND period = 'day' AND kind = 'late' AND state = 'resolved'"
    "  AND (day >= :first AND day < :after) <> (stated_on >= :first AND stated_on < :after)),"
    " booked AS (SELECT split_part(kind, ' ', 1) AS kind, {fund} AS fund, amount, 1 AS n FROM ({ours}) AS o"
    "  UNION ALL SELECT * FROM moved)"
    " SELECT kind, fund, sum(n)::bigint AS lines, sum(n * amount)::bigint AS amount FROM booked GROUP BY kind, fund"
    " HAVING sum(n) <> 0 OR sum(n * amount) <> 0"
)
_EXPLAINED = text(
    "SELECT EXISTS (SELECT FROM break_found WHERE area = :area AND side = :side AND period = 'day'"
    " AND state IN ('open', 'closed') AND kind <> 'unidentified' AND (day >= :first AND day < :after"
    "  OR stated_on >= :first AND stated_on < :after))"
)


def compare_month(
    connection: Connection, side: Side, area: str, month: date, totals: Sequence[MonthTotal]
) -> tuple[Compared, list[Break]]:
    """The month (its first day) in figures, and a break for each heading that differs although all its days agree.

    What the neighbour states later than we book it counts in the month in which it is stated. A difference that breaks
    of single days leave behind is theirs to explain.
    """
    values = {"area": area, "side": side.name, "first": month, "after": following(month)}
    of_fund = side.owner == "fund"
    query = _OURS.format(
        ours=side.ours(side.by_month),
        fund="owner" if of_fund else "''",
        moved_fund="ours->>'fund'" if of_fund else "''",
    )
    ours = [MonthTotal(area, *row) for row in connection.execute(text(query), values)]
    compared = _figures(side, month, totals, ours)
    explained = connection.execute(_EXPLAINED, values).scalar_one()
    return compared, [] if explained else _differences(month, ours, totals)


def following(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=32)).replace(day=1)


def _figures(side: Side, month: date, theirs: Sequence[MonthTotal], ours: Sequence[MonthTotal]) -> Compared:
    digest = hashlib.sha256(repr(sorted(theirs)).encode()).hexdigest()
    lines, our_lines = (sum(one.lines for one in book) for book in (theirs, ours))
    total, our_total = (sum(one.amount * side.sign(one.kind) for one in book) for book in (theirs, ours))
    same = set(theirs) & set(ours)
    return Compared(month, digest, lines, total, our_lines, our_total, sum(one.lines for one in same))


def _differences(month: date, ours: Sequence[MonthTotal], theirs: Sequence[MonthTotal]) -> list[Break]:
    def by_heading(book: Sequence[MonthTotal]) -> dict[str, dict[str, int | str]]:
        return {
            " ".join(filter(None, (f"#{one.kind}", one.fund, one.area))): {"lines": one.lines, "amount": one.amount}
            for one in book
        }

    mine, stated = by_heading(ours), by_heading(theirs)
    return [
        Break(month, "total", heading, None, None, mine.get(heading), stated.get(heading))
        for heading in sorted(mine.keys() | stated.keys())
        if mine.get(heading) != stated.get(heading)
    ]
