"""Each thing that a condition or a rule may ask: what is asked of a person, and what an unknown answer does to it."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from policies.atoms import (
    Atom,
    Born,
    EnrolledAtSchool,
    HadCover,
    HoldsIdentity,
    InCircumstance,
    LocalIs,
    LocalUnset,
    Located,
    Paid,
    PaidByLocalDay,
    PaidWithin,
    PoolsIn,
    RegisteredWithin,
    Studies,
)
from policies.condition import When
from policies.lapse import LapseWait
from policies.refund import RefundQuestion, RefundRule
from policies.spans import Aged, Lapsed, PaidInOne

ONE, TWO = date(2021, 1, 1), date(2021, 3, 31)
RANGE = {"first": ONE, "last": TWO}
SOME = {"scheme": "employee", "months_at_least": 24, "ended": RANGE, "paid_within_months": 3, "other_city": True}


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ({"born": RANGE}, Born(ONE, TWO)),
        ({"paid": RANGE}, Paid(ONE, TWO)),
        ({"paid_in": [RANGE]}, PaidInOne(((ONE, TWO),))),
        ({"age": {"years_at_least": 3, "years_below": 9, "day": ONE}}, Aged(3, 9, ONE)),
        ({"lapsed_years": {"years_at_least": 1, "years_below": 4}}, Lapsed(1, 4)),
        ({"student": ["school", "college"]}, Studies(("school", "college"))),
        ({"enrolled_at_school": RANGE}, EnrolledAtSchool(ONE, TWO)),
        ({"circumstances": "foundling"}, InCircumstance(("foundling",))),
        ({"identity": {"categories": "orphan"}}, HoldsIdentity(("orphan",), None, None, "anywhere")),
        (
            {"identity": {"categories": "orphan", "recognised": RANGE, "where": "outside"}},
            HoldsIdentity(("orphan",), ONE, TWO, "outside"),
        ),
        ({"prior_cover": {}}, HadCover(None, 0, None, None, None, False)),
        (
            {"prior_cover": {**SOME, "identity_then": "orphan"}},
            HadCover("employee", 24, ONE, TWO, 3, True, ("orphan",)),
        ),
        ({"registered_within_days": 90}, RegisteredWithin(90)),
        ({"paid_within_days": 0}, PaidWithin(0)),
        ({"school": "here"}, Located("school_area", "here")),
        ({"household": "outside"}, Located("household_area", "outside")),
        ({"residence": "in_notice"}, Located("residence_area", "in_notice")),
        ({"pooling_area": "220106"}, PoolsIn(("220106",))),
        ({"local": {"late_payers": "standard"}}, LocalIs("late_payers", "standard")),
        ({"local_unset": "late_payers"}, LocalUnset("late_payers")),
        ({"paid_by_local_day": "collection_extended_to"}, PaidByLocalDay("collection_extended_to")),
    ],
)
def test_what_is_written_is_what_is_asked(written: dict[str, Any], asked: Atom) -> None:
    assert When.model_validate(written).own_atoms == (asked,)


@pytest.mark.parametrize(
    ("first", "second", "both", "either", "neither"),
    [
        (True, True, True, True, False),
        (True, False, False, True, False),
        (True, None, None, True, False),
        (False, False, False, False, True),
        (False, None, False, None, None),
        (None, None, None, None, None),
    ],
)
def test_an_unknown_answer_settles_nothing_that_the_other_one_leaves_open(
    first: bool | None, second: bool | None, both: bool | None, either: bool | None, neither: bool | None
) -> None:
    answers: dict[Atom, bool | None] = {PaidWithin(1): first, PaidWithin(2): second}
    parts = [{"paid_within_days": 1}, {"paid_within_days": 2}]
    every = {"any": [parts[0]], "paid_within_days": 2}
    for written, wanted in ((every, both), ({"any": parts}, either), ({"none": parts}, neither)):
        assert When.model_validate(written).truth(answers.__getitem__) is wanted


@pytest.mark.parametrize(("years", "answer"), [(0, False), (1, True), (3, True), (4, False), (None, None)])
def test_a_band_of_lapse_starts_with_its_first_year_and_ends_before_its_last(
    years: int | None, answer: bool | None
) -> None:
    facts: Any = SimpleNamespace(question=SimpleNamespace(lapsed_years=years))
    assert Lapsed(1, 4).of(facts) is answer


@pytest.mark.parametrize("day", [ONE, TWO])
def test_both_days_of_a_window_belong_to_it(day: date) -> None:
    facts: Any = SimpleNamespace(paid_on=day)
    assert PaidInOne(((ONE, TWO),)).of(facts) is True


def test_a_wait_without_repair_stays_and_the_first_years_may_be_free() -> None:
    assert LapseWait(months_per_year=2).months(3, 4, 4) == 11
    assert LapseWait(months_per_year=1, years_free=1).months(3, 1, 0) == 3
    assert LapseWait(months_per_year=1, years_free=1).months(3, 2, 0) == 4


REFUND = {
    **{
        "question": "refund",
        "notice": "x-2021",
        "pooling_area": "220106",
        "reason": "death",
        "applied_on": "2020-12-20",
    },
    **{"paid_on": "2020-11-01", "paid": 1, "insurance": "resident_medical", "benefits_used": False, "own_fault": False},
    "benefit": {"starts_on": "2021-01-01", "ends_on": "2021-12-31"},
}
RULE = {"id": "x", "clauses": "一", "summary": {"zh": "x", "en": "x"}, "outcome": "refund", "ends_cover": True}


@pytest.mark.parametrize(
    ("asks", "facts", "answer"),
    [
        ({"reasons": "death"}, {}, (True, "reason")),
        ({"reasons": "conscription"}, {}, (False, "reason")),
        ({"benefits_used": True}, {}, (False, "benefits_used")),
        ({"own_fault": False}, {}, (True, "own_fault")),
        ({"applied": "before_cover"}, {"applied_on": "2020-12-31"}, (True, "benefit")),
        ({"applied": "before_cover"}, {"applied_on": "2021-01-01"}, (False, "benefit")),
        ({"applied": "after_cover"}, {"applied_on": "2021-01-01"}, (True, "benefit")),
        ({"applied": "after_cover"}, {"benefit": None}, (None, "benefit")),
        ({"event": "before_payment"}, {"event_on": "2020-10-31"}, (True, "event_on")),
        ({"event": "before_payment"}, {"event_on": "2020-11-01"}, (False, "event_on")),
        ({"event": "after_payment"}, {"event_on": "2020-11-01"}, (False, "event_on")),
        ({"event": "after_payment"}, {"event_on": "2020-11-02"}, (True, "event_on")),
        ({"event": "after_payment"}, {}, (None, "event_on")),
        ({"event": "before_cover"}, {"benefit": None}, (None, "benefit")),
        ({"event": "before_cover"}, {}, (True, "event_on")),
        ({"event": "before_cover"}, {"applied_on": "2021-01-01"}, (None, "event_on")),
        ({"event": "before_cover"}, {"event_on": "2020-12-31", "applied_on": "2021-01-01"}, (True, "event_on")),
        ({"event": "before_cover"}, {"event_on": "2021-01-01"}, (False, "event_on")),
        ({"event": "after_cover"}, {"event_on": "2021-01-01"}, (True, "event_on")),
        ({"handoff": True}, {}, (None, "intended_area")),
        ({"handoff": True}, {"intended_area": "220106"}, (False, "intended_area")),
        ({"handoff": True}, {"intended_area": "220182"}, (True, "intended_area")),
    ],
)
def test_what_a_refund_rule_asks_is_answered_with_the_name_of_the_fact(
    asks: dict[str, Any], facts: dict[str, Any], answer: tuple[bool | None, str]
) -> None:
    rule = RefundRule.model_validate({**RULE, **asks})
    assert list(rule.tests(RefundQuestion.model_validate({**REFUND, **facts}))) == [answer]
