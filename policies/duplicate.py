"""The question ``duplicate``: one person is enrolled more than once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from policies.question import Asked
from policies.rule import STRICT, AreaCode, JsonList


class Enrolment(BaseModel):
    """One of several enrolments; ``months`` of continuous cover, ``entitled``: benefits can be drawn from it now."""

    model_config = STRICT

    scheme: Literal["resident", "employee"]
    area: AreaCode
    usual_residence: bool
    as_student: bool
    months: Annotated[int, Field(ge=0, le=1200)]
    flexible_employment: bool
    entitled: bool | None = None


class DuplicateQuestion(Asked):
    """Which of several enrolments is kept; answers number them by position."""

    question: Literal["duplicate"]
    enrolments: Annotated[tuple[Enrolment, ...], JsonList, Field(min_length=2)]
