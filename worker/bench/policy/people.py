"""Made people of ten areas, as columns: mostly plain adults, with everything that the rules can tell apart."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np

from policies.calendar import day_number
from policies.people import AREA_UNKNOWN, NO_DAY, Int32s, People
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES
from worker.bench.policy.rules import AREAS

ELSEWHERE: Final = np.array([220623, 220802, 222401, 110101, 440305], np.int32)
"""Areas of the province that are none of the ten, and areas of other provinces."""
FLAGGED: Final = np.array([0.0, 0.885, 0.1, 0.013, 0.002]).cumsum()
"""Shares of people with none, one, two and three identity flags."""
FIRST_PAYMENT: Final = day_number(date(2020, 9, 21))
WINDOW_LAST: Final = day_number(date(2020, 12, 31))
LAST_PAYMENT: Final = day_number(date(2021, 10, 10))
_COMMON: Final = ("minimum_living_allowance", "registered_poor", "severe_disability", "edge_household")


def draw(count: int, seed: int = 2021) -> tuple[People, Int32s, Int32s]:
    """So many people in no order, the area each enrols in, and the day each pays."""
    dice = np.random.default_rng(seed)
    pool = dice.choice(np.array([int(area) for area in AREAS], np.int32), count)
    paid = np.where(
        dice.random(count) < 0.93,
        dice.integers(FIRST_PAYMENT, WINDOW_LAST + 1, count),
        dice.integers(WINDOW_LAST + 1, LAST_PAYMENT + 1, count),
    ).astype(np.int32)
    columns = _persons(dice, pool, paid) | _flags(dice, pool)
    return People(**columns), pool, paid


def _persons(dice: np.random.Generator, pool: Int32s, paid: Int32s) -> dict[str, Any]:
    count = len(pool)
    birth = dice.integers(day_number(date(1930, 1, 1)), FIRST_PAYMENT, count).astype(np.int32)
    newborn = dice.random(count) < 0.012
    birth = np.where(newborn, paid - dice.integers(-2, 130, count), birth).astype(np.int32)
    age = (np.int32(WINDOW_LAST) - birth) // 365
    studies = dice.random(count) < np.select([age < 6, age < 18, age < 23], [0.0, 0.97, 0.5], 0.002)
    unseen = dice.random(count) < 0.05
    return {
        "birth_day": birth,
        "student_stage": np.where(studies, np.where(age < 18, 1, 2), 0).astype(np.int8),
        "student_school_area": np.where(studies, _mostly(dice, pool, 0.96), 0).astype(np.int32),
        "student_enrolled_day": np.full(count, NO_DAY, np.int32),
        "household_area": _mostly(dice, pool, 0.9),
        "residence_area": np.where(unseen, AREA_UNKNOWN, _mostly(dice, pool, 0.95)).astype(np.int32),
        "registered_day": np.where(
            newborn & (dice.random(count) < 0.9), birth + dice.integers(0, 120, count), NO_DAY
        ).astype(np.int32),
        "circumstances": np.where(
            dice.random(count) < 0.02, 1 << dice.integers(0, len(CIRCUMSTANCES), count), 0
        ).astype(np.uint32),
        "prior_scheme": np.zeros(count, np.int8),
        "prior_area": np.full(count, -1, np.int32),
        "prior_months": np.full(count, -1, np.int32),
        "prior_ended_day": np.full(count, NO_DAY, np.int32),
    }


def _flags(dice: np.random.Generator, pool: Int32s) -> dict[str, Any]:
    counts = np.searchsorted(FLAGGED, dice.random(len(pool)), "right") - 1
    total, area = int(counts.sum()), np.repeat(pool, counts)
    common = dice.choice(np.array([CATEGORIES.index(word) for word in _COMMON]), total)
    category = np.where(dice.random(total) < 0.8, common, dice.integers(0, len(CATEGORIES), total))
    # Nobody holds an identity twice: the second and third are some steps on from the first.
    first = np.repeat(np.cumsum(counts) - counts, counts)
    step = dice.integers(1, len(CATEGORIES) // 2, total)[first]
    category = (category[first] + step * (np.arange(total) - first)) % len(CATEGORIES)
    recognised = np.where(
        dice.random(total) < 0.9,
        dice.integers(day_number(date(2014, 1, 1)), FIRST_PAYMENT, total),
        dice.integers(FIRST_PAYMENT, LAST_PAYMENT, total),
    )
    ended = recognised + dice.integers(0, 1500, total)
    return {
        "flag_start": np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        "flag_category": category.astype(np.int8),
        "flag_area": _mostly(dice, area, 0.97),
        "flag_recognised": recognised.astype(np.int32),
        "flag_revoked": np.where(dice.random(total) < 0.06, ended, NO_DAY).astype(np.int32),
    }


def _mostly(dice: np.random.Generator, here: Int32s, share: float) -> Int32s:
    """The area itself for this share of the people, another of the ten or one elsewhere for the others."""
    others = np.concatenate([np.array([int(area) for area in AREAS], np.int32), ELSEWHERE])
    return np.where(dice.random(len(here)) < share, here, dice.choice(others, len(here))).astype(np.int32)
