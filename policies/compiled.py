"""The bulk evaluator: the same decisions as ``policies.assess``, for columns of people at a time.

People are sorted by signature (``policies.signature``); each signature is decided once by the readable evaluator and
kept as a numbered cell; days of cover and areas of referral are filled in as columns.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import orjson

from policies.assess import assess
from policies.calendar import day_number, day_of
from policies.columns import Columns, Days
from policies.decision import Decision
from policies.local import ForeignParameters, LocalParameters
from policies.notice import Notice
from policies.people import NO_DAY, Int32s, People, as_known_on, rows_of
from policies.person import question_of
from policies.signature import Signatures, asked_atoms, signatures
from policies.turning_days import own_turning_days, turning_days


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


@dataclass(frozen=True, slots=True)
class Decisions:
    """One decision a person: ``cell`` numbers a ``Template``; days count from 1970-01-01, ``NO_DAY`` where undated.

    ``refer_to`` is the area a person is referred to, as a number, 0 where nobody is referred.
    """

    cell: Int32s
    starts_on: Int32s
    ends_on: Int32s
    refer_to: Int32s


class CompiledNotice:
    """A notice with local parameters for one pooling area, ready to decide in bulk. Cells only ever grow."""

    def __init__(self, notice: Notice, local: LocalParameters | None, pooling_area: str) -> None:
        self.notice, self.local, self.pooling_area = notice, local, pooling_area
        self.cells: list[Template] = []
        """Every template met so far; position = cell number."""
        self._atoms = asked_atoms(notice)
        self._cell_of_key: dict[bytes, int] = {}
        self._cell_of_digest: dict[str, int] = {}
        self._until: dict[tuple[date, bytes], int] = {}

    def assess(self, people: People, as_of: date, paid_on: Int32s | date | None = None) -> Decisions:
        """Decide all people; ``paid_on`` one day for all, one day a person (int32 days), or ``None`` for ``as_of``."""
        people.check()
        paid: Days = paid_on if isinstance(paid_on, np.ndarray) else np.int32(day_number(paid_on or as_of))
        rows = self._rows(people, as_of, paid)
        found = signatures(rows, self._atoms)
        cells = np.array(
            [self._cell(key, rows, int(row)) for key, row in zip(found.keys, found.rows, strict=True)], np.int32
        )
        return self._dated(rows, cells[found.ids], found)

    def template(self, cell: int) -> dict[str, Any]:
        """The answer of a cell, without ``case``, with ``benefit`` lacking its days and ``refer_to`` its area."""
        return self.cells[cell].answer

    def answer(self, decisions: Decisions, row: int, case: str | None = None) -> dict[str, Any]:
        """The complete answer of one person, equal to what ``policies.assess`` answers for the same facts."""
        template = self.cells[decisions.cell[row]]
        answer = {"case": case, **template.answer}
        if template.dated:
            days = (day_of(int(decisions.starts_on[row])), day_of(int(decisions.ends_on[row])))
            benefit = {"starts_on": days[0].isoformat(), "ends_on": days[1].isoformat()}
            answer["benefit"] = {**benefit, **template.answer["benefit"]}
        if decisions.refer_to[row]:
            answer["refer_to"] = str(decisions.refer_to[row])
        return answer

    def payable_until(self, people: People, as_of: date) -> Int32s:
        """Last day from ``as_of`` on which paying is still decided the same in money, channel and outcome.

        Decided from what is known on ``as_of``: identities recognised or revoked later are left out of account.
        Where nothing ever changes it is the last day of the insured year.
        """
        today = np.int32(day_number(as_of))
        known = as_known_on(people, today)
        own = np.stack([days > today for days in own_turning_days(self._atoms, known)]).any(axis=0)
        found = signatures(self._rows(known, as_of, today), self._atoms)
        # Who has no turning day of their own turns with everybody of the same signature: one of them speaks for all.
        until = self._turns_of_signatures(known, found, as_of)[found.ids]
        alone = np.flatnonzero(own)
        if len(alone):
            until[alone] = self._first_turns(rows_of(known, alone), as_of)
        return until

    def _turns_of_signatures(self, people: People, found: Signatures, as_of: date) -> Int32s:
        """For each signature the day before its first turning day; worked out once for each day asked about."""
        new = [position for position, key in enumerate(found.keys) if (as_of, key) not in self._until]
        if new:
            speakers = rows_of(people, found.rows[new])
            for position, day in zip(new, self._first_turns(speakers, as_of).tolist(), strict=True):
                self._until[as_of, found.keys[position]] = day
        return np.array([self._until[as_of, key] for key in found.keys], np.int32)

    def _first_turns(self, people: People, as_of: date) -> Int32s:
        """The day before the first turning day on which each person's terms change."""
        today = np.int32(day_number(as_of))
        now = self._terms(people, as_of, today)
        until = np.full(len(people), max(day_number(self.notice.period_last), int(today)), np.int32)
        for day in turning_days(self.notice, self.local, self._atoms, as_of):
            changed = self._terms(people, as_of, day) != now
            until = np.where(changed, np.minimum(until, day - np.int32(1)), until)
        for days in own_turning_days(self._atoms, people):
            later = np.maximum(days, today)
            changed = self._terms(people, as_of, later) != now
            until = np.where(changed, np.minimum(until, later - np.int32(1)), until)
        return until

    def _terms(self, people: People, as_of: date, paid: Days) -> Int32s:
        """A number for each person's outcome, money and channel."""
        cell = self.assess(people, as_of, paid if isinstance(paid, np.ndarray) else day_of(int(paid))).cell
        terms = [(t.outcome, t.due, t.sponsor_due, t.assisted_after, t.channel) for t in self.cells]
        first = {term: position for position, term in reversed(list(enumerate(terms)))}
        return np.array([first[term] for term in terms] or [0], np.int32)[cell]

    def _rows(self, people: People, as_of: date, paid: Days) -> Columns:
        return Columns(self.notice, self.local, int(self.pooling_area), people, paid, np.int32(day_number(as_of)))

    def _cell(self, key: bytes, rows: Columns, row: int) -> int:
        """The cell of a signature, decided by the readable evaluator when it is met for the first time."""
        if key not in self._cell_of_key:
            paid = rows.paid if isinstance(rows.paid, np.int32) else rows.paid[row]
            days = day_of(int(rows.as_of)), day_of(int(paid))
            question = question_of(rows.people, row, self.notice.notice, self.pooling_area, *days)
            self._cell_of_key[key] = self._interned(assess(self.notice, self.local, question))
        return self._cell_of_key[key]

    def _interned(self, decision: Decision) -> int:
        answer = decision.answer()
        del answer["case"]
        answer["refer_to"] = None
        if decision.benefit is not None:
            answer["benefit"] = {"waiting": answer["benefit"]["waiting"]}
        shared = [answer, decision.cover, decision.refer_by if decision.refer_to else None]
        digest = hashlib.sha256(orjson.dumps(shared, option=orjson.OPT_SORT_KEYS)).hexdigest()
        if digest not in self._cell_of_digest:
            self._cell_of_digest[digest] = len(self.cells)
            self.cells.append(_template(len(self.cells), digest, answer, decision))
        return self._cell_of_digest[digest]

    def _dated(self, rows: Columns, cell: Int32s, found: Signatures) -> Decisions:
        """Fill in each person's own days and area."""
        none = np.full(len(rows.people), NO_DAY, np.int32)
        starts, ends, refer_to = none, none.copy(), np.zeros(len(rows.people), np.int32)
        met = [self.cells[number] for number in np.flatnonzero(np.bincount(cell)).tolist()]
        for name in {template.cover for template in met if template.dated and template.cover}:
            mine = self._cells_where(cell, [t.dated and t.cover == name for t in self.cells])
            starts = np.where(mine, found.starts[name], starts)
            ends = np.where(mine, np.int32(day_number(self.notice.period_last)), ends)
        for name in {template.refer_by for template in met if template.refer_by}:
            mine = self._cells_where(cell, [t.refer_by == name for t in self.cells])
            refer_to = np.where(mine, self._referral(rows, name), refer_to)
        return Decisions(cell, starts, ends, refer_to)

    def _cells_where(self, cell: Int32s, chosen: list[bool]) -> Any:
        return np.array(chosen, np.bool_)[cell]

    def _referral(self, rows: Columns, by: str) -> Int32s:
        if by == "school_area":
            return rows.people.student_school_area
        if by == "recognition":
            identity = next(rule.identity for rule in self.notice.places if rule.identity)
            return rows.recognising_area(identity)
        return rows.people.household_area if by == "household_area" else rows.people.residence_area


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


def compile_notice(notice: Notice, local: LocalParameters | None, pooling_area: str) -> CompiledNotice:
    """Compile a loaded notice and its local parameters (or ``None``) for enrolment in ``pooling_area``.

    Raises ``ForeignParameters`` for local parameters that do not speak for that area.
    """
    if local is not None and pooling_area not in local.areas:
        raise ForeignParameters(local, pooling_area)
    return CompiledNotice(notice, local, pooling_area)
