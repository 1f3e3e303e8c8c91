"""The county as its lists know it, and each town's roster at the season's opening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.bureau.columns import fields_of
from adapters.simulators.bureau.days import Calendar
from adapters.simulators.bureau.lists import DroppedList, Headings
from adapters.simulators.bureau.population import CAST, PLANNED, SPONSORED, Population
from adapters.simulators.bureau.profile import Profile
from adapters.simulators.bureau.recognition import Flags
from adapters.simulators.bureau.situations import Texts
from config.areas import Area

ROSTER_FIELDS = [
    known.name for known in fields_of("enrolments") if known.name not in ("account_name", "account_no", "bank")
]
_ROWS_OF_A_LIST = 22_500
_STYLES: tuple[tuple[Headings, str, str], ...] = (
    ("ours", "utf-8", "csv"),
    ("national", "gb18030", "csv"),
    ("chinese", "utf-8-sig", "csv"),
    ("ours", "utf-8", "csv"),
    ("national", "utf-8", "csv"),
    ("chinese", "gb18030", "csv"),
    ("ours", "utf-8", "csv"),
    ("chinese", "", "xlsx"),
)


@dataclass(frozen=True)
class County:
    """Everything known about the synthetic county: what the lists are written from."""

    area: Area
    calendar: Calendar
    profile: Profile
    people: Population
    columns: Texts
    flags: Flags

    @property
    def opening(self) -> date:
        """The day of the first lists."""
        return self.day(self.profile.lists)

    def day(self, written: str) -> date:
        """A day of the season, as the profile writes it."""
        return self.calendar.day(written)


def take(columns: Texts, fields: Sequence[str], positions: Iterable[int]) -> list[list[str]]:
    """The rows of some people, cells in the order of ``fields``."""
    chosen = list(positions)
    return [list(row) for row in zip(*([columns[name][at] for at in chosen] for name in fields), strict=True)]


def rosters(county: County) -> Iterator[DroppedList]:
    """Lists for each town of those who were there when the season opened, in the town's own way of writing.

    A large town sends its list in parts.
    """
    people, year = county.people, county.calendar.year
    resident = np.isin(people.reason, (PLANNED, SPONSORED, CAST))
    for at, town in enumerate(county.area.towns):
        headings, encoding, suffix = _STYLES[at % len(_STYLES)]
        columns = county.columns
        if headings == "national":  # the national platform names the first month of the premium
            columns = columns | {"insured_year": [f"{year}01"] * len(people)}
        here = np.flatnonzero(resident & (people.town == at))
        parts = np.array_split(here, -(-len(here) // _ROWS_OF_A_LIST))
        for number, part in enumerate(parts, 1):
            name = f"{town.name}-{number}" if len(parts) > 1 else town.name
            yield DroppedList(
                path=f"{county.opening}/enrolments-{town.code}-{name}.{suffix}",
                kind="enrolments",
                fields=ROSTER_FIELDS,
                rows=take(columns, ROSTER_FIELDS, part.tolist()),
                headings=headings,
                encoding=encoding,
                safe=int((people.reason[part] == CAST).sum()),
                title=f"{town.name}{year}年度城乡居民参保名册" if suffix == "xlsx" else "",
            )
