"""The measured rules once more, for OpenFisca-core: its own parameters, its own vectorised formulas, nothing of ours.

Written as one writes for OpenFisca: a person entity, an enumeration of areas that indexes the parameters, a formula a
question. It says what is owed, assisted and covered, not by which rules. Amounts are fen. Of the five special groups of
the notice's circumstances it takes in the one that its rules ask about; of the identities, the four that are assisted.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.periods import DateUnit
from openfisca_core.variables import Variable

from worker.bench.policy.rules import AREAS, LOCAL_CATEGORIES

YEAR: Final = "2021"
FULL: Final = ("extreme_poverty", "orphan")
ASSISTED: Final = (*FULL, *LOCAL_CATEGORIES)
NEVER: Final = np.datetime64("2200-01-01")
UNKNOWN: Final = np.datetime64("1900-01-01")
"""OpenFisca has no missing dates: a day long past, or one that never comes, stands for one."""

Person = build_entity(key="person", plural="persons", label="A resident", is_person=True)
Area = Enum("Area", {f"a{area}": area for area in AREAS})
Outcome = Enum("Outcome", {"due": "due", "refer": "refer", "closed": "closed", "undetermined": "undetermined"})


def _day(text: str) -> np.datetime64:
    return np.datetime64(text)


class _Asked(Variable):  # type: ignore[misc]
    """Of a person and for a year. OpenFisca reads only what a class says itself, not what it inherits."""

    def __init_subclass__(cls) -> None:
        cls.entity, cls.definition_period = Person, DateUnit.YEAR


class pooling_area(_Asked):  # noqa: N801
    """Where the person enrols."""

    value_type, possible_values, default_value = Enum, Area, next(iter(Area))


def _input(name: str, kind: type, label: str) -> type:
    return type(name, (_Asked,), {"value_type": kind, "label": label})


INPUTS: Final = [
    pooling_area,
    _input("pooling_code", int, "The same as a number, to be compared with other areas."),
    _input("birth", date, "The day of birth."),
    _input("paid", date, "The day of payment."),
    _input("registered", date, "The day on which a newborn was registered; long ago where it is not known."),
    _input("studies", bool, "A pupil or a student."),
    _input("school_area", int, "The area of the school, 0 without one."),
    _input("left_employee_scheme", bool, "Comes from the employee scheme."),
    _input("found_unenrolled", bool, "Was found not to be enrolled."),
    *(
        _input(f"{category}_{part}", kind, f"{part} of the identity {category}")
        for category in ASSISTED
        for part, kind in (("recognised", date), ("revoked", date), ("area", int))
    ),
]


class minor_or_student(_Asked):  # noqa: N801
    """二(一): a student, or under the cut-off."""

    value_type = bool

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        return person("studies", period) | (person("birth", period) >= _day(parameters(period).minor_born_from))


class standard(_Asked):  # noqa: N801
    """二(一): the individual standard."""

    value_type = int

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        rates = parameters(period).rates
        return np.where(person("minor_or_student", period), rates.minor_or_student, rates.adult)


class poor_anywhere(_Asked):  # noqa: N801
    """一: registered poor on the day of payment, wherever recognised."""

    value_type = bool

    def formula(person: Any, period: Any) -> Any:  # noqa: N805
        day = person("paid", period)
        return (person("registered_poor_recognised", period) <= day) & (person("registered_poor_revoked", period) > day)


class poor_at_payment(_Asked):  # noqa: N801
    """三: registered poor, by an area of the province, on the day of payment."""

    value_type = bool

    def formula(person: Any, period: Any) -> Any:  # noqa: N805
        return person("poor_anywhere", period) & (person("registered_poor_area", period) // 10_000 == 22)


class right_area(_Asked):  # noqa: N801
    """三: where the person has to enrol."""

    value_type = int

    def formula(person: Any, period: Any) -> Any:  # noqa: N805
        student, school = person("studies", period), person("school_area", period)
        at_school = student & (school // 10_000 == 22)
        return np.select(
            [student & person("poor_at_payment", period), at_school],
            [person("registered_poor_area", period), school],
            person("pooling_code", period),
        )


class in_window(_Asked):  # noqa: N801
    """一: paid between 1 October and 31 December 2020."""

    value_type = bool

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        day, window = person("paid", period), parameters(period).window
        return (day >= _day(window.first)) & (day <= _day(window.last))


class newborn_paid_in_time(_Asked):  # noqa: N801
    """四: born in the window or the year and paid for within 90 days, so that registration decides."""

    value_type = bool

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        born, day, terms = person("birth", period), person("paid", period), parameters(period).newborn
        last = np.where(person("in_window", period), _day(terms.window_last), _day(terms.year_last))
        in_time = (day - born).astype(int) <= terms.days
        return (born >= _day(terms.first)) & (born <= last) & in_time & (day >= _day(parameters(period).window.first))


class newborn_in_time(_Asked):  # noqa: N801
    """四: registered within 90 days as well."""

    value_type = bool

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        waited = (person("registered", period) - person("birth", period)).astype(int)
        known = person("registered", period) != UNKNOWN
        return person("newborn_paid_in_time", period) & known & (waited <= parameters(period).newborn.days)


class registration_matters(_Asked):  # noqa: N801
    """四: only the day of registration, which is not known, tells whether this is a newborn in time."""

    value_type = bool

    def formula(person: Any, period: Any) -> Any:  # noqa: N805
        return person("newborn_paid_in_time", period) & (person("registered", period) == UNKNOWN)


class outcome(_Asked):  # noqa: N801
    """一, 三, 四: whether and where payment is accepted."""

    value_type, possible_values, default_value = Enum, Outcome, Outcome.due

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        day, born = person("paid", period), person("birth", period)
        early = day < _day(parameters(period).window.first)
        late = (day > _day(parameters(period).late_until)) & ~person("newborn_in_time", period)
        open_case = late & person("registration_matters", period)
        elsewhere = person("right_area", period) != person("pooling_code", period)
        newly_poor = person("found_unenrolled", period) & person("poor_anywhere", period)
        special = (person("left_employee_scheme", period) | newly_poor) & person("in_window", period)
        return np.select(
            [(born > day) | open_case, early | late, elsewhere, special],
            [Outcome.undetermined, Outcome.closed, Outcome.refer, Outcome.undetermined],
            Outcome.due,
        )


class refer_to(_Asked):  # noqa: N801
    """三: the area a person is referred to, 0 for nobody."""

    value_type = int

    def formula(person: Any, period: Any) -> Any:  # noqa: N805
        return np.where(person("outcome", period) == Outcome.refer, person("right_area", period), 0)


class due(_Asked):  # noqa: N801
    """What is paid at the tax counter: the full standard (先缴后补)."""

    value_type = int

    def formula(person: Any, period: Any) -> Any:  # noqa: N805
        return np.where(person("outcome", period) == Outcome.due, person("standard", period), 0)


def _entitled(category: str) -> type:
    """二(二): recognised in the province by the end of the year, and not ended by the day of payment."""

    def formula(person: Any, period: Any, parameters: Any) -> Any:
        day = person("paid", period)
        recognised, revoked = (person(f"{category}_{part}", period) for part in ("recognised", "revoked"))
        known, latest = _day(parameters(period).known_until), _day(parameters(period).recognised_until)
        horizon = np.maximum(known, day)
        ended = revoked <= np.where(recognised <= day, day, horizon)
        in_time = (recognised <= horizon) & ((recognised <= day) | (recognised <= latest))
        return in_time & ~ended & (person(f"{category}_area", period) // 10_000 == 22)

    return type(f"{category}_entitled", (_Asked,), {"value_type": bool, "label": category, "formula": formula})


class assisted(_Asked):  # noqa: N801
    """二(二): the highest assistance once, never more than the individual standard."""

    value_type = int

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        most = person("standard", period)
        in_full = np.any([person(f"{category}_entitled", period) for category in FULL], axis=0)
        amount = np.where(in_full, most, 0)
        for category in LOCAL_CATEGORIES:
            local = parameters(period).assistance[category][person("pooling_area", period)]
            given = local.amount + most * local.percent // 100
            amount = np.maximum(amount, np.where(person(f"{category}_entitled", period), given, 0))
        return np.where(person("outcome", period) == Outcome.due, np.minimum(amount, most), 0)


class covered_from(_Asked):  # noqa: N801
    """一, 四: the first day of cover; never where there is none or its day is not certain."""

    value_type, default_value = date, NEVER.astype(object)

    def formula(person: Any, period: Any, parameters: Any) -> Any:  # noqa: N805
        day, wait = person("paid", period), parameters(period).wait_months
        month = day.astype("datetime64[M]")
        end = (month + wait + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        waited = np.minimum((month + wait).astype("datetime64[D]") + (day - month), end) + np.timedelta64(1, "D")
        return np.select(
            [
                (person("outcome", period) != Outcome.due) | person("registration_matters", period),
                person("newborn_in_time", period),
                person("in_window", period),
            ],
            [NEVER, person("birth", period), _day(parameters(period).cover_first)],
            waited,
        )


VARIABLES: Final = (
    *INPUTS,
    *(minor_or_student, standard, poor_anywhere, poor_at_payment, right_area, in_window),
    *(newborn_paid_in_time, newborn_in_time, registration_matters, *map(_entitled, ASSISTED)),
    *(outcome, due, assisted, covered_from, refer_to),
)
"""Everything that OpenFisca is told or asked."""
ANSWERS: Final = ("outcome", "due", "assisted", "covered_from", "refer_to")
"""What is asked."""
