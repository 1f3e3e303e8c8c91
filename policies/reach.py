"""Proof that no rule of a notice is idle: for each a person is sought in whose decision it has a part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice, product
from math import gcd, prod
from typing import Any, Final, get_args

from policies.assess import assess
from policies.atoms import HadCover
from policies.boundaries import ORDER, UNKNOWN, Choice, Draft, choices, pooling_areas
from policies.duplicate import DuplicateQuestion, DuplicateRule
from policies.kinds import AssistanceRule, Cutoff, Elsewhere, Later, PlaceRule, Retention
from policies.local import LocalParameters
from policies.notice import Notice
from policies.question import AssessQuestion
from policies.refund import Reason, RefundQuestion
from policies.revocation import RevocationQuestion
from policies.rule import Rule

_TRIES: Final = 50_000
_FLAGGED: Final = (AssistanceRule, Cutoff, Later, Elsewhere, Retention)


def idle_rules(notice: Notice) -> list[Rule]:
    """Rules that decide nobody's case among all people at the notice's boundaries, in the order of the file."""
    idle = {rule.id: rule for rule in notice.levy_rules()}
    if notice.assistance.elsewhere.pays in {"unified", "unsettled"}:
        del idle[notice.assistance.elsewhere.id]  # It works without a step of its own.
    del idle[notice.assistance.combination.id]  # Told only where several assistances met.
    for earlier, rule in product((False, True), notice.levy_rules()):
        for local in possible_locals(notice):
            for question in islice(people_for(rule, notice, local, earlier), _TRIES):
                if rule.id not in idle:
                    break
                for step in assess(notice, local, question).walk():
                    if step.verdict == "decided":
                        idle.pop(step.rule, None)
    return [*idle.values(), *_idle_afterwards(notice)]


def people_for(
    rule: Rule,
    notice: Notice,
    local: LocalParameters | None,
    earlier: bool = False,
    areas: Sequence[str] | None = None,
) -> Iterator[AssessQuestion]:
    """People who differ in the facts that a rule looks at, all else unremarkable; the first few are spread over all.

    ``earlier``: also in those that any route looks at, so that the routes before a rule can be passed by. ``areas``:
    where they enrol, otherwise wherever the parameters or the notice speak for.
    """
    values = choices(notice, local, areas or _areas_for(rule, notice, local))
    facts = {"paid_on", "pooling_area", *_facts_of(rule, notice)}
    if earlier:
        facts |= {fact for route in notice.routes for fact in _facts_of(route, notice)}
    tried: list[list[Choice]] = [values[field] if field in facts else values[field][:1] for field in ORDER]
    for chosen in _strolled(tried):
        question = question_of(notice, dict(zip(ORDER, chosen, strict=True)))
        if question is not None:
            yield question


def _strolled(tried: Sequence[Sequence[Choice]]) -> Iterator[list[Choice]]:
    """Every combination once, in steps that share no factor with their number: so few of them meet every value."""
    total = prod(map(len, tried))
    step = max(1, round(total * 0.618))
    while gcd(step, total) != 1:
        step += 1
    for turn in range(total):
        place, chosen = turn * step % total, []
        for values in tried:
            place, digit = divmod(place, len(values))
            chosen.append(values[digit])
        yield chosen


def _areas_for(rule: Rule, notice: Notice, local: LocalParameters | None) -> Sequence[str]:
    if local is not None:
        return local.areas
    if isinstance(rule, AssistanceRule) and rule.paying_areas:
        return [area for area in rule.paying_areas if notice.covers(area)][:1]
    return pooling_areas(notice)[:1]


def question_of(notice: Notice, chosen: dict[str, Choice]) -> AssessQuestion | None:
    """The question of chosen facts, ``None`` where they contradict one another."""
    draft: Draft = {}
    for field in ORDER:
        value = chosen[field](draft)
        if value is not UNKNOWN:
            draft[field] = value
    asked = {**draft, "question": "assess", "notice": notice.notice, "as_of": max(draft["paid_on"], _end(notice))}
    try:
        return AssessQuestion.model_validate(asked)
    except ValueError:
        return None


def _end(notice: Notice) -> date:
    """Asked at the end of the insured year, so that what came after payment is known."""
    return notice.period_last


def _facts_of(rule: Rule, notice: Notice) -> set[str]:
    when = getattr(rule, "when", None)
    atoms = list(when.atoms()) if when else []
    facts = {atom.fact.partition(".")[0] for atom in atoms}
    if any(isinstance(atom, HadCover) and atom.recognised_before for atom in atoms):
        facts.add("flags")
    if "paid_on" in facts or "registered_on" in facts:
        facts.add("birth_date")
    if isinstance(rule, _FLAGGED):
        facts.add("flags")
    if isinstance(rule, AssistanceRule) and rule.rate_class:
        facts.add("birth_date")
    if isinstance(rule, PlaceRule):
        facts |= {"household_area", "residence_area"}
    if any(rule.id == cover.id for cover in notice.covers_from):
        for route in notice.routes:
            if route.cover == rule.id:
                facts |= _facts_of(route, notice)
    return facts & set(ORDER)


def possible_locals(notice: Notice) -> list[LocalParameters | None]:
    """No local parameters, and each value that the notice leaves to choose."""
    bounds = notice.local_parameters
    whole: dict[str, Any] = {"notice": notice.notice, "areas": pooling_areas(notice)[:1]}
    if bounds.assistance:
        whole["assistance"] = dict.fromkeys(bounds.assistance, f"{max(60, _least(notice))}%")
    if bounds.full_funding_standard:
        whole["full_funding_standard"] = notice.highest_standard() * 3
    if bounds.collection_extended_to:
        whole["collection_extended_to"] = bounds.collection_extended_to.last
    late = bounds.late_payers.choices if bounds.late_payers else (None,)
    pilots = (True, False) if bounds.long_term_care_pilot else (None,)
    made: list[LocalParameters | None] = [None]
    for late_payers, pilot in product(late, pilots):
        given = {**whole, "late_payers": late_payers, "long_term_care_pilot": pilot}
        made.append(LocalParameters.model_validate(given))
    return made


def _least(notice: Notice) -> int:
    return max(bound.percent_at_least for bound in notice.local_parameters.assistance.values())


def _idle_afterwards(notice: Notice) -> Iterator[Rule]:
    """Rules on revocation, refund and duplicates that are never the first to fit."""
    revocations, refunds, duplicates = list(_revocations(notice)), list(_refunds(notice)), list(_duplicates(notice))
    fitting = [
        *(next((rule for rule in notice.revocation if rule.fits(asked)), None) for asked in revocations),
        *(next((rule for rule in notice.refund if all(t for t, _ in rule.tests(asked))), None) for asked in refunds),
        *(next((rule for rule in notice.duplicate if _kept(rule, asked)), None) for asked in duplicates),
    ]
    seen = {rule.id for rule in fitting if rule is not None}
    yield from (rule for rule in (*notice.revocation, *notice.refund, *notice.duplicate) if rule.id not in seen)


def _kept(rule: DuplicateRule, asked: DuplicateQuestion) -> bool:
    return rule.fits(asked.enrolments)


def _revocations(notice: Notice) -> Iterator[RevocationQuestion]:
    ranges = [span for rule in notice.revocation for span in (rule.revoked, rule.paid) if span]
    days = {day for span in ranges for day in (span.first, span.last) if day} | {notice.period_first}
    near = sorted(day + timedelta(days=shift) for day in days for shift in (-1, 0, 1))
    category = next((category for rule in notice.assistance.rules for category in rule.categories), "orphan")
    for revoked_on, paid_on, received in product(near, near, (0, 100)):
        yield RevocationQuestion.model_construct(
            category=category, revoked_on=revoked_on, paid_on=paid_on, assistance_received=received
        )


def _refunds(notice: Notice) -> Iterator[RefundQuestion]:
    start = notice.period_first
    days = [start + timedelta(days=shift) for shift in (-40, -20, -1, 0, 1)]
    area = pooling_areas(notice)[0]
    for reason, applied, event, used, fault in product(get_args(Reason), days, days, (True, False), (True, False)):
        asked = {"question": "refund", "notice": notice.notice, "pooling_area": area, "reason": reason, "paid": 100}
        asked |= {"paid_on": days[1], "applied_on": applied, "event_on": event, "benefits_used": used}
        asked |= {"own_fault": fault, "insurance": "resident_medical", "intended_area": "440305"}
        benefit = {"starts_on": start, "ends_on": notice.period_last}
        yield RefundQuestion.model_validate({**asked, "benefit": benefit})


def _duplicates(notice: Notice) -> Iterator[DuplicateQuestion]:
    area = pooling_areas(notice)[0]
    for schemes, student, flexible in product(("resident", "across"), (True, False), (True, False)):
        plain = {"scheme": "resident", "area": area, "usual_residence": True, "as_student": False, "months": 24}
        plain |= {"flexible_employment": False, "entitled": True}
        other = {**plain, "scheme": "employee" if schemes == "across" else "resident", "usual_residence": False}
        other |= {"as_student": student and schemes == "resident", "flexible_employment": flexible, "entitled": False}
        asked = {"question": "duplicate", "notice": notice.notice, "enrolments": [plain, other]}
        yield DuplicateQuestion.model_validate(asked)
