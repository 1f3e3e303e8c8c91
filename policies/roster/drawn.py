"""A synthetic roster: people of all ages and fates around the days and words of a notice, drawn from a generator.

Shares are rough figures of a county, chosen so that every rule of a notice meets somebody; they are no statistics.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from policies.atoms import InCircumstance
from policies.calendar import day_number
from policies.notice import Notice
from policies.people import AREA_NONE, AREA_UNKNOWN, NO_DAY, People
from policies.roster.roster import Roster, opening_day
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES

Ints = npt.NDArray[np.int64]
_HELD: Final = {"registered_poor": 0.06, "minimum_living_allowance": 0.04, "other_out_of_poverty": 0.05}
_IN: Final = {"no_other_cover": 0.6, "household_enrolled": 0.5}
_RARE: Final = 0.01
_AGES: Final = ((0, 1, 0.02), (1, 18, 0.2), (18, 23, 0.07), (23, 60, 0.45), (60, 96, 0.26))
"""From this age, below that age, such a share."""


def draw_roster(notice: Notice, areas: tuple[str, ...], count: int, random: np.random.Generator) -> Roster:
    """``count`` people who enrol in these pooling areas (six-digit codes) for the notice's year."""
    draw = _Draw(notice, areas, count, random)
    born = draw.births()
    columns: dict[str, Any] = {
        "birth_day": born,
        **draw.studies(born),
        **draw.homes(),
        "registered_day": draw.registrations(born),
        "circumstances": draw.circumstances(),
        **draw.earlier_cover(),
        **draw.flags(),
    }
    typed = {name: value.astype(np.uint32 if name == "circumstances" else np.int32) for name, value in columns.items()}
    for name in ("student_stage", "prior_scheme", "flag_category"):
        typed[name] = typed[name].astype(np.int8)
    paid = np.maximum(draw.payments(), born)
    return Roster(People(**typed), draw.here.astype(np.int32), paid.astype(np.int32), notice.insured_year)


