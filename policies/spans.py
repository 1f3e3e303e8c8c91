"""Atoms of conditions about spans: a band of age, years of lapse, several windows in one year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from policies.calendar import add_months

if TYPE_CHECKING:
    from policies.facts import Facts


@dataclass(frozen=True, slots=True)
class Aged:
    """Of at least so many completed years and below so many, on a day or, without one, on the day of payment.

    A year of life is completed on the birthday itself; somebody born on 29 February completes it on the 28th.
    """

    at_least: int | None
    below: int | None
    day: date | None
    fact: str = "birth_date"

    def of(self, facts: Facts) -> bool | None:
        day, birth = self.day or facts.paid_on, facts.question.birth_date
        if self.at_least is not None and day < add_months(birth, 12 * self.at_least):
            return False
        return self.below is None or day < add_months(birth, 12 * self.below)


@dataclass(frozen=True, slots=True)
class Lapsed:
    """Without cover for at least so many years and below so many before this enrolment (断缴)."""

    at_least: int
    below: int | None
    fact: str = "lapsed_years"

    def of(self, facts: Facts) -> bool | None:
        years = facts.question.lapsed_years
        return None if years is None else self.at_least <= years and (self.below is None or years < self.below)


@dataclass(frozen=True, slots=True)
class PaidInOne:
    """Paid inside one of several windows, first and last days included."""

    windows: tuple[tuple[date, date], ...]
    fact: str = "paid_on"

    def of(self, facts: Facts) -> bool | None:
        return any(first <= facts.paid_on <= last for first, last in self.windows)
