"""The question ``duplicate``: one person is enrolled more than once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, Field

from policies.question import Asked
from policies.rule import STRICT, AreaCode, JsonList, Rule
from policies.verdict import Verdict, decided, lacking, undecided

if TYPE_CHECKING:
    from policies.notice import Notice


class Enrolment(BaseModel):
    """One of several enrolments; ``months`` of continuous cover, ``entitled``: benefits can be drawn from it now."""

    model_config = STRICT

    scheme: Literal["resident", "employee"]
    area: AreaCode
    usual_residence: bool
    as_student: bool
    months: Annotated[int, Field(ge=0, le=1200)]
    flexible_employment: bool
    entitled: bool | None = None


class DuplicateQuestion(Asked):
    """Which of several enrolments is kept; answers number them by position."""

    question: Literal["duplicate"]
    enrolments: Annotated[tuple[Enrolment, ...], JsonList, Field(min_length=2)]


class DuplicateRule(Rule):
    """Which enrolment is kept and what becomes of the others; the first rule that fits decides.

    ``schemes``: all within resident medical insurance, or across it and the employee scheme. What is to be kept must
    be exactly one enrolment, otherwise the case is undetermined.
    """

    schemes: Literal["resident", "across"]
    flexible_employment: bool | None = None
    student: bool | None = None
    keep: Literal["usual_residence", "student", "employee", "entitled"]
    months_at_least: Annotated[int, Field(ge=0)] = 0
    others: Literal["terminate", "suspend"]

    def tests(self, enrolments: tuple[Enrolment, ...]) -> Iterator[tuple[bool, str]]:
        """Each thing the rule asks, answered yes or no, with the name of the fact."""
        wanted = {"resident"} if self.schemes == "resident" else {"resident", "employee"}
        yield {enrolment.scheme for enrolment in enrolments} == wanted, "scheme"
        if self.flexible_employment is not None:
            flexible = any(enrolment.flexible_employment for enrolment in enrolments)
            yield flexible == self.flexible_employment, "flexible_employment"
        if self.student is not None:
            yield any(enrolment.as_student for enrolment in enrolments) == self.student, "as_student"

    def fits(self, enrolments: tuple[Enrolment, ...]) -> bool:
        """Whether this rule speaks of these enrolments."""
        return all(truth for truth, _ in self.tests(enrolments))

    def keeps(self, enrolment: Enrolment) -> bool | None:
        """Whether an enrolment is one to keep, ``None`` while that is not known."""
        match self.keep:
            case "usual_residence":
                return enrolment.usual_residence
            case "student":
                return enrolment.as_student
            case "employee":
                return enrolment.scheme == "employee" and enrolment.months >= self.months_at_least
            case "entitled":
                return enrolment.entitled


_UNKNOWN: Final[dict[str, Any]] = {"keep": None, "terminate": [], "suspend": []}


def decide_duplicate(notice: Notice, question: DuplicateQuestion) -> Verdict:
    """Which enrolment is kept, which are terminated or suspended, by position."""
    name = notice.notice
    rule = next((rule for rule in notice.duplicate if rule.fits(question.enrolments)), None)
    if rule is None:
        return undecided(
            name,
            _UNKNOWN,
            "本通知未规定此种重复参保如何清理，待裁定",
            "this notice has no rule on this kind of duplicate enrolment; a ruling is missing",
        )
    wanted = [rule.keeps(enrolment) for enrolment in question.enrolments]
    if None in wanted:
        return lacking(name, _UNKNOWN, f"enrolments.{wanted.index(None)}.entitled", rule)
    if wanted.count(True) != 1:
        return undecided(
            name,
            _UNKNOWN,
            "应保留的参保关系不是恰好一个，待裁定",
            "not exactly one enrolment is the one to keep; a ruling is missing",
            rule=rule,
        )
    keep = wanted.index(True)
    others = [position for position in range(len(wanted)) if position != keep]
    return decided(name, "resolved", rule, {**_UNKNOWN, "keep": keep, rule.others: others})
