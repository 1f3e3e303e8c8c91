"""How identity flags stand, for columns of flags: the bulk counterpart of ``policies.standing``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policies.calendar import day_number
from policies.columns import Columns
from policies.people import NO_DAY
from policies.standing import WITHIN, Standing, latest_recognition


@dataclass(frozen=True, slots=True)
class BestStandings:
    """For each person and category flagged, the best standing: rows ordered by person, then by category.

    ``code`` is category * 16 + standing; ``area`` matters only to who pays, and is 0 where it makes no difference.
    """

    owner: npt.NDArray[np.int64]
    code: npt.NDArray[np.int32]
    area: npt.NDArray[np.int32]


def best_standing_columns(rows: Columns) -> BestStandings:
    """The best standing of each flagged category; flags that lie ahead of all knowledge are left out."""
    people, standings = rows.people, _standings(rows)
    known = np.flatnonzero(standings != Standing.AHEAD)
    owner, category = rows.owners[known], people.flag_category[known].astype(np.int32)
    standing = standings[known]
    order = np.lexsort((people.flag_area[known], people.flag_recognised[known], standing, category, owner))
    owner, category, standing, known = owner[order], category[order], standing[order], known[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (owner[1:] != owner[:-1]) | (category[1:] != category[:-1])
    owner, category, standing, known = owner[first], category[first], standing[first], known[first]
    matters = np.isin(standing, [int(one) for one in WITHIN])
    area = np.where(matters, people.flag_area[known], 0).astype(np.int32)
    return BestStandings(owner, category * np.int32(16) + standing, area)


def _standings(rows: Columns) -> npt.NDArray[np.int32]:
    """Every flag's standing, by the same order of questions as ``policies.standing.standing_of``."""
    people, rules, paid = rows.people, rows.notice.assistance, rows.flag_paid
    horizon = np.maximum(rows.as_of, paid)
    recognised, revoked = people.flag_recognised, people.flag_revoked
    afterwards, ends = recognised > paid, revoked != NO_DAY
    unified = rules.elsewhere.pays == "unified"
    here = rows.area_is(people.flag_area, "here")
    inside = rows.area_is(people.flag_area, "in_notice")
    place = np.where(here | (inside & unified), 0, np.where(inside, 1, 2))
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
