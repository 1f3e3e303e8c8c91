"""Asking rules of facts that may be missing: what is not known is tried both ways, and only agreement decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from policies.atoms import Atom, Truth
from policies.condition import When
from policies.decision import Decision, Step
from policies.facts import Facts
from policies.rulefile import PolicyError
from policies.vocabulary import fact_zh


class Unanswered(PolicyError):
    """A rule asked what the facts do not say; carries the atom and the clauses of the rule that asked."""

    def __init__(self, atom: Atom, clauses: tuple[str, ...]) -> None:
        self.atom, self.clauses = atom, clauses
        super().__init__(f"{atom.fact} is not known")


class Unsettled(PolicyError):
    """No amount or no cover follows from the clauses: a parameter or a ruling is missing, or facts contradict."""

    def __init__(self, missing: tuple[str, ...], zh: str, en: str, clauses: tuple[str, ...] = ()) -> None:
        self.missing, self.zh, self.en, self.clauses = missing, zh, en, clauses
        super().__init__(en)


class Conditional(Protocol):
    """A rule with clauses and perhaps a condition."""

    @property
    def clauses(self) -> tuple[str, ...]: ...

    @property
    def when(self) -> When | None: ...


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The facts of one person, with what is assumed for this pass about facts that are missing."""

    facts: Facts
    assumed: Mapping[Atom, bool] = field(default_factory=dict)

    def ask(self, atom: Atom) -> Truth:
        """Whether an atom holds, ``None`` while it is neither known nor assumed."""
        truth = atom.of(self.facts)
        return self.assumed.get(atom) if truth is None else truth

    def sure(self, atom: Atom, clauses: tuple[str, ...] = ()) -> bool:
        """Whether an atom holds. Raises ``Unanswered`` when that is not known."""
        truth = self.ask(atom)
        if truth is None:
            raise Unanswered(atom, clauses)
        return truth

    def holds(self, rule: Conditional) -> bool:
        """Whether a rule's condition holds. Raises ``Unanswered`` with the first atom that leaves it open."""
        when = rule.when
        if when is None:
            return True
        truth = when.truth(self.ask)
        if truth is None:
            raise Unanswered(next(atom for atom in when.atoms() if self.ask(atom) is None), rule.clauses)
        return truth


def resolve(decide: Callable[[Inquiry], Decision], inquiry: Inquiry) -> Decision:
    """Decide; where a fact is missing, decide both ways and keep what the two have in common."""
    try:
        return decide(inquiry)
    except Unanswered as gap:
        yes, no = (
            resolve(decide, replace(inquiry, assumed={**inquiry.assumed, gap.atom: truth})) for truth in (True, False)
        )
        return agreement(yes, no, gap)


def agreement(one: Decision, other: Decision, gap: Unanswered) -> Decision:
    """What two decisions that differ in one missing fact agree on: all, all but the cover, or nothing certain."""
    fact = gap.atom.fact
    if _money(one) == _money(other):
        cover_agrees = one.benefit == other.benefit and one.cover == other.cover
        if cover_agrees and one.channel == other.channel and one.missing == other.missing:
            return replace(other, steps=_common(one, other))
        if one.outcome in {"due", "no_due"}:
            channel = one.channel if one.channel == other.channel else "special"
            return replace(
                other,
                channel=channel,
                benefit=None,
                cover=None,
                missing=_united((fact,), one.missing, other.missing),
                steps=(*_common(one, other), _undated(gap)),
            )
    missing = _united((fact,), one.missing, other.missing)
    return undetermined(
        one.notice,
        missing,
        f"缺少{'、'.join(fact_zh(name) for name in missing)}，无法确定",
        f"not known, and the answer depends on it: {', '.join(missing)}",
        _common(one, other),
        clauses=gap.clauses,
    )


def undetermined(
    notice: str,
    missing: tuple[str, ...],
    zh: str,
    en: str,
    steps: tuple[Step, ...],
    channel: str | None = None,
    clauses: tuple[str, ...] = (),
) -> Decision:
    """A decision without money, whose reason names what is missing; ``clauses`` are those that asked for it."""
    last = Step("undetermined", clauses, "decided", zh, en)
    return Decision(
        notice=notice,
        outcome="undetermined",
        steps=(*steps, last),
        reason=f"{zh} / {en}",
        channel="special" if channel == "special" else None,
        missing=missing,
    )


def _money(decision: Decision) -> object:
    """What must agree before a levy goes on: outcome, place, class and every amount, and what is missing for them."""
    reason = decision.reason if decision.outcome == "undetermined" else None
    return decision.outcome, decision.refer_to, decision.rate_class, decision.lines, reason


def _united(*parts: tuple[str, ...]) -> tuple[str, ...]:
    """Every name once; a missing ruling is not named beside a missing fact, which comes first."""
    names = dict.fromkeys(name for part in parts for name in part)
    return tuple(name for name in names if name != "ruling") or tuple(names)


def _common(one: Decision, other: Decision) -> tuple[Step, ...]:
    return tuple(step for step in other.steps if step in one.steps)


def _undated(gap: Unanswered) -> Step:
    fact = gap.atom.fact
    return Step(
        "cover-undated",
        gap.clauses,
        "decided",
        f"应缴金额确定，待遇起始日待{fact_zh(fact)}明确后确定",
        f"the amount is certain; the start of cover waits for {fact}",
    )
