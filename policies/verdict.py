"""The answer to a question about what went otherwise: an outcome, its figures, the clauses and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.clause import in_text_order
from policies.decision import Step
from policies.rule import Rule
from policies.sentences import rule_step
from policies.vocabulary import fact_zh


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome with its figures (fen, days, positions as JSON-ready values), explained by steps."""

    notice: str
    outcome: str
    steps: tuple[Step, ...]
    figures: Mapping[str, Any] = field(default_factory=dict)
    reason: str | None = None
    missing: tuple[str, ...] = ()

    def answer(self, case: str | None = None) -> dict[str, Any]:
        """The answer of the contract as JSON-ready values."""
        deciding = [step for step in self.steps if step.verdict == "decided"]
        return {
            "case": case,
            "notice": self.notice,
            "outcome": self.outcome,
            "reason": self.reason,
            **self.figures,
            "missing": list(self.missing),
            "clauses": list(in_text_order(clause for step in deciding for clause in step.clauses)),
            "why": [step.sentence() for step in self.steps],
        }


def decided(notice: str, outcome: str, rule: Rule, figures: Mapping[str, Any]) -> Verdict:
    """An outcome that one rule decides."""
    return Verdict(notice, outcome, (rule_step(rule),), figures)


def undecided(
    notice: str,
    figures: Mapping[str, Any],
    zh: str,
    en: str,
    missing: tuple[str, ...] = ("ruling",),
    rule: Rule | None = None,
) -> Verdict:
    """No outcome follows; ``missing`` names the fact or the ruling that would settle it."""
    steps = (rule_step(rule),) if rule is not None else ()
    last = Step("undetermined", (), "decided", zh, en)
    return Verdict(notice, "undetermined", (*steps, last), figures, f"{zh} / {en}", missing)


def lacking(notice: str, figures: Mapping[str, Any], fact: str, rule: Rule) -> Verdict:
    """No outcome follows while a fact that a rule asks for is not known."""
    zh, en = f"缺少{fact_zh(fact)}，无法确定", f"not known, and the answer depends on it: {fact}"
    return undecided(notice, figures, zh, en, (fact,), rule)
