"""A clerk's round: a bad list, its reasons, the correction sheet, mended and taken in again."""

import csv
import json
import re
import stat
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from tests.adapters.bureau.reading import ENROLMENT, FLAG, lines_of
from tests.worker.intake.conftest import Desk
from worker.cli import intake, quarantine
from worker.flows.intake.review import HeldRow
from worker.flows.intake.sheet import write_sheet
from worker.foreign_text import plain

BAD = ENROLMENT | {"cert_no": "610922199003078510", "town": "石头镇"}
MENDED = {"证件号码": ENROLMENT["cert_no"], "乡镇": "城关镇"}


def levy(*arguments: str | Path) -> Result:
    name, *rest = map(str, arguments)
    command = {"intake": intake.command, "quarantine": quarantine.command}[name]
    return CliRunner().invoke(command, rest, catch_exceptions=False)


def dropped(folder: Path, content: str, name: str = "城关镇.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def mend(sheet: Path, changes: dict[str, str], into: Path) -> Path:
    """The sheet with some cells of every row typed anew."""
    if sheet.suffix == ".csv":
        header, *rows = csv.reader(sheet.read_text(encoding="utf-8-sig").splitlines())
    else:
        header, *rows = CalamineWorkbook.from_path(sheet).get_sheet_by_index(0).to_python()
    mended = [[changes.get(name, cell) for name, cell in zip(header, row, strict=True)] for row in rows]
    with xlsxwriter.Workbook(into) as book:
        book.set_properties({"comments": into.name})  # two copies are two files
        page = book.add_worksheet()
        for at, row in enumerate([header, *mended]):
            page.write_row(at, 0, row)
    return into


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_mended_sheet_closes_the_rows_it_mends(desk: Desk, tmp_path: Path, suffix: str) -> None:
    said = levy("intake", dropped(tmp_path, lines_of(BAD)), "--business-date", "2020-08-31")
    assert "1 row of enrolments read: 0 new, 0 changed, 0 already known, 1 quarantined" in said.output
    sheet = tmp_path / f"更正{suffix}"
    told = levy("quarantine", "export", sheet)
    assert "names and identity numbers in clear" in told.output
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    assert desk.facts("quarantine.exported")[0]["rows"] == 1

    mended, events = mend(sheet, MENDED, tmp_path / "mended.xlsx"), desk.one("SELECT count(*) FROM audit_event")
    look = levy("intake", "--dry-run", mended, "--business-date", "2020-09-05")
    assert "nothing was taken in. It would be: 1 row of enrolments read: 1 new, 0 changed" in look.output
    assert "It mends 1 row that had been quarantined." in look.output
    assert desk.counts()["enrolment"] == 0
    assert len(desk.held()) == 1
    assert desk.one("SELECT count(*) FROM audit_event") == events
    again = levy("intake", mended, "--business-date", "2020-09-05")
    assert "1 new" in again.output
    assert "It mends 1 row that had been quarantined." in again.output
    assert desk.rows("SELECT state, closed_by FROM quarantined_row") == [("fixed", "mended.xlsx")]
    assert desk.held() == []
    assert desk.counts()["enrolment"] == 1


def test_a_sheet_that_is_still_wrong_takes_the_old_rows_place(desk: Desk, tmp_path: Path) -> None:
    levy("intake", dropped(tmp_path, lines_of(BAD)), "--business-date", "2020-08-31")
    levy("quarantine", "export", tmp_path / "sheet.xlsx")
    half = mend(tmp_path / "sheet.xlsx", {"乡镇": "城关镇"}, tmp_path / "half.xlsx")
    levy("intake", half, "--business-date", "2020-09-05")
    assert desk.rows("SELECT state FROM quarantined_row ORDER BY id") == [("replaced",), ("open",)]
    assert [[problem.code for problem in row.problems] for row in desk.held()] == [["cert_checksum"]]


def test_a_sheet_taken_in_as_it_was_exported_changes_nobody(desk: Desk, tmp_path: Path) -> None:
    contradicting = ENROLMENT | {"household_no": "H00000999"}
    levy("intake", dropped(tmp_path, lines_of(ENROLMENT, contradicting)), "--business-date", "2020-08-31")
    assert [[problem.code for problem in row.problems] for row in desk.held()] == [["duplicate_differs"]]
    levy("quarantine", "export", tmp_path / "sheet.xlsx")
    said = levy("intake", mend(tmp_path / "sheet.xlsx", {}, tmp_path / "unmended.xlsx"))
    assert "0 new, 0 changed, 0 already known, 1 quarantined" in said.output
    assert desk.one("SELECT household_no FROM enrolment") == ENROLMENT["household_no"]
    assert [[problem.code for problem in row.problems] for row in desk.held()] == [["duplicate_differs"]]
    said = levy("intake", mend(tmp_path / "sheet.xlsx", {}, tmp_path / "once-more.xlsx"))
    assert "0 new, 0 changed, 0 already known, 1 quarantined" in said.output
    assert len(desk.held()) == 1, "and again"
    assert desk.one("SELECT household_no FROM enrolment") == ENROLMENT["household_no"]


def test_a_sheet_without_a_date_has_that_of_the_list_it_mends_so_that_a_newer_list_wins(
    desk: Desk, tmp_path: Path
) -> None:
    levy("intake", dropped(tmp_path, lines_of(BAD)), "--business-date", "2020-08-31")
    levy("quarantine", "export", tmp_path / "sheet.xlsx")
    levy("intake", mend(tmp_path / "sheet.xlsx", MENDED, tmp_path / "mended.xlsx"))
    assert desk.one("SELECT max(business_date) FROM intake_file") == date(2020, 8, 31)
    newer = ENROLMENT | {"household_no": "H00000777"}
    levy("intake", dropped(tmp_path, lines_of(newer), "newer.csv"), "--business-date", "2020-09-05")
    assert desk.one("SELECT household_no FROM enrolment") == "H00000777"


def test_next_months_list_settles_what_this_months_list_left_open(desk: Desk) -> None:
    other = ENROLMENT | {"person_no": "6109220000000002", "cert_no": "11010519491231002X", "birth_date": "1949-12-31"}
    nameless = other | {"person_no": "", "town": "石头镇"}
    desk.take(lines_of(BAD, ENROLMENT, ENROLMENT, nameless), "8月.csv")
    desk.take(lines_of(FLAG | {"recognised_on": ""}, FLAG | {"category": "优抚", "area": ""}), "8月民政.csv")
    assert len(desk.held()) == 5

    september = desk.take(lines_of(ENROLMENT, other | {"town": "石头镇"}, nameless), "9月.csv", date(2020, 9, 30))
    assert (september.closed, september.quarantined) == (2, 2)
    assert desk.take(lines_of(FLAG), "9月民政.csv", date(2020, 9, 30)).closed == 1
    assert [(row.file, row.line) for row in desk.held()] == [("8月民政.csv", 3), ("9月.csv", 3), ("9月.csv", 4)]
    assert desk.rows("SELECT state, count(*) FROM quarantined_row GROUP BY 1 ORDER BY 1") == [
        ("fixed", 3),
        ("open", 3),
        ("replaced", 1),
    ]


def test_an_older_list_settles_nothing(desk: Desk) -> None:
    desk.take(lines_of(BAD), "9月.csv", date(2020, 9, 30))
    assert desk.take(lines_of(ENROLMENT), "8月.csv").closed == 0
    assert len(desk.held()) == 1


def test_the_reasons_in_the_sheet_are_chinese_and_name_the_column(desk: Desk, tmp_path: Path) -> None:
    levy("intake", dropped(tmp_path, lines_of(BAD)), "--business-date", "2020-08-31")
    levy("quarantine", "export", tmp_path / "sheet.csv")
    header, row = csv.reader((tmp_path / "sheet.csv").read_text(encoding="utf-8-sig").splitlines())
    cells = dict(zip(header, row, strict=True))
    assert cells["问题说明"] == "证件号码：身份证号码校验位不符，请核对原件；乡镇：不是该区划的乡镇"
    assert (cells["原文件"], cells["原行号"], cells["姓名"]) == ("城关镇.csv", "2", "张三")


def test_kinds_go_to_sheets_of_their_own_and_nothing_is_overwritten(desk: Desk, tmp_path: Path) -> None:
    levy("intake", dropped(tmp_path, lines_of(BAD)), "--business-date", "2020-08-31")
    flags = dropped(tmp_path, lines_of(FLAG | {"category": "五保"}), "flags.csv")
    levy("intake", flags, "--business-date", "2020-08-31")
    assert levy("quarantine", "export", tmp_path / "sheet.xlsx").exit_code == 0
    assert {path.name for path in tmp_path.glob("sheet*")} == {"sheet-enrolments.xlsx", "sheet-flags.xlsx"}
    refused = levy("quarantine", "export", tmp_path / "sheet.xlsx")
    assert refused.exit_code == 1
    assert "exists already" in refused.output
    assert levy("quarantine", "export", tmp_path / "sheet.pdf").exit_code == 2
    assert len(desk.facts("quarantine.exported")) == 1


def test_a_formula_in_a_cell_stays_text(desk: Desk, tmp_path: Path) -> None:
    formula = '=HYPERLINK("http://x.example")'
    row = ENROLMENT | {"name": formula.replace('"', "'")}
    levy("intake", dropped(tmp_path, lines_of(row)), "--business-date", "2020-08-31")
    for name in ("sheet.csv", "sheet.xlsx"):
        levy("quarantine", "export", tmp_path / name)
    assert ",=HYPER" not in (tmp_path / "sheet.csv").read_text(encoding="utf-8-sig")
    cells = CalamineWorkbook.from_path(tmp_path / "sheet.xlsx").get_sheet_by_index(0).to_python()
    assert row["name"] in cells[1]
    mended = mend(tmp_path / "sheet.csv", {"姓名": "张三"}, tmp_path / "mended.xlsx")
    levy("intake", mended, "--business-date", "2020-09-01")
    assert desk.held() == []


@pytest.mark.parametrize("before", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r=", " =", "\u3000＝"])
def test_no_cell_of_a_csv_sheet_begins_as_a_formula_may(desk: Desk, tmp_path: Path, before: str) -> None:
    row = desk_row(desk, ENROLMENT | {"name": f"{before}cmd"})
    write_sheet(tmp_path / "sheet.csv", "enrolments", [row])
    cells = list(csv.reader((tmp_path / "sheet.csv").read_text(encoding="utf-8-sig").splitlines()))[1]
    written = next(cell for cell in cells if "cmd" in cell)
    assert written.startswith("'")


def desk_row(desk: Desk, cells: dict[str, str]) -> HeldRow:
    return HeldRow(1, "list.csv", "enrolments", 2, cells, ())


@pytest.mark.parametrize("foreign", ["[/x]6109221972[/y]", "[bold]", "a\x1b[2Jb", "a\x9b2Jb", "a\u202eb"])
def test_what_stands_in_cells_and_names_of_files_is_shown_and_does_nothing(
    desk: Desk, tmp_path: Path, foreign: str
) -> None:
    row = ENROLMENT | {"name": foreign, "cert_no": foreign, "area": foreign}
    path = dropped(tmp_path, lines_of(row), f"{foreign.replace('/', '')}.csv")
    said = levy("intake", path, "--business-date", "2020-08-31").output
    for output in (said, levy("quarantine", "list").output, levy("quarantine", "list", "--json").output):
        assert not re.search("[\x1b\x9b\u202e]", output)
    assert plain(path.name) in levy("quarantine", "list").output


def test_the_list_is_masked_and_can_be_narrowed(desk: Desk, tmp_path: Path) -> None:
    levy("intake", dropped(tmp_path, lines_of(BAD)), "--business-date", "2020-08-31")
    shown = levy("quarantine", "list").output
    assert "张* 6109**********8510" in shown
    assert "张三" not in shown
    assert "石头镇" not in shown
    lines = levy("quarantine", "list", "--json", "--code", "unknown_town").output.splitlines()
    assert [json.loads(line)["line"] for line in lines] == [2]
    assert levy("quarantine", "list", "--code", "duplicate").output == "No open rows.\n"
    assert levy("quarantine", "list", "--file", "饶峰").output == "No open rows.\n"
    assert levy("quarantine", "list", "--code", "nonsense").exit_code == 2


def test_a_row_that_needs_no_mending_is_dismissed_with_a_reason(desk: Desk, tmp_path: Path) -> None:
    levy("intake", dropped(tmp_path, lines_of(ENROLMENT, ENROLMENT)), "--business-date", "2020-08-31")
    number = desk.held()[0].id
    assert levy("quarantine", "dismiss", str(number), "--reason", "重复").output == "1 of 1 rows closed.\n"
    assert desk.facts("quarantine.dismissed") == [{"ids": [number], "reason": "重复"}]
    assert levy("quarantine", "dismiss", str(number), "--reason", "重复").exit_code == 1


def test_a_file_that_cannot_be_taken_says_why_and_the_others_go_on(desk: Desk, tmp_path: Path) -> None:
    stranger = dropped(tmp_path, "姓名,电话\n张三,1\n", "通讯录.csv")
    good = dropped(tmp_path, lines_of(ENROLMENT))
    said = levy("intake", stranger, tmp_path / "missing.csv", good, "--business-date", "2020-08-31")
    assert said.exit_code == 1
    assert "通讯录.csv: not taken in. No header of ours was found in it." in said.output
    assert "missing.csv: not taken in. There is no file of this name." in said.output
    assert desk.counts()["enrolment"] == 1


def test_the_day_of_a_list_is_its_folders(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "2020-08-31"
    folder.mkdir()
    levy("intake", dropped(folder, lines_of(ENROLMENT)))
    assert str(desk.one("SELECT business_date FROM intake_file")) == "2020-08-31"


@pytest.mark.parametrize("reference", ["9" * 30, "９９", "7\x00"])
def test_a_reference_that_is_no_number_of_ours_is_quarantined_and_stops_nothing(desk: Desk, reference: str) -> None:
    bad = {"quarantine_id": reference} | ENROLMENT
    taken = desk.take(lines_of(bad, {"quarantine_id": ""} | ENROLMENT))
    assert (taken.outcome, taken.added, taken.quarantined) == ("taken", 1, 1)
    assert [row.sentences("en") for row in desk.held() if row.line == 2]


def test_a_heading_that_no_database_can_hold_is_told_without_it(desk: Desk) -> None:
    taken = desk.take(lines_of(ENROLMENT | {"odd\x00\u202eheading": ""}))
    assert (taken.outcome, taken.added) == ("taken", 1)
    assert taken.notes == ("Columns that are not read: odd\ufffd\ufffdheading.",)
