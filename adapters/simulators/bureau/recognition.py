"""Who is recognised as what, since when: the identity flags of the four departments, many by household."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from adapters.simulators.bureau.identities import to_day
from adapters.simulators.bureau.population import PLANNED, SPONSORED, Population
from adapters.simulators.bureau.profile import Profile

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


def recognise(rng: np.random.Generator, profile: Profile, lists_of: date, people: Population) -> Flags:
    """The flags that the departments have recognised by the day of their opening lists; the cast has its own."""
    age = people.age(lists_of)
    residents = people.reason == PLANNED
    holders: dict[str, np.ndarray] = dict(_sponsored(rng, profile, people, age))
    numbers = people.household[residents]
    for category, share in profile.households.items():
        lucky = rng.random(int(people.household.max()) + 1) < share
        lucky[int(rng.choice(numbers))] = True
        holders[category] = np.flatnonzero(residents & lucky[people.household])
    for category, share in profile.persons.items():
        fitting = np.flatnonzero(residents & (age >= 20))
        holders[category] = rng.choice(
            fitting, min(len(fitting), max(1, round(residents.sum() * share))), replace=False
        )
    if profile.also:
        alone = holders[profile.alone]
        overlapping = rng.choice(alone, min(len(alone), max(1, len(alone) // 20)), replace=False)
        holders[profile.also] = np.concatenate([holders[profile.also], overlapping])
    return _rows(rng, people, holders, to_day(lists_of), list(profile.households))


def _sponsored(
    rng: np.random.Generator, profile: Profile, people: Population, age: np.ndarray
) -> list[tuple[str, np.ndarray]]:
    """特困 and, among those paid for like them, children by their kind: at least one of each."""
    children = rng.permutation(np.flatnonzero((people.reason == SPONSORED) & (age < 18)))
    adults = np.flatnonzero((people.reason == SPONSORED) & (age >= 18))
    kinds = np.array_split(children, len(profile.children))
    return [(profile.alone, adults), *zip(profile.children, kinds, strict=True)]


def _rows(
    rng: np.random.Generator,
    people: Population,
    holders: dict[str, np.ndarray],
    cut_off: int,
    by_household: list[str],
) -> Flags:
    person = np.concatenate(list(holders.values()))
    category = np.concatenate([np.full(len(chosen), name) for name, chosen in holders.items()])
    earliest = np.maximum(people.born[person], cut_off - 6 * 365)
    recognised = earliest + (rng.random(len(person)) * (cut_off - earliest + 1)).astype(np.int64)
    household_lists = np.isin(category, by_household)
    ended = household_lists & (rng.random(len(person)) < _REVOKED_BEFORE)
    revoked = np.where(ended, recognised + ((cut_off - recognised) * rng.random(len(person))).astype(np.int64), -1)
    return Flags(person, category, recognised, revoked)