class _Draw:
    """One drawing: the notice's days and areas, and the generator."""

    def __init__(self, notice: Notice, areas: tuple[str, ...], count: int, random: np.random.Generator) -> None:
        self.notice, self.count, self.random = notice, count, random
        self.first, self.last = day_number(notice.period_first), day_number(notice.period_last)
        self.opens = opening_day(notice)
        self.here = self._one_of(np.array([int(area) for area in areas]))
        inside = {int((prefix + "0101")[:6]) for prefix in notice.areas} | {int(area) for area in areas}
        self._inside, self._outside = np.array(sorted(inside)), _elsewhere(notice)

    def births(self) -> Ints:
        """Birthdays; the youngest are born around the window and in the insured year."""
        ages = self.random.choice(len(_AGES), self.count, p=[share for _, _, share in _AGES])
        low, high = (np.array([band[end] for band in _AGES])[ages] * 365 for end in (0, 1))
        newborn = self._between(self.opens - 60, self.last, self.count)
        return np.where(ages == 0, newborn, self.opens - self._between(low, high, self.count))

    def studies(self, born: Ints) -> dict[str, Ints]:
        """Pupils and college students, most of them where they enrol."""
        age = (self.first - born) // 365
        stage = np.where((age >= 6) & (age < 18) & self._some(0.92), 1, 0)
        stage = np.where((age >= 18) & (age < 24) & self._some(0.4), 2, stage)
        entered = np.where(self._some(0.3), self.first - 120, self.first - 120 - 365)
        return {
            "student_stage": stage,
            "student_school_area": np.where(stage > 0, self._area(0.9, 0.05), AREA_NONE),
            "student_enrolled_day": np.where((stage > 0) & self._some(0.97), entered, NO_DAY),
        }

    def homes(self) -> dict[str, Ints]:
        """Household and residence: most here, a few elsewhere, none, or not known."""
        household = np.where(self._some(0.005), AREA_UNKNOWN, self._area(0.92, 0.04))
        away = np.where(self._some(0.85), self.here, AREA_NONE)
        return {"household_area": household, "residence_area": np.where(household == self.here, household, away)}

    def registrations(self, born: Ints) -> Ints:
        """Days of registration, known of the newborn only."""
        waited = self.random.choice(np.array([5, 30, 60, 89, 90, 91, 150]), self.count)
        return np.where((born >= self.opens - 60) & self._some(0.97), born + waited, NO_DAY)

    def circumstances(self) -> Ints:
        """Masks of the circumstances that the notice asks for."""
        asked = {word for atom in self.notice.atoms() if isinstance(atom, InCircumstance) for word in atom.words}
        mask = np.zeros(self.count, np.int64)
        for bit, word in enumerate(CIRCUMSTANCES):
            if word in asked:
                mask |= self._some(_IN.get(word, _RARE / 2)).astype(np.int64) << bit
        return mask

    def earlier_cover(self) -> dict[str, Ints]:
        """Cover that ended not long before the year or in it."""
        had = self._some(0.08)
        scheme = np.where(had, 1 + self._some(0.5).astype(np.int64), 0)
        known = had & self._some(0.97)
        return {
            "prior_scheme": scheme,
            "prior_area": np.where(had, self._area(0.6, 0.3), -1),
            "prior_months": np.where(known, self._between(0, 60, self.count), -1),
            "prior_ended_day": np.where(known, self._between(self.opens - 120, self.last, self.count), NO_DAY),
        }

    def payments(self) -> Ints:
        """Days of payment: nine in ten before the insured year, the others during it, a few too early."""
        in_time = self._between(self.opens, self.first, self.count)
        late, early = (
            self._between(self.first, self.last, self.count),
            self._between(self.opens - 30, self.opens, self.count),
        )
        return np.where(self._some(0.9), in_time, np.where(self._some(0.95), late, early))

    def flags(self) -> dict[str, Ints]:
        """Identities of every category that the notice assists, some recognised late or elsewhere, some ended."""
        named = {word for rule in self.notice.assistance.rules for word in rule.categories}
        owners, categories = [], []
        for code, word in enumerate(CATEGORIES):
            if word in named:
                holders = np.flatnonzero(self._some(_HELD.get(word, _RARE)))
                owners.append(holders)
                categories.append(np.full(len(holders), code))
        owner = np.concatenate([*owners, np.zeros(0, np.int64)])
        category = np.concatenate([*categories, np.zeros(0, np.int64)])
        order = np.lexsort((category, owner))
        owner, category = owner[order], category[order]
        known = self._recognitions(len(owner))
        ended = np.maximum(self._between(self.opens, self.last, len(owner)), known)
        return {
            "flag_start": np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=self.count))]),
            "flag_category": category,
            "flag_area": np.take(self._area(0.94, 0.04), owner),
            "flag_recognised": known,
            "flag_revoked": np.where(self.random.random(len(owner)) < 0.04, ended, NO_DAY),
        }

    def _recognitions(self, count: int) -> Ints:
        """Most recognised years ago, some around the window, some during the insured year."""
        kind = self.random.random(count)
        long_ago = self._between(self.opens - 1800, self.opens - 60, count)
        around, during = self._between(self.opens - 60, self.first, count), self._between(self.first, self.last, count)
        return np.where(kind < 0.85, long_ago, np.where(kind < 0.95, around, during))

    def _area(self, here: float, inside: float) -> Ints:
        """Areas: where the person enrols, elsewhere in the notice's areas, outside of them."""
        kind = self.random.random(self.count)
        elsewhere = np.where(kind < here + inside, self._one_of(self._inside), self._outside)
        return np.where(kind < here, self.here, elsewhere)

    def _one_of(self, codes: Ints) -> Ints:
        return codes[self.random.integers(0, len(codes), self.count)]

    def _some(self, share: float) -> npt.NDArray[np.bool_]:
        return self.random.random(self.count) < share

    def _between(self, low: Any, high: Any, count: int) -> Ints:
        return self.random.integers(low, high, count, endpoint=True)


def _elsewhere(notice: Notice) -> int:
    """Some area code that the notice does not govern."""
    return next(code for code in range(110101, 999999, 10000) if not notice.covers(str(code)))
