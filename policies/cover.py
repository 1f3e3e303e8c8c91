"""When cover starts, by the kind of start a cover rule names."""

from __future__ import annotations

from datetime import date

from policies.calendar import add_days, after_days, after_months, month_after
from policies.decision import Benefit
from policies.facts import Facts
from policies.inquiry import Unsettled
from policies.kinds import Cover


def benefit_of(cover: Cover, facts: Facts) -> Benefit | None:
    """The days of cover, or ``None`` for a cover that cannot be dated.

    Raises ``Unsettled`` when cover would only start after the insured year has ended (R2).
    """
    if cover.start == "undated":
        return None
    starts_on = max(_start(cover, facts), cover.not_before or date.min)
    if starts_on > facts.notice.period_last:
        raise Unsettled(
            ("ruling",),
            f"待遇起始日晚于{facts.notice.period_last}，参保年度已结束，待裁定",
            f"cover would only start after the insured year ends on {facts.notice.period_last}; a ruling is missing",
            cover.clauses,
        )
    wait: tuple[str, int] | None = ("days", cover.wait_days) if cover.wait_days else None
    if cover.wait_months:
        wait = ("months", cover.wait_months)
    return Benefit(starts_on, facts.notice.period_last, wait)  # type: ignore[arg-type]


def _start(cover: Cover, facts: Facts) -> date:
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
            return (
                after_months(paid, cover.wait_months) if cover.wait_months else after_days(paid, cover.wait_days or 0)
            )
        case "month_after_payment":
            return month_after(paid)
        case "month_after_recognition":
            return month_after(facts.held(cover.identity or ())[0].recognised_on)
        case "month_after_prior_cover":
            prior = question.prior_cover
            return month_after(prior.ended_on if prior and prior.ended_on else paid)
        case _:
            raise ValueError(f"cover {cover.id} starts in an unknown way: {cover.start}")
