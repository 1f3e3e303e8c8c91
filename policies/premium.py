"""What is levied before any assistance: the rate of each insurance, or the full funding standard."""

from __future__ import annotations

from dataclasses import dataclass

from policies.decision import Step
from policies.inquiry import Inquiry, Unsettled
from policies.kinds import FullFunding, Rate, Route
from policies.money import Fen
from policies.sentences import rule_step


@dataclass(frozen=True, slots=True)
class Premium:
    """One insurance's premium: ``standard`` is levied, ``individual`` is the most that assistance may reach (R11)."""

    insurance: str
    rate_class: str
    standard: Fen
    individual: Fen


def premiums_of(inquiry: Inquiry, route: Route) -> tuple[list[Premium], list[Step]]:
    """The premium of every insurance that is levied on this route, with the rules that set it.

    Raises ``Unsettled`` when the full funding standard is needed and nobody has set it (R22).
    """
    premiums, steps = [], []
    for insurance in inquiry.facts.notice.insurances():
        rate = _rate(inquiry, insurance)
        if rate is None:
            continue
        steps.append(rule_step(rate))
        full = inquiry.facts.notice.full_funding
        if route.premium == "full_funding" and full is not None and full.insurance == insurance:
            premiums.append(Premium(insurance, rate.rate_class, _full_funding(inquiry, full), rate.amount))
            steps[-1] = rule_step(full)
        else:
            premiums.append(Premium(insurance, rate.rate_class, rate.amount, rate.amount))
    return premiums, steps


def _rate(inquiry: Inquiry, insurance: str) -> Rate | None:
    rates = (rate for rate in inquiry.facts.notice.rates if rate.insurance == insurance)
    return next((rate for rate in rates if inquiry.holds(rate)), None)


def _full_funding(inquiry: Inquiry, rule: FullFunding) -> Fen:
    local = inquiry.facts.local
    given = local.full_funding_standard if local else None
    amount = given if rule.amount == "local" else rule.amount
    if amount is None:
        raise Unsettled(
            ("local.full_funding_standard",),
            "未设定参数 full_funding_standard（年度筹资标准），应缴金额无法确定",
            "the local parameter full_funding_standard is not set, so the amount due is not known",
            rule.clauses,
        )
    return amount
