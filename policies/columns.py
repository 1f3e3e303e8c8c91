"""Columns of people as the rules look at them on one day: the bulk counterpart of ``policies.facts``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from policies.atoms import Where
from policies.local import LocalParameters
from policies.notice import Notice
from policies.people import NO_DAY, Int32s, People
from policies.vocabulary import CATEGORIES

Bools = npt.NDArray[np.bool_]
Days = Int32s | np.int32
FAR = np.int32(2**31 - 1)
"""Later than every day: "no such recognition" in a column of earliest recognitions."""


@dataclass(frozen=True)
class Columns:
    """People, the day or days of payment, the day asked about, and the rules that look at them."""

    notice: Notice
    local: LocalParameters | None
    pooling_area: int
    people: People
    paid: Days
    as_of: np.int32

    @cached_property
    def owners(self) -> npt.NDArray[np.int64]:
        """For each flag the row of its person."""
        return np.repeat(np.arange(len(self.people)), np.diff(self.people.flag_start))

    @cached_property
    def flag_paid(self) -> Days:
        """For each flag the day its person paid."""
        return self.paid if isinstance(self.paid, np.int32) else self.paid[self.owners]

    @cached_property
    def flag_in_force(self) -> Bools:
        """For each flag whether it is in force on the day of payment."""
        people, day = self.people, self.flag_paid
        held: Bools = (people.flag_recognised <= day) & ((people.flag_revoked == NO_DAY) | (people.flag_revoked > day))
        return held

    def area_is(self, area: npt.NDArray[Any], where: Where) -> Bools:
        """For each area code whether it is the pooling area, in the notice's areas, or outside of them."""
        if where == "anywhere":
            return np.ones(area.shape, np.bool_)
        if where == "here":
            here: Bools = area == self.pooling_area
            return here
        inside = np.zeros(area.shape, np.bool_)
        for prefix in self.notice.areas:
            inside |= area // 10 ** (6 - len(prefix)) == int(prefix)
        return inside if where == "in_notice" else ~inside

    def held_flags(self, categories: tuple[str, ...], where: Where) -> Bools:
        """For each flag whether it is of these categories, of this place, and in force on the day of payment."""
        wanted: Bools = np.isin(np.arange(len(CATEGORIES)), [CATEGORIES.index(word) for word in categories])
        chosen: Bools = np.take(wanted, self.people.flag_category) & self.flag_in_force
        return np.logical_and(chosen, self.area_is(self.people.flag_area, where))

    def earliest_recognition(self, categories: tuple[str, ...], where: Where = "anywhere") -> Int32s:
        """For each person the earliest recognition among held flags, ``FAR`` where there is none."""
        chosen = self.held_flags(categories, where)
        earliest = np.full(len(self.people), FAR, np.int32)
        np.minimum.at(earliest, self.owners[chosen], self.people.flag_recognised[chosen])
        return earliest

    def recognising_area(self, categories: tuple[str, ...]) -> Int32s:
        """For each person the area, within the notice's, of the earliest held flag; 0 where there is none."""
        chosen = self.held_flags(categories, "in_notice")
        keys = self.people.flag_recognised[chosen].astype(np.int64) * 1_000_000 + self.people.flag_area[chosen]
        best = np.full(len(self.people), np.iinfo(np.int64).max)
        np.minimum.at(best, self.owners[chosen], keys)
        return np.where(best == np.iinfo(np.int64).max, 0, best % 1_000_000).astype(np.int32)
