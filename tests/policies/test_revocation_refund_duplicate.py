"""What becomes of assistance, premiums and enrolments when something went otherwise."""

import json
from pathlib import Path
from typing import Any

import pytest

from policies.answering import Desk


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """The answer to a valid question."""
    given, valid = Desk(Path()).answer(json.dumps(question).encode(), 1)
    assert valid, given
    return given


def revocation(**changes: Any) -> dict[str, Any]:
    """Minimum living allowance in Jilin, paid in the window, 130 yuan received, ended in December."""
    usual = {
        "question": "revocation",
        "notice": "jilin-2021",
        "pooling_area": "220106",
        "category": "minimum_living_allowance",
        "revoked_on": "2020-12-31",
        "paid_on": "2020-11-01",
        "assistance_received": 13000,
        "as_of": "2021-01-10",
    }
    return answer({**usual, **changes})


def test_jilin_claws_back_what_was_received_before_the_year_and_holds_cover() -> None:
    given = revocation()
    assert (given["outcome"], given["clawback"], given["benefit_held"]) == ("clawback", 13000, True)
    assert given["clauses"] == ["二(二)"]


def test_jilin_cancels_what_was_not_paid_yet() -> None:
    given = revocation(assistance_received=0)
    assert (given["outcome"], given["clawback"], given["benefit_held"]) == ("cancel", 0, False)


def test_jilin_keeps_what_ended_on_the_first_of_january() -> None:
    given = revocation(revoked_on="2021-01-01")
    assert (given["outcome"], given["clawback"]) == ("keep", 0)


def test_shiquan_keeps_what_ended_after_payment_and_cancels_what_had_ended_before() -> None:
    shiquan = {"notice": "shiquan-2021", "pooling_area": "610922", "as_of": "2021-06-01"}
    assert revocation(**shiquan, revoked_on="2021-03-01")["outcome"] == "keep"
    assert revocation(**shiquan, revoked_on="2020-10-31", assistance_received=0)["outcome"] == "cancel"
    assert revocation(**shiquan, revoked_on="2020-10-31")["outcome"] == "undetermined"


@pytest.mark.parametrize(
    "changes",
    [
        {"notice": "hunan-2021", "pooling_area": "430124"},
        {"notice": "changchun-2022"},
        {"notice": "jilin-2023"},
        {"revoked_on": "2021-02-01", "as_of": "2021-01-10"},
        {"category": "severe_disability"},
        {"paid_on": "2021-02-01"},
        {"pooling_area": "230102"},
    ],
)
def test_a_revocation_without_a_rule_is_undetermined_and_has_no_amount(changes: dict[str, Any]) -> None:
    given = revocation(**changes)
    assert (given["outcome"], given["clawback"], given["benefit_held"]) == ("undetermined", None, None)
    assert given["reason"]
    assert given["missing"]


def refund(**changes: Any) -> dict[str, Any]:
    """A Jilin adult who joined the employee scheme before cover started."""
    usual = {
        "question": "refund",
        "notice": "jilin-2021",
        "pooling_area": "220106",
        "reason": "joined_employee_scheme",
        "applied_on": "2020-12-20",
        "paid_on": "2020-11-01",
        "paid": 32000,
        "insurance": "resident_medical",
        "event_on": "2020-12-10",
        "benefits_used": False,
        "own_fault": False,
        "assistance_received": [],
        "benefit": {"starts_on": "2021-01-01", "ends_on": "2021-12-31", "waiting": None},
    }
    return answer({**usual, **changes})


def test_cause_and_application_before_cover_give_the_premium_back() -> None:
    given = refund()
    assert (given["outcome"], given["refund"]) == ("refund", [{"to": "person", "amount": 32000}])
    assert (given["ends_cover"], given["handoff"], given["clauses"]) == (True, False, ["五"])


def test_the_assisted_share_goes_back_to_its_fund() -> None:
    given = refund(assistance_received=[{"source": "medical_assistance", "amount": 13000}])
    assert given["refund"] == [{"to": "medical_assistance", "amount": 13000}, {"to": "person", "amount": 19000}]


def test_a_premium_assisted_in_full_goes_back_to_the_fund_alone() -> None:
    given = refund(assistance_received=[{"source": "medical_assistance", "amount": 32000}])
    assert (given["outcome"], given["refund"]) == ("refund", [{"to": "medical_assistance", "amount": 32000}])


def test_a_refund_during_the_wait_is_a_refund_before_cover() -> None:
    waits = {"starts_on": "2021-05-01", "ends_on": "2021-12-31", "waiting": {"months": 3}}
    assert (
        refund(paid_on="2021-01-31", applied_on="2021-04-30", event_on="2021-04-01", benefit=waits)["outcome"]
        == "refund"
    )


def test_cause_and_application_from_the_first_day_of_cover_give_nothing() -> None:
    given = refund(applied_on="2021-01-01", event_on="2021-01-01", reason="death")
    assert (given["outcome"], given["refund"]) == ("no_refund", [])


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"applied_on": "2021-01-01"}, "ruling"),
        ({"applied_on": "2021-02-01", "event_on": None}, "event_on"),
        ({"reason": "conscription"}, "ruling"),
        ({"benefit": None}, "benefit"),
        ({"assistance_received": [{"source": "medical_assistance", "amount": 33000}]}, "ruling"),
        ({"notice": "jilin-2023"}, "ruling"),
        ({"notice": "hunan-2021", "pooling_area": "430124"}, "ruling"),
    ],
)
def test_a_refund_that_no_rule_settles_is_undetermined(changes: dict[str, Any], missing: str) -> None:
    given = refund(**changes)
    assert (given["outcome"], given["refund"]) == ("undetermined", None)
    assert given["missing"] == [missing]


