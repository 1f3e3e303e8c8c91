"""The question ``refund``: somebody asks a premium back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from policies.money import Fen
from policies.question import Asked, Day
from policies.rule import STRICT, AreaCode, Insurance, JsonList, Source

Reason = Literal[
    "duplicate_payment",
    "joined_employee_scheme",
    "enrolled_elsewhere",
    "enrolled_as_student",
    "death",
    "wrong_area",
    "conscription",
    "imprisonment",
]


class Received(BaseModel):
    """Assistance already received from one fund, in fen."""

    model_config = STRICT

    source: Source
    amount: Annotated[Fen, Field(ge=0)]


class Waited(BaseModel):
    """A waiting period in days or in months."""

    model_config = STRICT

    days: Annotated[int, Field(gt=0)] | None = None
    months: Annotated[int, Field(gt=0)] | None = None


class BenefitPeriod(BaseModel):
    """The cover that was decided for the payment."""

    model_config = STRICT

    starts_on: Day
    ends_on: Day
    waiting: Waited | None = None


class RefundQuestion(Asked):
    """A premium of ``paid`` fen is asked back; ``event_on`` is the day of death, other cover or other payment."""

    question: Literal["refund"]
    pooling_area: AreaCode
    reason: Reason
    applied_on: Day
    paid_on: Day
    paid: Annotated[Fen, Field(ge=0)]
    insurance: Insurance
    event_on: Day | None = None
    benefits_used: bool
    own_fault: bool
    assistance_received: Annotated[tuple[Received, ...], JsonList] = ()
    intended_area: AreaCode | None = None
    benefit: BenefitPeriod | None = None
