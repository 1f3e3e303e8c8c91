"""The parameters of the measured rules as OpenFisca-core keeps them, and people as its inputs."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from openfisca_core.parameters import ParameterNode
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem

from policies.people import NO_DAY, Int32s, People
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES
from worker.bench.policy.openfisca import ASSISTED, NEVER, UNKNOWN, VARIABLES, YEAR, Person
from worker.bench.policy.rules import AMOUNTS, AREAS, LOCAL_CATEGORIES


def system(known_until: date) -> TaxBenefitSystem:
    """The rules with their parameters; ``known_until`` is the last day of which anything is known."""
    made = TaxBenefitSystem([Person])
    made.add_variables(*VARIABLES)
    made.parameters = ParameterNode("", data=_node(_figures(known_until)))
    return made


def _figures(known_until: date) -> dict[str, Any]:
    local = {
        f"a{area}": {
            "amount": 0 if isinstance(given, str) else given,
            "percent": int(given[:-1]) if isinstance(given, str) else 0,
        }
        for area, given in zip(AREAS, AMOUNTS, strict=True)
    }
    return {
        "rates": {"adult": 32000, "minor_or_student": 20000},
        "minor_born_from": "2003-01-01",
        "window": {"first": "2020-10-01", "last": "2020-12-31"},
        "late_until": "2021-09-30",
        "newborn": {"first": "2020-10-01", "window_last": "2020-12-31", "year_last": "2021-12-31", "days": 90},
        "wait_months": 3,
        "cover_first": "2021-01-01",
        "known_until": known_until.isoformat(),
        "recognised_until": "2021-12-31",
        "assistance": dict.fromkeys(LOCAL_CATEGORIES, local),
    }


def _node(figures: dict[str, Any]) -> dict[str, Any]:
    """Figures as OpenFisca writes them: each with the day from which it holds."""
    return {
        name: _node(figure) if isinstance(figure, dict) else {"values": {"2021-01-01": {"value": figure}}}
        for name, figure in figures.items()
    }


def simulation(made: TaxBenefitSystem, people: People, pool: Int32s, paid_on: Int32s) -> Simulation:
    """The people as inputs, ready to be asked."""
    asked = SimulationBuilder().build_default_simulation(made, len(people))
    for name, column in _columns(people, pool, paid_on).items():
        asked.set_input(name, YEAR, column)
    return asked


def _columns(people: People, pool: Int32s, paid_on: Int32s) -> dict[str, Any]:
    place = np.searchsorted([int(area) for area in AREAS], pool)
    columns = {
        "pooling_area": np.array([f"a{area}" for area in AREAS])[place],
        "pooling_code": pool,
        "birth": people.birth_day.astype("datetime64[D]"),
        "paid": paid_on.astype("datetime64[D]"),
        "registered": _days(people.registered_day, UNKNOWN),
        "studies": people.student_stage != 0,
        "school_area": people.student_school_area,
        "left_employee_scheme": people.circumstances >> CIRCUMSTANCES.index("employee_to_resident") & 1 != 0,
        "found_unenrolled": people.circumstances >> CIRCUMSTANCES.index("found_unenrolled") & 1 != 0,
    }
    owner = np.repeat(np.arange(len(people)), np.diff(people.flag_start))
    for category in ASSISTED:
        mine = people.flag_category == CATEGORIES.index(category)
        if len(owner[mine]) != len(np.unique(owner[mine])):
            raise ValueError(f"these rules take one identity {category} a person")
        for part, given, missing in (
            ("recognised", _days(people.flag_recognised, NEVER), NEVER),
            ("revoked", _days(people.flag_revoked, NEVER), NEVER),
            ("area", people.flag_area, np.int32(0)),
        ):
            column = np.full(len(people), missing)
            column[owner[mine]] = given[mine]
            columns[f"{category}_{part}"] = column
    return columns


def _days(days: Int32s, missing: np.datetime64) -> Any:
    return np.where(days == NO_DAY, missing, np.where(days == NO_DAY, 0, days).astype("datetime64[D]"))
