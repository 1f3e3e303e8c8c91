"""What the roster says about each person beside the name: students, places, circumstances, cover before."""

from __future__ import annotations

from datetime import date

import numpy as np

from adapters.simulators.bureau.days import Calendar
from adapters.simulators.bureau.identities import iso_dates, to_day, words_at
from adapters.simulators.bureau.population import MOVER, NEWBORN, PLANNED, Population
from adapters.simulators.bureau.profile import Profile
from config.areas import Area

_COLLEGE_HERE, _COLLEGE_ELSEWHERE = 0.06, 0.03

Texts = dict[str, list[str]]
"""Columns of texts by our field names, one text a person, empty where nothing is known."""


def describe(
    rng: np.random.Generator, area: Area, profile: Profile, calendar: Calendar, people: Population, poor: np.ndarray
) -> Texts:
    """The enrolment columns of everybody; ``poor`` marks among whom some had an employee's cover before."""
    year, lists_of = calendar.year, calendar.day(profile.lists)
    age = people.age(lists_of)
    stage = _stages(rng, people, age)
    towns = [town.code for town in area.towns]
    columns: Texts = {
        "person_no": people.person_no,
        "cert_type": ["01"] * len(people),
        "cert_no": people.cert_no,
        "name": people.name,
        "birth_date": iso_dates(people.born),
        "person_type": _person_types(people, age, stage),
        "insured_year": [str(year)] * len(people),
        "area": [area.code] * len(people),
        "town": words_at(towns, people.town),
        "household_no": [f"H{number:08d}" for number in people.household.tolist()],
    }
    columns |= _places(rng, area, profile, len(people))
    columns |= _students(rng, area, profile, year, stage)
    columns["registered_on"] = _registrations(rng, people, lists_of)
    columns["circumstances"] = _circumstances(rng, profile, people, age)
    columns |= _prior_cover(rng, area, profile, year, poor & (age > 20) & (age < 60))
    return columns


def _stages(rng: np.random.Generator, people: Population, age: np.ndarray) -> np.ndarray:
    """0 no student, 1 school, 2 college here, 3 newly at a college elsewhere."""
    chance = rng.random(len(people))
    stage = np.zeros(len(people), dtype=np.int64)
    stage[(age >= 6) & (age < 18) & (chance < 0.97)] = 1
    grown = (age >= 18) & (age < 22) & (people.reason == PLANNED)
    stage[grown & (chance < _COLLEGE_HERE)] = 2
    stage[grown & (chance > 1 - _COLLEGE_ELSEWHERE)] = 3
    return stage


def _person_types(people: Population, age: np.ndarray, stage: np.ndarray) -> list[str]:
    conditions = [people.reason == NEWBORN, stage == 1, stage >= 2, age < 7, age >= 60]
    return words_at(("1401", "1403", "1404", "1402", "16", "1501"), np.select(conditions, range(5), 5))


def _places(rng: np.random.Generator, area: Area, profile: Profile, count: int) -> Texts:
    """Nearly all belong to the area by household; some by residence permit; of a few it is not known."""
    chance = rng.random(count)
    neighbour = rng.integers(0, len(profile.neighbours), count)
    permit, unknown, stranger = chance < 0.015, (chance > 0.9996), (chance > 0.9992) & (chance <= 0.9996)
    elsewhere = len(profile.neighbours)
    household = np.select([permit | stranger, unknown], [neighbour, elsewhere], elsewhere + 1)
    residence = np.select([permit, unknown, chance < 0.5], [0, 1, 2], 1)
    return {
        "household_area": words_at((*profile.neighbours, "", area.code), household),
        "residence_area": words_at((area.code, "", "无"), residence),
    }


def _students(rng: np.random.Generator, area: Area, profile: Profile, year: int, stage: np.ndarray) -> Texts:
    since = ("", *(f"{year - back}-09-01" for back in (1, 2, 3)))
    here_since = 1 + rng.integers(0, 3, len(stage))
    return {
        "student_stage": words_at(("", "school", "college", "college"), stage),
        "school_area": words_at(("", area.code, area.code, profile.college_elsewhere), stage),
        "student_enrolled_on": words_at(since, np.select([stage == 3, stage == 2], [1, here_since], 0)),
    }


def _registrations(rng: np.random.Generator, people: Population, lists_of: date) -> list[str]:
    """Newborns register within 90 days of birth, a few later; movers when they come."""
    days = np.full(len(people), -1)
    newborn, mover = people.reason == NEWBORN, people.reason == MOVER
    wait = np.where(
        rng.random(len(people)) < 0.03, rng.integers(91, 130, len(people)), rng.integers(3, 91, len(people))
    )
    days[newborn] = people.born[newborn] + wait[newborn]
    days[mover] = to_day(lists_of) + rng.integers(30, 300, int(mover.sum()))
    known = np.flatnonzero(days >= 0)
    texts = [""] * len(people)
    for at, text in zip(known.tolist(), iso_dates(days[known]), strict=True):
        texts[at] = text
    return texts


def _circumstances(rng: np.random.Generator, profile: Profile, people: Population, age: np.ndarray) -> list[str]:
    texts = [""] * len(people)
    for word, one in profile.circumstances.items():
        fitting = np.flatnonzero((age >= one.ages[0]) & (age < one.ages[1]) & (people.reason == PLANNED))
        wanted = min(len(fitting), max(1, round(len(people) * one.per_100k / 100_000)))
        for at in rng.choice(fitting, wanted, replace=False).tolist():
            texts[at] = f"{texts[at]};{word}" if texts[at] else word
    return texts


def _prior_cover(rng: np.random.Generator, area: Area, profile: Profile, year: int, possible: np.ndarray) -> Texts:
    """An employee's cover that ended during the year before."""
    share = profile.prior_cover.share if profile.prior_cover else 0.0
    chosen = np.flatnonzero(possible & (rng.random(len(possible)) < share))
    columns: Texts = {
        name: [""] * len(possible) for name in ("prior_scheme", "prior_area", "prior_months", "prior_ended_on")
    }
    ended = iso_dates(to_day(date(year - 1, 4, 1)) + rng.integers(0, 150, len(chosen))) if len(chosen) else []
    months = rng.integers(3, 90, len(chosen)).tolist()
    for at, day, number in zip(chosen.tolist(), ended, months, strict=True):
        columns["prior_scheme"][at] = "employee"
        columns["prior_area"][at] = area.code
        columns["prior_months"][at] = str(number)
        columns["prior_ended_on"][at] = day
    return columns
