"""Cases of each notice as a clerk would tell them, in ``cases/*.yaml``."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.assess import assess
from policies.load import load_notice
from policies.local import LocalParameters, bound_problems
from policies.question import AssessQuestion

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def told_cases() -> list[Any]:
    """Every case of every file, named by its own words."""
    told = []
    for path in FILES:
        book = yaml.safe_load(path.read_text(encoding="utf-8"))
        told += [pytest.param(book, case, id=f"{path.stem}: {case['case']}") for case in book["cases"]]
    return told


def answer_to(book: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    """The engine's answer to a case."""
    notice = load_notice(book["notice"])
    local = None
    if "local" in case:
        local = LocalParameters.model_validate(book["locals"][case["local"]])
        assert list(bound_problems(local, notice)) == []
    facts = {"question": "assess", "notice": book["notice"], **book["usual"], **case["facts"]}
    without = case.get("without", [])
    question = AssessQuestion.model_validate({name: value for name, value in facts.items() if name not in without})
    return assess(notice, local, question).answer()


@pytest.mark.parametrize(("book", "case"), told_cases())
def test_case_is_decided_as_told(book: dict[str, Any], case: dict[str, Any]) -> None:
    answer = answer_to(book, case)
    for name, wanted in case["expect"].items():
        match name:
            case "clauses":
                assert set(wanted) <= set(answer["clauses"]), answer["why"]
            case "why":
                for words in wanted:
                    assert any(words in sentence for sentence in answer["why"]), answer["why"]
            case "starts_on" | "ends_on" if wanted in (None, "undated"):
                assert answer["benefit"] is None
            case "starts_on" | "ends_on":
                assert answer["benefit"] is not None, answer["why"]
                assert answer["benefit"][name] == wanted.isoformat()
            case "waiting":
                assert answer["benefit"]["waiting"] == wanted
            case "assisted":
                rows = wanted if wanted and isinstance(wanted[0], list) else [wanted]
                assert assisted(answer) == rows
            case "terms":
                parts = [part for line in answer["lines"] for part in line["assistance"]]
                assert {(part["on_application"], part["paid_by_area"]) for part in parts} == {tuple(wanted)}
            case "lines":
                assert {line["insurance"]: line["due"] for line in answer["lines"]} == wanted
            case _:
                assert answer[name] == wanted, answer["why"]


def assisted(answer: dict[str, Any]) -> list[list[Any]]:
    """Category, source, amount and timing of all assistance."""
    parts = [part for line in answer["lines"] for part in line["assistance"]]
    return [[part["category"], part["source"], part["amount"], part["timing"]] for part in parts]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rule_decides_in_some_case(path: Path) -> None:
    book = yaml.safe_load(path.read_text(encoding="utf-8"))
    clauses = {clause for case in book["cases"] for clause in answer_to(book, case)["clauses"]}
    notice = load_notice(book["notice"])
    unseen = {rule.id for rule in notice.levy_rules() if not set(rule.clauses) <= clauses}
    assert unseen == set()
