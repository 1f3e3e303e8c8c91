"""The cast: people in the particular situations that a profile names, and the lists that tell of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from adapters.bureau.columns import fields_of
from adapters.bureau.vocabulary import chinese
from adapters.simulators.accounts import account_number
from adapters.simulators.bureau.days import Calendar
from adapters.simulators.bureau.departments import FLAG_FIELDS
from adapters.simulators.bureau.identities import EPOCH, make_numbers, to_day
from adapters.simulators.bureau.lists import DroppedList
from adapters.simulators.bureau.names import make_names
from adapters.simulators.bureau.opening import ROSTER_FIELDS, County, take
from adapters.simulators.bureau.population import CAST, LATE_CAST, Population
from adapters.simulators.bureau.profile import CastFlag, Profile, Situation
from adapters.simulators.bureau.situations import Texts
from config.areas import Area

_APPLICATION_FIELDS = [known.name for known in fields_of("applications") if known.name != "person_no"]
_ACCOUNT_FIELDS = [known.name for known in fields_of("accounts")]
_ACCOUNTS = 9 * 10**10
_BLANK = (
    *("student_stage", "school_area", "student_enrolled_on", "registered_on", "circumstances"),
    *("prior_scheme", "prior_area", "prior_months", "prior_ended_on", "residence_area"),
)
_HERE = "here"
"""How a profile writes the area that is played, whichever it is."""
_DAYS = frozenset(name for name in ROSTER_FIELDS if name.endswith("_on"))


@dataclass(frozen=True)
class Part:
    """Somebody in the cast: the place of their situation in the profile, their town's, and their day of birth."""

    situation: int
    town: int
    born: int
    opening: bool


def choose(
    rng: np.random.Generator, area: Area, year: int, share: float, profile: Profile, calendar: Calendar
) -> list[Part]:
    """Who is in which situation, in which town, born when; at least one of each at any share."""
    parts = []
    planned = area.planned(year) * share
    lists = calendar.day(profile.lists)
    for number, one in enumerate(profile.situations):
        wanted = max(one.at_least, round(planned * one.per_100k / 100_000))
        first, last = _birth_days(one, calendar, lists)
        for born in rng.integers(to_day(first), to_day(last) + 1, wanted).tolist():
            town = int(rng.integers(0, len(area.towns)))
            parts.append(Part(number, town, born, opening=one.listed is None))
    return parts


def _birth_days(one: Situation, calendar: Calendar, lists: date) -> tuple[date, date]:
    if one.born is not None:
        return calendar.day(one.born[0]), calendar.day(one.born[1])
    youngest, oldest = one.ages or (25, 58)
    return lists - timedelta(days=round(oldest * 365.2425)), lists - timedelta(days=round(youngest * 365.2425) + 1)


@dataclass
class _Papers:
    """What the lists of one day say of the cast: flags, applications, and who is enrolled (places of people)."""

    flags: list[dict[str, str]] = field(default_factory=list)
    applications: list[dict[str, str]] = field(default_factory=list)
    enrolled: list[int] = field(default_factory=list)


def enact(rng: np.random.Generator, area: Area, parts: Sequence[Part], others: Population) -> Population:
    """The cast as people; none has a number of the ``others``, each lives alone."""
    count = len(parts)
    born = np.array([part.born for part in parts], dtype=np.int64)
    male = (rng.random(count) < 0.51).astype(np.int64)
    return Population(
        town=np.array([part.town for part in parts], dtype=np.int64),
        reason=np.array([CAST if part.opening else LATE_CAST for part in parts], dtype=np.int64),
        born=born,
        male=male,
        household=int(others.household.max()) + 1 + np.arange(count),
        person_no=[f"{area.code}{number:010d}" for number in range(3 * len(others), 3 * len(others) + count)],
        cert_no=make_numbers(rng, born, male, area.code, (others.born, others.male)),
        name=make_names(rng, male),
    )


def describe_cast(
    columns: Texts, area: Area, profile: Profile, calendar: Calendar, parts: Sequence[Part], cast: Population
) -> None:
    """Add the cells of the cast to the columns: those of their situation, all else of theirs is plain."""
    lists = calendar.day(profile.lists)
    for at, (part, age) in enumerate(zip(parts, cast.age(lists).tolist(), strict=True)):
        one, born = profile.situations[part.situation], EPOCH + timedelta(days=part.born)
        plain = dict.fromkeys(_BLANK, "") | {
            "person_no": cast.person_no[at],
            "cert_type": "01",
            "cert_no": cast.cert_no[at],
            "name": cast.name[at],
            "birth_date": born.isoformat(),
            "person_type": one.person_type or _person_type(age),
            "insured_year": str(calendar.year),
            "area": area.code,
            "town": area.towns[part.town].code,
            "household_no": f"H{cast.household[at]:08d}",
            "household_area": area.code,
        }
        written = {name: area.code if cell == _HERE else cell for name, cell in one.row.items()}
        cells = {
            name: calendar.day(cell, born).isoformat() if name in _DAYS else cell for name, cell in written.items()
        }
        for name, cell in (plain | cells).items():
            columns[name].append(cell)


