"""A rule that says something else than the official text is found, and so is a text that no rule accounts for."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from policies.notice import Notice
from tests.policies.official_texts import (
    document,
    known_sources,
    nearby,
    problems,
    problems_of,
    sample_document,
    sample_text,
    spots,
    with_value,
)

SOURCES = [pytest.param(*pair, id=pair[0].stem) for pair in known_sources()]


def rule(rules: dict[str, Any], name: str) -> dict[str, Any]:
    """The rule of this id in the rules as YAML."""
    parts = (*rules["rates"], *rules["covers_from"], *rules["routes"], *rules["assistance"]["rules"])
    return next(part for part in parts if part["id"] == name)


def told(rules: dict[str, Any], text: str) -> set[tuple[str, str]]:
    """Question and clause of each problem."""
    return {(finding.question, finding.place) for finding in problems(rules, text)}


@pytest.mark.parametrize(("rules", "text"), SOURCES)
def test_every_notice_is_proved_both_ways(rules: Path, text: Path) -> None:
    found = problems(document(rules), text.read_text(encoding="utf-8"))
    assert [finding.problem for finding in found] == []


@pytest.mark.parametrize(("rules", "text"), SOURCES)
def test_no_amount_span_or_day_of_a_rule_can_slip_unnoticed(rules: Path, text: Path) -> None:
    right, official = document(rules), text.read_text(encoding="utf-8")
    tried, unnoticed = 0, []
    for path, value in spots(right):
        for wrong in nearby(value):
            try:
                notice = Notice.model_validate(with_value(right, path, wrong))
            except ValidationError:
                continue
            tried += 1
            if not problems_of(notice, official):
                unnoticed.append((path, value, wrong))
    assert tried >= 25
    assert unnoticed == []


def test_a_wrong_amount_is_caught() -> None:
    rules = sample_document()
    rule(rules, "adult-premium")["amount"] = 21000
    [finding] = problems(rules, sample_text())
    assert finding.question == "carried"
    assert finding.problem is not None
    assert "adult-premium" in finding.problem.en
    assert "21000" in finding.problem.zh


def test_twenty_is_not_found_inside_two_hundred() -> None:
    rules = sample_document()
    rule(rules, "adult-premium").update(amount=2000, took={"一": ["20元"]})
    found = problems(rules, sample_text())
    assert ("taken", "一") in {(finding.question, finding.place) for finding in found}
    assert any("200元" in finding.problem.en for finding in found if finding.problem and finding.question == "taken")


@pytest.mark.parametrize("near", ["2", "0元", "00元", "20", "200", "200天", "12月31日"])
def test_a_figure_is_a_whole_token_with_its_unit(near: str) -> None:
    rules = sample_document()
    rule(rules, "adult-premium")["took"] = {"一": [near]}
    assert ("taken", "一") in told(rules, sample_text())


def test_a_right_amount_in_the_wrong_clause_is_caught_with_the_place_where_it_stands() -> None:
    rules = sample_document()
    rule(rules, "adult-premium").update(clauses="三", took={"三": ["200元"]})
    found = [finding for finding in problems(rules, sample_text()) if finding.question == "taken"]
    assert [finding.place for finding in found] == ["三"]
    assert found[0].problem is not None
    assert found[0].problem.en.endswith("it stands in 一")


def test_amounts_that_changed_places_within_a_clause_are_caught() -> None:
    rules = sample_document()
    rule(rules, "adult-premium").update(amount=12000, took={"一": ["120元"]})
    rule(rules, "minor-or-student-premium").update(amount=20000)
    rule(rules, "minor-or-student-premium")["took"]["一"][0] = "200元"
    rule(rules, "adult-premium")["summary"]["zh"] = "成年人120元"
    rule(rules, "minor-or-student-premium")["summary"]["zh"] = "学生及18周岁以下200元"
    assert told(rules, sample_text()) == {("named", "一")}


@pytest.mark.parametrize(
    ("name", "field", "wrong"),
    [
        ("assist-allowance", "categories", "extreme_poverty"),
        ("assist-allowance", "categories", "severe_disability"),
        ("assist-disability", "categories", "minimum_living_allowance"),
        ("assist-in-full", "categories", "orphan"),
        ("assist-allowance", "shares", [{"source": "district_fiscal", "amount": 8000}]),
        ("assist-disability", "shares", [{"source": "medical_assistance", "amount": 8000}]),
    ],
)
def test_an_amount_for_the_wrong_people_or_from_the_wrong_fund_is_caught(name: str, field: str, wrong: Any) -> None:
    rules = sample_document()
    rule(rules, name)[field] = wrong
    assert ("named", "三") in told(rules, sample_text())


def test_a_figure_that_stands_twice_must_say_which() -> None:
    rules = sample_document()
    rule(rules, "assist-allowance")["took"] = {"三": ["80元"]}
    assert ("taken", "三") in told(rules, sample_text())
    rule(rules, "assist-allowance")["took"] = {"三": ["80元#3"]}
    assert ("taken", "三") in told(rules, sample_text())


def test_each_place_of_a_repeated_figure_is_accounted_for_by_itself() -> None:
    rules = sample_document()
    rule(rules, "assist-disability")["took"] = {"三": ["80元#1"]}
    assert ("figures", "三") in told(rules, sample_text())


def test_a_reworded_clause_is_caught() -> None:
    text = sample_text().replace("登记并缴费", "登记或缴费")
    assert told(sample_document(), text) == {("wording", "二(二)2")}


@pytest.mark.parametrize(("first", "second"), [("7 号", "8 号"), ("2030 年度城乡", "2031 年度城乡")])
def test_another_document_or_year_is_caught(first: str, second: str) -> None:
    text = sample_text().replace(first, second).replace("2030年度参保", "2031年度参保")
    assert ("cited", "题首") in told(sample_document(), text)


def test_a_dropped_clause_is_caught_by_all_that_rests_on_it() -> None:
    start, end = sample_text().index("2.新生儿"), sample_text().index("三、资助")
    text = sample_text()[:start] + sample_text()[end:]
    found = told(sample_document(), text)
    assert {("cited", "二(二)2"), ("taken", "二(二)2"), ("wording", "二(二)2")} <= found


def test_a_new_clause_is_caught() -> None:
    text = sample_text().replace("  本通知自", "（三）另行通知。各区可以延长缴费期。\n  本通知自")
    assert {("clauses", "四(三)"), ("wording", "四(三)")} <= told(sample_document(), text)


@pytest.mark.parametrize("figure", ["15元", "两年", "百分之十", "2030年3月5日", "3月5日", "7", "１５元", "(2030)9号"])
def test_a_number_or_date_that_no_rule_accounts_for_is_caught(figure: str) -> None:
    text = sample_text().replace("先缴后补；", f"先缴后补，另有{figure}；")
    assert told(sample_document(), text) == {("figures", "三"), ("wording", "三")}


def test_a_clause_that_is_neither_encoded_nor_left_out_is_caught() -> None:
    rules = sample_document()
    del rules["not_encoded"][1]
    assert told(rules, sample_text()) == {
        ("clauses", "四(一)"),
        ("clauses", "四(二)"),
        ("figures", "四(一)"),
        ("figures", "四(二)"),
    }


@pytest.mark.parametrize(
    "entry",
    [
        {"clauses": "九"},
        {"clauses": "三"},
        {"clauses": "四(一)", "partly": True},
        {"clauses": "四(一)", "figures": ["96%"]},
        {"clauses": "三", "figures": ["80元#2"]},
    ],
    ids=["no such clause", "a rule cites it", "no rule cites it", "no such figure", "a rule takes it"],
)
def test_what_is_left_out_must_be_there_and_not_be_encoded_after_all(entry: dict[str, Any]) -> None:
    rules = sample_document()
    rules["not_encoded"].append({**entry, "reason": {"zh": "无", "en": "none"}})
    assert {question for question, _ in told(rules, sample_text())} == {"left_out"}


def test_a_summary_that_tells_another_figure_is_caught() -> None:
    rules = sample_document()
    rule(rules, "adult-premium")["summary"]["zh"] = "成年人210元"
    assert told(rules, sample_text()) == {("told", "一")}


def test_a_day_beside_the_border_that_the_text_draws_is_caught() -> None:
    rules = sample_document()
    rule(rules, "later-payment")["when"]["paid"]["last"] = rule(rules, "later-payment")["when"]["paid"]["last"].replace(
        day=29
    )
    assert told(rules, sample_text()) == {("carried", "二(二)1")}
