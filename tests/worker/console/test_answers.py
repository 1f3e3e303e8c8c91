"""What-ifs computed beside the pages: asked once, kept for a while, told of when they fail, given up for newer ones."""

from threading import Event
from typing import Any, cast

import pytest

from worker.console import answers as room
from worker.console.answers import Answers
from worker.report.whatif import Considered

ONE = cast(Considered, object())
SECONDS = 30.0


class Slow:
    """What is computed only when it is let."""

    def __init__(self) -> None:
        self.let, self.begun = Event(), 0

    def __call__(self) -> Considered:
        self.begun += 1
        assert self.let.wait(SECONDS)
        return ONE


def refuse() -> Considered:
    raise ValueError("no notice could hold it")


def test_whoever_asks_meanwhile_waits_for_the_same_answer_however_long_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "_FRESH_SECONDS", -1.0)
    answers, slow = Answers(), Slow()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            answers.ask("300", slow, 0.01)
    slow.let.set()
    name, answer = answers.ask("300", slow, SECONDS)
    assert (answer, slow.begun, answers.find(name)) == (ONE, 1, ONE)
    answers.ask("300", slow, SECONDS)
    assert slow.begun == 2, "it is old by now"


def test_an_answer_is_kept_for_a_while_and_a_failure_is_told_once() -> None:
    answers, calls = Answers(), list[int]()

    def compute() -> Considered:
        calls.append(1)
        return ONE

    for _ in range(2):
        answers.ask("300", compute, SECONDS)
    assert len(calls) == 1
    with pytest.raises(ValueError, match="no notice"):
        answers.ask("301", refuse, SECONDS)
    assert answers.ask("301", compute, SECONDS)[1] is ONE


def test_the_oldest_of_too_many_is_given_up_and_its_page_asks_again() -> None:
    answers, slow = Answers(), Slow()
    later = [Slow() for _ in range(5)]
    for number, one in enumerate([slow, *later]):
        one_more: Any = one
        with pytest.raises(TimeoutError):
            answers.ask(f"{number}", one_more, 0.01)
    for one in (slow, *later):
        one.let.set()
    assert answers.ask("5", later[4], SECONDS)[1] is ONE
    assert later[0].begun == 0, "it had not begun when it was given up"
    assert answers.ask("1", later[0], SECONDS)[1] is ONE
    assert later[0].begun == 1
