"""Who is recognised as what, since when: the identity flags of the four departments, many by household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.simulators.bureau.identities import to_day
from adapters.simulators.bureau.population import MOVER, NEWBORN, SPONSORED, Population

_HOUSEHOLDS = {"registered_poor": 0.10, "minimum_living_allowance": 0.03, "family_planning_household": 0.03}
_PERSONS = {"military_preferential": 0.004, "edge_household": 0.002, "severe_disability": 0.002}
_REVOKED_BEFORE = 0.01


@dataclass
class Flags:
    """One row a flag: the person's position, the category, days of recognition and of revocation (-1: none)."""

    person: np.ndarray
    category: np.ndarray
    recognised: np.ndarray
    revoked: np.ndarray

    def of(self, *categories: str) -> np.ndarray:
        """Positions of the flags of some categories."""
        return np.flatnonzero(np.isin(self.category, categories))

    def holds(self, category: str, count: int) -> np.ndarray:
        """Of ``count`` people, who has the category in a row that was not revoked."""
        mask = np.zeros(count, dtype=bool)
        mask[self.person[(self.category == category) & (self.revoked < 0)]] = True
        return mask


def recognise(rng: np.random.Generator, year: int, people: Population) -> Flags:
    """The flags that the departments have recognised by 31 August before the insured year."""
    cut_off = to_day(date(year - 1, 8, 31))
    age = people.age(date(year - 1, 8, 31))
    residents = ~np.isin(people.reason, (SPONSORED, NEWBORN, MOVER))
    holders: dict[str, np.ndarray] = dict(_sponsored(rng, people, age))
    numbers = people.household[residents]
    for category, share in _HOUSEHOLDS.items():
        lucky = rng.random(int(people.household.max()) + 1) < share
        lucky[int(rng.choice(numbers))] = True
        holders[category] = np.flatnonzero(residents & lucky[people.household])
    for category, share in _PERSONS.items():
        fitting = np.flatnonzero(residents & (age >= 20))
        holders[category] = rng.choice(fitting, max(1, round(residents.sum() * share)), replace=False)
    overlapping = rng.choice(holders["extreme_poverty"], max(1, len(holders["extreme_poverty"]) // 20), replace=False)
    holders["registered_poor"] = np.concatenate([holders["registered_poor"], overlapping])
    return _rows(rng, people, holders, cut_off)


def _sponsored(rng: np.random.Generator, people: Population, age: np.ndarray) -> list[tuple[str, np.ndarray]]:
    """特困 and, among those paid for like them, children by their kind: at least one of each."""
    children = rng.permutation(np.flatnonzero((people.reason == SPONSORED) & (age < 18)))
    adults = np.flatnonzero((people.reason == SPONSORED) & (age >= 18))
    kinds = np.array_split(children, 3)
    return [
        ("extreme_poverty", adults),
        ("orphan", kinds[0]),
        ("de_facto_unsupported_child", kinds[1]),
        ("distressed_child", kinds[2]),
    ]


def _rows(rng: np.random.Generator, people: Population, holders: dict[str, np.ndarray], cut_off: int) -> Flags:
    person = np.concatenate(list(holders.values()))
    category = np.concatenate([np.full(len(chosen), name) for name, chosen in holders.items()])
    earliest = np.maximum(people.born[person], cut_off - 6 * 365)
    recognised = earliest + (rng.random(len(person)) * (cut_off - earliest + 1)).astype(np.int64)
    household_lists = np.isin(category, list(_HOUSEHOLDS))
    ended = household_lists & (rng.random(len(person)) < _REVOKED_BEFORE)
    revoked = np.where(ended, recognised + ((cut_off - recognised) * rng.random(len(person))).astype(np.int64), -1)
    return Flags(person, category, recognised, revoked)
