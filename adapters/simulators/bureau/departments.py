"""The departments' lists: who is recognised as what at the opening, who is added and who is struck off later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from adapters.bureau.vocabulary import chinese, identity_codes
from adapters.simulators.bureau.identities import iso_dates, to_day
from adapters.simulators.bureau.lists import DroppedList
from adapters.simulators.bureau.opening import County, take
from adapters.simulators.bureau.population import MOVER, PLANNED
from adapters.simulators.bureau.profile import Department, Recognised, StruckOff
from adapters.simulators.bureau.recognition import Flags
from adapters.simulators.bureau.situations import Texts

_DETAILS = ["category", "area", "recognised_on", "revoked_on", "memo"]
FLAG_FIELDS = ["name", "cert_type", "cert_no", *_DETAILS]


def department_lists(county: County) -> list[DroppedList]:
    """The departments' lists of the opening, each in its own way of writing; none of a department with nobody."""
    lists = [_list_of(county, one, county.opening, county.flags) for one in county.profile.departments]
    return [dropped for dropped in lists if dropped.rows]


def later_lists(rng: np.random.Generator, county: County) -> list[DroppedList]:
    """People newly recognised after the opening, and identities that ended."""
    added = []
    for one in county.profile.recognised:
        department = next(each for each in county.profile.departments if one.category in each.categories)
        added.append(_list_of(county, department, county.day(one.listed), _newly_recognised(rng, county, one)))
    return [*added, *(_struck_off(rng, county, one) for one in county.profile.struck_off)]


def _list_of(county: County, department: Department, day: date, flags: Flags) -> DroppedList:
    workbook = department.file == "xlsx"
    fields = [*department.fields, *_DETAILS]
    return DroppedList(
        path=f"{day}/flags-{department.name}.{department.file}",
        kind="flags",
        fields=fields,
        rows=_rows(county, flags, flags.of(*department.categories), _words(county, department, day), fields),
        headings=department.headings,
        encoding=department.encoding,
        title=f"{county.area.name}{department.name}救助对象名单" if workbook else "",
        identity_heading=workbook,
    )


def _words(county: County, department: Department, day: date) -> Mapping[str, str]:
    """How the department writes the categories: in Chinese, by the province's codes where it has some, or our word."""
    if department.words == "ours":
        return {}
    if department.words == "codes":
        codes = {category: code for code, category in identity_codes(county.area.province, day).items()}
        return {**chinese("category"), **codes}
    return chinese("category")


def _newly_recognised(rng: np.random.Generator, county: County, one: Recognised) -> Flags:
    people, (first, last) = county.people, map(county.day, one.days)
    possible = np.isin(people.reason, (PLANNED, MOVER)) & (people.born < to_day(first))
    possible[county.flags.person] = False
    fitting = np.flatnonzero(possible)
    chosen = rng.choice(fitting, min(len(fitting), max(1, round(len(fitting) * one.share))), replace=False)
    return Flags(
        chosen,
        np.full(len(chosen), one.category),
        rng.integers(to_day(first), to_day(last) + 1, len(chosen)),
        np.full(len(chosen), -1),
    )


def _struck_off(rng: np.random.Generator, county: County, one: StruckOff) -> DroppedList:
    flags, revoked = county.flags, to_day(county.day(one.revoked))
    active = flags.of(*one.categories)
    active = active[flags.revoked[active] < 0]
    chosen = rng.choice(active, min(len(active), max(1, round(len(active) * one.share))), replace=False)
    ended = Flags(flags.person, flags.category, flags.recognised, np.full(len(flags.person), revoked))
    return DroppedList(
        path=f"{county.day(one.listed)}/flags-动态调整取消.csv",
        kind="flags",
        fields=FLAG_FIELDS,
        rows=_rows(county, ended, np.sort(chosen), chinese("category"), FLAG_FIELDS),
        headings="chinese",
    )


def _rows(
    county: County, flags: Flags, positions: np.ndarray, words: Mapping[str, str], fields: list[str]
) -> list[list[str]]:
    """Rows of some flags; ``words`` says how the list writes the categories (our word where it does not)."""
    holders = flags.person[positions].tolist()
    categories = flags.category[positions].tolist()
    columns: Texts = {
        name: [county.columns[name][at] for at in holders] for name in ("person_no", "name", "cert_type", "cert_no")
    }
    columns |= {
        "category": [words.get(category, category) for category in categories],
        "area": [county.area.code] * len(holders),
        "recognised_on": iso_dates(flags.recognised[positions]),
        "revoked_on": [
            text if day >= 0 else ""
            for text, day in zip(iso_dates(flags.revoked[positions]), flags.revoked[positions].tolist(), strict=True)
        ],
        "memo": [""] * len(holders),
    }
    return take(columns, fields, range(len(holders)))
