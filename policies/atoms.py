"""The simple questions that rules ask of a person: each answered yes, no or not known, for one person.

``of`` answers for one person; ``fact`` names what is missing when the answer is not known. ``policies.predicates``
answers the same atoms for columns of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

from policies.areas import same_city
from policies.calendar import add_days, add_months
from policies.spans import Aged, Lapsed, PaidInOne

if TYPE_CHECKING:
    from policies.facts import Facts

Truth: TypeAlias = bool | None
Where = Literal["here", "in_notice", "outside", "anywhere"]
AreaFact = Literal["household_area", "residence_area", "school_area"]


def within(day: date, first: date | None, last: date | None) -> bool:
    """Whether a day lies between two days, both included, where ``None`` is an open end."""
    return (first is None or first <= day) and (last is None or day <= last)


@dataclass(frozen=True, slots=True)
class Born:
    """Born between two days."""

    first: date | None
    last: date | None
    fact: str = "birth_date"

    def of(self, facts: Facts) -> Truth:
        return within(facts.question.birth_date, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Unborn:
    """Born after the day of payment."""

    fact: str = "birth_date"

    def of(self, facts: Facts) -> Truth:
        return facts.question.birth_date > facts.paid_on


@dataclass(frozen=True, slots=True)
class Paid:
    """Paid between two days."""

    first: date | None
    last: date | None
    fact: str = "paid_on"

    def of(self, facts: Facts) -> Truth:
        return within(facts.paid_on, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Studies:
    """A registered student of one of these stages, or no student for ``none``."""

    stages: tuple[str, ...]
    fact: str = "student"

    def of(self, facts: Facts) -> Truth:
        student = facts.question.student
        return (student.stage if student else "none") in self.stages


@dataclass(frozen=True, slots=True)
class EnrolledAtSchool:
    """A student who was enrolled at the school between two days."""

    first: date | None
    last: date | None
    fact: str = "student.enrolled_on"

    def of(self, facts: Facts) -> Truth:
        student = facts.question.student
        if student is None:
            return False
        return None if student.enrolled_on is None else within(student.enrolled_on, self.first, self.last)


@dataclass(frozen=True, slots=True)
class InCircumstance:
    """In one of these circumstances."""

    words: tuple[str, ...]
    fact: str = "circumstances"

    def of(self, facts: Facts) -> Truth:
        return any(word in facts.question.circumstances for word in self.words)


@dataclass(frozen=True, slots=True)
class HoldsIdentity:
    """Of one of these categories on the day of payment, the earliest such recognition lying between two days."""

    categories: tuple[str, ...]
    first: date | None
    last: date | None
    where: Where
    fact: str = "flags"

    def of(self, facts: Facts) -> Truth:
        flags = [flag for flag in facts.held(self.categories) if is_where(flag.area, self.where, facts)]
        return bool(flags) and within(flags[0].recognised_on, self.first, self.last)


def is_where(area: str, where: Where, facts: Facts) -> bool:
    """Whether an area is the pooling area, lies in the notice's areas, or outside of them."""
    if where == "here":
        return area == facts.question.pooling_area
    return where == "anywhere" or facts.notice.covers(area) == (where == "in_notice")


