"""Signing people with everything that the rules can tell apart, so that each kind of person is decided once.

Two people of one signature differ only in their own dates and areas; all else that decides is equal. A signature is a
context, which is what holds for all people asked about, and a key of 64 bits for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from policies.atoms import Atom, Born, HoldsIdentity, InCircumstance, Located, Paid, PaidWithin, Studies, Unborn
from policies.calendar import day_number
from policies.columns import Columns, Days
from policies.cover_columns import start_days
from policies.notice import Notice
from policies.numbering import BITS, Keys, Numbering
from policies.people import AREA_NONE, AREA_UNKNOWN
from policies.predicates import Truths, truths
from policies.standing_columns import StandingSets

Context: TypeAlias = tuple[int | str, ...]
"""The answers that are the same for everybody, and the type of the columns of those that are not."""
_CERTAIN: Final = (Born, HoldsIdentity, InCircumstance, Paid, PaidWithin, Studies, Unborn)
"""Atoms that are answered for everybody; any other may be not known."""
_WIDTH: Final = 63
"""Bits of a key: one less than there are, so that no key is ``NO_KEY``."""


@dataclass(frozen=True, slots=True)
class Signatures:
    """A context, a key for each person, and first days of cover by cover rule, whatever rule applies in the end."""

    context: Context
    keys: Keys
    starts: dict[str, Days]
    answers: list[Any]
    """What context and keys are made of: columns of small numbers, or one number for everybody."""

    def in_full(self, rows: npt.NDArray[np.int64]) -> list[bytes]:
        """The signatures of some people, written so that they can be compared between contexts."""
        columns = [
            answer[rows] if isinstance(answer, np.ndarray) else np.full(len(rows), answer) for answer in self.answers
        ]
        return [row.tobytes() for row in np.stack(columns, axis=1, dtype=np.int64)]


def asked_atoms(notice: Notice) -> tuple[Atom, ...]:
    """Every atom the evaluator can ask under a notice: those of conditions and those of places."""
    places: list[Atom] = [Unborn()]
    for rule in notice.places:
        if rule.enrol_at == "school":
            places.append(Located("school_area", "here"))
        elif rule.enrol_at == "recognition":
            places.append(HoldsIdentity(rule.identity or (), None, None, "here"))
    return tuple(dict.fromkeys((*notice.atoms(), *places)))


class Signer:
    """Signs people under one notice. Keys of one context are comparable for as long as their signer lives."""

    def __init__(self, notice: Notice) -> None:
        self.atoms = asked_atoms(notice)
        self._standings, self._begun = StandingSets(), Numbering()
        self._compares_areas = _compares_areas(notice)

    def sign(self, rows: Columns) -> Signatures:
        """The signatures of some people."""
        starts = {cover.id: start_days(cover, rows) for cover in rows.notice.covers_from if cover.start != "undated"}
        answers: list[Any] = [truths(atom, rows) for atom in self.atoms]
        answers.extend(_places(rows))
        if self._compares_areas:
            answers.extend(_same_areas(rows))
        answers.extend(_late_starts(rows, starts))
        answers.extend(_lapses(rows))
        context = [answer.dtype.char if isinstance(answer, np.ndarray) else int(answer) for answer in answers]
        parts: list[tuple[npt.NDArray[Any], int]] = list(
            _packed([answer for answer in answers if isinstance(answer, np.ndarray)])
        )
        standings = self._standings.of(rows)
        parts.append((standings, BITS))
        if isinstance(rows.pool, np.ndarray):
            parts.append((rows.pool.view(np.uint16), len(rows.pools).bit_length()))
        keys = self._keys(len(rows.people), parts)
        return Signatures(tuple(context), keys, starts, [*answers, standings, rows.pool])

    def _keys(self, count: int, parts: list[tuple[npt.NDArray[Any], int]]) -> Keys:
        """The parts one beside the other; where they do not fit, a number stands for those so far."""
        keys, used = np.zeros(count, np.uint64), 0
        for part, bits in parts:
            if used + bits > _WIDTH:
                keys, used = self._begun.of(keys)[0].astype(np.uint64), BITS
            keys <<= np.uint64(bits)
            keys |= part
            used += bits
        return keys


def _packed(answers: list[Any]) -> Iterator[tuple[npt.NDArray[np.uint8], int]]:
    """Answers side by side in bytes: one bit for yes or no, two where it may be not known."""
    lane, used = np.zeros(0, np.uint8), 0
    for answer in answers:
        bits = 1 if answer.dtype == np.bool_ else 2
        if used + bits > 8:
            yield lane, used
            used = 0
        if used:
            lane <<= np.uint8(bits)
            lane |= answer.view(np.uint8)
        else:
            lane = answer.astype(np.uint8)
        used += bits
    if used:
        yield lane, used


def _places(rows: Columns) -> list[Truths]:
    """What place rules look at beside their conditions: whether there is a school or a recognising area to refer to.

    Household and residence are 0 none, 1 here, 2 not known, 3 elsewhere.
    """
    looks = {rule.enrol_at for rule in rows.notice.places}
    recognised = [HoldsIdentity(rule.identity, None, None, "in_notice") for rule in rows.notice.places if rule.identity]
    columns = [truths(atom, rows) for atom in recognised]
    if "school" in looks:
        columns.append(rows.people.student_stage != 0)
    if looks & {"household", "household_or_residence"}:
        columns.append(_place(rows.people.household_area, rows.here))
    if "household_or_residence" in looks:
        columns.append(_place(rows.people.residence_area, rows.here))
    return columns


def _place(area: npt.NDArray[np.int32], here: Any) -> npt.NDArray[np.uint8]:
    kind = np.where(area == here, np.uint8(1), np.uint8(3))
    kind[area == AREA_NONE] = 0
    kind[area == AREA_UNKNOWN] = 2
    return kind


def _compares_areas(notice: Notice) -> bool:
    """Whether a missing fact may leave it open which place rule applies, so that two referrals are compared."""
    asked = [atom for rule in notice.places if rule.when for atom in rule.when.atoms()]
    certain = [isinstance(atom, _CERTAIN) or getattr(atom, "place", "") == "school_area" for atom in asked]
    return len(notice.places) > 1 and not all(certain)


def _same_areas(rows: Columns) -> list[Truths]:
    """Whether the areas a person may be referred to by different place rules are one and the same."""
    people, areas = rows.people, {}
    for rule in rows.notice.places:
        if rule.identity is not None:
            areas[rule.id] = rows.recognising_area(rule.identity)
        elif rule.enrol_at == "school":
            areas["school"] = people.student_school_area
        else:
            areas["household"], areas["residence"] = people.household_area, people.residence_area
    return [one == other for one, other in combinations(areas.values(), 2)]


def _late_starts(rows: Columns, starts: dict[str, Days]) -> list[Any]:
    """For each cover rule whether it would start after the insured year has ended."""
    last = day_number(rows.notice.period_last)
    return [start > last for start in starts.values()]


def _lapses(rows: Columns) -> list[Any]:
    """Years of lapse and of repair, digit by digit, where a wait counts them; whether the longest wait is too long."""
    waits = [cover for cover in rows.notice.covers_from if cover.lapse is not None]
    if not waits:
        return []
    people, last = rows.people, day_number(rows.notice.period_last)
    years = [people.lapsed_years, people.repaired_years]
    digits = [
        (column + 1).astype(np.uint8) >> np.uint8(shift) & np.uint8(3) for column in years for shift in (0, 2, 4, 6)
    ]
    unrepaired = replace(people, repaired_years=np.zeros(len(people), np.int8))
    longest = [start_days(cover, replace(rows, people=unrepaired)) for cover in waits]
    return [*digits, *(start > last for start in longest)]
