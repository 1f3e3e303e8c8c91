"""The explanation of ``assess``: the steps that the evaluator recorded, with the facts that the rules looked at.

Nothing is decided here: which rule won is read off the decision; rules that stand before it in its own list were asked
first and failed, and their own conditions say on which fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.assess import assess
from policies.decision import Decision, Step
from policies.explain.conditions import settling
from policies.explain.tree import Explanation, Fact, Node, Sentence, followed
from policies.explain.words import asked, fact_name
from policies.facts import Facts
from policies.inquiry import Inquiry
from policies.kinds import AssistanceRule, PlaceRule, Rate, Route
from policies.local import LocalParameters
from policies.money import yuan
from policies.notice import Notice
from policies.question import AssessQuestion
from policies.rule import Rule
from policies.standing import PAYABLE, Standing, standing_of
from policies.vocabulary import name_en, name_zh

_OUTCOMES = {
    "due": ("应缴费", "a premium is due"),
    "no_due": ("无需缴费", "nothing is due"),
    "refer": ("转他地参保", "referred to another place"),
    "closed": ("不受理缴费", "no payment is accepted"),
    "undetermined": ("无法确定", "undetermined"),
}
_STANDINGS = {
    Standing.HELD_HERE: ("缴费日有效", "held on the day of payment"),
    Standing.KEPT_HERE: ("缴费日有效，其后终止", "held on the day of payment, ended since"),
    Standing.HELD_WITHIN: ("缴费日有效，认定于本通知其他地区", "held, recognised elsewhere under the notice"),
    Standing.KEPT_WITHIN: ("缴费日有效，认定于其他地区，其后终止", "held, recognised elsewhere, ended since"),
    Standing.LATER_HERE: ("缴费后认定", "recognised after payment"),
    Standing.LATER_WITHIN: ("缴费后在其他地区认定", "recognised elsewhere after payment"),
    Standing.HELD_OUTSIDE: ("认定于本通知适用地区之外", "recognised outside of the notice's areas"),
    Standing.LATER_OUTSIDE: ("缴费后在适用地区之外认定", "recognised outside of the areas after payment"),
    Standing.PAST_CUTOFF: ("认定晚于截止日", "recognised past the cut-off day"),
    Standing.ENDED: ("已终止", "ended"),
    Standing.TOO_LATE: ("缴费后认定，已过期限", "recognised after payment, too late"),
    Standing.AHEAD: ("所问之日尚未认定", "not recognised yet on the day asked about"),
}
Ordered = Rate | PlaceRule | Route


def explain_assess(notice: Notice, local: LocalParameters | None, question: AssessQuestion) -> Explanation:
    """Why this person is decided as they are."""
    decision = assess(notice, local, question)
    teller = _Teller(Inquiry(Facts(notice, local, question)))
    return Explanation(
        case=question.case,
        question="assess",
        notice=notice.notice,
        outcome=decision.outcome,
        summary=tuple(_summary(decision)),
        missing=decision.missing,
        clauses=decision.clauses,
        nodes=tuple(teller.node(step) for step in decision.steps) + teller.open_node(decision),
    )


class _Teller:
    """Turns recorded steps into nodes, with the facts of one person."""

    def __init__(self, inquiry: Inquiry) -> None:
        self.inquiry, self.notice = inquiry, inquiry.facts.notice
        self._rules: dict[str, Rule] = {rule.id: rule for rule in self.notice.rules()}

    def node(self, step: Step) -> Node:
        """A step with its facts, what it stood against, and what stands below it."""
        rule = self._rules.get(step.rule)
        below = tuple(self.node(child) for child in step.children)
        beaten = tuple(self._beaten(rule)) if step.verdict == "decided" and isinstance(rule, Ordered) else ()
        return Node(
            rule=step.rule,
            verdict=step.verdict,
            clauses=step.clauses,
            zh=step.zh,
            en=step.en,
            readings=followed(step, self.notice.readings),
            facts=self._facts(rule, step),
            children=(*below, *beaten),
        )

    def open_node(self, decision: Decision) -> tuple[Node, ...]:
        """Where something is missing: a node that names it."""
        facts = tuple(fact for name in decision.missing if name != "ruling" for fact in self._open_facts(name))
        if not facts:
            return ()
        return (
            Node("missing", "noted", (), "缺少以下事实或参数", "these facts or parameters are missing", facts=facts),
        )

    def _open_facts(self, name: str) -> tuple[Fact, ...]:
        """What the rules asked of a fact and got no answer to."""
        open_atoms = [atom for atom in self.notice.atoms() if atom.fact == name and self.inquiry.ask(atom) is None]
        told = [asked(atom, self.inquiry.facts) for atom in open_atoms]
        zh, en = fact_name(name)
        return tuple(Fact(name, *both, None) for both in told or [(f"{zh}：未知", f"{en}: not known")])

    def _facts(self, rule: Rule | None, step: Step) -> tuple[Fact, ...]:
        when = rule.when if isinstance(rule, AssistanceRule | Ordered) else None
        return (*self._identities(step), *settling(when, self.inquiry))

    def _identities(self, step: Step) -> Iterator[Fact]:
        """The flags of the category that a step is about, and how each stands."""
        facts = self.inquiry.facts
        for flag in facts.question.flags:
            if flag.category != step.category:
                continue
            standing = standing_of(flag, facts)
            zh, en = _STANDINGS[standing]
            yield Fact(
                "flags",
                f"{name_zh(flag.category)}：{flag.area}于{flag.recognised_on}认定，{zh}",
                f"{name_en(flag.category)}: recognised by {flag.area} on {flag.recognised_on}, {en}",
                standing in PAYABLE,
            )

    def _beaten(self, winner: Ordered) -> Iterator[Node]:
        """The rules of the same list that were asked before the winner, and the fact each failed on."""
        for rule in self._before(winner):
            facts = settling(rule.when, self.inquiry)
            if any(fact.holds is False for fact in facts) or not facts:
                yield Node(
                    rule.id,
                    "lost",
                    rule.clauses,
                    f"未适用：{rule.summary.zh}",
                    f"not applied: {rule.summary.en}",
                    (),
                    facts,
                )

    def _before(self, winner: Ordered) -> Sequence[Ordered]:
        notice = self.notice
        alike: Sequence[Ordered] = notice.routes if isinstance(winner, Route) else notice.places
        if isinstance(winner, Rate):
            alike = [rate for rate in notice.rates if rate.insurance == winner.insurance]
        return alike[: list(alike).index(winner)]


def _summary(decision: Decision) -> Iterator[Sentence]:
    zh, en = _OUTCOMES[decision.outcome]
    if decision.outcome == "refer" and decision.refer_to:
        zh, en = f"{zh}：{decision.refer_to}", f"{en}: {decision.refer_to}"
    yield Sentence(zh, en)
    if decision.outcome in {"due", "no_due"}:
        yield from _money(decision)
        yield _cover(decision)
    elif decision.reason:
        zh, _, en = decision.reason.partition(" / ")
        yield Sentence(zh, en)


def _money(decision: Decision) -> Iterator[Sentence]:
    for line in decision.lines:
        zh, en = (
            f"{name_zh(line.insurance)}标准{yuan(line.standard)}元",
            f"{name_en(line.insurance)}: {yuan(line.standard)} yuan",
        )
        for part in line.assistance:
            how = {
                "at_levy": ("缴费时扣减", "netted"),
                "after_payment": ("缴费后支付", "after payment"),
                "sponsor": ("部门代缴", "paid by the sponsor"),
            }
            when = how[part.timing]
            apply = ("，需申请", ", on application") if part.on_application else ("", "")
            zh += f"；{name_zh(part.source)}资助{yuan(part.amount)}元（{when[0]}{apply[0]}）"
            en += f"; {name_en(part.source)} {yuan(part.amount)} yuan ({when[1]}{apply[1]})"
        yield Sentence(f"{zh}；个人应缴{yuan(line.due)}元", f"{en}; the person pays {yuan(line.due)} yuan")


def _cover(decision: Decision) -> Sentence:
    benefit = decision.benefit
    if benefit is None:
        return Sentence("待遇起始日未定", "the start of cover is not settled")
    zh = f"待遇期{benefit.starts_on}至{benefit.ends_on}"
    en = f"covered from {benefit.starts_on} to {benefit.ends_on}"
    if benefit.wait:
        unit = {"days": ("天", "days"), "months": ("个月", "months")}[benefit.wait[0]]
        zh, en = f"{zh}（等待{benefit.wait[1]}{unit[0]}）", f"{en} (after a wait of {benefit.wait[1]} {unit[1]})"
    return Sentence(zh, en)
