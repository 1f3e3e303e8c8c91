"""The readable evaluator of ``assess``: what is due, what is assisted, when cover runs, and why.

One pass reads: route, place, premium, assistance, cover. ``policies.compiled`` gives the same answers in bulk.
"""

from __future__ import annotations

from dataclasses import replace

from policies.assistance import assistance_of
from policies.atoms import Unborn
from policies.cover import benefit_of, missing_for
from policies.decision import Decision, Line, Step
from policies.facts import Facts
from policies.inquiry import Inquiry, Unsettled, resolve, undetermined
from policies.kinds import PlaceRule, Route
from policies.local import LocalParameters
from policies.notice import Notice
from policies.place import enrols_here, place_rule, referred_to
from policies.premium import Premium, premiums_of
from policies.question import AssessQuestion
from policies.sentences import nothing_owed, rule_step
from policies.standing import Standing, best_standings


def assess(notice: Notice, local: LocalParameters | None, question: AssessQuestion) -> Decision:
    """Decide one person. What the facts, the parameters or the notice leave open is ``undetermined``, never guessed."""
    return resolve(_decide, Inquiry(Facts(notice, local, question)))


def _decide(inquiry: Inquiry) -> Decision:
    steps: list[Step] = []
    try:
        return _decide_on(inquiry, steps)
    except Unsettled as gap:
        return undetermined(inquiry.facts.notice.notice, gap.missing, gap.zh, gap.en, tuple(steps), clauses=gap.clauses)


def _decide_on(inquiry: Inquiry, steps: list[Step]) -> Decision:
    _refuse_foreign(inquiry)
    route = _route_of(inquiry)
    steps.append(rule_step(route))
    if route.outcome == "closed":
        return _without_money(inquiry, "closed", steps)
    place = place_rule(inquiry)
    if place is not None and not enrols_here(inquiry, place):
        return _referral(inquiry, place)
    if place is not None and place.enrol_at != "household_or_residence":
        steps.append(rule_step(place))
    if route.reason is not None:
        reason, name = route.reason, inquiry.facts.notice.notice
        return undetermined(name, route.missing, reason.zh, reason.en, tuple(steps), route.channel)
    return _levy(inquiry, route, steps)


def _refuse_foreign(inquiry: Inquiry) -> None:
    """Raise ``Unsettled`` for an area the notice does not govern and for a payment before birth."""
    facts = inquiry.facts
    if not facts.notice.covers(facts.question.pooling_area):
        raise Unsettled(
            ("pooling_area",),
            f"pooling_area {facts.question.pooling_area} 不在本通知适用范围",
            f"pooling_area {facts.question.pooling_area} is not governed by {facts.notice.notice}",
        )
    if inquiry.sure(Unborn()):
        raise Unsettled(
            ("birth_date",),
            "birth_date（出生日期）晚于缴费日",
            "birth_date lies after the day of payment, so the facts contradict one another",
        )


def _route_of(inquiry: Inquiry) -> Route:
    return next(route for route in inquiry.facts.notice.routes if inquiry.holds(route))


def _referral(inquiry: Inquiry, place: PlaceRule) -> Decision:
    by, area = referred_to(inquiry, place)
    return replace(_without_money(inquiry, "refer", [rule_step(place)]), refer_to=area, refer_by=by)


def _without_money(inquiry: Inquiry, outcome: str, steps: list[Step]) -> Decision:
    reason = f"{steps[-1].zh} / {steps[-1].en}"
    name = inquiry.facts.notice.notice
    return Decision(name, "closed" if outcome == "closed" else "refer", tuple(steps), reason)


def _levy(inquiry: Inquiry, route: Route, steps: list[Step]) -> Decision:
    if route.outcome == "no_premium":
        return _no_premium(inquiry, route, steps)
    premiums, found = premiums_of(inquiry, route)
    steps.extend(found)
    lines = []
    for premium in premiums:
        assistance, explained = assistance_of(inquiry, premium)
        lines.append(Line(premium.insurance, premium.standard, assistance))
        steps.extend(step for step in explained if step not in steps)
    return _with_cover(inquiry, route, steps, premiums, tuple(lines))


def _with_cover(
    inquiry: Inquiry, route: Route, steps: list[Step], premiums: list[Premium], lines: tuple[Line, ...]
) -> Decision:
    cover = inquiry.facts.notice.cover(route.cover or "")
    benefit = benefit_of(cover, inquiry.facts)
    steps.append(rule_step(cover))
    person, sponsor = sum(line.due for line in lines), sum(line.total("sponsor") for line in lines)
    return Decision(
        notice=inquiry.facts.notice.notice,
        outcome="due" if person + sponsor else "no_due",
        steps=tuple(steps),
        rate_class="full_funding" if route.premium == "full_funding" else premiums[0].rate_class,
        lines=lines,
        channel="sponsor" if sponsor and not person else route.channel,
        benefit=benefit,
        cover=cover.id,
        missing=missing_for(cover, benefit),
    )


def _no_premium(inquiry: Inquiry, route: Route, steps: list[Step]) -> Decision:
    """Covered, and nothing is levied: a newborn of the year. Nothing owed, nothing assisted (R11)."""
    facts = inquiry.facts
    standings = best_standings(facts)
    steps.extend(nothing_owed(category) for category, (found, _) in standings.items() if found != Standing.AHEAD)
    cover = facts.notice.cover(route.cover or "")
    benefit = benefit_of(cover, facts)
    steps.append(rule_step(cover))
    return Decision(
        notice=facts.notice.notice,
        outcome="no_due",
        steps=tuple(steps),
        rate_class="newborn",
        lines=tuple(Line(insurance, 0, ()) for insurance in facts.notice.insurances()),
        benefit=benefit,
        cover=cover.id,
        missing=missing_for(cover, benefit),
    )
