"""A decision with its explanation tree, frozen; ``answer`` writes it in the form of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from policies.clause import in_text_order
from policies.money import Fen

Verdict = Literal["decided", "lost", "noted"]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the engine found while deciding: what decided, what lost to it, what was only noted."""

    rule: str
    clauses: tuple[str, ...]
    verdict: Verdict
    zh: str
    en: str
    readings: tuple[str, ...] = ()
    children: tuple[Step, ...] = ()
    category: str | None = None
    """The identity that the step is about, if it is about one."""

    def walk(self) -> Iterator[Step]:
        """This step and everything below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()

    def sentence(self) -> str:
        """The step in Chinese and English, led by its clauses and followed by its readings."""
        clauses = "、".join(self.clauses)
        readings = f" [{', '.join(self.readings)}]" if self.readings else ""
        return f"{clauses}：{self.zh} / {self.en}{readings}" if clauses else f"{self.zh} / {self.en}{readings}"


@dataclass(frozen=True, slots=True)
class AssistanceLine:
    """One amount of assistance, in fen, from one funding source; ``paid_by_area`` handles and pays it."""

    category: str
    source: str
    amount: Fen
    timing: Literal["at_levy", "after_payment", "sponsor"]
    on_application: bool
    paid_by_area: str
    rule: str


@dataclass(frozen=True, slots=True)
class Line:
    """One insurance of the levy, in fen: standard = due + netted at levy + paid by a sponsor."""

    insurance: str
    standard: Fen
    assistance: tuple[AssistanceLine, ...]

    def total(self, timing: str) -> Fen:
        """The assistance of one timing."""
        return sum(part.amount for part in self.assistance if part.timing == timing)

    @property
    def due(self) -> Fen:
        """What the person pays at the tax counter."""
        return self.standard - self.total("at_levy") - self.total("sponsor")


@dataclass(frozen=True, slots=True)
class Benefit:
    """When cover runs, both days included; ``wait`` is what kept it from starting, such as ``("days", 90)``."""

    starts_on: date
    ends_on: date
    wait: tuple[Literal["days", "months"], int] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is due, what is assisted, when cover runs, and why. Money of an undetermined case is ``None``."""

    notice: str
    outcome: Literal["due", "no_due", "refer", "closed", "undetermined"]
    steps: tuple[Step, ...]
    reason: str | None = None
    refer_to: str | None = None
    refer_by: str | None = None
    rate_class: str | None = None
    lines: tuple[Line, ...] = ()
    channel: Literal["ordinary", "special", "sponsor"] | None = None
    benefit: Benefit | None = None
    cover: str | None = None
    missing: tuple[str, ...] = field(default=())

    @property
    def due(self) -> Fen | None:
        """What the person pays at the tax counter, in fen."""
        return self._money(sum(line.due for line in self.lines))

    @property
    def sponsor_due(self) -> Fen | None:
        """What a department pays in the person's stead, in fen."""
        return self._money(sum(line.total("sponsor") for line in self.lines))

    @property
    def assisted_after(self) -> Fen | None:
        """What is paid out after payment, in fen."""
        return self._money(sum(line.total("after_payment") for line in self.lines))

    @property
    def flow(self) -> str:
        """How levy and assistance meet: net, gross, mixed, sponsor, plain, or none where nothing is levied."""
        if self.outcome not in {"due", "no_due"} or self.rate_class == "newborn":
            return "none"
        timings = {part.timing for line in self.lines for part in line.assistance}
        if "sponsor" in timings:
            return "sponsor"
        if timings == {"at_levy", "after_payment"}:
            return "mixed"
        return "net_levy" if "at_levy" in timings else "gross_levy" if timings else "plain"

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that decided, in the order of the text."""
        deciding = (step for step in self.walk() if step.verdict == "decided")
        return in_text_order(clause for step in deciding for clause in step.clauses)

    def walk(self) -> Iterator[Step]:
        """Every step of the explanation tree, in order."""
        for step in self.steps:
            yield from step.walk()

    def answer(self, case: str | None = None) -> dict[str, Any]:
        """The answer of the contract as JSON-ready values."""
        return {
            "case": case,
            "notice": self.notice,
            "outcome": self.outcome,
            "reason": self.reason,
            "refer_to": self.refer_to,
            "rate_class": self.rate_class,
            "lines": [_line_answer(line) for line in self.lines],
            "due": self.due,
            "sponsor_due": self.sponsor_due,
            "assisted_after": self.assisted_after,
            "flow": self.flow,
            "channel": self.channel,
            "benefit": _benefit_answer(self.benefit),
            "missing": list(self.missing),
            "clauses": list(self.clauses),
            "why": [step.sentence() for step in self.walk()],
        }

    def _money(self, amount: Fen) -> Fen | None:
        return None if self.outcome == "undetermined" else amount


def _line_answer(line: Line) -> dict[str, Any]:
    return {
        "insurance": line.insurance,
        "standard": line.standard,
        "due": line.due,
        "assistance": [
            {
                "category": part.category,
                "source": part.source,
                "amount": part.amount,
                "timing": part.timing,
                "on_application": part.on_application,
                "paid_by_area": part.paid_by_area,
                "rule": part.rule,
            }
            for part in line.assistance
        ],
    }


def _benefit_answer(benefit: Benefit | None) -> dict[str, Any] | None:
    if benefit is None:
        return None
    waiting = {benefit.wait[0]: benefit.wait[1]} if benefit.wait else None
    return {
        "starts_on": benefit.starts_on.isoformat(),
        "ends_on": benefit.ends_on.isoformat(),
        "waiting": waiting,
    }
