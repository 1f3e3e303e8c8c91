"""Where somebody must enrol: at the school, where the household or the residence is, where the identity was recognised.

A person who asks at the wrong place is referred to the right one.
"""

from __future__ import annotations

from policies.atoms import HoldsIdentity, Located, is_where
from policies.inquiry import Inquiry, Unsettled
from policies.kinds import PlaceRule


def place_rule(inquiry: Inquiry) -> PlaceRule | None:
    """The rule that says where this person enrols, if any does."""
    return next((rule for rule in inquiry.facts.notice.places if inquiry.holds(rule)), None)


def enrols_here(inquiry: Inquiry, rule: PlaceRule) -> bool:
    """Whether the pooling area is the place the rule demands."""
    if rule.enrol_at == "recognition":
        return inquiry.sure(HoldsIdentity(rule.identity or (), None, None, "here"), rule.clauses)
    if rule.enrol_at == "school":
        return inquiry.sure(Located("school_area", "here"), rule.clauses)
    household = Located("household_area", "here")
    if rule.enrol_at == "household":
        return inquiry.sure(household, rule.clauses)
    residence = Located("residence_area", "here")
    if True in (inquiry.ask(household), inquiry.ask(residence)):
        return True
    return inquiry.sure(household, rule.clauses) or inquiry.sure(residence, rule.clauses)


def referred_to(inquiry: Inquiry, rule: PlaceRule) -> tuple[str, str | None]:
    """Which fact names the area the rule demands, and the area; ``None`` while it is not known.

    The household comes before the residence. Raises ``Unsettled`` when the person has neither.
    """
    question = inquiry.facts.question
    if rule.enrol_at == "school":
        return "school_area", question.student.school_area if question.student else None
    if rule.enrol_at == "recognition":
        flags = inquiry.facts.held(rule.identity or ())
        return "recognition", next(
            (flag.area for flag in flags if is_where(flag.area, "in_notice", inquiry.facts)), None
        )
    wanted = ("household_area",) if rule.enrol_at == "household" else ("household_area", "residence_area")
    for name in wanted:
        if getattr(question, name) is not None:
            return name, getattr(question, name)
    if all(question.knows(name) for name in wanted):
        raise Unsettled(
            wanted,
            f"{rule.summary.zh}；此人均无，无处可转",
            f"{rule.summary.en}; this person has none, so there is no area to refer to ({', '.join(wanted)})",
            rule.clauses,
        )
    return wanted[0], None
