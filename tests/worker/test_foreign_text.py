"""Foreign text on a screen: it is seen as it stands, and neither markup nor a terminal's commands in it do anything."""

import json
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from worker.cli.listing import print_rows
from worker.foreign_text import plain
from worker.report.figures import Report
from worker.report.show import show

HOSTILE = "[/x]6109[bold]\x1b[2J\x9b\u202e"
SEEN = r"[/x]6109[bold]\x1b[2J\x9b\u202e"


def test_what_a_terminal_obeys_is_shown_as_an_escape_and_nothing_else_is_changed() -> None:
    assert plain("城关镇 [1]·é\U0001f600") == "城关镇 [1]·é\U0001f600"
    assert plain("a\x1b\n\x7f\x9b\u202e\udcff") == r"a\x1b\x0a\x7f\x9b\u202e\xff"


def test_a_list_shows_markup_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"reason": HOSTILE, "day": date(2020, 8, 31)}], False, "")
    assert SEEN in capsys.readouterr().out


def test_json_lines_hold_the_text_and_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"reason": HOSTILE}], True, "")
    line = capsys.readouterr().out
    assert json.loads(line) == {"reason": HOSTILE}
    assert line.rstrip("\n").isprintable()


def test_a_report_shows_what_is_wrong_as_it_is_written() -> None:
    empty = Report("610922", "石泉县", 2021, 95, [], [], [], _Zeros(), [], 0, [])
    screen = StringIO()
    show(
        replace(empty, ledger_problems=[HOSTILE], audit_flaws=[HOSTILE], neighbour_problems=[HOSTILE]),
        Console(file=screen),
    )
    assert screen.getvalue().count(SEEN) == 3


class _Zeros(dict[str, int]):
    def __missing__(self, name: str) -> int:
        return 0
