"""The people of a county: how old, in which town and household, students or not, and where they belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.simulators.bureau.identities import make_numbers, to_day
from adapters.simulators.bureau.names import make_names
from config.areas import Area

PLANNED, SPONSORED, NEWBORN, MOVER, CAST, LATE_CAST = range(6)
"""Why somebody is on the roster: an ordinary resident of the plan, 特困 or a child like them (on top of the plan where
the profile says so), born during the season, moved in during it, or there for a situation of the profile, from the
opening on or later."""

_AGE_BANDS = (
    (0, 3, 0.028),
    (3, 6, 0.032),
    (6, 18, 0.135),
    (18, 23, 0.055),
    (23, 45, 0.27),
    (45, 60, 0.27),
    (60, 96, 0.21),
)
_OLD_AND_ALONE = ((18, 60, 0.22), (60, 96, 0.78))
_SPONSORED_SHARE, _SPONSORED_CHILDREN = 0.012, 0.0003
_NEWBORN_SHARE, _MOVER_SHARE = 0.0075, 0.002


@dataclass
class Population:
    """One row a person, in the order of the person numbers. Days are days since 1970-01-01, -1 where there is none."""

    town: np.ndarray
    reason: np.ndarray
    born: np.ndarray
    male: np.ndarray
    household: np.ndarray
    person_no: list[str]
    cert_no: list[str]
    name: list[str]

    def __len__(self) -> int:
        return len(self.born)

    def age(self, day: date) -> np.ndarray:
        """Years completed on a day, to within a day or two."""
        years: np.ndarray = ((to_day(day) - self.born) / 365.2425).astype(np.int64)
        return years


def joined(first: Population, then: Population) -> Population:
    """Both, in this order."""
    return Population(
        town=np.concatenate([first.town, then.town]),
        reason=np.concatenate([first.reason, then.reason]),
        born=np.concatenate([first.born, then.born]),
        male=np.concatenate([first.male, then.male]),
        household=np.concatenate([first.household, then.household]),
        person_no=first.person_no + then.person_no,
        cert_no=first.cert_no + then.cert_no,
        name=first.name + then.name,
    )


def populate(
    rng: np.random.Generator,
    area: Area,
    year: int,
    share: float,
    lists_of: date,
    on_top: bool,
    taken: Sequence[int],
) -> Population:
    """The people of ``share`` of the county: each town's planned residents exactly, and those on top of the plan.

    ``taken`` says, by town, how many places of the plan others fill.
    """
    town, reason = _who(area, year, share, on_top, taken)
    count = len(town)
    born = np.empty(count, dtype=np.int64)
    for code, bands in ((PLANNED, _AGE_BANDS), (SPONSORED, _OLD_AND_ALONE), (MOVER, _AGE_BANDS)):
        chosen = reason == code
        born[chosen] = to_day(lists_of) - _ages_in_days(rng, int(chosen.sum()), bands)
    children = (reason == SPONSORED) & (rng.random(count) < _SPONSORED_CHILDREN / _SPONSORED_SHARE)
    children[np.flatnonzero(reason == SPONSORED)[:3]] = True
    born[children] = to_day(lists_of) - rng.integers(400, 17 * 365, int(children.sum()))
    newborn = reason == NEWBORN
    born[newborn] = to_day(lists_of) + 1 + rng.integers(0, 290, int(newborn.sum()))
    male = (rng.random(count) < 0.51).astype(np.int64)
    return Population(
        town=town,
        reason=reason,
        born=born,
        male=male,
        household=_households(rng, town, reason, born, to_day(lists_of)),
        person_no=[f"{area.code}{number:010d}" for number in rng.permutation(count * 3)[:count].tolist()],
        cert_no=make_numbers(rng, born, male, area.code),
        name=make_names(rng, male),
    )


def _who(area: Area, year: int, share: float, on_top: bool, taken: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Town position and reason of each person."""
    towns, reasons = [], []
    for at, town in enumerate(area.towns):
        planned = max(1, round(town.planned[year] * share))
        sponsored = max(1, round(planned * (_SPONSORED_SHARE + _SPONSORED_CHILDREN)))
        within = taken[at] + (0 if on_top else sponsored)
        counts = {
            PLANNED: max(1, planned - within),
            SPONSORED: sponsored,
            NEWBORN: max(1, round(planned * _NEWBORN_SHARE)),
            MOVER: max(1, round(planned * _MOVER_SHARE)),
        }
        for reason, number in counts.items():
            towns.append(np.full(number, at))
            reasons.append(np.full(number, reason))
    return np.concatenate(towns), np.concatenate(reasons)


def _ages_in_days(rng: np.random.Generator, count: int, bands: tuple[tuple[int, int, float], ...]) -> np.ndarray:
    band = rng.choice(len(bands), count, p=[weight for _, _, weight in bands])
    low = np.array([low for low, _, _ in bands])[band]
    width = np.array([high - low for low, high, _ in bands])[band]
    ages: np.ndarray = ((low + rng.random(count) * width) * 365.2425).astype(np.int64)
    return ages


def _households(
    rng: np.random.Generator, town: np.ndarray, reason: np.ndarray, born: np.ndarray, today: int
) -> np.ndarray:
    """Household numbers: an adult heads each, the others of the town are spread over them; 特困 live alone."""
    household = np.full(len(town), -1)
    next_number = 0
    adult = born < today - 20 * 365
    for at in np.unique(town):
        here = (town == at) & (reason != SPONSORED)
        heads = rng.permutation(np.flatnonzero(here & adult & (reason == PLANNED)))
        heads = heads[: max(1, int(here.sum() / 3.1))]
        household[heads] = next_number + np.arange(len(heads))
        others = np.flatnonzero(here & (household < 0))
        household[others] = next_number + rng.integers(0, max(1, len(heads)), len(others))
        next_number += max(1, len(heads))
    alone = np.flatnonzero(household < 0)
    household[alone] = next_number + np.arange(len(alone))
    return household
