"""People between the county and a neighbouring one: paid or recognised in one, insured in the other, or in both.

The neighbouring county's own lists are part of the plan: its installation takes them in, ours never sees them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from adapters.bureau.columns import fields_of
from adapters.bureau.vocabulary import chinese
from adapters.simulators.accounts import account_number
from adapters.simulators.bureau.departments import FLAG_FIELDS
from adapters.simulators.bureau.identities import EPOCH, make_numbers, to_day
from adapters.simulators.bureau.lists import DroppedList, write
from adapters.simulators.bureau.names import make_names
from adapters.simulators.bureau.opening import ROSTER_FIELDS, County
from adapters.simulators.bureau.population import PLANNED
from adapters.simulators.bureau.profile import NextDoor, NextDoorCase
from config.areas import Area, load_areas

Cells = dict[str, str]
_CATEGORY = "minimum_living_allowance"
_ACCOUNT_FIELDS = [known.name for known in fields_of("accounts")]
_ACCOUNTS = 6 * 10**10
_OVER = timedelta(days=45)
"""After the window has opened: when people are listed where they belong. By then many have paid where they do not."""
_CANDIDATES = 4
"""Residents for each premium paid here by mistake: whoever of them has paid when the cases come up."""


def next_door(seed: int, county: County, leaving: frozenset[int]) -> tuple[dict[str, Any], list[DroppedList]]:
    """The plan of the cases with the neighbour's lists, and the lists that come to us; nothing without a neighbour.

    Drawn apart from all else, so that nobody else changes by them. Each case says of what kind it is, which side
    opens it (``here`` or ``there``), how it ends, from which day it may come up, and about whom it is; a premium paid
    here by mistake is one of the ``payers``', whoever has paid by then. ``leaving``: places of people whom other lists
    tell of.
    """
    plan = county.profile.next_door
    if plan is None or plan.area == county.area.code:
        return {}, []
    rng = np.random.default_rng([seed, county.calendar.year, int(county.area.code), 7])
    return _Script(rng, county, plan, leaving).written()


class _Script:
    def __init__(self, rng: np.random.Generator, county: County, plan: NextDoor, leaving: frozenset[int]) -> None:
        self._county, self._plan, self._there = county, plan, load_areas()[plan.area]
        self._cases = wanted = [case for case in plan.cases for _ in range(case.count)]
        strangers = plan.residents + plan.twice + sum(not _of_payers(case) for case in wanted)
        self._strangers = _strangers(rng, self._there, county, strangers)
        self._payers = _residents(rng, county, leaving, _CANDIDATES * sum(map(_of_payers, wanted)))
        self._lists: dict[str, list[Cells]] = {"enrolments": [], "flags": [], "accounts": []}
        self._ours: dict[str, list[Cells]] = {"enrolments": [], "flags": [], "accounts": []}

    def written(self) -> tuple[dict[str, Any], list[DroppedList]]:
        plan = self._plan
        for _ in range(plan.residents):
            self._lists["enrolments"].append(_row(self._strangers.pop(), self._there))
        cases = [self._case(case) for case in self._cases]
        twice = [_row(self._strangers.pop(), self._there) for _ in range(plan.twice)]
        for one in twice:
            belongs = {"household_area": self._county.area.code}
            self._lists["enrolments"].append(one | belongs)
            self._ours["enrolments"].append(moved(one, self._county.area))
        content = {
            "area": plan.area,
            "cases": cases,
            "payers": self._payers,
            "twice": len(twice),
            "lists": self._lists,
        }
        return content, list(self._dropped())

    def _case(self, case: NextDoorCase) -> dict[str, Any]:
        """One case; whom it is about comes to stand on the lists that it takes."""
        here, calendar = self._county.area, self._county.calendar
        said: dict[str, Any] = {"kind": case.kind, "opened": case.opened, "end": case.end}
        begins = calendar.opens + _OVER if case.end != "open" else date(calendar.year, 10, 20)
        said["begins"] = begins.isoformat()
        if _of_payers(case):
            return said
        if case.kind == "assistance_claim":
            return said | {"person": self._claimed_for(case)}
        row = _row(self._strangers.pop(), self._there)
        self._lists["enrolments"].append(row)
        if case.end != "refused":
            self._ours["enrolments"].append(moved(row, here))
        return said | {"person": row["person_no"]}

    def _claimed_for(self, case: NextDoorCase) -> str:
        """The identity number of somebody recognised where the case is opened, and insured on the other side if it
        does not refuse.
        """
        ours = case.opened == "here"
        person = _row(self._strangers.pop(), self._there)
        self._recognised(self._ours if ours else self._lists, person, self._county.area if ours else self._there)
        if case.end != "refused":
            roster, row = (self._lists, person) if ours else (self._ours, moved(person, self._county.area))
            roster["enrolments"].append(row)
        return person["cert_no"]

    def _recognised(self, lists: dict[str, list[Cells]], person: Cells, area: Area) -> None:
        who = {name: person[name] for name in ("name", "cert_type", "cert_no")}
        since = date(self._county.calendar.year - 1, 3, 1).isoformat()
        flag = {"category": chinese("category")[_CATEGORY], "area": area.code, "recognised_on": since}
        lists["flags"].append(who | flag | {"revoked_on": "", "memo": ""})
        number = account_number(_ACCOUNTS + 37 * (len(self._lists["accounts"]) + len(self._ours["accounts"])))
        account = {"account_name": who["name"], "account_no": number, "bank": self._county.profile.bank}
        lists["accounts"].append(who | account | {"person_no": ""})

    def _dropped(self) -> list[DroppedList]:
        """What comes to us: who is enrolled here as well by then, whom we recognise, and their accounts."""
        county = self._county
        days = {"enrolments": county.calendar.opens + _OVER - timedelta(days=1)}
        named = {"enrolments": "错缴转入", "flags": "异地参保人员", "accounts": "异地参保人员"}
        return [
            _list(kind, days.get(kind, county.opening), named[kind], rows) for kind, rows in self._ours.items() if rows
        ]


def their_lists(plan: Mapping[str, Any], day: date, directory: Path) -> None:
    """Write the neighbour's lists of the opening into its own drop directory."""
    for kind, rows in plan["lists"].items():
        if rows:
            write(_list(kind, day, "名册", rows), directory)


