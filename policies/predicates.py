"""The atoms of ``policies.atoms`` answered for columns of people: 0 no, 1 yes, 2 not known.

An answer that is the same for everybody is one number instead of a column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from policies import atoms, spans
from policies.calendar import add_months_column, day_number
from policies.columns import FAR, Bools, Columns, Pool
from policies.people import AREA_NONE, AREA_UNKNOWN, NO_DAY, Int32s
from policies.vocabulary import CIRCUMSTANCES, PRIOR_SCHEMES, STUDENT_STAGES

NO: Final = 0
YES: Final = 1
UNKNOWN: Final = 2

Truths: TypeAlias = npt.NDArray[np.uint8] | Bools | int
"""A column of booleans holds no "not known"."""


def _within(days: Any, first: Any, last: Any) -> Any:
    """Whether days lie between two dates, both included, either of which may be open."""
    inside = True if first is None else days >= day_number(first)
    return inside if last is None else inside & (days <= day_number(last))


def _certain(answer: Any) -> Truths:
    """Yes or no from a column of booleans, or from one boolean for everybody."""
    return answer if isinstance(answer, np.ndarray) else int(bool(answer))


def _unless(unknown: Bools, answer: Bools) -> Truths:
    """Yes or no where it is known."""
    truth: npt.NDArray[np.uint8] = np.maximum(answer.view(np.uint8), unknown.view(np.uint8) * np.uint8(UNKNOWN))
    return truth


def _born(atom: atoms.Born, rows: Columns) -> Truths:
    return _certain(_within(rows.people.birth_day, atom.first, atom.last))


def _unborn(_: atoms.Unborn, rows: Columns) -> Truths:
    return _certain(rows.people.birth_day > rows.paid)


def _paid(atom: atoms.Paid, rows: Columns) -> Truths:
    return _certain(_within(rows.paid, atom.first, atom.last))


def _studies(atom: atoms.Studies, rows: Columns) -> Truths:
    answer = np.zeros(len(rows.people), np.bool_)
    for stage in atom.stages:
        answer |= rows.people.student_stage == STUDENT_STAGES.index(stage)
    return answer


def _enrolled_at_school(atom: atoms.EnrolledAtSchool, rows: Columns) -> Truths:
    day = rows.people.student_enrolled_day
    studies = rows.people.student_stage != 0
    return _unless((day == NO_DAY) & studies, _within(day, atom.first, atom.last) & studies)


def _in_circumstance(atom: atoms.InCircumstance, rows: Columns) -> Truths:
    mask = np.uint32(sum(1 << CIRCUMSTANCES.index(word) for word in atom.words))
    return _certain((rows.people.circumstances & mask) != 0)


def _holds_identity(atom: atoms.HoldsIdentity, rows: Columns) -> Truths:
    if atom.first is None and atom.last is None:
        answer = np.zeros(len(rows.people), np.bool_)
        answer[rows.owners[rows.held_flags(atom.categories, atom.where)]] = True
        return answer
    earliest = rows.earliest_recognition(atom.categories, atom.where)
    return _certain((earliest != FAR) & _within(earliest, atom.first, atom.last))


def _had_cover(atom: atoms.HadCover, rows: Columns) -> Truths:
    people, some = rows.people, rows.people.prior_scheme != 0
    if atom.scheme is not None:
        some = people.prior_scheme == PRIOR_SCHEMES.index(atom.scheme)
    no, unknown = ~some, np.zeros(len(people), np.bool_)
    if atom.months:
        unknown |= people.prior_months < 0
        no |= (people.prior_months >= 0) & (people.prior_months < atom.months)
    if atom.other_city:
        known = people.prior_area > 0
        unknown |= ~known
        no |= known & (people.prior_area // 100 == rows.here // 100)
    if atom.recognised_before:
        earliest, ended = rows.earliest_recognition(atom.recognised_before), people.prior_ended_day
        no |= (earliest == FAR) | ((ended != NO_DAY) & (earliest > ended))
        unknown |= ended == NO_DAY
    late, undated = _ended_wrong(atom, rows)
    no, unknown = no | late, unknown | undated
    return np.where(no, NO, np.where(unknown, UNKNOWN, YES)).astype(np.uint8)


def _ended_wrong(atom: atoms.HadCover, rows: Columns) -> tuple[Bools, Bools]:
    """Whether prior cover ended outside the asked days or too long before payment, and whether that is not known."""
    limit, ended = atom.paid_within_months, rows.people.prior_ended_day
    if limit is None and atom.first is None and atom.last is None:
        nobody = np.zeros(len(rows.people), np.bool_)
        return nobody, nobody
    known = ended != NO_DAY
    right = known & _within(ended, atom.first, atom.last)
    if limit is not None:
        sound = np.where(known, ended, 0).astype(np.int32)
        right &= rows.paid <= add_months_column(sound, limit)
    return known & ~right, ~known


def _registered_within(atom: atoms.RegisteredWithin, rows: Columns) -> Truths:
    day = rows.people.registered_day
    return _unless(day == NO_DAY, day <= rows.people.birth_day + np.int32(atom.days))


def _paid_within(atom: atoms.PaidWithin, rows: Columns) -> Truths:
    return _certain(rows.paid <= rows.people.birth_day + np.int32(atom.days))


def _located(atom: atoms.Located, rows: Columns) -> Truths:
    people = rows.people
    if atom.place == "school_area":
        return _certain((people.student_stage != 0) & _lies(people.student_school_area, atom.where, rows))
    area = people.household_area if atom.place == "household_area" else people.residence_area
    return _unless(area == AREA_UNKNOWN, (area != AREA_NONE) & _lies(area, atom.where, rows))


def _lies(area: Int32s, where: atoms.Where, rows: Columns) -> Bools:
    """For each area code whether it is the pooling area, in the notice's areas, or outside of them."""
    if where == "here":
        here: Bools = area == rows.here
        return here
    inside = rows.within_notice(area)
    return inside if where == "in_notice" else ~inside


