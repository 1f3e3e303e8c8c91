"""Rosters that come during the season: newborns month by month, people who moved in, cover that ended elsewhere."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from adapters.simulators.bureau.lists import DroppedList
from adapters.simulators.bureau.opening import ROSTER_FIELDS, County, take
from adapters.simulators.bureau.population import MOVER, NEWBORN, PLANNED

_MOVERS_ON = ((11, False), (1, True), (3, True), (5, True))
_ENDED_COVER = 0.0002


def arrivals(rng: np.random.Generator, county: County) -> list[DroppedList]:
    """All rosters after the opening one."""
    months = [(month, False) for month in (10, 11, 12)] + [(month, True) for month in range(1, 7)]
    newborns = _by_month(county, NEWBORN, "新生儿", [_month_end(county, *month) for month in months])
    movers = _by_month(county, MOVER, "新迁入", [_month_end(county, *month) for month in _MOVERS_ON])
    return [*newborns, *movers, _cover_ended(rng, county)]


def _month_end(county: County, month: int, in_year: bool) -> date:
    first = county.day(month, 1, in_year)
    return (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def _by_month(county: County, reason: int, word: str, days: list[date]) -> list[DroppedList]:
    """One list a day, of those registered since the list before; none where there is nobody."""
    everybody = np.flatnonzero(county.people.reason == reason).tolist()
    lists, before = [], ""
    for day in days:
        until = day.isoformat()
        registered = [at for at in everybody if before < county.columns["registered_on"][at] <= until]
        before = until
        if not registered:
            continue
        lists.append(
            DroppedList(
                path=f"{until}/enrolments-{word}.csv",
                kind="enrolments",
                fields=ROSTER_FIELDS,
                rows=take(county.columns, ROSTER_FIELDS, registered),
                headings="chinese",
            )
        )
    return lists


def _cover_ended(rng: np.random.Generator, county: County) -> DroppedList:
    """People on the roster whose employee's cover ended in the insured year: their rows change."""
    age = county.people.age(county.day(8, 31))
    plain = (county.people.reason == PLANNED) & (age > 25) & (age < 55)
    fitting = [at for at in np.flatnonzero(plain).tolist() if not county.columns["prior_scheme"][at]]
    chosen = sorted(rng.choice(fitting, max(1, round(len(plain) * _ENDED_COVER)), replace=False).tolist())
    rows = take(county.columns, ROSTER_FIELDS, chosen)
    ended = county.day(2, 28, in_year=True).isoformat()
    for row in rows:
        for name, text in (
            ("prior_scheme", "职工"),
            ("prior_area", county.area.code),
            ("prior_months", "12"),
            ("prior_ended_on", ended),
        ):
            row[ROSTER_FIELDS.index(name)] = text
    return DroppedList(
        path=f"{county.day(3, 10, in_year=True)}/enrolments-职工停保.csv",
        kind="enrolments",
        fields=ROSTER_FIELDS,
        rows=rows,
        headings="chinese",
    )