def enrol_there(people: list[Cells], plan: Mapping[str, Any], day: date, directory: Path) -> None:
    """Write the neighbour's list of residents of ours who belong there."""
    there = load_areas()[plan["area"]]
    write(_list("enrolments", day, "错缴转入", [moved(one, there) for one in people]), directory)


def moved(row: Cells, area: Area) -> Cells:
    """The row of somebody as the roster of another area has it."""
    number = f"{area.code}9{row['person_no'][7:]}"
    place = {"area": area.code, "town": area.towns[0].code, "household_area": area.code, "residence_area": ""}
    return row | place | {"person_no": number, "household_no": ""}


def _of_payers(case: NextDoorCase) -> bool:
    """Whether the case is about a premium paid here by mistake."""
    return case.kind == "wrong_area" and case.opened == "here"


def _strangers(rng: np.random.Generator, there: Area, county: County, count: int) -> list[Cells]:
    """Grown people who live next door."""
    oldest, youngest = (to_day(county.opening - timedelta(days=365 * age)) for age in (58, 25))
    born, male = rng.integers(oldest, youngest, count), (rng.random(count) < 0.5).astype(np.int64)
    numbers = make_numbers(rng, born, male, there.code, (county.people.born, county.people.male))
    return [
        {
            "person_no": f"{there.code}{number:010d}",
            "cert_no": cert_no,
            "name": name,
            "birth_date": (EPOCH + timedelta(days=day)).isoformat(),
            "insured_year": str(county.calendar.year),
        }
        for number, cert_no, name, day in zip(
            range(1, count + 1), numbers, make_names(rng, male), born.tolist(), strict=True
        )
    ]


def _row(person: Cells, area: Area) -> Cells:
    place = {"area": area.code, "town": area.towns[0].code, "household_area": area.code}
    return dict.fromkeys(ROSTER_FIELDS, "") | {"cert_type": "01", "person_type": "1501"} | place | person


def _residents(rng: np.random.Generator, county: County, leaving: frozenset[int], count: int) -> list[Cells]:
    """Residents of ours in no particular situation, of whom no other list tells."""
    people, columns = county.people, county.columns
    age = people.age(county.opening)
    plain = (people.reason == PLANNED) & (age >= 25) & (age < 58)
    plain[county.flags.person] = False
    plain[list(leaving)] = False
    told = ("student_stage", "circumstances", "prior_scheme", "residence_area")
    fitting = [
        at
        for at in np.flatnonzero(plain).tolist()
        if columns["household_area"][at] == county.area.code and not any(columns[name][at] for name in told)
    ]
    chosen = rng.choice(fitting, min(len(fitting), count), replace=False).tolist()
    return [{name: columns[name][at] for name in ROSTER_FIELDS} for at in chosen]


def _list(kind: str, day: date, name: str, rows: list[Cells]) -> DroppedList:
    fields = {"enrolments": ROSTER_FIELDS, "flags": FLAG_FIELDS, "accounts": _ACCOUNT_FIELDS}[kind]
    cells = [[row[field] for field in fields] for row in rows]
    file = {"enrolments": "enrolments", "flags": "flags", "accounts": "payees-accounts"}[kind]
    path = f"{day}/{file}-{name}.csv"
    return DroppedList(path, kind, fields, cells, headings="chinese", safe=len(cells))
