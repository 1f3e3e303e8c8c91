"""A whole roster decided under one notice by the compiled evaluator, each distinct decision kept with its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from policies.assess import assess
from policies.calendar import day_of
from policies.compiled import compile_notice
from policies.decision import Decision
from policies.local import LocalParameters
from policies.notice import Notice
from policies.people import Int32s, People
from policies.person import question_of
from policies.roster.roster import Roster


@dataclass(frozen=True, slots=True)
class Judged:
    """Each person's decision by number, and when their cover starts (days since 1970-01-01, ``NO_DAY`` if undated).

    People of one number share money, clauses and reasons; they differ in their own days.
    """

    notice: Notice
    roster: Roster
    number: npt.NDArray[np.int64]
    starts_on: Int32s
    decisions: tuple[Decision, ...]

    def counts(self) -> list[int]:
        """How many people have each decision."""
        return [int(count) for count in np.bincount(self.number, minlength=len(self.decisions))]


def judge(roster: Roster, notice: Notice, local: Mapping[str, LocalParameters]) -> Judged:
    """Decide a roster, looked at from the last day of the insured year, when all of it is known.

    ``local``: local parameters by pooling area.
    """
    number = np.zeros(len(roster), np.int64)
    starts = np.zeros(len(roster), np.int32)
    decisions: list[Decision] = []
    for area, rows, people in roster.by_area():
        paid = roster.paid[rows]
        decided = compile_notice(notice, local.get(area), area).assess(people, notice.period_last, paid)
        _, speakers, inverse = np.unique(decided.cell, return_index=True, return_inverse=True)
        number[rows] = inverse + len(decisions)
        starts[rows] = decided.starts_on
        for speaker in speakers.tolist():
            decisions.append(_spoken(notice, local.get(area), area, people, speaker, int(paid[speaker])))
    return Judged(notice, roster, number, starts, tuple(decisions))


def _spoken(notice: Notice, local: LocalParameters | None, area: str, people: People, row: int, paid: int) -> Decision:
    """The decision of one who speaks for all of the same cell, with its steps, from the readable evaluator."""
    question = question_of(people, row, notice.notice, area, notice.period_last, day_of(paid))
    return assess(notice, local, question)
