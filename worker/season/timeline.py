"""The days on which a replayed season is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta


def season_days(insured_year: int, drops: Iterable[date]) -> list[date]:
    """The days of the rounds, in order.

    The day after the first drop, each week from then until the insured year begins, the first of each month in it,
    each later drop, and the first days after the year, when the last orders are executed.
    """
    dropped = sorted(set(drops))
    first = dropped[0] + timedelta(days=1)
    year_begins, year_ends = date(insured_year, 1, 1), date(insured_year, 12, 31)
    days = {*dropped[1:], year_begins, year_ends + timedelta(days=1), year_ends + timedelta(days=4)}
    week = first
    while week < year_begins:
        days.add(week)
        week += timedelta(days=7)
    days |= {date(insured_year, month, 1) for month in range(2, 13)}
    return sorted(days)
