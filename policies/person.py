"""One row of ``People`` as the question it answers, and questions as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from policies.calendar import day_number, day_of
from policies.people import AREA_NONE, AREA_UNKNOWN, COLUMN_TYPES, NO_DAY, People
from policies.question import AssessQuestion, Flag, PriorCover, Student
from policies.vocabulary import CATEGORIES, CIRCUMSTANCES, PRIOR_SCHEMES, STUDENT_STAGES


def _day(number: int) -> date | None:
    return None if number == NO_DAY else day_of(number)


def question_of(people: People, row: int, notice: str, pooling_area: str, as_of: date, paid_on: date) -> AssessQuestion:
    """The question that a row asks. The row is trusted to hold what a question may hold; nothing is checked again."""
    areas: dict[str, str | None] = {}
    for name, code in (("household_area", people.household_area[row]), ("residence_area", people.residence_area[row])):
        if code != AREA_UNKNOWN:
            areas[name] = None if code == AREA_NONE else str(code)
    facts = {
        "question": "assess",
        "notice": notice,
        "pooling_area": pooling_area,
        "as_of": as_of,
        "paid_on": paid_on,
        "birth_date": day_of(int(people.birth_day[row])),
        "registered_on": _day(int(people.registered_day[row])),
        "student": _student(people, row),
        "prior_cover": _prior(people, row),
        "circumstances": tuple(word for bit, word in enumerate(CIRCUMSTANCES) if people.circumstances[row] >> bit & 1),
        "flags": _flags(people, row),
        "lapsed_years": _years(int(people.lapsed_years[row])),
        "repaired_years": _years(int(people.repaired_years[row])),
        **areas,
    }
    return AssessQuestion.model_construct(_fields_set=set(facts), **facts)


def _years(number: int) -> int | None:
    return None if number < 0 else number


def _student(people: People, row: int) -> Student | None:
    stage = int(people.student_stage[row])
    if stage == 0:
        return None
    return Student.model_construct(
        stage=STUDENT_STAGES[stage],
        school_area=str(people.student_school_area[row]),
        enrolled_on=_day(int(people.student_enrolled_day[row])),
    )


def _prior(people: People, row: int) -> PriorCover | None:
    scheme = int(people.prior_scheme[row])
    if scheme == 0:
        return None
    area, months = int(people.prior_area[row]), int(people.prior_months[row])
    return PriorCover.model_construct(
        scheme=PRIOR_SCHEMES[scheme],
        area=str(area) if area > 0 else None,
        months=months if months >= 0 else None,
        ended_on=_day(int(people.prior_ended_day[row])),
    )


def _flags(people: People, row: int) -> tuple[Flag, ...]:
    return tuple(
        Flag.model_construct(
            category=CATEGORIES[people.flag_category[flag]],
            area=str(people.flag_area[flag]),
            recognised_on=day_of(int(people.flag_recognised[flag])),
            revoked_on=_day(int(people.flag_revoked[flag])),
        )
        for flag in range(int(people.flag_start[row]), int(people.flag_start[row + 1]))
    )


def people_of(questions: Sequence[AssessQuestion]) -> People:
    """Questions as rows, in their order; the day asked about and the day of payment are not part of a row."""
    flags = [flag for question in questions for flag in question.flags]
    counts = [0, *(len(question.flags) for question in questions)]
    values: dict[str, list[int]] = {
        "flag_start": np.cumsum(counts).tolist(),
        "flag_category": [CATEGORIES.index(flag.category) for flag in flags],
        "flag_area": [int(flag.area) for flag in flags],
        "flag_recognised": [day_number(flag.recognised_on) for flag in flags],
        "flag_revoked": [_number(flag.revoked_on) for flag in flags],
    }
    rows = [_row(question) for question in questions]
    for name in COLUMN_TYPES:
        if not name.startswith("flag_"):
            values[name] = [row[name] for row in rows]
    return People(**{name: np.array(values[name], kind) for name, kind in COLUMN_TYPES.items()})


def _row(question: AssessQuestion) -> dict[str, int]:
    student, prior = question.student, question.prior_cover
    return {
        "birth_day": day_number(question.birth_date),
        "student_stage": STUDENT_STAGES.index(student.stage) if student else 0,
        "student_school_area": int(student.school_area) if student else AREA_NONE,
        "student_enrolled_day": _number(student.enrolled_on) if student else NO_DAY,
        "household_area": _area(question, "household_area"),
        "residence_area": _area(question, "residence_area"),
        "registered_day": _number(question.registered_on),
        "circumstances": sum(1 << CIRCUMSTANCES.index(word) for word in set(question.circumstances)),
        "prior_scheme": PRIOR_SCHEMES.index(prior.scheme) if prior else 0,
        "prior_area": int(prior.area) if prior and prior.area else -1,
        "prior_months": prior.months if prior and prior.months is not None else -1,
        "prior_ended_day": _number(prior.ended_on) if prior else NO_DAY,
        "lapsed_years": -1 if question.lapsed_years is None else question.lapsed_years,
        "repaired_years": -1 if question.repaired_years is None else question.repaired_years,
    }


def _number(day: date | None) -> int:
    return NO_DAY if day is None else day_number(day)


def _area(question: AssessQuestion, name: str) -> int:
    if not question.knows(name):
        return AREA_UNKNOWN
    code = getattr(question, name)
    return AREA_NONE if code is None else int(code)
