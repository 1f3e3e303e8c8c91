"""Cases of each notice as a clerk would tell them, in ``cases/*.yaml``; none of its rules and boundaries lacks one."""

from pathlib import Path
from typing import Any

import pytest

from policies.load import available_notices
from tests.policies import told_cases
from tests.policies.told_cases import (
    FILES,
    book_of,
    boundaries_without_case,
    decided_case,
    rules_without_case,
    told,
)

CASES = [
    pytest.param(book, case, id=f"{book['notice']}: {case['case']}")
    for book in map(book_of, FILES)
    for case in book["cases"]
]


@pytest.mark.parametrize(("book", "case"), CASES)
def test_case_is_decided_as_told(book: dict[str, Any], case: dict[str, Any]) -> None:
    answer = decided_case(book, case).answer
    assert answer["notice"] == book["notice"]
    assert (answer["outcome"] == "undetermined") == (answer["reason"] is not None) or answer["outcome"] in {
        "refer",
        "closed",
    }
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


def test_every_notice_has_its_book_of_cases() -> None:
    assert tuple(path.stem for path in FILES) == available_notices()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rule_decides_in_some_case(path: Path) -> None:
    assert rules_without_case(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_boundary_has_a_case_on_both_sides(path: Path) -> None:
    assert boundaries_without_case(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_or_a_boundary_without_its_case_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = told(path)
    for rule in {step.rule for step in book[0].steps if step.verdict == "decided"}:
        left = tuple(case for case in book if all(step.rule != rule for step in case.steps))
        monkeypatch.setattr(told_cases, "told", lambda _, left=left: left)
        assert rule in rules_without_case(path)
    first_day_closed = book[0].question.as_of
    left = tuple(case for case in book if getattr(case.question, "as_of", None) != first_day_closed)
    monkeypatch.setattr(told_cases, "told", lambda _: left)
    assert f"paid {first_day_closed}" in boundaries_without_case(path)
