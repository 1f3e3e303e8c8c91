"""The question ``revocation``: an identity ended after assistance was received or promised."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field

from policies.atoms import within
from policies.money import Fen
from policies.question import Asked, Day
from policies.rule import AreaCode, Category, DateRange, Rule
from policies.verdict import Verdict, decided, undecided

if TYPE_CHECKING:
    from policies.notice import Notice


class RevocationQuestion(Asked):
    """An identity ended on ``revoked_on``; ``assistance_received`` is what was already paid or netted, in fen."""

    question: Literal["revocation"]
    pooling_area: AreaCode
    category: Category
    revoked_on: Day
    paid_on: Day
    assistance_received: Annotated[Fen, Field(ge=0)]
    as_of: Day


class RevocationRule(Rule):
    """What becomes of the assistance when the identity ended; the first rule that fits decides, none: undetermined."""

    revoked: DateRange | None = None
    paid: DateRange | None = None
    after_payment: bool | None = None
    received: bool | None = None
    outcome: Literal["clawback", "keep", "cancel"]
    holds_benefit: bool = False

    def tests(self, question: RevocationQuestion) -> Iterator[tuple[bool, str]]:
        """Each thing the rule asks, answered yes or no, with the name of the fact."""
        if self.revoked:
            yield within(question.revoked_on, self.revoked.first, self.revoked.last), "revoked_on"
        if self.paid:
            yield within(question.paid_on, self.paid.first, self.paid.last), "paid_on"
        if self.after_payment is not None:
            yield (question.revoked_on > question.paid_on) == self.after_payment, "revoked_on"
        if self.received is not None:
            yield (question.assistance_received > 0) == self.received, "assistance_received"

    def fits(self, question: RevocationQuestion) -> bool:
        """Whether this rule speaks of the case."""
        return all(truth for truth, _ in self.tests(question))


_UNKNOWN: Final[dict[str, Any]] = {"clawback": None, "benefit_held": None}


def decide_revocation(notice: Notice, question: RevocationQuestion) -> Verdict:
    """Whether the assistance is clawed back, kept or cancelled, and whether cover is held until repaid."""
    name = notice.notice
    if not notice.covers(question.pooling_area):
        zh, en = "pooling_area 不在本通知适用范围", "pooling_area is not governed by this notice"
        return undecided(name, _UNKNOWN, zh, en, ("pooling_area",))
    if question.revoked_on > question.as_of:
        zh, en = "revoked_on 晚于 as_of，身份尚未终止", "revoked_on lies after as_of: the identity has not ended yet"
        return undecided(name, _UNKNOWN, zh, en, ("revoked_on",))
    if all(question.category not in rule.categories for rule in notice.assistance.rules):
        zh, en = f"{question.category}不在本通知资助范围", f"{question.category} is not assisted by this notice"
        return undecided(name, _UNKNOWN, zh, en, ("category",))
    for rule in notice.revocation:
        if rule.fits(question):
            clawback = question.assistance_received if rule.outcome == "clawback" else 0
            return decided(name, rule.outcome, rule, {"clawback": clawback, "benefit_held": rule.holds_benefit})
    return undecided(
        name,
        _UNKNOWN,
        "本通知未规定此种身份终止后资助如何处理，待裁定",
        "this notice has no rule on what becomes of the assistance here; a ruling is missing",
    )