@dataclass(frozen=True, slots=True)
class HadCover:
    """Had cover in a scheme, for long enough, that ended between two days, elsewhere, or paid by soon after its end."""

    scheme: str | None
    months: int
    first: date | None
    last: date | None
    paid_within_months: int | None
    other_city: bool
    recognised_before: tuple[str, ...] = ()
    """If given, an identity of these, held on the day of payment, was recognised by the day the cover ended."""
    fact: str = "prior_cover"

    def of(self, facts: Facts) -> Truth:
        prior = facts.question.prior_cover
        if prior is None or (self.scheme is not None and prior.scheme != self.scheme):
            return False
        answers = [self._long_enough(prior.months), self._in_time(prior.ended_on, facts.paid_on)]
        if self.recognised_before:
            answers.append(self._recognised_by(prior.ended_on, facts))
        if self.other_city:
            area = prior.area
            answers.append(None if area is None else not same_city(area, facts.question.pooling_area))
        return False if False in answers else None if None in answers else True

    def _long_enough(self, months: int | None) -> Truth:
        if self.months == 0:
            return True
        return None if months is None else months >= self.months

    def _recognised_by(self, ended_on: date | None, facts: Facts) -> Truth:
        flags = facts.held(self.recognised_before)
        if not flags:
            return False
        return None if ended_on is None else flags[0].recognised_on <= ended_on

    def _in_time(self, ended_on: date | None, paid_on: date) -> Truth:
        limit = self.paid_within_months
        if limit is None and self.first is None and self.last is None:
            return True
        if ended_on is None:
            return None
        if not within(ended_on, self.first, self.last):
            return False
        return limit is None or paid_on <= add_months(ended_on, limit)


@dataclass(frozen=True, slots=True)
class RegisteredWithin:
    """Registered at the latest so many days after birth, the day of birth not counted (R6)."""

    days: int
    fact: str = "registered_on"

    def of(self, facts: Facts) -> Truth:
        registered = facts.question.registered_on
        return None if registered is None else registered <= add_days(facts.question.birth_date, self.days)


@dataclass(frozen=True, slots=True)
class PaidWithin:
    """Paid at the latest so many days after birth, the day of birth not counted (R6)."""

    days: int
    fact: str = "paid_on"

    def of(self, facts: Facts) -> Truth:
        return facts.paid_on <= add_days(facts.question.birth_date, self.days)


@dataclass(frozen=True, slots=True)
class Located:
    """The household, the residence or the school lies in the pooling area, in or outside the notice's areas."""

    place: AreaFact
    where: Where

    @property
    def fact(self) -> str:
        return "student.school_area" if self.place == "school_area" else self.place

    def of(self, facts: Facts) -> Truth:
        if self.place == "school_area":
            area = facts.question.student.school_area if facts.question.student else None
        elif not facts.question.knows(self.place):
            return None
        else:
            area = getattr(facts.question, self.place)
        return area is not None and is_where(area, self.where, facts)


@dataclass(frozen=True, slots=True)
class PoolsIn:
    """Enrolment takes place in one of these areas."""

    areas: tuple[str, ...]
    fact: str = "pooling_area"

    def of(self, facts: Facts) -> Truth:
        return facts.question.pooling_area in self.areas


@dataclass(frozen=True, slots=True)
class LocalIs:
    """A local parameter has this value."""

    name: str
    value: str | bool

    @property
    def fact(self) -> str:
        return f"local.{self.name}"

    def of(self, facts: Facts) -> Truth:
        value = getattr(facts.local, self.name) if facts.local else None
        return None if value is None else bool(value == self.value)


@dataclass(frozen=True, slots=True)
class LocalUnset:
    """Nobody has set a local parameter yet."""

    name: str

    @property
    def fact(self) -> str:
        return f"local.{self.name}"

    def of(self, facts: Facts) -> Truth:
        return facts.local is None or getattr(facts.local, self.name) is None


@dataclass(frozen=True, slots=True)
class PaidByLocalDay:
    """The area has a local day for this, and payment came by it; an area without one is simply not extended."""

    name: str
    fact: str = "paid_on"

    def of(self, facts: Facts) -> Truth:
        day = getattr(facts.local, self.name) if facts.local else None
        return day is not None and facts.paid_on <= day


Atom: TypeAlias = (
    Born
    | Unborn
    | Paid
    | Studies
    | EnrolledAtSchool
    | InCircumstance
    | HoldsIdentity
    | HadCover
    | RegisteredWithin
    | PaidWithin
    | Located
    | PoolsIn
    | LocalIs
    | LocalUnset
    | PaidByLocalDay
    | Aged
    | Lapsed
    | PaidInOne
)
