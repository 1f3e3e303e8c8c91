"""Identities of a roster that ended after payment: what becomes of the assistance, asked one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from policies.calendar import day_of
from policies.money import Fen
from policies.people import NO_DAY
from policies.revocation import RevocationQuestion, decide_revocation
from policies.roster.judged import Judged
from policies.vocabulary import CATEGORIES


@dataclass(frozen=True, slots=True)
class Ended:
    """One person's assistance whose identity ended by the end of the year: fen received, the outcome, the readings."""

    row: int
    category: str
    received: Fen
    outcome: str
    readings: tuple[str, ...]


def revocations(judged: Judged) -> tuple[Ended, ...]:
    """Every identity that ended after its person had paid and been assisted for it, in the order of the roster.

    The assistance is taken as received by then: what a roster does not say, the office will.
    """
    return tuple(_revocations(judged))


def _revocations(judged: Judged) -> Iterator[Ended]:
    people, notice, roster = judged.roster.people, judged.notice, judged.roster
    owners = np.repeat(np.arange(len(people)), np.diff(people.flag_start))
    last = (notice.period_last - day_of(0)).days
    ended = (
        (people.flag_revoked != NO_DAY) & (people.flag_revoked > roster.paid[owners]) & (people.flag_revoked <= last)
    )
    for flag in np.flatnonzero(ended).tolist():
        row, category = int(owners[flag]), CATEGORIES[people.flag_category[flag]]
        lines = judged.decisions[judged.number[row]].lines
        received = sum(part.amount for line in lines for part in line.assistance if part.category == category)
        if not received:
            continue
        question = RevocationQuestion.model_construct(
            question="revocation",
            notice=notice.notice,
            pooling_area=str(roster.pooling_area[row]),
            category=category,
            revoked_on=day_of(int(people.flag_revoked[flag])),
            paid_on=day_of(int(roster.paid[row])),
            assistance_received=received,
            as_of=notice.period_last,
        )
        verdict = decide_revocation(notice, question)
        readings = tuple(name for step in verdict.steps for name in step.readings)
        yield Ended(row, category, received, verdict.outcome, readings)
