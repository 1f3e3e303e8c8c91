"""When cover starts, by the kind of start a cover rule names."""

from __future__ import annotations

from datetime import date

from policies.calendar import add_days, after_days, after_months, month_after
from policies.decision import Benefit
from policies.facts import Facts
from policies.inquiry import Unsettled
from policies.kinds import Cover
from policies.vocabulary import fact_zh


def benefit_of(cover: Cover, facts: Facts) -> Benefit | None:
    """The days of cover, or ``None`` for a cover that cannot be dated.

    Raises ``Unsettled`` when cover would only start after the insured year has ended (R2), or may do so for all that
    is known of the years of lapse.
    """
    if cover.start == "undated":
        return None
    last = facts.notice.period_last
    shortest, longest = waits_of(cover, facts.question.lapsed_years, facts.question.repaired_years)
    starts_on = _start(cover, facts, shortest)
    if starts_on > last:
        raise Unsettled(
            ("ruling",),
            f"待遇起始日晚于{last}，参保年度已结束，待裁定",
            f"cover would only start after the insured year ends on {last}; a ruling is missing",
            cover.clauses,
        )
    if longest is None or (longest != shortest and _start(cover, facts, longest) > last):
        name = "lapsed_years" if longest is None else "repaired_years"
        raise Unsettled(
            (name,),
            f"缺少{fact_zh(name)}，待遇等待期无法确定",
            f"the wait depends on {name}, which is not known, and it may outlast the insured year",
            cover.clauses,
        )
    if longest != shortest:
        return None
    wait: tuple[str, int] | None = ("days", cover.wait_days) if cover.wait_days else None
    if shortest:
        wait = ("months", shortest)
    return Benefit(starts_on, last, wait)  # type: ignore[arg-type]


def waits_of(cover: Cover, lapsed: int | None, repaired: int | None) -> tuple[int, int | None]:
    """The shortest and the longest wait in months that what is known allows; ``None``: no longest one is known."""
    fixed = cover.wait_months or 0
    if cover.lapse is None:
        return fixed, fixed
    if lapsed is None:
        return fixed, None
    most, least = (lapsed, 0) if repaired is None else (repaired, repaired)
    return cover.lapse.months(fixed, lapsed, most), cover.lapse.months(fixed, lapsed, least)


def missing_for(cover: Cover, benefit: Benefit | None) -> tuple[str, ...]:
    """What would date a cover that is not dated: what the rule says, or the years of lapse that were repaired."""
    return cover.missing or (("repaired_years",) if benefit is None else ())


def _start(cover: Cover, facts: Facts, months: int) -> date:
    """The first day of cover, not before the rule's own day; ``months`` is the wait where it is one of months."""
    return max(_day(cover, facts, months), cover.not_before or date.min)


def _day(cover: Cover, facts: Facts, months: int) -> date:
    paid, question = facts.paid_on, facts.question
    match cover.start:
        case "fixed":
            return cover.first_day or facts.notice.period_first
        case "birth":
            return question.birth_date
        case "payment":
            return paid
        case "day_after_payment":
            return add_days(paid, 1)
        case "wait":
            return after_months(paid, months) if months else after_days(paid, cover.wait_days or 0)
        case "month_after_payment":
            return month_after(paid)
        case "month_after_recognition":
            return month_after(facts.held(cover.identity or ())[0].recognised_on)
        case "month_after_prior_cover":
            prior = question.prior_cover
            return month_after(prior.ended_on if prior and prior.ended_on else paid)
        case _:
            raise ValueError(f"cover {cover.id} starts in an unknown way: {cover.start}")
