"""How identity flags stand, for columns of flags: the bulk counterpart of ``policies.standing``.

All the standings of one person become one number. Who has none has 0.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from policies.calendar import day_number
from policies.columns import Columns
from policies.numbering import Keys, Numbering
from policies.people import NO_DAY, Int32s
from policies.standing import WITHIN, Standing, latest_recognition
from policies.vocabulary import CATEGORIES

_AHEAD: Final = np.uint64(Standing.AHEAD)
_BITS: Final = np.uint64(4)
_STANDING: Final = np.uint64(15)
assert len(CATEGORIES) <= 16, "four bits a category: sixteen fit into one word"


class StandingSets:
    """Numbers for what a person's flags amount to: by category the best standing, and where it matters its area."""

    def __init__(self) -> None:
        self._sets, self._areas, self._with_areas = Numbering(), Numbering(), Numbering()

    def of(self, rows: Columns) -> npt.NDArray[np.uint32]:
        """For each person the number of a set, the same for ever; 0 for those without flags."""
        numbers = np.zeros(len(rows.people), np.uint32)
        if not len(rows.flagged):
            return numbers
        standings = _standings(rows)
        found = self._sets.of(_words(rows, standings))[0]
        if rows.notice.assistance.elsewhere.pays != "unified":
            found = self._with_areas.of(_pair(found, self._areas_of(rows, standings)))[0]
        numbers[rows.flagged] = found + 1
        return numbers

    def _areas_of(self, rows: Columns, standings: Int32s) -> Int32s:
        """For each person with flags a number for the areas that may pay, by category; 0 where there are none."""
        number = np.zeros(len(rows.flagged), np.int32)
        within = np.isin(standings, [int(one) for one in WITHIN])
        if not within.any():
            return number
        people, owner = rows.people, np.searchsorted(rows.flagged, rows.owners)
        flags = np.flatnonzero(np.isin(owner, owner[within]))
        keys = (people.flag_area, people.flag_recognised, standings, people.flag_category, owner)
        flags = flags[np.lexsort([key[flags] for key in keys])]
        owner, category = owner[flags], people.flag_category[flags]
        best = np.ones(len(flags), np.bool_)
        best[1:] = (owner[1:] != owner[:-1]) | (category[1:] != category[:-1])
        best &= within[flags]
        owner, area = owner[best], people.flag_area[flags[best]] + category[best] * np.int32(1_000_000)
        turns = np.arange(len(owner)) - np.searchsorted(owner, owner, "left")
        for turn in range(int(turns.max(initial=-1)) + 1):
            mine = turns == turn
            number[owner[mine]] = self._areas.of(_pair(number[owner[mine]], area[mine]))[0] + 1
        return number


def _pair(number: Int32s, other: Int32s) -> Keys:
    """Two numbers below 2 ** 31 as one key."""
    key: Keys = (number.astype(np.uint64) << np.uint64(32)) | other.astype(np.uint64)
    return key


def _words(rows: Columns, standings: Int32s) -> Keys:
    """For each person with flags four bits a category: 0 for none, and the more the better it stands."""
    worth = _AHEAD - standings.astype(np.uint64)
    shift = rows.people.flag_category.astype(np.uint64) * _BITS
    first, counts = rows.people.flag_start[rows.flagged], rows.flag_counts[rows.flagged]
    words = np.zeros(len(rows.flagged), np.uint64)
    for turn in range(int(counts.max())):
        mine = np.flatnonzero(counts > turn)
        flag = first[mine] + turn
        found = (words[mine] >> shift[flag]) & _STANDING
        words[mine] += (np.maximum(worth[flag], found) - found) << shift[flag]
    return words


def _standings(rows: Columns) -> Int32s:
    """Every flag's standing, by the same order of questions as ``policies.standing.standing_of``."""
    people, rules, paid = rows.people, rows.notice.assistance, rows.flag_paid
    horizon = np.maximum(rows.as_of, paid)
    recognised, revoked = people.flag_recognised, people.flag_revoked
    afterwards, ends = recognised > paid, revoked != NO_DAY
    inside = rows.within_notice(people.flag_area)
    nearby = rows.flag_here | inside if rules.elsewhere.pays == "unified" else rows.flag_here
    place = np.where(nearby, 0, np.where(inside, 1, 2))
    held = np.array([Standing.HELD_HERE, Standing.HELD_WITHIN, Standing.HELD_OUTSIDE], np.int32)[place]
    kept = np.array([Standing.KEPT_HERE, Standing.KEPT_WITHIN, Standing.HELD_OUTSIDE], np.int32)[place]
    later = np.array([Standing.LATER_HERE, Standing.LATER_WITHIN, Standing.LATER_OUTSIDE], np.int32)[place]
    standing = np.where(ends & (revoked <= horizon), kept, held)
    until = latest_recognition(rules)
    too_late = recognised > (np.int32(NO_DAY) if rules.later is None else day_number(until))
    standing = np.where(afterwards, np.where(too_late, Standing.TOO_LATE, later), standing)
    if rules.cutoff is not None:
        standing = np.where(recognised > day_number(rules.cutoff.recognised_by), Standing.PAST_CUTOFF, standing)
    standing = np.where(ends & (revoked <= np.where(afterwards, horizon, paid)), Standing.ENDED, standing)
    return np.where(recognised > horizon, Standing.AHEAD, standing).astype(np.int32)
