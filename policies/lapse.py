"""The variable wait by years of lapse, repaired by paying lapsed years, down to a floor (变动待遇等待期及其修复)."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from policies.rule import STRICT

Years = Annotated[int, Field(ge=1, le=99)]
Months = Annotated[int, Field(ge=1, le=24)]


class LapseFloor(BaseModel):
    """After a lapse of ``from_years`` or more the whole wait is at least ``months``, however much is repaired."""

    model_config = STRICT

    from_years: Years
    months: Months


class LapseWait(BaseModel):
    """Months of wait on top of the fixed ones: so many for each year of lapse, so many less for each year repaired.

    ``years_free``: so many years of lapse add nothing; 1 leaves the first one out of the count. Without
    ``months_less_per_repaired_year`` nothing can be repaired.
    """

    model_config = STRICT

    months_per_year: Months
    years_free: Annotated[int, Field(ge=0, le=99)] = 0
    months_less_per_repaired_year: Months | None = None
    floor: LapseFloor | None = None

    def months(self, fixed: int, lapsed: int, repaired: int) -> int:
        """The whole wait in months, fixed and variable together."""
        added = self.months_per_year * max(0, lapsed - self.years_free)
        taken = (self.months_less_per_repaired_year or 0) * min(repaired, lapsed)
        whole = fixed + max(0, added - taken)
        if self.floor is not None and lapsed >= self.floor.from_years:
            return max(whole, self.floor.months)
        return whole
