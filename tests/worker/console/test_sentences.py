"""Whatever the service says to people in English has its Chinese beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.console.sentences import in_chinese
from worker.console.words import words_of
from worker.ledger.check import CHECKS

ROOT = Path(__file__).parents[3]
SAID = {
    "NotDone", "NotAllocated", "NoPeriod", "NotDrawable", "NotSettled", "CannotStep", "NoSuchCase", "NotComparable",
    "NotPossible", "AccountRefused", "NoSeason", "Later", "Parked", "Rejected", "Unavailable", "OutcomeUnknown",
    "KeyConflict", "Refused", "ShutOff", "NeverSeen", "NotYetAnswered", "InvalidReply", "ForeignPayload", "FileRefused",
    "RefusedChange", "NotConsidered", "NoOfficialText", "UnknownPeer", "Flaw", "Wrong",
    "NotFound", "NotEntered", "NoReason", "Refusal", "NotRepayable", "CannotRule",
    "RoundRefused", "SheetRefused", "Finding", "CannotRotate", "KeyRefused", "NotAtRest", "NobodyWorks",
}  # fmt: skip
"""Exceptions, outcomes and findings whose sentence a page shows."""


def sentences() -> Iterator[tuple[str, str]]:
    """Where one is written, and it, with a made-up fact in each place of one."""
    files = [path for room in ("worker", "adapters", "policies") for path in (ROOT / room).rglob("*.py")]
    for path in files:
        if not {"simulators", "cli", "api", "peer_door"} & set(path.parts):
            for call in ast.walk(ast.parse(path.read_text())):
                if isinstance(call, ast.Call) and _called(call) in SAID:
                    for given in call.args:
                        if said := _written(given):
                            yield f"{path.relative_to(ROOT)}:{given.lineno}", said


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _written(given: ast.expr) -> str:
    match given:
        case ast.Constant(value=str() as text):
            said = text
        case ast.JoinedStr(values=parts):
            said = "".join(str(one.value) if isinstance(one, ast.Constant) else "x1" for one in parts)
        case _:
            said = ""
    return said if said.count(" ") > 1 else ""


def test_every_sentence_that_a_page_shows_has_its_chinese() -> None:
    found = list(sentences())
    assert len(found) > 100
    missing = [f"{where}: {said}" for where, said in found if in_chinese(said) is None]
    assert not missing, "beside worker/console/sentences.yaml:\n" + "\n".join(missing)


def test_what_the_checks_hold_to_be_true_is_said_in_chinese_too() -> None:
    assert [check.__doc__ for check in CHECKS if in_chinese((check.__doc__ or "").strip()) is None] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("request 7 was carried_out already", "申请 7 已办结：已下达。"),
        (
            "after 8 attempts: The tax system gave no complete reply to push-1: Read timed out. (read timeout=20)"
            "; ask for it before repeating it",
            "已尝试 8 次。税务系统没有完整答复 push-1：等待 20 秒未收到答复；重发之前须先查询。",
        ),
        ("list.csv: The file is empty.", "list.csv：文件为空。"),
        ("something that nobody of ours says", "something that nobody of ours says"),
    ],
)
def test_facts_within_a_sentence_are_said_in_chinese_too(english: str, chinese: str) -> None:
    assert words_of("zh").said(english) == chinese
    assert words_of("en").said(english) == english


def test_facts_of_an_event_are_told_in_the_language_of_the_page() -> None:
    facts = {"amount": 12000, "category": "minimum_living_allowance", "dues": [{"payer": "person", "amount": 28000}]}
    zh, en = (words_of(language).facts(facts) for language in ("zh", "en"))
    assert zh == "金额（元）：120.00；身份：低保；应缴：（缴费人：本人；金额（元）：280.00）"
    assert en.startswith("amount (yuan): 120.00; category: ")
    assert en.endswith("; dues: (payer: the person; amount (yuan): 280.00)")
