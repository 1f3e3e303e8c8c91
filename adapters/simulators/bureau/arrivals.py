"""Rosters that come during the season: newborns month by month, people who moved in, cover that ended elsewhere."""

from __future__ import annotations

from datetime import date

import numpy as np

from adapters.simulators.bureau.lists import DroppedList
from adapters.simulators.bureau.opening import ROSTER_FIELDS, County, take
from adapters.simulators.bureau.population import MOVER, NEWBORN, PLANNED

_ENDED_COVER = 0.0002


def arrivals(rng: np.random.Generator, county: County) -> list[DroppedList]:
    """All rosters after the opening one."""
    profile = county.profile
    newborns = _by_day(county, NEWBORN, "新生儿", list(map(county.day, profile.newborn_lists)))
    movers = _by_day(county, MOVER, "新迁入", list(map(county.day, profile.mover_lists)))
    ended = [_cover_ended(rng, county, *profile.cover_ended)] if profile.cover_ended else []
    return [*newborns, *movers, *ended]


def _by_day(county: County, reason: int, word: str, days: list[date]) -> list[DroppedList]:
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


def _cover_ended(rng: np.random.Generator, county: County, listed: str, ended_on: str) -> DroppedList:
    """People on the roster whose employee's cover ended in the insured year: their rows change."""
    age = county.people.age(county.opening)
    plain = (county.people.reason == PLANNED) & (age > 25) & (age < 55)
    fitting = [at for at in np.flatnonzero(plain).tolist() if not county.columns["prior_scheme"][at]]
    chosen = sorted(
        rng.choice(fitting, min(len(fitting), max(1, round(len(plain) * _ENDED_COVER))), replace=False).tolist()
    )
    rows = take(county.columns, ROSTER_FIELDS, chosen)
    ended = county.day(ended_on).isoformat()
    for row in rows:
        for name, text in (
            ("prior_scheme", "职工"),
            ("prior_area", county.area.code),
            ("prior_months", "12"),
            ("prior_ended_on", ended),
        ):
            row[ROSTER_FIELDS.index(name)] = text
    return DroppedList(
        path=f"{county.day(listed)}/enrolments-职工停保.csv",
        kind="enrolments",
        fields=ROSTER_FIELDS,
        rows=rows,
        headings="chinese",
    )
