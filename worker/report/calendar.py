"""A month of reconciliation, day by day: which statements were compared, what they add up to, what differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, text

Stand = Literal["none", "awaited", "agreed", "breaks"]
_SIDES = ("tax", "treasury")
_STATEMENTS = text(
    "SELECT side, period, day, digest, lines, total, our_lines, our_total, matched, compared_at FROM statement"
    " WHERE area = :area AND day BETWEEN :first AND :last"
)
_BREAKS = text(
    "SELECT side, period, coalesce(stated_on, day) AS day, count(*) AS found,"
    " count(*) FILTER (WHERE state = 'open') AS open FROM break_found WHERE area = :area"
    " AND coalesce(stated_on, day) BETWEEN :first AND :last GROUP BY 1, 2, 3"
)
_BEGAN = text("SELECT side, min(day) AS first, max(day) AS last FROM statement WHERE area = :area GROUP BY side")


@dataclass(frozen=True)
class Compared:
    """One side on one day, or of one month: the statement as it was last compared (null: not yet), and its breaks.

    ``agreed``: compared, nothing open. ``awaited``: the day is over and no statement has been compared.
    """

    side: str
    stand: Stand
    statement: dict[str, Any] | None
    found: int
    open: int


@dataclass(frozen=True)
class Month:
    """Its days, each with both sides, and the totals of the month; ``earlier`` and ``later``: whether there is more."""

    first: date
    days: list[tuple[date, list[Compared]]]
    totals: list[Compared]
    earlier: bool
    later: bool


def month_of(connection: Connection, area: str, first: date, today: date) -> Month:
    """The month that begins on ``first``."""
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    place = {"area": area, "first": first, "last": last}
    stated = {(row.side, row.period, row.day): dict(row._mapping) for row in connection.execute(_STATEMENTS, place)}
    breaks = {(row.side, row.period, row.day): row for row in connection.execute(_BREAKS, place)}
    began = {row.side: row for row in connection.execute(_BEGAN, {"area": area})}

    def compared(side: str, period: str, day: date, over: bool) -> Compared:
        key = (side, period, day)
        row, found = stated.get(key), breaks.get(key)
        awaited = over and side in began and began[side].first <= day
        stand: Stand = "breaks" if found and found.open else "agreed" if row else "awaited" if awaited else "none"
        return Compared(side, stand, row, found.found if found else 0, found.open if found else 0)

    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    return Month(
        first,
        [(day, [compared(side, "day", day, day < today) for side in _SIDES]) for day in days],
        [compared(side, "month", first, False) for side in _SIDES],
        earlier=any(row.first < first for row in began.values()),
        later=any(row.last > last for row in began.values()) or last < today <= last + timedelta(days=31),
    )


def newest_day(connection: Connection, area: str) -> date | None:
    """The last day of which a statement has been compared."""
    return max((row.last for row in connection.execute(_BEGAN, {"area": area})), default=None)
