"""The sentences of an explanation, in Chinese and English. They name rules, never a person's own dates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policies.decision import Step
from policies.kinds import AssistanceRule
from policies.money import Fen, yuan
from policies.standing import OUTSIDE, WITHIN, Standing
from policies.vocabulary import name_zh

if TYPE_CHECKING:
    from policies.assistance import Candidate
    from policies.notice import Notice
    from policies.rule import Rule


def rule_step(rule: Rule) -> Step:
    """A rule that decided, told by its own summary."""
    return Step(rule.id, rule.clauses, "decided", rule.summary.zh, rule.summary.en, rule.readings)


def nothing_owed(category: str) -> Step:
    """An identity that meets a premium of nothing (R11)."""
    return Step(
        "nothing-owed",
        (),
        "lost",
        f"{name_zh(category)}未适用：不缴费，无可资助",
        f"{category} not applied: nothing is owed, so nothing is assisted",
        ("R11",),
        category=category,
    )


def candidate_won(notice: Notice, winner: Candidate, paid: Fen, beside: tuple[Step, ...]) -> Step:
    """The assistance that is paid, its cap, and what it stood against."""
    rule, category = winner.rule, winner.category
    capped = paid < winner.amount
    zh = f"{name_zh(category)}资助{yuan(paid)}元" + ("（以个人缴费标准为限）" if capped else "")
    en = f"{category} is assisted with {yuan(paid)} yuan" + (" (capped at the individual standard)" if capped else "")
    kept = notice.assistance.retention
    if winner.standing in {Standing.KEPT_HERE, Standing.KEPT_WITHIN} and kept is not None:
        beside = (*beside, rule_step(kept))
    if winner.standing in {Standing.LATER_HERE, Standing.LATER_WITHIN} and notice.assistance.later is not None:
        beside = (*beside, rule_step(notice.assistance.later))
    if winner.standing in WITHIN:
        beside = (*beside, rule_step(notice.assistance.elsewhere))
    return Step(
        rule.id,
        rule.clauses,
        "decided",
        f"{zh}（{rule.summary.zh}）",
        f"{en} ({rule.summary.en})",
        rule.readings,
        beside,
        category,
    )


def candidate_lost(rule: AssistanceRule, category: str, amount: Fen, winner: Candidate) -> Step:
    """An assistance that was not paid because another one was higher, or equal and first."""
    higher = winner.amount > amount
    zh = "更高" if higher else "同额且在前"
    en = "is higher" if higher else "is equal and stands first"
    return Step(
        rule.id,
        rule.clauses,
        "lost",
        f"{name_zh(category)}{yuan(amount)}元未适用：{name_zh(winner.category)}{yuan(winner.amount)}元{zh}",
        f"{category} {yuan(amount)} not applied: {winner.category} {yuan(winner.amount)} {en}",
        category=category,
    )


def condition_fails(rule: AssistanceRule, category: str) -> Step:
    """An assistance whose own condition the person does not meet."""
    return Step(
        rule.id,
        rule.clauses,
        "lost",
        f"{name_zh(category)}未适用：不符合其条件（{rule.summary.zh}）",
        f"{category} not applied: its condition is not met ({rule.summary.en})",
        category=category,
    )


def standing_excludes(notice: Notice, category: str, standing: Standing) -> Step | None:
    """Why a category gives nothing, or ``None`` where its standing does not exclude it."""
    step = _excluding(notice, category, standing)
    return replace(step, category=category) if step else None


def _excluding(notice: Notice, category: str, standing: Standing) -> Step | None:
    rules, zh = notice.assistance, name_zh(category)
    if standing is Standing.AHEAD:
        return None
    if all(category not in rule.categories for rule in rules.rules):
        return _lost("unknown-category", (), f"{zh}不在本通知资助范围", f"{category} is not assisted by this notice")
    if standing is Standing.ENDED:
        return _lost(
            "ended",
            (),
            f"{zh}未适用：身份在缴费日前已终止",
            f"{category} not applied: the identity had ended by the day of payment",
        )
    if standing is Standing.PAST_CUTOFF and rules.cutoff is not None:
        return _lost_by(rules.cutoff, f"{zh}未适用", f"{category} not applied")
    if standing is Standing.TOO_LATE:
        return _lost(
            "recognised-too-late",
            rules.later.clauses if rules.later else (),
            f"{zh}未适用：缴费后认定，已不在资助期限内",
            f"{category} not applied: recognised after payment, too late for assistance",
        )
    if standing in OUTSIDE or (standing in WITHIN and rules.elsewhere.pays == "nobody"):
        return _lost_by(rules.elsewhere, f"{zh}未适用", f"{category} not applied")
    return None


def _lost(rule: str, clauses: tuple[str, ...], zh: str, en: str) -> Step:
    return Step(rule, clauses, "lost", zh, en)


def _lost_by(rule: Rule, zh: str, en: str) -> Step:
    """Excluded by a rule of the notice, which thereby is one of those that decided."""
    return Step(rule.id, rule.clauses, "decided", f"{zh}：{rule.summary.zh}", f"{en}: {rule.summary.en}", rule.readings)
