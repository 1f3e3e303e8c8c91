"""The question ``refund``: somebody asks a premium back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from policies.money import Fen
from policies.question import Asked, Day
from policies.rule import STRICT, AreaCode, Insurance, JsonList, Listed, Rule, Source
from policies.verdict import Verdict, decided, lacking, undecided

if TYPE_CHECKING:
    from policies.notice import Notice

Reason = Literal[
    "duplicate_payment",
    "joined_employee_scheme",
    "enrolled_elsewhere",
    "enrolled_as_student",
    "death",
    "wrong_area",
    "conscription",
    "imprisonment",
]


class Received(BaseModel):
    """Assistance already received from one fund, in fen."""

    model_config = STRICT

    source: Source
    amount: Annotated[Fen, Field(ge=0)]


class Waited(BaseModel):
    """A waiting period in days or in months."""

    model_config = STRICT

    days: Annotated[int, Field(gt=0)] | None = None
    months: Annotated[int, Field(gt=0)] | None = None


class BenefitPeriod(BaseModel):
    """The cover that was decided for the payment; ``starts_on`` includes the wait."""

    model_config = STRICT

    starts_on: Day
    ends_on: Day
    waiting: Waited | None = None


class RefundQuestion(Asked):
    """A premium of ``paid`` fen is asked back; ``event_on`` is the day of death, other cover or other payment."""

    question: Literal["refund"]
    pooling_area: AreaCode
    reason: Reason
    applied_on: Day
    paid_on: Day
    paid: Annotated[Fen, Field(ge=0)]
    insurance: Insurance
    event_on: Day | None = None
    benefits_used: bool
    own_fault: bool
    assistance_received: Annotated[tuple[Received, ...], JsonList] = ()
    intended_area: AreaCode | None = None
    benefit: BenefitPeriod | None = None


class RefundRule(Rule):
    """When a premium is given back; the first rule that fits decides, none: undetermined.

    ``applied`` and ``event`` say on which side of the first day of cover, or of the payment, they lie.
    ``assisted_share``: ``fund`` sends it back to the fund that paid it; ``unsettled`` leaves it to a ruling.
    """

    reasons: Annotated[tuple[Reason, ...], Listed] | None = None
    applied: Literal["before_cover", "after_cover"] | None = None
    event: Literal["before_cover", "after_cover", "before_payment", "after_payment"] | None = None
    benefits_used: bool | None = None
    own_fault: bool | None = None
    outcome: Literal["refund", "no_refund"]
    ends_cover: bool
    assisted_share: Literal["fund", "unsettled"] = "unsettled"
    handoff: bool = False

    def tests(self, question: RefundQuestion) -> Iterator[tuple[bool | None, str]]:
        """Each thing the rule asks, answered yes, no or not known, with the name of the fact."""
        if self.reasons is not None:
            yield question.reason in self.reasons, "reason"
        if self.benefits_used is not None:
            yield question.benefits_used == self.benefits_used, "benefits_used"
        if self.own_fault is not None:
            yield question.own_fault == self.own_fault, "own_fault"
        if self.applied is not None:
            started = question.benefit and question.benefit.starts_on <= question.applied_on
            yield None if started is None else started == (self.applied == "after_cover"), "benefit"
        if self.event is not None:
            yield self._event(question)
        if self.handoff:
            area = question.intended_area
            yield None if area is None else area != question.pooling_area, "intended_area"

    def _event(self, question: RefundQuestion) -> tuple[bool | None, str]:
        side, _, mark = (self.event or "").partition("_")
        if mark == "payment":
            event, border = question.event_on, question.paid_on
            if event is None:
                return None, "event_on"
            return (event < border if side == "before" else event > border), "event_on"
        if question.benefit is None:
            return None, "benefit"
        # A cause comes before its application: applied for before cover starts, it lies before that too.
        event = question.event_on
        if event is None and question.applied_on < question.benefit.starts_on:
            event = question.applied_on
        if event is None:
            return None, "event_on"
        return (event >= question.benefit.starts_on) == (side == "after"), "event_on"


_UNKNOWN: Final[dict[str, Any]] = {
    "refund": None,
    "ends_cover": None,
    "handoff": False,
    "final_review_by": None,
    "cover_counts_from": None,
}


def decide_refund(notice: Notice, question: RefundQuestion) -> Verdict:
    """Whether, to whom and how much is given back, and whether another area takes over."""
    name = notice.notice
    if not notice.covers(question.pooling_area):
        zh, en = "pooling_area 不在本通知适用范围", "pooling_area is not governed by this notice"
        return undecided(name, _UNKNOWN, zh, en, ("pooling_area",))
    for rule in notice.refund:
        answers = list(rule.tests(question))
        if any(truth is False for truth, _ in answers):
            continue
        unknown = [fact for truth, fact in answers if truth is None]
        return lacking(name, _UNKNOWN, unknown[0], rule) if unknown else _given_back(name, rule, question)
    return undecided(
        name,
        _UNKNOWN,
        "本通知未规定此种情形是否退费，待裁定",
        "this notice has no rule on a refund in this case; a ruling is missing",
    )


def _given_back(name: str, rule: RefundRule, question: RefundQuestion) -> Verdict:
    figures = {**_UNKNOWN, "refund": [], "ends_cover": rule.ends_cover}
    if rule.outcome == "no_refund":
        return decided(name, "no_refund", rule, figures)
    funds = [received for received in question.assistance_received if received.amount]
    assisted = sum(received.amount for received in funds)
    if assisted and (rule.assisted_share == "unsettled" or assisted > question.paid):
        zh = "已享受资助部分如何退回，本通知未规定，待裁定"
        en = "where the assisted share of this refund goes is not settled by this notice; a ruling is missing"
        return undecided(name, _UNKNOWN, zh, en, ("ruling",), rule)
    shares = [{"to": received.source, "amount": received.amount} for received in funds]
    if question.paid > assisted:
        shares.append({"to": "person", "amount": question.paid - assisted})
    figures["refund"] = shares
    if rule.handoff:
        figures |= {
            "handoff": True,
            "final_review_by": question.pooling_area,
            "cover_counts_from": question.paid_on.isoformat(),
        }
    return decided(name, "refund", rule, figures)
