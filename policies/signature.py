"""Sorting people by everything that the rules can tell apart, so that each kind of person is decided once.

Two people of one signature differ only in their own dates and areas; all else that decides is equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from policies.atoms import Atom, HoldsIdentity, Located, Unborn
from policies.calendar import day_number
from policies.columns import Columns
from policies.cover_columns import start_days
from policies.notice import Notice
from policies.people import AREA_NONE, AREA_UNKNOWN
from policies.predicates import Truths, truths
from policies.standing_columns import BestStandings, best_standing_columns

_SMALL: Final = 4096
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Signatures:
    """For each person the number of a signature; for each signature one person's row and its key, stable for ever."""

    ids: Ids
    rows: Ids
    keys: list[bytes]
    starts: dict[str, npt.NDArray[np.int32]]
    """First days of cover by cover rule, whatever rule applies to the person in the end."""


def asked_atoms(notice: Notice) -> tuple[Atom, ...]:
    """Every atom the evaluator can ask under a notice: those of conditions and those of places."""
    places: list[Atom] = [Unborn()]
    for rule in notice.places:
        if rule.enrol_at == "school":
            places.append(Located("school_area", "here"))
        elif rule.enrol_at == "recognition":
            places.append(HoldsIdentity(rule.identity or (), None, None, "here"))
    return tuple(dict.fromkeys((*notice.atoms(), *places)))


def signatures(rows: Columns, atoms: Sequence[Atom]) -> Signatures:
    """Sort people by signature."""
    starts = {cover.id: start_days(cover, rows) for cover in rows.notice.covers_from if cover.start != "undated"}
    answers: list[Truths] = [truths(atom, rows) for atom in atoms]
    answers.extend(_places(rows))
    answers.extend(_same_areas(rows))
    answers.extend(_late_starts(rows, starts))
    columns = [answer for answer in answers if isinstance(answer, np.ndarray)]
    standings = best_standing_columns(rows)
    ids, chosen = _sorted_out(len(rows.people), columns, _flag_ids(len(rows.people), standings))
    return Signatures(ids, chosen, _keys(answers, standings, chosen), starts)


def _places(rows: Columns) -> list[Truths]:
    """Household and residence as 0 none, 1 here, 2 not known, 3 elsewhere, where a place rule looks at them."""
    looks = {rule.enrol_at for rule in rows.notice.places}
    columns: list[Truths] = []
    if looks & {"household", "household_or_residence"}:
        columns.append(_place(rows.people.household_area, rows.pooling_area))
    if "household_or_residence" in looks:
        columns.append(_place(rows.people.residence_area, rows.pooling_area))
    return columns


def _place(area: npt.NDArray[np.int32], here: int) -> npt.NDArray[np.uint8]:
    kind = np.where(area == here, 1, 3).astype(np.uint8)
    kind[area == AREA_NONE] = 0
    kind[area == AREA_UNKNOWN] = 2
    return kind


def _same_areas(rows: Columns) -> list[Truths]:
    """Whether the areas a person may be referred to by different place rules are one and the same."""
    if len(rows.notice.places) < 2:
        return []
    school = rows.people.student_school_area
    return [(school == area).view(np.uint8) for area in (rows.people.household_area, rows.people.residence_area)]


def _late_starts(rows: Columns, starts: dict[str, npt.NDArray[np.int32]]) -> list[Truths]:
    """For each cover rule whether it would start after the insured year has ended."""
    last = day_number(rows.notice.period_last)
    return [(start > last).view(np.uint8) for start in starts.values()]


def _flag_ids(count: int, standings: BestStandings) -> npt.NDArray[np.int64]:
    """A number for each person's set of standings, 0 for those without any."""
    ids = np.zeros(count, np.int64)
    if not len(standings.owner):
        return ids
    combined = standings.code.astype(np.int64) * 1_000_000 + standings.area
    kinds, kind = np.unique(combined, return_inverse=True)
    people, person = np.unique(standings.owner, return_inverse=True)
    sets = np.zeros(len(people), np.int64)
    for word in range(0, len(kinds), 62):
        bits = np.zeros(len(people), np.int64)
        here = (kind >= word) & (kind < word + 62)
        np.bitwise_or.at(bits, person[here], np.int64(1) << (kind[here] - word))
        _, inner = np.unique(bits, return_inverse=True)
        _, sets = np.unique(sets * (int(inner.max()) + 1) + inner, return_inverse=True)
    ids[people] = sets + 1
    return ids


def _sorted_out(count: int, columns: list[npt.NDArray[np.uint8]], flags: Ids) -> tuple[Ids, Ids]:
    """Dense signature numbers, and a row for each."""
    code, span = flags, int(flags.max(initial=0)) + 1
    limit = max(_SMALL, 2 * count)
    for column in columns:
        if span * 4 > limit:
            code, span = _dense(code, span, limit)
        code, span = code * 4 + column, span * 4
    code, span = _dense(code, span, limit)
    rows = np.zeros(span if count else 0, np.int64)
    rows[code] = np.arange(count)
    return code, rows


def _dense(code: Ids, span: int, limit: int) -> tuple[Ids, int]:
    """The same numbers without gaps, and how many there are."""
    if span > limit * 4:
        kinds, dense = np.unique(code, return_inverse=True)
        return dense.astype(np.int64), max(1, len(kinds))
    seen = np.zeros(span, np.bool_)
    seen[code] = True
    table = np.cumsum(seen) - 1
    return table[code], max(1, int(seen.sum()))


def _keys(answers: list[Truths], standings: BestStandings, rows: Ids) -> list[bytes]:
    """A key for each signature that does not depend on who else was sorted with it."""
    if not len(rows):
        return []
    parts: list[Any] = [
        answer[rows] if isinstance(answer, np.ndarray) else np.full(len(rows), answer, np.uint8) for answer in answers
    ]
    matrix = np.stack(parts, axis=1)
    lows = np.searchsorted(standings.owner, rows, "left")
    highs = np.searchsorted(standings.owner, rows, "right")
    return [
        matrix[position].tobytes() + standings.code[low:high].tobytes() + standings.area[low:high].tobytes()
        for position, (low, high) in enumerate(zip(lows.tolist(), highs.tolist(), strict=True))
    ]
