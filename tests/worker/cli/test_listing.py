"""Lists on a terminal of 80 columns."""

import pytest
from click.testing import CliRunner

from policies.vocabulary import CATEGORIES, SOURCES
from worker.cli import COMMANDS, SECTIONS, levy
from worker.cli.listing import print_rows

_WHY = ("account_missing", "account_closed", "name_mismatch", "no_account")


@pytest.mark.parametrize("because", _WHY)
def test_held_assistance_is_one_line_each(
    because: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = [
        {"assistance": 23_456, "person_no": "6109220000001517", "category": word, "yuan": "120.00", "because": because}
        for word in (*CATEGORIES, *SOURCES)
    ]
    print_rows(rows, False, "")
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.split() == ["assistance", "person_no", "category", "yuan", "because"]
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        assert line.split() == [str(value) for value in row.values()]
        assert len(line) <= 80


def test_the_help_lists_every_command_once_under_a_heading() -> None:
    named = [name for names in SECTIONS.values() for name in names.split()]
    assert sorted(named) == sorted(COMMANDS)
    told = CliRunner().invoke(levy, ["--help"]).output
    assert all(f"{heading}:" in told for heading in SECTIONS)
    assert all(f"\n  {name} " in told for name in COMMANDS)