def _pools_in(atom: atoms.PoolsIn, rows: Columns) -> Truths:
    return _narrow(rows.by_pool(lambda pool: int(pool.area in atom.areas)))


def _local_is(atom: atoms.LocalIs, rows: Columns) -> Truths:
    def answer(pool: Pool) -> int:
        value = getattr(pool.local, atom.name) if pool.local else None
        return UNKNOWN if value is None else int(value == atom.value)

    return _narrow(rows.by_pool(answer))


def _local_unset(atom: atoms.LocalUnset, rows: Columns) -> Truths:
    return _narrow(rows.by_pool(lambda pool: int(pool.local is None or getattr(pool.local, atom.name) is None)))


def _paid_by_local_day(atom: atoms.PaidByLocalDay, rows: Columns) -> Truths:
    def last(pool: Pool) -> int:
        day = getattr(pool.local, atom.name) if pool.local else None
        return NO_DAY if day is None else day_number(day)

    return _certain(rows.paid <= rows.by_pool(last))


def _narrow(answer: Any) -> Truths:
    """A figure of each pooling area as an answer."""
    return answer.astype(np.uint8) if isinstance(answer, np.ndarray) else int(answer)


def _aged(atom: spans.Aged, rows: Columns) -> Truths:
    birth, day = rows.people.birth_day, rows.paid if atom.day is None else np.int32(day_number(atom.day))
    answer: Any = np.ones(len(birth), np.bool_)
    if atom.at_least is not None:
        answer &= add_months_column(birth, 12 * atom.at_least) <= day
    if atom.below is not None:
        answer &= day < add_months_column(birth, 12 * atom.below)
    return _certain(answer)


def _lapsed(atom: spans.Lapsed, rows: Columns) -> Truths:
    years = rows.people.lapsed_years
    answer = (years >= atom.at_least) & (True if atom.below is None else years < atom.below)
    return np.where(years < 0, UNKNOWN, answer).astype(np.uint8)


def _paid_in_one(atom: spans.PaidInOne, rows: Columns) -> Truths:
    inside = [_within(rows.paid, first, last) for first, last in atom.windows]
    return _certain(np.logical_or.reduce(inside))


_ANSWERS: Final[dict[type, Callable[[Any, Columns], Truths]]] = {
    atoms.Born: _born,
    atoms.Unborn: _unborn,
    atoms.Paid: _paid,
    atoms.Studies: _studies,
    atoms.EnrolledAtSchool: _enrolled_at_school,
    atoms.InCircumstance: _in_circumstance,
    atoms.HoldsIdentity: _holds_identity,
    atoms.HadCover: _had_cover,
    atoms.RegisteredWithin: _registered_within,
    atoms.PaidWithin: _paid_within,
    atoms.Located: _located,
    atoms.PoolsIn: _pools_in,
    atoms.LocalIs: _local_is,
    atoms.LocalUnset: _local_unset,
    atoms.PaidByLocalDay: _paid_by_local_day,
    spans.Aged: _aged,
    spans.Lapsed: _lapsed,
    spans.PaidInOne: _paid_in_one,
}


def truths(atom: atoms.Atom, rows: Columns) -> Truths:
    """An atom's answers for all people."""
    return _ANSWERS[type(atom)](atom, rows)