def _person_type(age: int) -> str:
    return "1402" if age < 7 else "1403" if age < 18 else "1501" if age < 60 else "16"


def cast_lists(county: County, parts: Sequence[Part]) -> Iterator[DroppedList]:
    """The lists that tell of the cast, by day: who is enrolled late, identities, applications, and their accounts."""
    days: dict[date, _Papers] = defaultdict(_Papers)
    payees = []
    first = len(county.people) - len(parts)
    for at, part in enumerate(parts, first):
        one = county.profile.situations[part.situation]
        if one.listed:
            days[county.day(one.listed)].enrolled.append(at)
        for flag in one.flags:
            _note_flag(county, days, at, flag)
        for asked in one.applications:
            cells = {"insured_year": str(county.calendar.year), "area": asked.area or county.area.code, "memo": ""}
            cells |= {"category": chinese("category")[asked.category], "applied_on": county.day(asked.on).isoformat()}
            days[county.day(asked.listed)].applications.append(_person(county, at) | cells)
        if one.flags:
            payees.append(at)
    for day, papers in sorted(days.items()):
        yield from _of_day(county, day, papers)
    if payees:
        yield _accounts(county, payees)


def taken_back(county: County, parts: Sequence[Part]) -> dict[str, dict[str, Any]]:
    """Whose bank takes their payment back, by person number: on which day, and whether they pay again."""
    first = len(county.people) - len(parts)
    return {
        county.columns["person_no"][at]: {"day": county.day(bank.day).isoformat(), "again": bank.again}
        for at, part in enumerate(parts, first)
        if (bank := county.profile.situations[part.situation].bank) is not None
    }


def _note_flag(county: County, days: dict[date, _Papers], at: int, flag: CastFlag) -> None:
    born = EPOCH + timedelta(days=int(county.people.born[at]))
    cells = _person(county, at) | {
        "category": chinese("category")[flag.category],
        "area": flag.area or county.area.code,
        "recognised_on": county.calendar.day(flag.recognised, born).isoformat(),
        "revoked_on": "",
        "memo": "",
    }
    listed = county.day(flag.listed or county.profile.lists)
    ended = {"revoked_on": county.day(flag.revoked).isoformat()} if flag.revoked else {}
    told = county.day(flag.revoked_listed) if flag.revoked_listed else listed
    days[listed].flags.append(cells | (ended if told == listed else {}))
    if told != listed:
        days[told].flags.append(cells | ended)


def _person(county: County, at: int) -> dict[str, str]:
    return {name: county.columns[name][at] for name in ("name", "cert_type", "cert_no")}


def _of_day(county: County, day: date, papers: _Papers) -> Iterator[DroppedList]:
    if papers.enrolled:
        rows = take(county.columns, ROSTER_FIELDS, papers.enrolled)
        yield DroppedList(
            f"{day}/enrolments-新增参保.csv", "enrolments", ROSTER_FIELDS, rows, headings="chinese", safe=len(rows)
        )
    for kind, name, fields, told in (
        ("flags", "flags-身份动态信息", FLAG_FIELDS, papers.flags),
        ("applications", "applications-资助申请", _APPLICATION_FIELDS, papers.applications),
    ):
        if told:
            rows = [[cells[field] for field in fields] for cells in told]
            yield DroppedList(f"{day}/{name}.csv", kind, fields, rows, headings="chinese", safe=len(rows))


def _accounts(county: County, payees: Sequence[int]) -> DroppedList:
    rows = []
    for number, at in enumerate(payees):
        cells = _person(county, at) | {"person_no": county.columns["person_no"][at], "bank": county.profile.bank}
        cells |= {"account_name": cells["name"], "account_no": account_number(_ACCOUNTS + 37 * number)}
        rows.append([cells[field] for field in _ACCOUNT_FIELDS])
    path = f"{county.opening}/payees-accounts-农商银行-补充.csv"
    return DroppedList(path, "accounts", _ACCOUNT_FIELDS, rows, headings="chinese", safe=len(rows))
