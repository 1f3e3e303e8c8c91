"""The law in force for an area and year: the compiled notice, and its decisions as rows that dues refer to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Engine, text

from policies.cells import Template
from policies.compiled import CompiledNotice, Decisions
from policies.money import Fen

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
    """Assistance that is paid out once the due is paid, without an application."""

    insurance: str
    category: str
    source: str
    amount: Fen
    rule: str


@dataclass(frozen=True)
class Ruling:
    """What one decision means for the books; shared by everyone it applies to."""

    decision_id: int
    digest: str
    outcome: str
    slots: tuple[Slot, ...]
    grants: tuple[Grant, ...]


class Law:
    """One notice compiled for one area; turns decisions into rulings and keeps each distinct decision as a row."""

    def __init__(self, engine: Engine, compiled: CompiledNotice, notice: str, area: str, insured_year: int) -> None:
        self.area, self.insured_year, self.notice = area, insured_year, notice
        self.compiled = compiled
        self._engine = engine
        self._rulings: dict[int, Ruling] = {}

    def rulings(self, decisions: Decisions) -> list[Ruling]:
        """One ruling a person. Distinct decisions that are new are committed at once, on their own."""
        cells: list[int] = decisions.cell.tolist()
        for cell in set(cells) - self._rulings.keys():
            self._rulings[cell] = self._keep(self.compiled.cells[cell])
        return [self._rulings[cell] for cell in cells]

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
                Grant(item["insurance"], item["category"], item["source"], item["amount"], item["rule"])
                for item in assistance
                if item["timing"] == "after_payment" and not item["on_application"]
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
