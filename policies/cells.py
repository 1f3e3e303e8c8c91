"""The distinct answers a notice has given so far: one numbered cell each, whoever it is given to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson

from policies.decision import Decision
from policies.people import Int32s

NOTHING: Final = 0
"""What is to be filled in for the people of a cell: nothing, days of cover (1, 2...) or an area (-1, -2...)."""
REFERRALS: Final = ("school_area", "recognition", "household_area", "residence_area")
"""What names the area a person is referred to."""


@dataclass(frozen=True, slots=True)
class Template:
    """What all people of one cell share: the answer without ``case``, days of cover and area of referral.

    ``digest`` is the SHA-256 hex digest of the answer's canonical JSON with cover and referral rule, stable between
    processes and runs. Amounts are fen and ``None`` where the outcome is undetermined.
    """

    cell: int
    digest: str
    answer: dict[str, Any]
    outcome: str
    due: int | None
    sponsor_due: int | None
    assisted_after: int | None
    channel: str | None
    dated: bool
    """Whether cover has days: then ``starts_on`` and ``ends_on`` of the person hold them."""
    cover: str | None
    refer_by: str | None


class Cells:
    """Numbers answers in the order in which they are first given; they only ever grow."""

    def __init__(self, covers: list[str]) -> None:
        self.templates: list[Template] = []
        self._fills = {cover: place for place, cover in enumerate(covers, start=1)}
        self._of_digest: dict[str, int] = {}
        self._terms: dict[Any, int] = {}
        self._fill_of_cell, self._term_of_cell = np.zeros(0, np.int32), np.zeros(0, np.int32)

    def of(self, decision: Decision) -> int:
        """The cell of a decision, a new one where its like was not met before."""
        answer = decision.answer()
        del answer["case"]
        answer["refer_to"] = None
        if decision.benefit is not None:
            answer["benefit"] = {"waiting": answer["benefit"]["waiting"]}
        shared = [answer, decision.cover, decision.refer_by if decision.refer_to else None]
        digest = hashlib.sha256(orjson.dumps(shared, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if digest not in self._of_digest:
            self._of_digest[digest] = len(self.templates)
            self.templates.append(_template(len(self.templates), digest, answer, decision))
        return self._of_digest[digest]

    def fills(self) -> Int32s:
        """By cell what is to be filled in: the place of its cover from 1 on, of its referral from -1 down."""
        new = [self._fill(one) for one in self.templates[len(self._fill_of_cell) :]]
        self._fill_of_cell = _longer(self._fill_of_cell, new)
        return self._fill_of_cell

    def terms(self) -> Int32s:
        """By cell a number for its outcome, money and channel."""
        new = [self._term(one) for one in self.templates[len(self._term_of_cell) :]]
        self._term_of_cell = _longer(self._term_of_cell, new)
        return self._term_of_cell

    def _fill(self, one: Template) -> int:
        if one.refer_by is not None:
            return -1 - REFERRALS.index(one.refer_by)
        return self._fills[one.cover] if one.dated and one.cover else NOTHING

    def _term(self, one: Template) -> int:
        terms = one.outcome, one.due, one.sponsor_due, one.assisted_after, one.channel
        return self._terms.setdefault(terms, len(self._terms))


def _longer(column: Int32s, new: list[int]) -> Int32s:
    return np.concatenate([column, np.array(new, np.int32)]) if new else column


def _template(cell: int, digest: str, answer: dict[str, Any], decision: Decision) -> Template:
    return Template(
        cell=cell,
        digest=digest,
        answer=answer,
        outcome=decision.outcome,
        due=decision.due,
        sponsor_due=decision.sponsor_due,
        assisted_after=decision.assisted_after,
        channel=decision.channel,
        dated=decision.benefit is not None,
        cover=decision.cover,
        refer_by=decision.refer_by if decision.refer_to else None,
    )
