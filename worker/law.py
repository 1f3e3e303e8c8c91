"""The law in force for an area and year: the compiled notice, and its decisions as rows that dues refer to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import orjson
from sqlalchemy import Engine, text

from policies.calendar import day_number
from policies.cells import Template
from policies.compiled import CompiledNotice
from policies.local import LocalParameters
from policies.money import Fen
from policies.notice import Notice
from policies.people import Int32s, People, rows_of
from policies.revocation import RevocationQuestion, decide_revocation

_KEEP = text(
    "INSERT INTO decision AS d (digest, notice, body) VALUES (:digest, :notice, CAST(:body AS jsonb))"
    " ON CONFLICT (digest) DO UPDATE SET notice = d.notice RETURNING id"
)
_KEEP_LINE = text(
    "INSERT INTO decision_assistance (decision_id, ordinal, insurance, category, source, timing, amount,"
    " on_application, paid_by_area, rule)"
    " VALUES (:decision_id, :ordinal, :insurance, :category, :source, :timing, :amount,"
    " :on_application, :paid_by_area, :rule) ON CONFLICT DO NOTHING"
)


class Slot(NamedTuple):
    """One amount that one payer owes at the tax counter: ``payer`` is ``person`` or the funding source that pays."""

    insurance: str
    payer: str
    standard: Fen
    amount: Fen
    channel: str


class Grant(NamedTuple):
    """Assistance that this area gives: netted from the due (``at_levy``) or paid out once it is paid."""

    insurance: str
    category: str
    source: str
    amount: Fen
    rule: str
    timing: str


@dataclass(frozen=True)
class Ruling:
    """What one decision means for the books; shared by everyone it applies to."""

    decision_id: int
    digest: str
    outcome: str
    slots: tuple[Slot, ...]
    grants: tuple[Grant, ...]


class Decided(NamedTuple):
    """One ruling a person, with the first and last day of their cover as days since 1970-01-01 (``NO_DAY``: none)."""

    rulings: list[Ruling]
    starts_on: Int32s
    ends_on: Int32s


class Law:
    """One notice compiled for one area; turns decisions into rulings and keeps each distinct decision as a row.

    An area's own parameters may change in mid-season, such as from levying gross to levying net: ``versions`` are the
    notice with the parameters of each stretch of days, from the first day of each on, the earliest first.
    """

    def __init__(
        self,
        engine: Engine,
        versions: Sequence[tuple[date, CompiledNotice]],
        notice: str,
        area: str,
        insured_year: int,
    ) -> None:
        self.area, self.insured_year, self.notice = area, insured_year, notice
        self._versions = tuple(versions)
        self._starts = np.array([day_number(start) for start, _ in versions], np.int32)
        self._engine = engine
        self._rulings: dict[tuple[int, int], Ruling] = {}
        self._asked = Lock()
        """The compiled notice learns with each question: two threads ask one after the other."""

    @property
    def later_on_application(self) -> bool:
        """Whether an identity that is recognised after the payment assists only whom applies for it."""
        later = self._versions[0][1].notice.assistance.later
        return later is not None and later.on_application

    def clauses(self) -> dict[str, tuple[str, ...]]:
        """By which clauses each rule assists, by the rule's id."""
        return {rule.id: rule.clauses for _, version in self._versions for rule in version.notice.assistance.rules}

    def in_force(self, today: date) -> tuple[Notice, LocalParameters | None]:
        """The notice, and the area's own parameters of today."""
        compiled = self._versions[self._version(today)][1]
        return compiled.notice, compiled.pools[0].local

    def since(self, today: date) -> date:
        """The first day of the version that is in force today."""
        return self._versions[self._version(today)][0]

    def assess(self, people: People, today: date) -> Decided:
        """Decide what is to be asked for today."""
        return self._decide(self._version(today), people, today, None)

    def assess_paid(self, people: People, today: date, paid_on: Int32s, asked_on: Int32s) -> Decided:
        """Decide by the days of payment, each under the version in force when the amount that was paid was asked for.

        So nobody who paid a gross amount is assisted at the levy, and nobody who paid a net one afterwards as well.
        """
        places = np.maximum(np.searchsorted(self._starts, asked_on, "right") - 1, 0)
        if len(kinds := np.unique(places)) == 1:
            return self._decide(int(kinds[0]), people, today, paid_on)
        rulings: list[Any] = [None] * len(people)
        starts, ends = np.empty(len(people), np.int32), np.empty(len(people), np.int32)
        for version in kinds.tolist():
            rows = np.flatnonzero(places == version)
            part = self._decide(version, rows_of(people, rows), today, paid_on[rows])
            starts[rows], ends[rows] = part.starts_on, part.ends_on
            for row, ruling in zip(rows.tolist(), part.rulings, strict=True):
                rulings[row] = ruling
        return Decided(rulings, starts, ends)

    def assess_first_paid(self, people: People, today: date, first_on: Int32s, asked_on: Int32s) -> Decided:
        """Decide the cover of people who paid first in another area, by mistake (待遇自首次缴费起算).

        A first payment before our window opens counts as one of its first day: nobody covered here could pay earlier.
        """
        window = self._versions[0][1].notice.window
        return self.assess_paid(
            people, today, first_on if window is None else np.maximum(first_on, day_number(window[0])), asked_on
        )

    def payable_until(self, people: People, today: date) -> Int32s:
        """The last day on which what is decided today may be paid, as days since 1970-01-01; ``NO_DAY``: not at all."""
        with self._asked:
            return self._versions[self._version(today)][1].payable_until(people, today)

    def revocation(self, category: str, revoked_on: date, paid_on: date, received: Fen, today: date) -> dict[str, Any]:
        """What becomes of assistance whose identity ended (CONTRACT, question ``revocation``)."""
        asked = {
            "question": "revocation", "notice": self.notice, "pooling_area": self.area, "category": category,
            "revoked_on": revoked_on.isoformat(), "paid_on": paid_on.isoformat(), "assistance_received": received,
            "as_of": today.isoformat(),
        }  # fmt: skip
        notice = self._versions[self._version(today)][1].notice
        return decide_revocation(notice, RevocationQuestion.model_validate(asked)).answer(None)

    def _version(self, day: date) -> int:
        return max(0, int(np.searchsorted(self._starts, day_number(day), "right")) - 1)

    def _decide(self, version: int, people: People, today: date, paid_on: Int32s | None) -> Decided:
        compiled = self._versions[version][1]
        with self._asked:
            made = compiled.assess(people, today, paid_on)
            cells: list[int] = made.cell.tolist()
            for cell in set(cells):
                if (version, cell) not in self._rulings:
                    self._rulings[version, cell] = self._keep(compiled.cells[cell])
        return Decided([self._rulings[version, cell] for cell in cells], made.starts_on, made.ends_on)

    def _keep(self, template: Template) -> Ruling:
        answer = template.answer
        lines: list[dict[str, Any]] = answer.get("lines") or []
        assistance = [dict(item, insurance=line["insurance"]) for line in lines for item in line["assistance"]]
        with self._engine.begin() as connection:
            number = connection.execute(
                _KEEP, {"digest": template.digest, "notice": self.notice, "body": orjson.dumps(answer).decode()}
            ).scalar_one()
            if assistance:
                rows = [dict(item, decision_id=number, ordinal=at) for at, item in enumerate(assistance)]
                connection.execute(_KEEP_LINE, rows)
        return Ruling(
            decision_id=number,
            digest=template.digest,
            outcome=template.outcome,
            slots=tuple(slot for line in lines for slot in _slots(line, template.channel or "ordinary")),
            grants=tuple(
                Grant(*(item[name] for name in Grant._fields))
                for item in assistance
                if item["timing"] != "sponsor" and item["paid_by_area"] == self.area
            ),
        )


def _slots(line: dict[str, Any], channel: str) -> list[Slot]:
    insurance, standard = line["insurance"], line["standard"]
    slots = []
    if line["due"]:
        slots.append(Slot(insurance, "person", standard, line["due"], channel))
    sponsored: dict[str, int] = {}
    for item in line["assistance"]:
        if item["timing"] == "sponsor":
            sponsored[item["source"]] = sponsored.get(item["source"], 0) + item["amount"]
    slots.extend(Slot(insurance, source, standard, amount, "ordinary") for source, amount in sponsored.items())
    return slots
