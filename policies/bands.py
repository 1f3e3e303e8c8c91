"""Bands a condition may ask for: of age, of years without cover, and windows of payment."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, model_validator

from policies.rule import STRICT


class AgeBand(BaseModel):
    """From so many completed years up to below so many, on the ``day`` or, without one, on the day of payment."""

    model_config = STRICT

    years_at_least: Annotated[int, Field(ge=0, le=150)] | None = None
    years_below: Annotated[int, Field(ge=1, le=150)] | None = None
    day: date | None = None

    @model_validator(mode="after")
    def _some_band(self) -> AgeBand:
        if self.years_at_least is None and self.years_below is None:
            raise ValueError("a band of age needs years_at_least, years_below or both")
        if self.years_at_least is not None and self.years_below is not None and self.years_at_least >= self.years_below:
            raise ValueError(f"nobody is at least {self.years_at_least} and below {self.years_below}")
        return self


class LapseBand(BaseModel):
    """Years without cover before this enrolment: at least so many and, where given, below so many."""

    model_config = STRICT

    years_at_least: Annotated[int, Field(ge=0, le=99)] = 0
    years_below: Annotated[int, Field(ge=1, le=99)] | None = None

    @model_validator(mode="after")
    def _some_band(self) -> LapseBand:
        if self.years_at_least == 0 and self.years_below is None:
            raise ValueError("a band of lapsed years needs years_at_least of 1 or more, years_below or both")
        if self.years_below is not None and self.years_at_least >= self.years_below:
            raise ValueError(f"nobody has lapsed at least {self.years_at_least} and below {self.years_below} years")
        return self


class Window(BaseModel):
    """One of several windows of payment; both days belong to it."""

    model_config = STRICT

    first: date
    last: date

    @model_validator(mode="after")
    def _forward(self) -> Window:
        if self.first > self.last:
            raise ValueError(f"the window starts on {self.first}, after it ends on {self.last}")
        return self
