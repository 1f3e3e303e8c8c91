"""The question ``assess`` as it stands on a line of JSON; anything else is refused with the field named."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from policies.rule import STRICT, AreaCode, Category, Circumstance, JsonList

_ISO: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST: Final = date(1850, 1, 1)
_LATEST: Final = date(2199, 12, 31)


def _day(value: Any) -> date:
    if type(value) is date:
        return value
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        raise ValueError("write the day as an ISO date text such as 2020-12-31")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value} is no day of the calendar") from None
    if not _EARLIEST <= day <= _LATEST:
        raise ValueError(f"{value} lies outside {_EARLIEST} to {_LATEST}")
    return day


LapsedYears = Annotated[int, Field(ge=0, le=99)]
"""Whole years without cover, or whole years of them that were paid for afterwards."""
Day = Annotated[date, BeforeValidator(_day)]
"""An ISO 8601 date between 1850 and 2199."""


class Student(BaseModel):
    """A registered student: at which stage, where the school is, since when (unknown when omitted)."""

    model_config = STRICT

    stage: Literal["school", "college"]
    school_area: AreaCode
    enrolled_on: Day | None = None


class PriorCover(BaseModel):
    """Cover before this enrolment: the scheme, where, for how many months, and the day its benefits ended.

    All four are asked for; null says that one of them is not known.
    """

    model_config = STRICT

    scheme: Literal["employee", "resident"]
    area: AreaCode | None
    months: Annotated[int, Field(ge=0, le=1200)] | None
    ended_on: Day | None


class Flag(BaseModel):
    """An identity: the category, the area that recognised it, from which day, and the day it was revoked."""

    model_config = STRICT

    category: Category
    area: AreaCode
    recognised_on: Day
    revoked_on: Day | None = None

    @field_validator("revoked_on")
    @classmethod
    def _ends_after_start(cls, revoked_on: date | None, info: ValidationInfo) -> date | None:
        recognised_on = info.data.get("recognised_on")
        if revoked_on is not None and recognised_on is not None and revoked_on < recognised_on:
            raise ValueError(f"revoked_on lies before recognised_on {recognised_on}")
        return revoked_on

    def in_force(self, day: date) -> bool:
        """Whether the identity holds on a day: from recognition to the day before revocation."""
        return self.recognised_on <= day and (self.revoked_on is None or day < self.revoked_on)


class Asked(BaseModel):
    """What may stand on every question: a case that is echoed, and the path of the local parameters."""

    model_config = STRICT

    notice: str
    case: str | None = None
    local: str | None = None


class AssessQuestion(Asked):
    """What is due, what is assisted, when does cover run.

    ``household_area`` and ``residence_area`` omitted mean "not known", null means "has none"; see ``knows``.
    ``lapsed_years``: whole years without cover before this enrolment; ``repaired_years``: how many of them were paid
    for afterwards. Omitted or null means "not known", which matters only to a notice that asks for them.
    """

    question: Literal["assess"]
    pooling_area: AreaCode
    as_of: Day
    birth_date: Day
    paid_on: Day | None = None
    student: Student | None = None
    household_area: AreaCode | None = None
    residence_area: AreaCode | None = None
    registered_on: Day | None = None
    circumstances: Annotated[tuple[Circumstance, ...], JsonList] = ()
    prior_cover: PriorCover | None = None
    flags: Annotated[tuple[Flag, ...], JsonList] = ()
    lapsed_years: LapsedYears | None = None
    repaired_years: LapsedYears | None = None

    @field_validator("repaired_years")
    @classmethod
    def _repaired_of_lapsed(cls, repaired: int | None, info: ValidationInfo) -> int | None:
        lapsed = info.data.get("lapsed_years")
        if repaired is not None and lapsed is not None and repaired > lapsed:
            raise ValueError(f"more years are repaired than the {lapsed} of lapsed_years")
        return repaired

    @field_validator("registered_on")
    @classmethod
    def _registered_after_birth(cls, registered_on: date | None, info: ValidationInfo) -> date | None:
        birth_date = info.data.get("birth_date")
        if registered_on is not None and birth_date is not None and registered_on < birth_date:
            raise ValueError(f"registered_on lies before birth_date {birth_date}")
        return registered_on

    def knows(self, area: str) -> bool:
        """Whether ``household_area`` or ``residence_area`` was given at all, be it null."""
        return area in self.model_fields_set
