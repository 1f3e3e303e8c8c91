"""Columns of people as the rules look at them on one day: the bulk counterpart of ``policies.facts``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from policies.atoms import Where
from policies.local import LocalParameters
from policies.notice import Notice
from policies.people import NO_DAY, Int32s, People, part_of, rows_of
from policies.vocabulary import CATEGORIES

Bools = npt.NDArray[np.bool_]
Days = Int32s | np.int32
FAR = np.int32(2**31 - 1)
"""Later than every day: "no such recognition" in a column of earliest recognitions."""
_PART: Final = 1 << 16
"""As many people as are looked at together: so few that their columns stay in the processor's own memory."""


class Pool(NamedTuple):
    """A pooling area, as six digits, and what it has set."""

    area: str
    local: LocalParameters | None


@dataclass(frozen=True)
class Columns:
    """People, the day or days of payment, the day asked about, and the rules that look at them."""

    notice: Notice
    pools: tuple[Pool, ...]
    people: People
    paid: Days
    as_of: np.int32
    pool: npt.NDArray[np.int16] | int
    """Where people enrol: the place in ``pools`` of each, or of all."""

    def parts(self) -> Iterator[tuple[slice, Columns]]:
        """The people in order, in parts of a size that is quick to work on."""
        for first in range(0, len(self.people), _PART):
            chosen = slice(first, min(first + _PART, len(self.people)))
            yield (
                chosen,
                replace(
                    self,
                    people=part_of(self.people, chosen),
                    paid=self.paid[chosen] if isinstance(self.paid, np.ndarray) else self.paid,
                    pool=self.pool[chosen] if isinstance(self.pool, np.ndarray) else self.pool,
                ),
            )

    def some(self, rows: npt.NDArray[np.int64]) -> Columns:
        """Some of the people, in the order of ``rows``."""
        return replace(
            self,
            people=rows_of(self.people, rows),
            paid=self.paid[rows] if isinstance(self.paid, np.ndarray) else self.paid,
            pool=self.pool[rows] if isinstance(self.pool, np.ndarray) else self.pool,
        )

    def by_pool(self, value: Callable[[Pool], int]) -> Any:
        """A figure of the pooling area: a column where it differs among the people's areas, else one number."""
        values = [value(pool) for pool in self.pools]
        if isinstance(self.pool, int):
            return values[self.pool]
        return np.array(values, np.int32)[self.pool] if len(set(values)) > 1 else values[0]

    @cached_property
    def here(self) -> Any:
        """The pooling area's code, for each person or for all."""
        return self.by_pool(lambda pool: int(pool.area))

    @cached_property
    def flagged(self) -> npt.NDArray[np.int64]:
        """The rows of people with flags."""
        return np.flatnonzero(self.flag_counts)

    @cached_property
    def flag_counts(self) -> Int32s:
        """How many flags each person has."""
        return np.diff(self.people.flag_start)

    @cached_property
    def owners(self) -> npt.NDArray[np.int64]:
        """For each flag the row of its person."""
        return np.repeat(self.flagged, self.flag_counts[self.flagged])

    def of_owner(self, value: Any) -> Any:
        """A column of people as a column of their flags; one value for all stays one."""
        return value[self.owners] if isinstance(value, np.ndarray) else value

    @cached_property
    def flag_paid(self) -> Days:
        """For each flag the day its person paid."""
        day: Days = self.of_owner(self.paid)
        return day

    @cached_property
    def flag_in_force(self) -> Bools:
        """For each flag whether it is in force on the day of payment."""
        people, day = self.people, self.flag_paid
        held: Bools = (people.flag_recognised <= day) & ((people.flag_revoked == NO_DAY) | (people.flag_revoked > day))
        return held

    @cached_property
    def flag_here(self) -> Bools:
        """For each flag whether the pooling area recognised it."""
        here: Bools = self.people.flag_area == self.of_owner(self.here)
        return here

    def within_notice(self, area: Int32s) -> Bools:
        """For each area code whether it lies in the notice's areas."""
        inside = np.zeros(area.shape, np.bool_)
        for prefix in self.notice.areas:
            first, span = int(prefix.ljust(6, "0")), 10 ** (6 - len(prefix))
            inside |= (area >= first) & (area < first + span)
        return inside

    def held_flags(self, categories: tuple[str, ...], where: Where) -> Bools:
        """For each flag whether it is of these categories, of this place, and in force on the day of payment."""
        wanted: Bools = np.isin(np.arange(len(CATEGORIES)), [CATEGORIES.index(word) for word in categories])
        chosen: Bools = np.take(wanted, self.people.flag_category) & self.flag_in_force
        if where == "here":
            chosen &= self.flag_here
        elif where != "anywhere":
            chosen &= self.within_notice(self.people.flag_area) == (where == "in_notice")
        return chosen

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
