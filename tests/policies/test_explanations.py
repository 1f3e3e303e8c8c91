"""An explanation holds what the decision recorded: the clauses, the facts that led there, and what lost and why."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.assess import assess
from policies.duplicate import DuplicateQuestion
from policies.explain.assessed import explain_assess
from policies.explain.conditions import settling
from policies.explain.judged import explain_duplicate, explain_refund, explain_revocation
from policies.explain.tree import Explanation, Node
from policies.explain.words import asked
from policies.facts import Facts
from policies.inquiry import Inquiry
from policies.load import available_notices, load_notice
from policies.question import AssessQuestion
from policies.refund import RefundQuestion
from policies.revocation import RevocationQuestion
from tests.drawn import drawn
from tests.policies.people_drawn import questions

AREAS = {"shiquan-2021": "610922", "hunan-2021": "430124"}


def of_changchun(**facts: object) -> Explanation:
    """An adult of Changchun who pays inside the window."""
    fields = {"question": "assess", "notice": "changchun-2022", "pooling_area": "220106", "as_of": date(2021, 11, 2)}
    question = AssessQuestion.model_validate({**fields, "birth_date": date(1970, 5, 1), **facts})
    return explain_assess(load_notice("changchun-2022"), None, question)


def node(found: Explanation, rule: str) -> Node:
    """The first node of a rule."""
    return next(one for one in found.walk() if one.rule == rule)


def flag(category: str, **fields: object) -> dict[str, object]:
    """An identity recognised here in spring."""
    return {"category": category, "area": "220106", "recognised_on": date(2021, 3, 1), **fields}


def test_the_clause_the_fact_and_what_lost_are_told() -> None:
    found = of_changchun(flags=(flag("minimum_living_allowance"), flag("extreme_poverty")))
    won, lost = node(found, "assist-extreme-poverty"), node(found, "assist-130")
    assert (won.verdict, won.clauses) == ("decided", ("四(一)",))
    assert [fact.zh for fact in won.facts] == ["特困：220106于2021-03-01认定，缴费日有效"]
    assert lost.verdict == "lost"
    assert lost in won.children
    assert lost.zh == "低保130.00元未适用：特困360.00元更高"
    assert [(one.id, one.to_be_confirmed) for one in node(found, "channels-add").readings] == [("R12", True)]


def test_a_route_tells_the_day_that_led_there_and_the_routes_before_it_that_failed() -> None:
    found = of_changchun()
    window = node(found, "window")
    assert [(fact.name, fact.holds) for fact in window.facts] == [("paid_on", True)]
    assert "2021-11-02" in window.facts[0].en
    assert [(one.rule, one.verdict, one.facts[0].holds) for one in window.children] == [
        ("before-the-window", "lost", False)
    ]


def test_an_adult_is_told_both_ways_in_which_the_lower_rate_failed() -> None:
    lower = node(of_changchun(), "minor-or-student-premium")
    assert lower.verdict == "lost"
    assert [(fact.name, fact.holds) for fact in lower.facts] == [("student", False), ("birth_date", False)]


def test_a_condition_that_failed_is_told_with_its_fact() -> None:
    lost = node(of_changchun(flags=(flag("model_worker"),)), "subsidise-model-worker")
    assert lost.verdict == "lost"
    assert [(fact.name, fact.holds) for fact in lost.facts] == [("flags", True), ("circumstances", False)]


def test_an_identity_that_ended_is_told_with_its_days() -> None:
    found = of_changchun(flags=(flag("minimum_living_allowance", revoked_on=date(2021, 5, 1)),))
    ended = node(found, "ended")
    assert ended.verdict == "lost"
    assert [(fact.en, fact.holds) for fact in ended.facts] == [
        ("minimum living allowance: recognised by 220106 on 2021-03-01, ended", False)
    ]


def test_a_missing_fact_is_named_with_what_the_rule_asked_of_it() -> None:
    prior = {"scheme": "employee", "area": "220106", "months": None, "ended_on": date(2022, 2, 1)}
    found = of_changchun(as_of=date(2022, 3, 2), prior_cover=prior)
    missing = node(found, "missing")
    assert [fact.holds for fact in missing.facts] == [None]
    assert "至少24个月" in missing.facts[0].zh


@pytest.mark.parametrize("name", available_notices())
@drawn(40)
@given(data=st.data())
def test_the_tree_says_what_the_decision_says_for_random_people(name: str, data: st.DataObject) -> None:
    notice = load_notice(name)
    question = data.draw(questions(name, AREAS.get(name, "220106")))
    decision, found = assess(notice, None, question), explain_assess(notice, None, question)
    told = [one for one in found.walk() if one.verdict == "decided"]
    assert {clause for one in told for clause in one.clauses} == set(decision.clauses) == set(found.clauses)
    kept = [(step.rule, step.verdict, step.zh, step.en) for step in decision.walk()]
    assert [one for one in kept if one not in [(n.rule, n.verdict, n.zh, n.en) for n in found.walk()]] == []
    for one in found.walk():
        if one.zh.startswith("未适用："):
            assert any(fact.holds is False for fact in one.facts) or not one.facts


@pytest.mark.parametrize("name", available_notices())
@drawn(40)
@given(data=st.data())
def test_the_facts_told_are_enough_to_settle_a_condition(name: str, data: st.DataObject) -> None:
    notice = load_notice(name)
    inquiry = Inquiry(Facts(notice, None, data.draw(questions(name, AREAS.get(name, "220106")))))
    for when in notice.conditions():
        truth = when.truth(inquiry.ask)
        told = {atom for atom in when.atoms() if asked(atom, inquiry.facts) in _said(when, inquiry)}
        only_told = when.truth(lambda atom, told=told: inquiry.ask(atom) if atom in told else None)
        assert only_told == truth


def _said(when: object, inquiry: Inquiry) -> set[tuple[str, str]]:
    return {(fact.zh, fact.en) for fact in settling(when, inquiry)}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", available_notices())
def test_every_question_a_notice_asks_has_words_of_its_own(name: str) -> None:
    notice = load_notice(name)
    fields = {"question": "assess", "notice": name, "pooling_area": "220106", "as_of": date(2021, 11, 2)}
    facts = Facts(notice, None, AssessQuestion.model_validate({**fields, "birth_date": date(2000, 1, 1)}))
    for atom in notice.atoms():
        zh, en = asked(atom, facts)
        assert "None" not in zh + en
        assert "_" not in zh.replace(getattr(atom, "name", ""), "").replace("long_term", ""), zh
        assert zh != en


REVOKED = {
    "question": "revocation",
    "notice": "jilin-2021",
    "pooling_area": "220106",
    "category": "orphan",
    "revoked_on": date(2020, 12, 1),
    "paid_on": date(2020, 11, 1),
    "assistance_received": 13000,
    "as_of": date(2021, 1, 2),
}


def test_a_revocation_tells_its_facts_and_the_rules_that_did_not_fit() -> None:
    jilin = load_notice("jilin-2021")
    first = explain_revocation(jilin, RevocationQuestion.model_validate(REVOKED))
    assert [fact.name for fact in first.nodes[0].facts] == ["revoked_on", "paid_on", "assistance_received"]
    assert [one.en for one in first.summary][1] == "130.00 yuan are to be repaid"
    unpaid = explain_revocation(jilin, RevocationQuestion.model_validate({**REVOKED, "assistance_received": 0}))
    assert [(one.rule, [fact.name for fact in one.facts]) for one in unpaid.nodes[0].children] == [
        ("ended-before-the-year-and-received", ["assistance_received"])
    ]


def test_a_refund_nothing_fits_tells_on_which_fact_each_rule_failed() -> None:
    question = RefundQuestion.model_validate(
        {
            "question": "refund",
            "notice": "jilin-2021",
            "pooling_area": "220106",
            "reason": "death",
            "applied_on": date(2021, 2, 1),
            "paid_on": date(2020, 11, 1),
            "paid": 32000,
            "insurance": "resident_medical",
            "event_on": date(2020, 12, 20),
            "benefits_used": False,
            "own_fault": False,
            "benefit": {"starts_on": date(2021, 1, 1), "ends_on": date(2021, 12, 31)},
        }
    )
    found = explain_refund(load_notice("jilin-2021"), question)
    assert found.outcome == "undetermined"
    assert {one.rule: [fact.name for fact in one.facts] for one in found.nodes if one.verdict == "lost"} == {
        "refund-before-cover": ["benefit"],
        "no-refund-after-cover": ["event_on"],
    }


def test_a_duplicate_tells_what_is_kept_and_which_rule_did_not_fit() -> None:
    one = {"scheme": "resident", "area": "220106", "usual_residence": True, "as_student": False, "months": 14}
    enrolments = ({**one, "flexible_employment": False}, {**one, "scheme": "employee", "flexible_employment": False})
    question = {"question": "duplicate", "notice": "jilin-2021", "enrolments": enrolments}
    found = explain_duplicate(load_notice("jilin-2021"), DuplicateQuestion.model_validate(question))
    assert [sentence.en for sentence in found.summary][1:] == [
        "enrolment 1 is kept (counted from 0)",
        "enrolment 0 is terminated",
    ]
    assert [child.rule for child in found.nodes[0].children] == ["flexible-employment-keeps-the-entitled"]
