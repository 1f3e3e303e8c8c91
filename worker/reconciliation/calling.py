"""Which days and months are to be compared, and the jobs that do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, text

from adapters.ports import MOST_DAYS
from worker.jobs.queue import NewJob
from worker.reconciliation.sides import Side

_NONE_OPEN = (
    "NOT EXISTS (SELECT FROM job j WHERE j.kind = 'reconcile' AND j.state IN ('ready', 'running', 'unknown')"
    " AND j.payload->>'side' = :side AND j.payload ? '{of}')"
)
_BEGAN = (
    "began AS (SELECT coalesce((SELECT min(day) FROM statement WHERE area = :area AND side = :side AND period = 'day'),"
    " (SELECT min(assessed_on) FROM due WHERE area = :area)) AS day)"
)
_DAYS = (
    f"WITH {_BEGAN}, done AS (SELECT * FROM statement WHERE area = :area AND side = :side AND period = 'day'),"
    " booked AS (SELECT day, count(*) AS lines FROM ({all}) AS o GROUP BY day),"
    " called AS (SELECT d::date AS day FROM began, generate_series(began.day, CAST(:passed AS date) - 1, '1 day') AS d"
    "   WHERE NOT EXISTS (SELECT FROM done WHERE done.day = d::date)"
    "  UNION SELECT done.day FROM done LEFT JOIN booked USING (day)"
    "   WHERE done.our_lines <> coalesce(booked.lines, 0) AND done.day < :passed"
    "  UNION SELECT t.stated_on FROM break_found t CROSS JOIN LATERAL ({by_item}) o WHERE t.area = :area"
    "   AND t.side = :side AND t.period = 'day' AND t.state = 'open' AND t.stated_on < :passed"
    "   AND (t.kind = 'only_theirs' OR t.kind = 'unidentified' AND o.unclaimed = 0))"
    f" SELECT day, coalesce(lines, 0) AS lines FROM called LEFT JOIN booked USING (day)"
    f" WHERE day IS NOT NULL AND {_NONE_OPEN.format(of='days')} ORDER BY day LIMIT :limit"
)
_MONTHS = (
    f"WITH {_BEGAN}, done AS (SELECT date_trunc('month', day)::date AS month, count(*) AS days,"
    "  max(compared_at) AS compared_at FROM statement WHERE area = :area AND side = :side AND period = 'day'"
    "  GROUP BY 1)"
    " SELECT month FROM done, began WHERE (month + interval '1 month')::date <= :passed"
    " AND days >= (month + interval '1 month')::date - greatest(month, began.day)"
    " AND NOT EXISTS (SELECT FROM statement m WHERE m.area = :area AND m.side = :side AND m.period = 'month'"
    f"  AND m.day = done.month AND m.compared_at >= done.compared_at)"
    f" AND {_NONE_OPEN.format(of='month')} ORDER BY month"
)
_LINES_OF_A_JOB = 20_000
"""Lines of our book after which a job takes no further day: what it holds in memory."""
_JOBS = 8
"""Jobs for days that one tick calls for."""


def days_to_compare(connection: Connection, side: Side, area: str, passed: date) -> dict[date, int]:
    """Days before ``passed`` with their lines in our book, the oldest first: not compared yet, or the book has changed.

    A payment that came after its day had been compared calls that day again, and so does one that a statement had
    before us, and money of nobody that was taken back. Empty while jobs for days of the side are open.
    """
    query = _DAYS.format(all=side.ours("true"), by_item=side.ours(side.by_item))
    values = {"area": area, "side": side.name, "passed": passed, "limit": MOST_DAYS * _JOBS}
    return {row.day: row.lines for row in connection.execute(text(query), values)}


def booked_lines(connection: Connection, side: Side, area: str, days: Sequence[date]) -> dict[date, int]:
    """The days with their lines in our book."""
    query = text(f"SELECT day, count(*) AS lines FROM ({side.ours(side.by_day)}) AS o GROUP BY day")
    found = connection.execute(query, {"area": area, "looked_at": list(days)})
    return dict.fromkeys(days, 0) | {row.day: row.lines for row in found}


def months_to_compare(connection: Connection, side: Side, area: str, passed: date) -> list[date]:
    """First days of the months that are over before ``passed``, all of whose days were compared since they were."""
    values = {"area": area, "side": side.name, "passed": passed}
    return list(connection.execute(text(_MONTHS), values).scalars())


def call_for(
    area: str, side: Side, mark: str, today: date, days: Mapping[date, int], months: Sequence[date] = ()
) -> list[NewJob]:
    """Jobs that compare these days, given with their lines, and months; ``mark`` tells one calling from another."""
    parts: list[list[str]] = []
    lines = _LINES_OF_A_JOB
    for day, more in days.items():
        if lines >= _LINES_OF_A_JOB or len(parts[-1]) == MOST_DAYS:
            parts.append([])
            lines = 0
        parts[-1].append(str(day))
        lines += more
    called = [(part[0], {"side": side.name, "days": part}) for part in parts]
    called += [(f"{month:%Y-%m}", {"side": side.name, "month": str(month)}) for month in months]
    return [NewJob("reconcile", f"{area}-{side.name}-{mark}-{name}", payload, today, area) for name, payload in called]
