"""Kinds of rule that no official notice here uses yet: a wait that grows with lapse, bands of age, several windows."""

from typing import Any

import pytest

from policies.assess import assess
from policies.load import load_notice
from policies.question import AssessQuestion
from tests.policies.every_notice import EXAMPLE, notice_called

ADULT = {"question": "assess", "pooling_area": "999901", "birth_date": "1980-05-01"}


def ask(paid_on: str, notice: str = EXAMPLE, **facts: Any) -> dict[str, Any]:
    """The answer for an adult who pays on a day."""
    asked = {**ADULT, "notice": notice, "as_of": paid_on, **facts}
    return assess(notice_called(notice), None, AssessQuestion.model_validate(asked)).answer()


@pytest.mark.parametrize(
    ("lapsed", "repaired", "months", "starts_on"),
    [
        (0, 0, 3, "2026-05-11"),
        (1, 0, 4, "2026-06-11"),
        (1, 1, 3, "2026-05-11"),
        (3, 0, 6, "2026-08-11"),
        (3, 3, 3, "2026-05-11"),
        (4, 0, 7, "2026-09-11"),
        (4, 1, 6, "2026-08-11"),
        (4, 4, 6, "2026-08-11"),
        (6, 2, 7, "2026-09-11"),
    ],
)
def test_each_lapsed_year_adds_a_month_each_repaired_year_takes_one_down_to_the_floor(
    lapsed: int, repaired: int, months: int, starts_on: str
) -> None:
    answer = ask("2026-02-10", lapsed_years=lapsed, repaired_years=repaired)
    assert answer["outcome"] == "due"
    assert answer["benefit"] == {"starts_on": starts_on, "ends_on": "2026-12-31", "waiting": {"months": months}}


def test_a_lapse_brings_the_wait_into_the_window_and_continuous_cover_keeps_it_out() -> None:
    assert ask("2025-10-10", lapsed_years=2, repaired_years=0)["benefit"]["starts_on"] == "2026-03-11"
    assert ask("2025-09-10", lapsed_years=1, repaired_years=1)["benefit"]["starts_on"] == "2026-01-01"
    assert ask("2025-10-10", lapsed_years=0)["benefit"] == {
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
        "waiting": None,
    }


def test_unknown_years_of_lapse_leave_the_case_undetermined_and_name_the_fact() -> None:
    for paid_on in ("2025-10-10", "2026-02-10", "2026-03-10", "2026-06-10"):
        answer = ask(paid_on)
        assert (answer["outcome"], answer["due"], answer["missing"]) == ("undetermined", None, ["lapsed_years"])
        assert "断缴年数" in answer["reason"]


def test_unknown_repair_leaves_the_cover_undated_while_no_repair_could_change_the_money() -> None:
    answer = ask("2026-02-10", lapsed_years=4)
    assert (answer["outcome"], answer["due"], answer["benefit"]) == ("due", 40000, None)
    assert answer["missing"] == ["repaired_years"]


def test_unknown_repair_is_undetermined_where_only_repaired_years_bring_cover_into_the_year() -> None:
    late = ask("2026-06-10", lapsed_years=4)
    assert (late["outcome"], late["due"], late["missing"]) == ("undetermined", None, ["repaired_years"])
    assert ask("2026-06-10", lapsed_years=4, repaired_years=4)["benefit"]["starts_on"] == "2026-12-11"
    assert ask("2026-06-10", lapsed_years=4, repaired_years=0)["missing"] == ["ruling"]


def test_a_longest_wait_that_ends_with_the_year_leaves_the_levy_on_and_a_day_later_does_not() -> None:
    assert (ask("2026-05-30", lapsed_years=4)["outcome"], ask("2026-05-31", lapsed_years=4)["outcome"]) == (
        "due",
        "undetermined",
    )


def test_without_a_lapse_nothing_can_be_repaired_and_nothing_is_asked() -> None:
    assert ask("2026-02-10", lapsed_years=0)["benefit"]["waiting"] == {"months": 3}


