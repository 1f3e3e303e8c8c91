"""``when``: the condition of a rule as it is written in a notice file, and its evaluation in three values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from policies.atoms import (
    Atom,
    Born,
    EnrolledAtSchool,
    HadCover,
    HoldsIdentity,
    InCircumstance,
    LocalIs,
    LocalUnset,
    Located,
    Paid,
    PaidByLocalDay,
    PaidWithin,
    PoolsIn,
    RegisteredWithin,
    Studies,
    Truth,
)
from policies.bands import AgeBand, LapseBand, Window
from policies.rule import STRICT, AreaCode, Categories, Circumstance, DateRange, Listed
from policies.spans import Aged, Lapsed, PaidInOne

Ask = Callable[[Atom], Truth]
Stage = Literal["none", "school", "college"]
Place = Literal["here", "in_notice", "outside"]


class IdentityTest(BaseModel):
    """An identity held on the day of payment; ``recognised`` bounds the earliest recognition in force."""

    model_config = STRICT

    categories: Categories
    recognised: DateRange | None = None
    where: Literal["here", "in_notice", "outside", "anywhere"] = "anywhere"


class CoverTest(BaseModel):
    """Cover before this enrolment; ``other_city`` asks that it was in another city than the pooling area's.

    ``identity_then`` asks that an identity held on the day of payment was already recognised when that cover ended.
    """

    model_config = STRICT

    scheme: Literal["employee", "resident"] | None = None
    months_at_least: Annotated[int, Field(ge=0)] = 0
    ended: DateRange | None = None
    paid_within_months: Annotated[int, Field(ge=1)] | None = None
    other_city: bool = False
    identity_then: Categories | None = None


class When(BaseModel):
    """All that is written must hold; ``any`` asks for one of several conditions, ``none`` for none of them."""

    model_config = STRICT

    born: DateRange | None = None
    paid: DateRange | None = None
    paid_in: Annotated[tuple[Window, ...], Listed] | None = None
    age: AgeBand | None = None
    lapsed_years: LapseBand | None = None
    student: Annotated[tuple[Stage, ...], Listed] | None = None
    enrolled_at_school: DateRange | None = None
    circumstances: Annotated[tuple[Circumstance, ...], Listed] | None = None
    identity: IdentityTest | None = None
    prior_cover: CoverTest | None = None
    registered_within_days: Annotated[int, Field(ge=0)] | None = None
    paid_within_days: Annotated[int, Field(ge=0)] | None = None
    school: Place | None = None
    household: Place | None = None
    residence: Place | None = None
    pooling_area: Annotated[tuple[AreaCode, ...], Listed] | None = None
    local: dict[str, str | bool] | None = None
    local_unset: str | None = None
    paid_by_local_day: str | None = None
    any: Annotated[tuple[When, ...], Listed] = ()
    none: Annotated[tuple[When, ...], Listed] = ()

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not self.model_fields_set:
            raise ValueError("a condition that says nothing holds always: leave `when` out instead")
        empty = [name for name in self.model_fields_set if getattr(self, name) in ((), {}, None)]
        if empty:
            raise ValueError(f"{empty[0]} is empty: leave it out, or write what it asks for")
        return self

    @model_validator(mode="after")
    def _windows_apart(self) -> When:
        windows = self.paid_in or ()
        for before, after in pairwise(windows):
            if after.first <= before.last:
                raise ValueError(
                    f"the window from {after.first} does not start after the one that ends on {before.last}"
                )
        return self

    @cached_property
    def own_atoms(self) -> tuple[Atom, ...]:
        """The atoms that must all hold, without those inside ``any`` and ``none``."""
        return tuple(self._own_atoms())

    def _own_atoms(self) -> Iterator[Atom]:
        yield from self._atoms_of_person()
        yield from self._atoms_of_place()
        for name, value in (self.local or {}).items():
            yield LocalIs(name, value)
        if self.local_unset:
            yield LocalUnset(self.local_unset)
        if self.paid_by_local_day:
            yield PaidByLocalDay(self.paid_by_local_day)

    def _atoms_of_person(self) -> Iterator[Atom]:
        if self.born:
            yield Born(self.born.first, self.born.last)
        if self.paid:
            yield Paid(self.paid.first, self.paid.last)
        if self.paid_in:
            yield PaidInOne(tuple((window.first, window.last) for window in self.paid_in))
        if self.age:
            yield Aged(self.age.years_at_least, self.age.years_below, self.age.day)
        if self.lapsed_years:
            yield Lapsed(self.lapsed_years.years_at_least, self.lapsed_years.years_below)
        if self.student is not None:
            yield Studies(self.student)
        if self.enrolled_at_school:
            yield EnrolledAtSchool(self.enrolled_at_school.first, self.enrolled_at_school.last)
        if self.circumstances:
            yield InCircumstance(self.circumstances)
        if self.identity:
            known = self.identity.recognised
            first, last = (known.first, known.last) if known else (None, None)
            yield HoldsIdentity(self.identity.categories, first, last, self.identity.where)
        if self.prior_cover:
            yield _had_cover(self.prior_cover)
        if self.registered_within_days is not None:
            yield RegisteredWithin(self.registered_within_days)
        if self.paid_within_days is not None:
            yield PaidWithin(self.paid_within_days)

    def _atoms_of_place(self) -> Iterator[Atom]:
        if self.school:
            yield Located("school_area", self.school)
        if self.household:
            yield Located("household_area", self.household)
        if self.residence:
            yield Located("residence_area", self.residence)
        if self.pooling_area:
            yield PoolsIn(self.pooling_area)

    def atoms(self) -> Iterator[Atom]:
        """Every atom of the condition, nested ones too."""
        yield from self.own_atoms
        for part in (*self.any, *self.none):
            yield from part.atoms()

    def parts(self) -> Iterator[When]:
        """The conditions inside ``any`` and ``none``, and those inside them."""
        for part in (*self.any, *self.none):
            yield part
            yield from part.parts()

    def truth(self, ask: Ask) -> Truth:
        """Kleene's three-valued truth: not known only when what is known does not settle it."""
        known = True
        for truth in self._truths(ask):
            if truth is False:
                return False
            known = known and truth is not None
        return True if known else None

    def _truths(self, ask: Ask) -> Iterator[Truth]:
        yield from map(ask, self.own_atoms)
        if self.any:
            yield _either([part.truth(ask) for part in self.any])
        yield from (_opposite(part.truth(ask)) for part in self.none)


def _had_cover(test: CoverTest) -> HadCover:
    first, last = (test.ended.first, test.ended.last) if test.ended else (None, None)
    return HadCover(
        scheme=test.scheme,
        months=test.months_at_least,
        first=first,
        last=last,
        paid_within_months=test.paid_within_months,
        other_city=test.other_city,
        recognised_before=test.identity_then or (),
    )


def _either(truths: list[Truth]) -> Truth:
    return True if True in truths else None if None in truths else False


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth
