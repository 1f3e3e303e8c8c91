"""The bulk evaluator: the same decisions as ``policies.assess``, for columns of people at a time.

People are signed with all that the rules can tell apart (``policies.signature``); each signature is decided once by the
readable evaluator and kept as a numbered cell; days of cover and areas of referral are filled in as columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from policies.assess import assess
from policies.calendar import day_number, day_of
from policies.cells import NOTHING, REFERRALS, Cells, Template
from policies.columns import FAR, Columns, Days, Pool
from policies.local import ForeignParameters, LocalParameters
from policies.notice import Notice
from policies.numbering import Numbering
from policies.people import NO_DAY, Int32s, People, as_known_on
from policies.person import question_of
from policies.rulefile import PolicyError
from policies.signature import Context, Signatures, Signer
from policies.turning_days import own_turning_days, turning_days

Places = npt.NDArray[np.int64]
Pools = npt.NDArray[np.integer[Any]]
_CODES: Final = 1_000_000
"""Area codes have six digits."""
_OWN: Final = FAR
"""For a moment in a column of first days of cover: this person's own is still to be filled in."""


class UnknownPool(PolicyError):
    """People are to be decided for a pooling area that was not compiled, or for none."""

    def __init__(self, areas: tuple[str, ...]) -> None:
        self.areas = areas
        super().__init__(f"each person needs one of these pooling areas: {', '.join(areas)}")


@dataclass(frozen=True, slots=True)
class Decisions:
    """One decision a person: ``cell`` numbers a ``Template``; days count from 1970-01-01, ``NO_DAY`` where undated.

    ``refer_to`` is the area a person is referred to, as a number, 0 where nobody is referred.
    """

    cell: Int32s
    starts_on: Int32s
    ends_on: Int32s
    refer_to: Int32s


@dataclass(slots=True)
class _Known:
    """The signatures of one context that were met so far: their numbers, and by number what was decided."""

    numbers: Numbering = field(default_factory=Numbering)
    cells: Int32s = field(default_factory=lambda: np.zeros(0, np.int32))
    until: dict[date, Int32s] = field(default_factory=dict)
    """For a day asked about the last payable day, ``NO_DAY`` where it was not asked for."""


class CompiledNotice:
    """A notice with the local parameters of each pooling area, ready to decide in bulk. Cells only ever grow."""

    def __init__(self, notice: Notice, pools: Mapping[str, LocalParameters | None]) -> None:
        self.notice = notice
        self.pools = tuple(Pool(area, local) for area, local in pools.items())
        self._covers = [rule.id for rule in notice.covers_from if rule.start != "undated"]
        self._cells, self._signer = Cells(self._covers), Signer(notice)
        self._known: dict[Context, _Known] = {}
        self._cell_of: dict[bytes, int] = {}

    def assess(
        self,
        people: People,
        as_of: date,
        paid_on: Int32s | date | None = None,
        pools: Pools | None = None,
    ) -> Decisions:
        """Decide all people; ``paid_on`` one day for all, one day a person (int32 days), or ``None`` for ``as_of``.

        ``pools`` holds the pooling area of each person; without it all enrol in the only one that was compiled.
        """
        people.check()
        paid: Days = paid_on if isinstance(paid_on, np.ndarray) else np.int32(day_number(paid_on or as_of))
        made = Decisions(*(np.empty(len(people), np.int32) for _ in range(4)))
        for chosen, rows in self._rows(people, as_of, paid, self._pool(pools)).parts():
            signed, known, numbers = self._met(rows)
            made.cell[chosen] = known.cells.take(numbers)
            self._fill_in(rows, signed, Decisions(*(getattr(made, name)[chosen] for name in Decisions.__slots__)))
        return made

    @property
    def cells(self) -> list[Template]:
        """Every template met so far; position = cell number."""
        return self._cells.templates

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

    def payable_until(self, people: People, as_of: date, pools: Pools | None = None) -> Int32s:
        """Last day from ``as_of`` on which paying is still decided the same in money, channel and outcome.

        Decided from what is known on ``as_of``: identities recognised or revoked later are left out of account.
        Where nothing ever changes it is the last day of the insured year.
        """
        today = np.int32(day_number(as_of))
        known_on = as_known_on(people, today)
        until = np.empty(len(people), np.int32)
        for chosen, rows in self._rows(known_on, as_of, today, self._pool(pools)).parts():
            own = np.stack([days > today for days in own_turning_days(self._signer.atoms, rows.people)]).any(axis=0)
            # Who has no turning day of their own turns with all others of the same signature: one speaks for all.
            alone, alike = np.flatnonzero(own), np.flatnonzero(~own)
            until[chosen][alone] = self._first_turns(rows, alone, as_of)
            until[chosen][alike] = self._turns_of_signatures(rows, alike, as_of)
        return until

    def _turns_of_signatures(self, rows: Columns, alike: Places, as_of: date) -> Int32s:
        """For people without turning days of their own the day before the first one of their signature."""
        _, known, numbers = self._met(rows)
        until = known.until.get(as_of, np.zeros(0, np.int32))
        until = np.concatenate([until, np.full(len(known.numbers) - len(until), NO_DAY, np.int32)])
        kinds, first = np.unique(numbers[alike], return_index=True)
        new = until[kinds] == NO_DAY
        until[kinds[new]] = self._first_turns(rows, alike[first[new]], as_of)
        known.until[as_of] = until
        return until[numbers[alike]]

    def _first_turns(self, rows: Columns, chosen: Places, as_of: date) -> Int32s:
        """The day before the first turning day on which the terms of each of these people change."""
        if not len(chosen):
            return np.zeros(0, np.int32)
        rows = rows.some(chosen)
        today, last = rows.as_of, day_number(self.notice.period_last)
        now = self._terms(rows, today)
        until = np.full(len(chosen), max(last, int(today)), np.int32)
        for day in sorted({day for pool in self.pools for day in self._turning_days(pool, as_of)}):
            changed = self._terms(rows, day) != now
            until = np.where(changed, np.minimum(until, day - np.int32(1)), until)
        for days in own_turning_days(self._signer.atoms, rows.people):
            later = np.maximum(days, today)
            changed = self._terms(rows, later) != now
            until = np.where(changed, np.minimum(until, later - np.int32(1)), until)
        return until

    def _turning_days(self, pool: Pool, as_of: date) -> Iterator[np.int32]:
        return turning_days(self.notice, pool.local, self._signer.atoms, as_of)

    def _terms(self, rows: Columns, paid: Days) -> Int32s:
        """A number for each person's outcome, money and channel when paying on a day."""
        terms = np.empty(len(rows.people), np.int32)
        for chosen, part in replace(rows, paid=paid).parts():
            _, known, numbers = self._met(part)
            terms[chosen] = self._cells.terms()[known.cells.take(numbers)]
        return terms

    def _pool(self, pools: Pools | None) -> npt.NDArray[np.int16] | int:
        """The place of each person's area among the compiled ones. Raises ``UnknownPool``."""
        areas = tuple(pool.area for pool in self.pools)
        if pools is None:
            if len(areas) > 1:
                raise UnknownPool(areas)
            return 0
        place_of = np.full(_CODES + 1, -1, np.int16)
        place_of[[int(area) for area in areas]] = np.arange(len(areas))
        places: npt.NDArray[np.int16] = place_of.take(pools, mode="clip")
        if places.min(initial=0) < 0:
            raise UnknownPool(areas)
        return places

    def _rows(self, people: People, as_of: date, paid: Days, pool: npt.NDArray[np.int16] | int) -> Columns:
        return Columns(self.notice, self.pools, people, paid, np.int32(day_number(as_of)), pool)

    def _met(self, rows: Columns) -> tuple[Signatures, _Known, Int32s]:
        """Each person's signature, decided by the readable evaluator where it is met for the first time."""
        signed = self._signer.sign(rows)
        known = self._known.setdefault(signed.context, _Known())
        numbers, new = known.numbers.of(signed.keys)
        if len(new):
            # Until all that is new has been decided its numbers stand for nothing: forgotten, should that fail.
            del self._known[signed.context]
            cells = [self._cell(key, rows, row) for key, row in zip(signed.in_full(new), new.tolist(), strict=True)]
            known.cells = np.concatenate([known.cells, np.array(cells, np.int32)])
            self._known[signed.context] = known
        return signed, known, numbers

    def _cell(self, key: bytes, rows: Columns, row: int) -> int:
        """The cell of a signature, which may have been met in another context already."""
        if key not in self._cell_of:
            self._cell_of[key] = self._decided(rows, row)
        return self._cell_of[key]

    def _decided(self, rows: Columns, row: int) -> int:
        """The cell of one person."""
        paid = rows.paid[row] if isinstance(rows.paid, np.ndarray) else rows.paid
        area, local = self.pools[rows.pool[row] if isinstance(rows.pool, np.ndarray) else rows.pool]
        days = day_of(int(rows.as_of)), day_of(int(paid))
        return self._cells.of(
            assess(self.notice, local, question_of(rows.people, row, self.notice.notice, area, *days))
        )

    def _fill_in(self, rows: Columns, signed: Signatures, made: Decisions) -> None:
        """Each person's own days and area."""
        fills = self._cells.fills()
        start_of = np.full(1 + len(self._covers) + len(REFERRALS), _OWN, np.int32)
        start_of[NOTHING] = NO_DAY
        for place, cover in enumerate(self._covers, start=1):
            if not isinstance(signed.starts[cover], np.ndarray):
                start_of[place] = signed.starts[cover]
        start_of[fills].take(made.cell, out=made.starts_on, mode="clip")
        made.refer_to[:] = 0
        own = np.flatnonzero(made.starts_on == _OWN)
        if len(own):
            fill = fills[made.cell[own]]
            for number in np.unique(fill).tolist():
                mine = own[fill == number]
                if number < 0:
                    made.starts_on[mine] = NO_DAY
                    made.refer_to[mine] = _referral(rows.some(mine), REFERRALS[-1 - number])
                else:
                    made.starts_on[mine] = np.asarray(signed.starts[self._covers[number - 1]])[mine]
        made.ends_on[:] = day_number(self.notice.period_last)
        made.ends_on[made.starts_on == NO_DAY] = NO_DAY


def _referral(rows: Columns, by: str) -> Int32s:
    """The areas that people are referred to, by what names them."""
    if by == "school_area":
        return rows.people.student_school_area
    if by == "recognition":
        identity = next(rule.identity for rule in rows.notice.places if rule.identity)
        return rows.recognising_area(identity)
    return rows.people.household_area if by == "household_area" else rows.people.residence_area


def compile_notice(notice: Notice, local: LocalParameters | None, pooling_area: str) -> CompiledNotice:
    """Compile a loaded notice and its local parameters (or ``None``) for enrolment in ``pooling_area``.

    Raises ``ForeignParameters`` for local parameters that do not speak for that area.
    """
    return compile_pools(notice, {pooling_area: local})


def compile_pools(notice: Notice, pools: Mapping[str, LocalParameters | None]) -> CompiledNotice:
    """Compile a loaded notice for several pooling areas, each with its local parameters (or ``None``).

    Raises ``ForeignParameters`` for local parameters that do not speak for their area.
    """
    for area, local in pools.items():
        if local is not None and area not in local.areas:
            raise ForeignParameters(local, area)
    return CompiledNotice(notice, pools)