def test_a_wait_beyond_the_year_needs_a_ruling_whatever_the_lapse() -> None:
    for facts in ({}, {"lapsed_years": 0}, {"lapsed_years": 5, "repaired_years": 5}, {"lapsed_years": 5}):
        answer = ask("2026-10-01", **facts)
        assert (answer["outcome"], answer["missing"]) == ("undetermined", ["ruling"])
    assert ask("2026-09-30", lapsed_years=0)["benefit"]["starts_on"] == "2026-12-31"


def test_years_of_lapse_change_nothing_under_a_notice_that_does_not_ask_for_them() -> None:
    facts = {"pooling_area": "610922", "household_area": "610922", "notice": "shiquan-2021"}
    without = ask("2020-10-01", **facts)
    assert without["outcome"] == "due"
    for lapsed in (0, 4, 99):
        assert ask("2020-10-01", **facts, lapsed_years=lapsed, repaired_years=0) == without
    assert all(
        cover.lapse is None for name in ("shiquan-2021", "hunan-2021") for cover in load_notice(name).covers_from
    )


@pytest.mark.parametrize(
    ("paid_on", "birth_date", "due"),
    [
        ("2026-02-10", "2008-02-11", 30000),
        ("2026-02-10", "2008-02-10", 40000),
        ("2026-02-28", "2008-02-29", 40000),
        ("2026-02-27", "2008-02-29", 30000),
        ("2026-02-10", "1956-01-01", 20000),
        ("2026-02-10", "1956-01-02", 40000),
        ("2026-02-10", "1946-01-02", 20000),
        ("2026-02-10", "1946-01-01", 40000),
    ],
)
def test_a_band_of_age_starts_and_ends_on_the_birthday(paid_on: str, birth_date: str, due: int) -> None:
    assert ask(paid_on, birth_date=birth_date, lapsed_years=0)["due"] == due


@pytest.mark.parametrize(
    ("birth_date", "paid"),
    [
        ("1980-05-01", [("medical_assistance", 24000)]),
        ("1966-02-10", [("medical_assistance", 20000), ("fiscal", 16000)]),
        ("1950-05-01", [("medical_assistance", 10000), ("fiscal", 8000)]),
        ("2020-05-01", [("medical_assistance", 18000)]),
    ],
)
def test_assistance_in_percent_is_a_share_of_the_persons_own_standard(birth_date: str, paid: list[Any]) -> None:
    flags = [{"category": "minimum_living_allowance", "area": "999901", "recognised_on": "2020-01-01"}]
    answer = ask("2026-02-10", birth_date=birth_date, flags=flags, lapsed_years=0)
    line = answer["lines"][0]
    assert [(part["source"], part["amount"]) for part in line["assistance"]] == paid
    assert line["standard"] == answer["due"] + sum(amount for _, amount in paid)


@pytest.mark.parametrize(
    ("paid_on", "outcome", "channel", "starts_on"),
    [
        ("2025-08-31", "closed", None, None),
        ("2025-09-01", "due", "ordinary", "2026-01-01"),
        ("2025-12-31", "due", "ordinary", "2026-01-01"),
        ("2026-01-01", "due", "special", "2026-04-02"),
        ("2026-02-28", "due", "special", "2026-05-29"),
        ("2026-03-01", "due", "special", "2026-04-01"),
        ("2026-03-31", "due", "special", "2026-04-01"),
        ("2026-04-01", "due", "special", "2026-07-02"),
        ("2027-01-01", "closed", None, None),
    ],
)
def test_each_window_of_the_year_has_its_own_days_and_cover(
    paid_on: str, outcome: str, channel: str | None, starts_on: str | None
) -> None:
    answer = ask(paid_on, lapsed_years=0)
    assert (answer["outcome"], answer["channel"]) == (outcome, channel)
    assert (answer["benefit"] or {}).get("starts_on") == starts_on


def test_more_repaired_than_lapsed_years_is_no_question() -> None:
    with pytest.raises(ValueError, match="more years are repaired than the 2"):
        ask("2026-02-10", lapsed_years=2, repaired_years=3)
