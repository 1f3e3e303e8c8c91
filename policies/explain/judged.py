"""The explanation of revocations, refunds and duplicates: the rule that fits first, and why those before it did not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from policies.clause import in_text_order
from policies.decision import Step
from policies.duplicate import DuplicateQuestion, DuplicateRule, decide_duplicate
from policies.explain.tree import Explanation, Fact, Node, Sentence, followed
from policies.money import yuan
from policies.notice import Notice
from policies.question import Asked
from policies.refund import RefundQuestion, RefundRule, decide_refund
from policies.revocation import RevocationQuestion, RevocationRule, decide_revocation
from policies.rule import Rule
from policies.verdict import Verdict
from policies.vocabulary import name_en, name_zh

_OUTCOMES = {
    "clawback": ("追回资助", "the assistance is clawed back"),
    "keep": ("资助保留", "the assistance is kept"),
    "cancel": ("不再发放", "the assistance is not paid any more"),
    "refund": ("退费", "the premium is given back"),
    "no_refund": ("不予退费", "nothing is given back"),
    "resolved": ("重复参保已可清理", "the duplicate is resolved"),
    "undetermined": ("无法确定", "undetermined"),
}
_NAMES = {
    "revoked_on": "身份终止日",
    "paid_on": "缴费日",
    "assistance_received": "已获资助",
    "reason": "退费事由",
    "benefits_used": "是否享受过待遇",
    "own_fault": "是否本人原因",
    "benefit": "待遇期",
    "event_on": "事由发生日",
    "applied_on": "申请日",
    "intended_area": "应参保地",
    "scheme": "险种",
    "flexible_employment": "灵活就业",
    "as_student": "学生身份参保",
}
Tests = Iterable[tuple[bool | None, str]]


def explain_revocation(notice: Notice, question: RevocationQuestion) -> Explanation:
    """Why assistance is kept, cancelled or clawed back."""
    verdict = decide_revocation(notice, question)
    return _explained(notice, question, verdict, notice.revocation, lambda rule: _revocation(rule, question))


def explain_refund(notice: Notice, question: RefundQuestion) -> Explanation:
    """Why a premium is given back or not."""
    verdict = decide_refund(notice, question)
    return _explained(notice, question, verdict, notice.refund, lambda rule: _refund(rule, question))


def explain_duplicate(notice: Notice, question: DuplicateQuestion) -> Explanation:
    """Why one enrolment is kept."""
    verdict = decide_duplicate(notice, question)
    return _explained(notice, question, verdict, notice.duplicate, lambda rule: _duplicate(rule, question))


def _revocation(rule: Rule, question: RevocationQuestion) -> Tests:
    return rule.tests(question) if isinstance(rule, RevocationRule) else ()


def _refund(rule: Rule, question: RefundQuestion) -> Tests:
    return rule.tests(question) if isinstance(rule, RefundRule) else ()


def _duplicate(rule: Rule, question: DuplicateQuestion) -> Tests:
    return rule.tests(question.enrolments) if isinstance(rule, DuplicateRule) else ()


def _explained(
    notice: Notice, question: Asked, verdict: Verdict, rules: Iterable[Rule], tests: Callable[[Rule], Tests]
) -> Explanation:
    asked = tuple(rules)
    deciding = [step for step in verdict.steps if step.verdict == "decided"]
    nodes = [_node(step, notice, asked, question, tests) for step in verdict.steps]
    if not any(step.rule in {rule.id for rule in asked} for step in verdict.steps):
        nodes += _failed(asked, question, tests)
    return Explanation(
        case=question.case,
        question=getattr(question, "question", ""),
        notice=notice.notice,
        outcome=verdict.outcome,
        summary=tuple(_summary(verdict)),
        missing=verdict.missing,
        clauses=in_text_order(clause for step in deciding for clause in step.clauses),
        nodes=tuple(nodes),
    )


def _node(step: Step, notice: Notice, rules: tuple[Rule, ...], question: Asked, tests: Callable[[Rule], Tests]) -> Node:
    place = next((place for place, rule in enumerate(rules) if rule.id == step.rule), None)
    facts = tuple(_fact(name, question, truth) for truth, name in tests(rules[place])) if place is not None else ()
    lost = tuple(_failed(rules[:place], question, tests)) if place is not None else ()
    readings = followed(step, notice.readings)
    return Node(step.rule, step.verdict, step.clauses, step.zh, step.en, readings, tuple(dict.fromkeys(facts)), lost)


def _failed(rules: tuple[Rule, ...], question: Asked, tests: Callable[[Rule], Tests]) -> Iterator[Node]:
    """Rules that were asked and did not fit, each with the fact it failed on."""
    for rule in rules:
        facts = tuple(_fact(name, question, truth) for truth, name in tests(rule) if truth is False)
        if facts:
            zh, en = f"未适用：{rule.summary.zh}", f"not applied: {rule.summary.en}"
            yield Node(rule.id, "lost", rule.clauses, zh, en, (), tuple(dict.fromkeys(facts)))


def _fact(name: str, question: Asked, truth: bool | None) -> Fact:
    zh, en = _known(name, question)
    return Fact(name, f"{_NAMES.get(name, name)}：{zh}", f"{name.replace('_', ' ')}: {en}", truth)


def _known(name: str, question: Asked) -> tuple[str, str]:
    enrolments = getattr(question, "enrolments", None)
    if enrolments is not None:
        told = ", ".join(str(getattr(one, name)) for one in enrolments)
        return told, told
    value: Any = getattr(question, name)
    if value is None:
        return "未知", "not known"
    if isinstance(value, bool):
        return ("是" if value else "否"), ("yes" if value else "no")
    if name == "assistance_received":
        return f"{yuan(value)}元", f"{yuan(value)} yuan"
    if name == "benefit":
        return f"自{value.starts_on}起", f"from {value.starts_on}"
    return str(value), str(value)


def _summary(verdict: Verdict) -> Iterator[Sentence]:
    yield Sentence(*_OUTCOMES[verdict.outcome])
    if verdict.reason:
        zh, _, en = verdict.reason.partition(" / ")
        yield Sentence(zh, en)
    if verdict.figures.get("clawback"):
        amount = yuan(verdict.figures["clawback"])
        yield Sentence(f"应追回{amount}元", f"{amount} yuan are to be repaid")
    if verdict.figures.get("benefit_held"):
        yield Sentence("追回前暂停待遇", "cover is held until they are repaid")
    for share in verdict.figures.get("refund") or ():
        to, amount = share["to"], yuan(share["amount"])
        whom = ("个人", "the person") if to == "person" else (name_zh(to), name_en(to))
        yield Sentence(f"退{whom[0]}{amount}元", f"{amount} yuan to {whom[1]}")
    if verdict.outcome == "resolved":
        yield from _resolved(verdict)


def _resolved(verdict: Verdict) -> Iterator[Sentence]:
    """Positions of enrolments are counted from 0, as in the question."""
    figures = verdict.figures
    yield Sentence(f"保留第{figures['keep']}项（自0起）", f"enrolment {figures['keep']} is kept (counted from 0)")
    for name, zh, en in (("terminate", "终止", "terminated"), ("suspend", "暂停", "suspended")):
        if figures[name]:
            places = ", ".join(map(str, figures[name]))
            yield Sentence(f"{zh}第{places}项", f"enrolment {places} is {en}")
