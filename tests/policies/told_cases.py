"""Cases as a clerk tells them, read from ``cases/*.yaml``, and what they cover: rules that decided, boundaries met."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from policies.assess import assess
from policies.atoms import Atom, Born, EnrolledAtSchool, HadCover, Paid, PaidByLocalDay, PaidWithin, RegisteredWithin
from policies.decision import Step
from policies.duplicate import DuplicateQuestion, decide_duplicate
from policies.local import LocalParameters, bound_problems
from policies.notice import Notice
from policies.question import AssessQuestion
from policies.refund import RefundQuestion, decide_refund
from policies.revocation import RevocationQuestion, decide_revocation
from policies.spans import Aged, Lapsed, PaidInOne
from tests.policies.every_notice import notice_called

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """A case: what is asked, what is expected, and what the engine says."""

    name: str
    question: Any
    expect: dict[str, Any]
    answer: dict[str, Any]
    steps: tuple[Step, ...]
    local: LocalParameters | None


def book_of(path: Path) -> dict[str, Any]:
    """A file of cases as it is written; nothing is decided yet."""
    book: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return book


def told(path: Path) -> tuple[Told, ...]:
    """Every case of a file with its answer."""
    book = book_of(path)
    return tuple(decided_case(book, case) for case in book["cases"])


def decided_case(book: dict[str, Any], case: dict[str, Any]) -> Told:
    """One case of a book with the engine's answer."""
    notice, kind = notice_called(book["notice"]), case.get("question", "assess")
    local = None
    if "local" in case:
        local = LocalParameters.model_validate(book["locals"][case["local"]])
        assert list(bound_problems(local, notice)) == []
    usual = book["usual" if kind == "assess" else f"usual_{kind}"]
    facts = {"question": kind, "notice": book["notice"], **usual, **case.get("facts", {})}
    asked = {name: value for name, value in facts.items() if name not in case.get("without", [])}
    question: Any
    if kind == "assess":
        question = AssessQuestion.model_validate(asked)
        decision = assess(notice, local, question)
        return Told(case["case"], question, case["expect"], decision.answer(), tuple(decision.walk()), local)
    if kind == "revocation":
        question = RevocationQuestion.model_validate(asked)
        verdict = decide_revocation(notice, question)
    elif kind == "refund":
        question = RefundQuestion.model_validate(asked)
        verdict = decide_refund(notice, question)
    else:
        question = DuplicateQuestion.model_validate(asked)
        verdict = decide_duplicate(notice, question)
    return Told(case["case"], question, case["expect"], verdict.answer(), verdict.steps, local)


def rules_without_case(path: Path) -> list[str]:
    """Rules of the notice that decide in no case, in the order of the notice."""
    cases, notice = told(path), notice_called(path.stem)
    seen = {step.rule for case in cases for step in case.steps if step.verdict == "decided"}
    silent = {notice.assistance.combination.id} if len(notice.assistance.combination.channels) > 1 else set()
    if notice.assistance.elsewhere.pays in {"unified", "unsettled"}:
        silent.add(notice.assistance.elsewhere.id)
    return [rule.id for rule in notice.rules() if rule.id not in seen | silent]


def boundaries_without_case(path: Path) -> list[str]:
    """Days and spans of the notice's rules for which not both sides have a case."""
    cases, notice = told(path), notice_called(path.stem)
    asked = [case.question for case in cases if isinstance(case.question, AssessQuestion)]
    facts = _facts(asked)
    wanted = {pair for local in [None, *(case.local for case in cases)] for pair in _wanted(notice, local)}
    return sorted(f"{fact} {value}" for fact, value in wanted if value not in facts[fact])


def _wanted(notice: Notice, local: LocalParameters | None) -> Iterator[tuple[str, Any]]:
    for atom in notice.atoms():
        yield from _sides(atom, local)
    parts = notice.assistance
    if parts.cutoff:
        yield from (("recognised", parts.cutoff.recognised_by), ("recognised", parts.cutoff.recognised_by + DAY))
    if parts.later:
        yield from (("recognised", parts.later.until), ("recognised", parts.later.until + DAY))


def _sides(atom: Atom, local: LocalParameters | None) -> Iterator[tuple[str, Any]]:
    match atom:
        case Paid(first=first, last=last):
            yield from _days("paid", first, last)
        case PaidInOne(windows=windows):
            for first, last in windows:
                yield from _days("paid", first, last)
        case PaidByLocalDay(name=name):
            yield from _days("paid", None, getattr(local, name, None))
        case Born(first=first, last=last):
            yield from _days("born", first, last)
        case EnrolledAtSchool(first=first, last=last):
            yield from _days("entered", first, last)
        case RegisteredWithin(days=days):
            yield from (("registered after", days), ("registered after", days + 1))
        case PaidWithin(days=days):
            yield from (("paid after birth", days), ("paid after birth", days + 1))
        case HadCover():
            yield from _days("cover ended", atom.first, atom.last)
            if atom.months:
                yield from (("months", atom.months), ("months", atom.months - 1))
        case Lapsed(at_least=at_least):
            yield from (("lapsed", at_least), ("lapsed", at_least - 1))
        case Aged():
            pass
        case _:
            pass


def _days(fact: str, first: date | None, last: date | None) -> Iterator[tuple[str, Any]]:
    if first:
        yield from ((fact, first - DAY), (fact, first))
    if last:
        yield from ((fact, last), (fact, last + DAY))


def _facts(asked: list[AssessQuestion]) -> dict[str, set[Any]]:
    paid = [(one, one.paid_on or one.as_of) for one in asked]
    return {
        "paid": {day for _, day in paid},
        "born": {one.birth_date for one in asked},
        "paid after birth": {(day - one.birth_date).days for one, day in paid},
        "registered after": {(one.registered_on - one.birth_date).days for one in asked if one.registered_on},
        "entered": {one.student.enrolled_on for one in asked if one.student},
        "cover ended": {one.prior_cover.ended_on for one in asked if one.prior_cover},
        "months": {one.prior_cover.months for one in asked if one.prior_cover},
        "recognised": {flag.recognised_on for one in asked for flag in one.flags},
        "lapsed": {one.lapsed_years for one in asked},
    }
