"""A roster: people, where each enrols and on which day each pays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from policies.atoms import Paid
from policies.calendar import add_months_column, day_number
from policies.notice import Notice
from policies.people import NO_DAY, Int32s, People, rows_of


@dataclass(frozen=True, slots=True)
class Roster:
    """People with their pooling area (six-digit code) and day of payment (days since 1970-01-01).

    ``year`` is the insured year that the days belong to.
    """

    people: People
    pooling_area: Int32s
    paid: Int32s
    year: int

    def __len__(self) -> int:
        return len(self.people)

    def by_area(self) -> Iterator[tuple[str, npt.NDArray[np.int64], People]]:
        """Each pooling area with the rows of its people, and them."""
        for area in np.unique(self.pooling_area).tolist():
            rows = np.flatnonzero(self.pooling_area == area)
            yield str(area), rows, rows_of(self.people, rows)

    def in_year(self, year: int) -> Roster:
        """The same kind of people in another insured year: every day moved by whole years, 29 February to the 28th."""
        if year == self.year:
            return self
        years = year - self.year
        moved: dict[str, Any] = {
            column.name: moved_by_years(getattr(self.people, column.name), years)
            for column in fields(self.people)
            if column.name.endswith("_day") or column.name in {"flag_recognised", "flag_revoked"}
        }
        return Roster(replace(self.people, **moved), self.pooling_area, moved_by_years(self.paid, years), year)

    def under(self, before: Notice, after: Notice) -> Roster:
        """The roster of one notice asked under another: in its year, and nobody earlier than its window for that.

        Who paid when the window of the first was open waits for that of the second.
        """
        moved = self.in_year(after.insured_year)
        if moved is self:
            return self
        waits = (self.paid >= opening_day(before)) & (moved.paid < opening_day(after))
        return replace(moved, paid=np.where(waits, opening_day(after), moved.paid).astype(np.int32))


def opening_day(notice: Notice) -> int:
    """The first day before the year on which paying is decided otherwise than before (days since 1970-01-01).

    Where the notice names none it is 90 days before its year.
    """
    paid = [atom for atom in notice.atoms() if isinstance(atom, Paid)]
    named = [atom.first for atom in paid if atom.first] + [atom.last + timedelta(days=1) for atom in paid if atom.last]
    early = [day for day in named if day < notice.period_first]
    return day_number(min(early, default=notice.period_first - timedelta(days=90)))


def moved_by_years(days: Int32s, years: int) -> Int32s:
    """Days so many years later, 29 February becoming the 28th; no day stays no day."""
    known = days != NO_DAY
    return np.where(known, add_months_column(np.where(known, days, 0).astype(np.int32), 12 * years), days).astype(
        np.int32
    )
