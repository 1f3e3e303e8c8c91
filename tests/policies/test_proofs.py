"""What is proved of each notice over all its cells: people at every boundary that the notice itself names.

Each proof is shown to be able to fail: a notice is broken, and the proof finds it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, islice, product
from pathlib import Path

import numpy as np
import pytest

from policies import reach
from policies.assess import assess
from policies.boundaries import ORDER, choices, just, payment_days
from policies.calendar import day_number
from policies.compiled import compile_notice
from policies.decision import Decision
from policies.local import LocalParameters
from policies.notice import Notice
from policies.person import people_of
from policies.question import AssessQuestion
from policies.reach import idle_rules, people_for, question_of
from policies.rulefile import RuleFileError
from tests.policies.every_notice import EVERY, POOLS, broken, locals_of, notice_called


def people_at_boundaries(notice: Notice, local: LocalParameters | None, most: int = 400) -> Iterator[AssessQuestion]:
    """For each rule, people at the boundaries of what it asks; ``most`` of them a rule, spread over all."""
    for rule in notice.levy_rules():
        found = list(islice(people_for(rule, notice, local, areas=pools(notice)), most))
        assert found
        yield from found


def pools(notice: Notice) -> tuple[str, ...]:
    """Where people of a notice enrol in these tests."""
    return POOLS[notice.notice]


def with_local(notice: Notice) -> Iterator[tuple[LocalParameters | None, list[AssessQuestion]]]:
    """People at the boundaries with each choice of local parameters."""
    for local in locals_of(notice):
        people = list(people_at_boundaries(notice, local, 22 if local else 55))
        people += list(pairs(notice))
        yield local, people


def pairs(notice: Notice) -> Iterator[AssessQuestion]:
    """Every pair of the categories a notice assists, for a child and for an adult, recognised here or next door."""
    categories = dict.fromkeys(category for rule in notice.assistance.rules for category in rule.categories)
    values = choices(notice, None, pools(notice))
    usual = {field: values[field][0] for field in ORDER} | {"paid_on": just(first_open_day(notice))}
    births = [values["birth_date"][0], just(date(notice.insured_year - 10, 1, 1))]
    for (one, other), birth in product(combinations(categories, 2), births):
        flags = [
            {"category": word, "area": pools(notice)[0], "recognised_on": date(2015, 1, 1)} for word in (one, other)
        ]
        question = question_of(notice, usual | {"birth_date": birth, "flags": just(flags)})
        assert question is not None
        yield question


def first_open_day(notice: Notice) -> date:
    """The first day on which an unremarkable adult may pay."""
    values = choices(notice, None, pools(notice))
    for day in payment_days(notice):
        question = question_of(notice, {field: values[field][0] for field in ORDER} | {"paid_on": just(day)})
        if question is not None and assess(notice, None, question).outcome != "closed":
            return day
    raise AssertionError("nobody can pay")


# --- what must hold of a decision, as small functions that say what is wrong


def money_problem(notice: Notice, decision: Decision) -> str | None:
    """Standard = due + netted + sponsored, assistance within the individual standard, exactly one rate of each kind."""
    if decision.outcome == "undetermined":
        return None if (decision.due, decision.sponsor_due, decision.assisted_after) == (None,) * 3 else "money"
    highest: dict[str, int] = {}
    for rate in notice.rates:
        highest[rate.insurance] = max(rate.amount, highest.get(rate.insurance, 0))
    for line in decision.lines:
        assisted = sum(part.amount for part in line.assistance)
        if line.due + line.total("at_levy") + line.total("sponsor") != line.standard or line.due < 0:
            return f"{line.insurance} does not add up"
        if assisted > min(line.standard, highest[line.insurance]):
            return f"{line.insurance} is assisted with {assisted} of {line.standard}"
    return None


def rate_problem(notice: Notice, decision: Decision) -> str | None:
    """Whoever is levied has exactly one rate of resident medical insurance and at most one of any other."""
    if decision.outcome not in {"due", "no_due"} or decision.rate_class == "newborn":
        return None
    kinds = {rate.id: rate.insurance for rate in notice.rates}
    if notice.full_funding:
        kinds[notice.full_funding.id] = notice.full_funding.insurance
    rates = Counter(kinds[step.rule] for step in decision.steps if step.rule in kinds)
    lines = Counter(line.insurance for line in decision.lines)
    one = rates["resident_medical"] == 1 and max(rates.values()) == 1
    return None if one and rates == lines else f"rates {dict(rates)} for lines {dict(lines)}"


def problems(notice: Notice) -> Iterator[str]:
    """Everything wrong with the money and the rates of people at the boundaries."""
    for local, people in with_local(notice):
        for question in people:
            decision = assess(notice, local, question)
            for problem in (money_problem(notice, decision), rate_problem(notice, decision)):
                if problem:
                    yield f"{problem}: {question}"


@pytest.mark.parametrize("name", EVERY)
def test_money_adds_up_and_one_rate_applies_in_every_cell(name: str) -> None:
    assert list(problems(notice_called(name))) == []


@pytest.mark.parametrize("name", EVERY)
def test_bulk_and_single_decisions_are_equal_in_every_cell(name: str) -> None:
    notice = notice_called(name)
    for local, people in with_local(notice):
        for pool in {question.pooling_area for question in people}:
            compiled = compile_notice(notice, local, pool)
            group = [question for question in people if question.pooling_area == pool]
            for as_of in {question.as_of for question in group}:
                asked = [question for question in group if question.as_of == as_of]
                paid = np.array([day_number(question.paid_on or as_of) for question in asked], np.int32)
                decisions = compiled.assess(people_of(asked), as_of, paid)
                for row, question in enumerate(asked):
                    assert compiled.answer(decisions, row) == assess(notice, local, question).answer(), question


@pytest.mark.parametrize("name", EVERY)
def test_every_rule_decides_somebody(name: str) -> None:
    assert [rule.id for rule in idle_rules(notice_called(name))] == []


@pytest.mark.parametrize("name", EVERY)
def test_an_unremarkable_adult_meets_each_window_on_its_own_days_and_none_twice(name: str) -> None:
    notice = notice_called(name)
    values = choices(notice, None, pools(notice)[:1])
    first = min(payment_days(notice)) - timedelta(days=3)
    met: list[str] = []
    for shift in range((notice.period_last - first).days + 30):
        day = first + timedelta(days=shift)
        question = question_of(notice, {field: values[field][0] for field in ORDER} | {"paid_on": just(day)})
        assert question is not None
        route = next(step.rule for step in assess(notice, None, question).steps)
        if not met or met[-1] != route:
            assert day == first or day in payment_days(notice)
            met.append(route)
    assert len(met) == len(set(met)) > 2


@pytest.mark.parametrize("name", EVERY)
def test_of_two_identities_the_better_counts_and_their_order_does_not(name: str) -> None:
    notice = notice_called(name)
    for local in locals_of(notice):
        for question in pairs(notice):
            both = assess(notice, local, question)
            turned = question.model_copy(update={"flags": question.flags[::-1]})
            assert assess(notice, local, turned) == both
            alone = [assess(notice, local, question.model_copy(update={"flags": (flag,)})) for flag in question.flags]
            known = [one for one in alone if one.outcome != "undetermined"]
            if both.outcome != "undetermined":
                assert all(paid_for(both) >= paid_for(one) for one in known)
            else:
                assert len(known) < 2


def paid_for(decision: Decision) -> int:
    """All the assistance of a decision."""
    return sum(part.amount for line in decision.lines for part in line.assistance)


# --- each proof can fail


SLIPS = [
    ("jilin-2021", "last: 2020-12-31}}\n    cover: cover-of", "12-31", "12-30", "no window says"),
    ("jilin-2021", "paid: {first: 2021-01-01, last: 2021-09-30}", "2021-01-01", "2020-12-31", "overlap"),
    ("changchun-2022", "paid: {first: 2021-10-08,", "10-08", "10-09", "no window says"),
    ("hunan-2021", "when: {paid: {first: 2020-09-01,", "09-01", "08-31", "overlap"),
    ("jilin-2023", "when: {paid: {first: 2022-10-01,", "10-01", "10-02", "no window says"),
    ("shiquan-2021", "when: {paid: {first: 2020-09-01,", "09-01", "08-31", "overlap"),
]
"""Notice, what it says, the day in it, the day it slips to, and what is told."""

IDLE = [
    ("jilin-2021", "born: {first: 2020-10-01, last: 2021-12-31}", "born: {last: 2019-12-31}", "newborn-in-time"),
    ("changchun-2022", "{circumstances: no_other_cover}", "{paid: {last: 2020-01-01}}", "subsidise-model-worker"),
    ("hunan-2021", "{circumstances: new_e", "{paid: {last: 2021-12-01}, circumstances: new_e", None),
    ("shiquan-2021", "_soldier, paid: {last: 2021-06-30}}", "_soldier}", "demobilised-soldier-second-half"),
    (
        "hunan-2021",
        "when: {circumstances: new_e",
        "when: {paid: {last: 2020-12-01}, circumstances: new_e",
        "new-employment-form",
    ),
    ("jilin-2023", "born: {first: 2005-01-01}", "born: {last: 2100-01-01}", "adult-premium"),
    (
        "example-2026",
        "{years_at_least: 1}",
        "{years_at_least: 1}\n      born: {first: 2031-01-01}",
        "lapsed-in-a-window",
    ),
]
"""Notice, what it says, what a clerk wrote instead, and the rule that never decides any more, if there is one."""


@pytest.mark.parametrize(("name", "right", "day", "slip", "told"), SLIPS)
def test_a_window_that_slips_by_a_day_does_not_load(
    name: str, right: str, day: str, slip: str, told: str, tmp_path: Path
) -> None:
    with pytest.raises(RuleFileError, match=told):
        broken(name, right, right.replace(day, slip), tmp_path)


@pytest.mark.parametrize(("name", "right", "wrong", "idle"), IDLE)
def test_a_rule_that_others_always_precede_is_found(
    name: str, right: str, wrong: str, idle: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if idle:  # nobody will be found however long one seeks; as the notice stands, somebody is found as soon as that
        monkeypatch.setattr(reach, "_TRIES", 1_000)
        assert idle not in [rule.id for rule in idle_rules(notice_called(name))]
    found = [rule.id for rule in idle_rules(broken(name, right, wrong, tmp_path))]
    assert (idle in found) if idle else found == []


def test_money_that_does_not_add_up_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def uncapped(lines: tuple[object, ...], left: int) -> list[object]:
        return list(lines)

    monkeypatch.setattr("policies.assistance._cut", uncapped)
    assert any("is assisted with" in problem for problem in problems(notice_called("changchun-2022")))


def test_two_rates_for_one_insurance_are_found() -> None:
    notice = notice_called("shiquan-2021")
    question = next(iter(pairs(notice)))
    decision = assess(notice, None, question)
    twice = replace(decision, steps=(*decision.steps, *decision.steps))
    assert rate_problem(notice, decision) is None
    assert rate_problem(notice, twice) is not None
