"""Why nothing was decided, word for word: what a clerk reads when an answer is undetermined."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from policies.answering import Desk
from policies.assess import assess
from policies.local import LocalParameters
from policies.question import AssessQuestion
from tests.policies.every_notice import EXAMPLE, broken, notice_called

ASSESS: dict[str, Any] = {"question": "assess", "as_of": "2020-10-01", "birth_date": "1970-05-01"}
REVOCATION: dict[str, Any] = {
    **{"question": "revocation", "notice": "jilin-2021", "pooling_area": "220106"},
    **{"category": "minimum_living_allowance", "revoked_on": "2020-12-31", "paid_on": "2020-11-01"},
    **{"assistance_received": 13000, "as_of": "2021-01-10"},
}
REFUND: dict[str, Any] = {
    **{"question": "refund", "notice": "jilin-2021", "pooling_area": "220106", "reason": "death", "paid": 32000},
    **{"applied_on": "2020-12-20", "paid_on": "2020-11-01", "insurance": "resident_medical", "event_on": "2020-12-10"},
    **{"benefits_used": False, "own_fault": False, "benefit": {"starts_on": "2021-01-01", "ends_on": "2021-12-31"}},
}
ENROLMENT: dict[str, Any] = {
    **{"scheme": "resident", "area": "220106", "usual_residence": False, "as_student": False, "months": 24},
    "flexible_employment": False,
}
FLEXIBLE = {**ENROLMENT, "scheme": "employee", "flexible_employment": True}
SHIQUAN = {**ASSESS, "notice": "shiquan-2021", "pooling_area": "610922", "household_area": "610922"}
HUNAN = {**ASSESS, "notice": "hunan-2021", "pooling_area": "430124", "household_area": "430124"}
CHANGCHUN = {**ASSESS, "notice": "changchun-2022", "pooling_area": "220106", "as_of": "2021-11-02"}
ALLOWANCE = {"category": "minimum_living_allowance", "recognised_on": "2019-01-01"}

REASONS = [
    (
        {**REVOCATION, "pooling_area": "440305"},
        "pooling_area",
        "pooling_area 不在本通知适用范围 / pooling_area is not governed by this notice",
        [],
    ),
    (
        {**REVOCATION, "revoked_on": "2021-01-11"},
        "revoked_on",
        "revoked_on 晚于 as_of，身份尚未终止 / revoked_on lies after as_of: the identity has not ended yet",
        [],
    ),
    (
        {**REVOCATION, "category": "severe_disability"},
        "category",
        "severe_disability不在本通知资助范围 / severe_disability is not assisted by this notice",
        [],
    ),
    (
        {**REVOCATION, "paid_on": "2020-09-30"},
        "ruling",
        "本通知未规定此种身份终止后资助如何处理，待裁定"
        " / this notice has no rule on what becomes of the assistance here; a ruling is missing",
        [],
    ),
    (
        {**REFUND, "pooling_area": "440305"},
        "pooling_area",
        "pooling_area 不在本通知适用范围 / pooling_area is not governed by this notice",
        [],
    ),
    (
        {**REFUND, "reason": "conscription"},
        "ruling",
        "本通知未规定此种情形是否退费，待裁定 / this notice has no rule on a refund in this case; a ruling is missing",
        [],
    ),
    (
        {**REFUND, "assistance_received": [{"source": "medical_assistance", "amount": 32001}]},
        "ruling",
        "已享受资助部分如何退回，本通知未规定，待裁定"
        " / where the assisted share of this refund goes is not settled by this notice; a ruling is missing",
        ["五"],
    ),
    (
        {**REFUND, "applied_on": "2021-02-01", "event_on": None},
        "event_on",
        "缺少event_on，无法确定 / not known, and the answer depends on it: event_on",
        ["五"],
    ),
    (
        {"question": "duplicate", "notice": "hunan-2021", "enrolments": [ENROLMENT, ENROLMENT]},
        "ruling",
        "本通知未规定此种重复参保如何清理，待裁定"
        " / this notice has no rule on this kind of duplicate enrolment; a ruling is missing",
        [],
    ),
    (
        {"question": "duplicate", "notice": "jilin-2021", "enrolments": [ENROLMENT, ENROLMENT]},
        "ruling",
        "应保留的参保关系不是恰好一个，待裁定 / not exactly one enrolment is the one to keep; a ruling is missing",
        ["六"],
    ),
    (
        {"question": "duplicate", "notice": "jilin-2021", "enrolments": [{**FLEXIBLE, "entitled": True}, ENROLMENT]},
        "enrolments.1.entitled",
        "缺少enrolments.1.entitled，无法确定 / not known, and the answer depends on it: enrolments.1.entitled",
        ["六"],
    ),
    (
        {**SHIQUAN, "pooling_area": "440305"},
        "pooling_area",
        "pooling_area 440305 不在本通知适用范围 / pooling_area 440305 is not governed by shiquan-2021",
        [],
    ),
    (
        {**SHIQUAN, "birth_date": "2020-10-02"},
        "birth_date",
        "birth_date（出生日期）晚于缴费日"
        " / birth_date lies after the day of payment, so the facts contradict one another",
        [],
    ),
    (
        {**SHIQUAN, "as_of": "2021-02-01"},
        "local.late_payers",
        "集中缴费期外、名单以外人员的缴费标准由当地决定，未设定参数 late_payers"
        " / what a late payer outside the named groups owes is a local decision; the parameter late_payers is not set",
        ["一(四)"],
    ),
    (
        {**CHANGCHUN, "as_of": "2022-10-02"},
        "ruling",
        "待遇起始日晚于2022-12-31，参保年度已结束，待裁定"
        " / cover would only start after the insured year ends on 2022-12-31; a ruling is missing",
        ["一", "二", "三"],
    ),
    (
        {**HUNAN, "flags": [{**ALLOWANCE, "area": "430124"}]},
        "local.assistance.minimum_living_allowance",
        "未设定参数 assistance.minimum_living_allowance（由当地确定的资助标准），资助金额无法确定"
        " / the local parameter assistance.minimum_living_allowance is not set, so the assistance is not known",
        ["二(三)", "二(四)", "二(五)", "三(二)"],
    ),
    (
        {**HUNAN, "flags": [{**ALLOWANCE, "area": "430101"}]},
        "ruling",
        "低保在外地认定，本通知未规定其资助，待裁定"
        " / minimum_living_allowance was recognised elsewhere, and this notice does not say what that gives;"
        " a ruling is missing",
        ["二(三)", "二(四)", "二(五)"],
    ),
    (
        {**HUNAN, "flags": [{**ALLOWANCE, "area": "440305"}]},
        "ruling",
        "低保在外地认定，本通知未规定其资助，待裁定"
        " / minimum_living_allowance was recognised elsewhere, and this notice does not say what that gives;"
        " a ruling is missing",
        ["二(三)", "二(四)", "二(五)"],
    ),
    (
        {**HUNAN, "as_of": "2021-03-01", "circumstances": ["moved_in"]},
        "local.full_funding_standard",
        "未设定参数 full_funding_standard（年度筹资标准），应缴金额无法确定"
        " / the local parameter full_funding_standard is not set, so the amount due is not known",
        ["二(二)", "二(五)"],
    ),
]

ASKED_BY = {
    "changchun-2022": {"ruling": "三："},
    "hunan-2021": {
        "ruling": "二(四)：",
        "local.assistance.minimum_living_allowance": "二(四)、三(二)：",
        "local.full_funding_standard": "二(二)、二(五)：",
    },
}
"""The clauses that asked for what is missing, as they lead the last sentence."""


@pytest.mark.parametrize(("asked", "missing", "reason", "clauses"), REASONS)
def test_an_undetermined_answer_says_why_in_both_languages(
    asked: dict[str, Any], missing: str, reason: str, clauses: list[str]
) -> None:
    given, valid = Desk(Path()).answer(orjson.dumps(asked), 1)
    assert valid
    assert (given["notice"], given["outcome"]) == (asked["notice"], "undetermined")
    assert given["missing"] == [missing]
    assert given["reason"] == reason
    leads = ASKED_BY.get(asked["notice"], {}) if asked["question"] == "assess" else {}
    assert given["why"][-1] == leads.get(missing, "") + reason
    assert given["clauses"] == clauses


@pytest.mark.parametrize(
    ("facts", "missing", "reason"),
    [
        (
            {},
            "lapsed_years",
            "缺少断缴年数（lapsed_years），待遇等待期无法确定"
            " / the wait depends on lapsed_years, which is not known, and it may outlast the insured year",
        ),
        (
            {"lapsed_years": 9},
            "repaired_years",
            "缺少修复年数（repaired_years），待遇等待期无法确定"
            " / the wait depends on repaired_years, which is not known, and it may outlast the insured year",
        ),
    ],
)
def test_an_unknown_lapse_says_what_is_needed(facts: dict[str, int], missing: str, reason: str) -> None:
    asked = {**ASSESS, "notice": EXAMPLE, "pooling_area": "999901", "as_of": "2026-05-01", **facts}
    given = assess(notice_called(EXAMPLE), None, AssessQuestion.model_validate(asked)).answer()
    assert (given["missing"], given["reason"], given["clauses"]) == ([missing], reason, ["二", "三(二)"])
    assert given["why"][-1] == f"三(二)：{reason}"


def test_an_identity_that_ends_on_the_day_asked_has_ended_and_one_fen_received_is_received() -> None:
    given, _ = Desk(Path()).answer(orjson.dumps({**REVOCATION, "as_of": "2020-12-31", "assistance_received": 1}), 1)
    assert (given["notice"], given["outcome"], given["clawback"]) == ("jilin-2021", "clawback", 1)


def test_a_referral_names_the_rule_that_refers_and_the_fact_that_names_the_area() -> None:
    student = {"stage": "college", "school_area": "610924", "enrolled_on": "2020-09-01"}
    for facts, by in (({"student": student}, "school_area"), ({"household_area": "610924"}, "household_area")):
        asked = {**SHIQUAN, **facts}
        if by == "household_area":
            asked["residence_area"] = None
        decision = assess(notice_called("shiquan-2021"), None, AssessQuestion.model_validate(asked))
        assert (decision.outcome, decision.refer_to, decision.refer_by) == ("refer", "610924", by)
        assert decision.reason == f"{decision.steps[0].zh} / {decision.steps[0].en}"


def test_a_closed_window_says_so_in_the_words_of_its_rule() -> None:
    given = assess(
        notice_called("shiquan-2021"), None, AssessQuestion.model_validate({**SHIQUAN, "as_of": "2020-08-31"})
    )
    assert given.reason == (
        "集中缴费期自2020年9月1日开始，此前不受理"
        " / the window opens on 1 September 2020; before it no payment is accepted"
    )


def test_a_newborn_without_premium_has_its_lines_its_cover_and_nothing_missing() -> None:
    newborn = {**SHIQUAN, "birth_date": "2021-02-01", "registered_on": "2021-03-01", "as_of": "2021-03-01"}
    decision = assess(notice_called("shiquan-2021"), None, AssessQuestion.model_validate(newborn))
    assert [(line.insurance, line.standard, line.assistance) for line in decision.lines] == [
        ("resident_medical", 0, ())
    ]
    assert (decision.cover, decision.missing, decision.rate_class) == ("cover-from-birth", (), "newborn")


def test_a_share_of_another_category_keeps_its_own_funder() -> None:
    local = LocalParameters.model_validate(
        {
            **{"notice": "hunan-2021", "areas": "430124"},
            "assistance": {"registered_poor": {"amount": 20000, "source": "municipal_fiscal"}},
        }
    )
    for category, source, amount in (
        ("registered_poor", "municipal_fiscal", 20000),
        ("edge_household", "county_fiscal", 10000),
    ):
        flags = [{"category": category, "area": "430124", "recognised_on": "2019-01-01"}]
        asked = AssessQuestion.model_validate({**HUNAN, "flags": flags})
        paid = assess(notice_called("hunan-2021"), local, asked).lines[0].assistance
        assert [(part.source, part.amount) for part in paid] == [(source, amount)]


def test_what_lost_stands_below_the_rule_that_only_the_highest_counts() -> None:
    flags = [
        {"category": word, "area": "610922", "recognised_on": "2019-01-01"} for word in ("orphan", "registered_poor")
    ]
    decision = assess(notice_called("shiquan-2021"), None, AssessQuestion.model_validate({**SHIQUAN, "flags": flags}))
    won = next(step for step in decision.steps if step.rule == "assist-extreme-poverty")
    assert [step.rule for step in won.children] == ["highest-once", "assist-registered-poor"]


def test_every_line_of_assistance_names_its_rule_and_an_unmet_condition_its_category() -> None:
    known = {"area": "220106", "recognised_on": "2021-03-01"}
    flags = [{**known, "category": word} for word in ("minimum_living_allowance", "model_worker")]
    asked = AssessQuestion.model_validate({**CHANGCHUN, "flags": flags})
    notice = notice_called("changchun-2022")
    decision = assess(notice, None, asked)
    paid = [part.rule for part in decision.lines[0].assistance]
    assert paid == ["assist-130", "subsidise-allowance-adult-district", "subsidise-allowance-adult-district"]
    lost = [(step.rule, step.zh) for step in decision.walk() if step.verdict == "lost"]
    told = "困难劳模未适用：不符合其条件（城区内无其他医保的困难劳模，经审定由市财政、市总工会各补助180元）"
    assert lost == [("subsidise-model-worker", told)]
    met = assess(notice, None, asked.model_copy(update={"circumstances": ("no_other_cover",)}))
    assert [step.rule for step in met.walk() if step.verdict == "lost"] == []


def test_what_person_and_department_pay_alike_is_still_due(tmp_path: Path) -> None:
    notice = broken("shiquan-2021", "amount: 83000", "amount: 56000", tmp_path)
    flags = [{"category": "orphan", "area": "610922", "recognised_on": "2019-01-01"}]
    asked = {**SHIQUAN, "as_of": "2021-07-01", "circumstances": ["demobilised_soldier"], "flags": flags}
    decision = assess(notice, None, AssessQuestion.model_validate(asked))
    assert (decision.outcome, decision.due, decision.sponsor_due) == ("due", 28000, 28000)


def test_an_insurance_without_a_rate_for_somebody_does_not_end_the_levy(tmp_path: Path) -> None:
    care = "{id: care, clauses: 二, summary: {zh: 护, en: care}, insurance: long_term_care, rate_class: uniform"
    first = f"rates:\n  - {care}, amount: 1000, when: {{student: college}}}}\n"
    notice = broken(EXAMPLE, "rates:\n", first, tmp_path)
    asked = {**ASSESS, "notice": EXAMPLE, "pooling_area": "999901", "as_of": "2025-10-01", "lapsed_years": 0}
    decision = assess(notice, None, AssessQuestion.model_validate(asked))
    assert [(line.insurance, line.due) for line in decision.lines] == [("resident_medical", 40000)]


def test_the_place_of_enrolment_is_told_where_it_is_special_and_not_where_it_is_home() -> None:
    student = {"stage": "college", "school_area": "610922", "enrolled_on": "2020-09-01"}
    rules = []
    for facts in ({}, {"student": student}):
        decision = assess(notice_called("shiquan-2021"), None, AssessQuestion.model_validate({**SHIQUAN, **facts}))
        rules.append([step.rule for step in decision.steps][:2])
    assert rules == [["window", "standard-premium"], ["new-college-student", "new-college-student-at-school"]]
