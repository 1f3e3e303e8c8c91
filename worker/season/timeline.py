"""The days on which a replayed season is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta


def season_days(insured_year: int, drops: Iterable[date], turns: Iterable[date] = ()) -> list[date]:
    """The days of the rounds, in order.

    The day after the first drop, then the 1st and 16th of each month until the insured year begins, the 1st of each
    month in it, the days on which the notice's decisions turn, the last drop, and the first days after the year, when
    the last orders are executed. What is dropped in between is taken in on the next of these days, under the date of
    its drop.
    """
    dropped = sorted(set(drops))
    first, year_begins = dropped[0] + timedelta(days=1), date(insured_year, 1, 1)
    days = {first, year_begins, date(insured_year, 12, 31) + timedelta(days=1), date(insured_year + 1, 1, 5), *turns}
    days |= {date(first.year, month, day) for month in range(1, 13) for day in (1, 16)}
    days |= {date(insured_year, month, 1) for month in range(2, 13)}
    days.add(max(dropped[-1] + timedelta(days=1), first))
    return sorted(day for day in days if day >= first)