SHIQUAN: dict[str, Any] = {
    "notice": "shiquan-2021",
    "pooling_area": "610922",
    "paid": 28000,
    "paid_on": "2020-11-01",
    "applied_on": "2021-03-01",
}


def test_shiquan_refunds_who_was_in_the_employee_scheme_before_paying() -> None:
    given = refund(**SHIQUAN, event_on="2020-10-31")
    assert (given["outcome"], given["refund"], given["ends_cover"]) == (
        "refund",
        [{"to": "person", "amount": 28000}],
        True,
    )
    assert given["clauses"] == ["六(四)"]


def test_shiquan_gives_nothing_back_to_who_joined_after_paying_or_used_benefits() -> None:
    assert refund(**SHIQUAN, event_on="2020-11-02")["outcome"] == "no_refund"
    assert refund(**SHIQUAN, event_on="2020-10-31", benefits_used=True)["outcome"] == "no_refund"
    assert refund(**SHIQUAN, event_on="2020-11-01")["outcome"] == "undetermined"


@pytest.mark.parametrize("reason", ["death", "conscription", "imprisonment"])
def test_shiquan_ends_cover_without_a_refund(reason: str) -> None:
    given = refund(**SHIQUAN, reason=reason, event_on="2021-02-01")
    assert (given["outcome"], given["refund"], given["ends_cover"]) == ("no_refund", [], True)


def test_a_payment_in_the_wrong_area_is_handed_over_and_counts_from_the_first_payment() -> None:
    given = refund(**SHIQUAN, reason="wrong_area", intended_area="610921")
    assert (given["outcome"], given["handoff"], given["ends_cover"]) == ("refund", True, True)
    assert (given["final_review_by"], given["cover_counts_from"]) == ("610922", "2020-11-01")
    assert refund(**SHIQUAN, reason="wrong_area", intended_area="610921", own_fault=True)["outcome"] == "undetermined"
    assert refund(**SHIQUAN, reason="wrong_area")["missing"] == ["intended_area"]


def enrolment(**changes: Any) -> dict[str, Any]:
    """A resident enrolment away from the usual residence."""
    usual = {
        "scheme": "resident",
        "area": "220106",
        "usual_residence": False,
        "as_student": False,
        "months": 24,
        "flexible_employment": False,
    }
    return {**usual, **changes}


def duplicate(*enrolments: dict[str, Any], notice: str = "jilin-2021") -> dict[str, Any]:
    """The answer on several enrolments."""
    return answer({"question": "duplicate", "notice": notice, "enrolments": list(enrolments)})


def test_the_usual_residence_is_kept_among_resident_enrolments() -> None:
    given = duplicate(enrolment(), enrolment(usual_residence=True), enrolment())
    assert (given["outcome"], given["keep"], given["terminate"], given["suspend"]) == ("resolved", 1, [0, 2], [])
    assert given["clauses"] == ["六"]


def test_a_student_keeps_the_enrolment_at_the_school() -> None:
    given = duplicate(enrolment(usual_residence=True), enrolment(as_student=True))
    assert (given["keep"], given["terminate"]) == (1, [0])


def test_a_year_in_the_employee_scheme_keeps_it() -> None:
    given = duplicate(enrolment(usual_residence=True), enrolment(scheme="employee", months=12))
    assert (given["keep"], given["terminate"]) == (1, [0])
    assert duplicate(enrolment(), enrolment(scheme="employee", months=11))["outcome"] == "undetermined"


def test_flexible_employment_keeps_what_can_be_drawn_on_and_suspends_the_other() -> None:
    flexible = enrolment(scheme="employee", months=30, flexible_employment=True, entitled=False)
    given = duplicate(flexible, enrolment(entitled=True))
    assert (given["outcome"], given["keep"], given["terminate"], given["suspend"]) == ("resolved", 1, [], [0])
    assert duplicate(flexible, enrolment())["missing"] == ["enrolments.1.entitled"]
    assert duplicate({**flexible, "entitled": True}, enrolment(entitled=True))["outcome"] == "undetermined"


@pytest.mark.parametrize("notice", ["shiquan-2021", "changchun-2022", "hunan-2021", "jilin-2023"])
def test_a_notice_without_a_rule_on_duplicates_leaves_them_undetermined(notice: str) -> None:
    given = duplicate(enrolment(), enrolment(usual_residence=True), notice=notice)
    assert (given["outcome"], given["keep"], given["terminate"]) == ("undetermined", None, [])
    assert given["reason"]


def test_twice_in_the_employee_scheme_or_two_usual_residences_are_undetermined() -> None:
    assert duplicate(enrolment(scheme="employee"), enrolment(scheme="employee"))["outcome"] == "undetermined"
    assert duplicate(enrolment(usual_residence=True), enrolment(usual_residence=True))["outcome"] == "undetermined"
