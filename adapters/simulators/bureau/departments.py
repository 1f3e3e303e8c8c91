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
from adapters.simulators.bureau.recognition import Flags
from adapters.simulators.bureau.situations import Texts

_DETAILS = ["category", "area", "recognised_on", "revoked_on", "memo"]
_FIELDS = ["name", "cert_type", "cert_no", *_DETAILS]
_NEW_POOR, _REVOKED = 0.0008, 0.003


def department_lists(county: County) -> list[DroppedList]:
    """The four departments' lists of the opening, each in its own way of writing."""
    day, flags = county.day(8, 31), county.flags
    civil = (
        *("extreme_poverty", "orphan", "de_facto_unsupported_child", "distressed_child"),
        *("minimum_living_allowance", "severe_disability"),
    )
    return [
        DroppedList(
            path=f"{day}/flags-民政局.xlsx",
            kind="flags",
            fields=["name", "cert_no", *_DETAILS],
            rows=_rows(county, flags, flags.of(*civil), chinese("category"), ["name", "cert_no", *_DETAILS]),
            headings="chinese",
            title=f"{county.area.name}民政局救助对象名单",
            identity_heading=True,
        ),
        _poverty_office(county, day, flags, flags.of("registered_poor", "edge_household")),
        DroppedList(
            path=f"{day}/flags-退役军人事务局.csv",
            kind="flags",
            fields=_FIELDS,
            rows=_rows(county, flags, flags.of("military_preferential"), chinese("category"), _FIELDS),
            headings="chinese",
            encoding="utf-8-sig",
        ),
        DroppedList(
            path=f"{day}/flags-卫健局.csv",
            kind="flags",
            fields=["person_no", *_FIELDS[1:]],
            rows=_rows(county, flags, flags.of("family_planning_household"), {}, ["person_no", *_FIELDS[1:]]),
        ),
    ]


def later_lists(rng: np.random.Generator, county: County) -> list[DroppedList]:
    """People newly recognised as poor after the cut-off, and identities that ended in the insured year."""
    lists = []
    for day, first, last in (
        (county.day(11, 15), county.day(9, 10), county.day(11, 10)),
        (county.day(2, 15, in_year=True), county.day(12, 1), county.day(2, 10, in_year=True)),
    ):
        new = _newly_poor(rng, county, first, last)
        lists.append(_poverty_office(county, day, new, np.arange(len(new.person))))
    return [*lists, _struck_off(rng, county)]


def _poverty_office(county: County, day: date, flags: Flags, positions: np.ndarray) -> DroppedList:
    codes = {category: code for code, category in identity_codes(county.area.province, day).items()}
    return DroppedList(
        path=f"{day}/flags-扶贫局.csv",
        kind="flags",
        fields=_FIELDS,
        rows=_rows(county, flags, positions, codes, _FIELDS),
        headings="national",
        encoding="gb18030",
    )


def _newly_poor(rng: np.random.Generator, county: County, first: date, last: date) -> Flags:
    people = county.people
    possible = np.isin(people.reason, (PLANNED, MOVER)) & (people.born < to_day(first))
    possible[county.flags.person] = False
    fitting = np.flatnonzero(possible)
    chosen = rng.choice(fitting, max(1, round(len(fitting) * _NEW_POOR)), replace=False)
    return Flags(
        chosen,
        np.full(len(chosen), "registered_poor"),
        rng.integers(to_day(first), to_day(last) + 1, len(chosen)),
        np.full(len(chosen), -1),
    )


def _struck_off(rng: np.random.Generator, county: County) -> DroppedList:
    flags = county.flags
    active = flags.of("registered_poor", "minimum_living_allowance")
    active = active[flags.revoked[active] < 0]
    chosen = rng.choice(active, max(1, round(len(active) * _REVOKED)), replace=False)
    ended = Flags(
        flags.person,
        flags.category,
        flags.recognised,
        np.full(len(flags.person), to_day(county.day(2, 28, in_year=True))),
    )
    return DroppedList(
        path=f"{county.day(3, 15, in_year=True)}/flags-动态调整取消.csv",
        kind="flags",
        fields=_FIELDS,
        rows=_rows(county, ended, np.sort(chosen), chinese("category"), _FIELDS),
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
