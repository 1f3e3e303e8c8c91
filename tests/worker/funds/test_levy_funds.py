"""`levy funds` on the command line, and the workbook that it writes for the finance bureau."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from python_calamine import CalamineWorkbook

from tests.worker.flows.town import Town
from tests.worker.funds.claims import number, paid
from worker.cli import levy
from worker.funds.listing import read_lines, read_statement
from worker.funds.workbook import write_workbook


def said(*words: object, code: int = 0) -> str:
    """What the command says; fails when it ends otherwise."""
    outcome = CliRunner().invoke(levy, ["funds", *map(str, words)], env={"COLUMNS": "120"})
    assert outcome.exit_code == code, (outcome.output, outcome.exception)
    return outcome.output


def rows_of(path: Path, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def test_a_statement_from_drawing_to_the_last_fen(changchun: Town) -> None:
    told = said("draw", "--period", "2021-11", "--source", "municipal_fiscal", "--by", "郑")
    one = number(changchun, 0)
    assert f"{one}  市财政: 1 lines, 70.00 claimed, 0.00 deducted, 70.00 yuan asked for" in told
    assert "are drawn already" in said("draw", "--period", "2021-11", "--source", "municipal_fiscal")
    settled = ("settle", one, "--voucher", "CZ-1", "--on", "2030-01-05", "--by", "郑", "--amount")
    assert "50.00 yuan booked, 20.00 still open" in said(*settled, "50")
    assert "nothing changed" in said(*settled, "50")
    assert "write digits with at most two decimals" in said(*settled, "50.001", code=2)
    listed = said()
    assert one in listed
    assert "partly_settled" in listed
    line = next(line.split() for line in listed.splitlines() if line.startswith("市财政"))
    assert line[1:] == ["70.00", "0.00", "50.00", "20.00", "0.00", "0.00", "20.00"]
    line = next(line.split() for line in listed.splitlines() if line.startswith("医疗救助资金"))
    assert line[1:] == ["0.00", "0.00", "0.00", "0.00", "130.00", "0.00", "130.00"], "not claimed yet, and owed"
    shown = said("show", one)
    assert "四(二)" in shown
    assert "CZ-1" in shown
    assert "四(二)" in said("show", one, "--json")
    said("draw", "--period", "2021-11", "--by", "郑")
    assert "is withdrawn" in said("withdraw", number(changchun, 1), "--reason", "名单有误", "--by", "郑")
    assert changchun.desk.facts("funds.withdrawn")[0]["reason"] == "名单有误"
    for flag in ("--all", "--json"):
        assert one in said(flag)


def test_what_a_department_pays_itself_is_listed_apart(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town.of(monkeypatch, "610922", 2021)
    town.enrol(1, date(2020, 8, 20))
    town.flag(1, "特困", "2019-03-01", day=date(2020, 8, 20))
    town.tick(date(2020, 9, 2), "assess", "sponsor")
    town.pay(1, date(2020, 9, 5), channel="sponsor")
    town.tick(date(2020, 10, 1), "pull_payments", "funds")
    told = said()
    assert "No fund assists anybody yet." in told
    assert next(line.split() for line in told.splitlines() if line.startswith("医疗救助资金"))[1:] == [
        "1", "280.00", "280.00",
    ]  # fmt: skip


def test_the_workbook_has_the_sums_to_sign_and_every_line(changchun: Town, tmp_path: Path) -> None:
    changchun.tick(date(2021, 12, 1), "funds")
    changchun.pay_out(date(2021, 12, 2))
    out = tmp_path / "claim.xlsx"
    assert "names masked" in said("export", number(changchun, 2), out)
    assert out.stat().st_mode & 0o777 == 0o600
    sums, lines = rows_of(out, "汇总"), rows_of(out, "明细")
    assert sums[0][0] == "绿园区 2022 年度城乡居民医保资助资金申请汇总表"
    assert "资金来源：市财政" in sums[1][0]
    assert "所属期：2021年11月" in sums[2][0]
    assert sums[3] == ["镇（街道）", "事项", "身份类别", "依据条款", "人数", "金额（元）"]
    assert sums[4] == ["正阳街道", "申请资助", "低保", "四(二)", 1, 70]
    assert [row[5] for row in sums[5:8]] == [70, 0, 70]
    assert sums[8][0] == "人民币（大写）：柒拾元整"
    signs = " ".join(str(cell) for row in sums[9:] for cell in row)
    assert all(word in signs for word in ("制表：", "审核：", "签章"))
    heading, line = lines[3], lines[4]
    told = dict(zip(heading, line, strict=True))
    assert told["姓名"] == "张*"
    assert told["人员编号"] == "P000000000000001"
    assert (told["资助方式"], told["依据条款"]) == ("先征后补", "四(二)")
    assert (told["个人缴费标准（元）"], told["金额（元）"]) == (360, 70)
    assert (told["缴费日期"], told["发放（退回）日期"]) == ("2021-11-02", "2020-10-20")
    assert "exists already" in said("export", number(changchun, 2), out, code=1)


def test_names_in_clear_leave_an_event(jiaohe: Town, tmp_path: Path) -> None:
    jiaohe.tick(date(2020, 12, 1), "funds")
    said("export", number(jiaohe, 0), tmp_path / "masked.xlsx")
    assert jiaohe.desk.facts("funds.exported") == []
    said("export", number(jiaohe, 0), tmp_path / "clear.xlsx", "--in-clear", "--by", "郑")
    assert rows_of(tmp_path / "clear.xlsx", "明细")[4][2] == "张三"
    told = jiaohe.desk.facts("funds.exported")
    assert [(one["number"], one["lines"], one["by"]) for one in told] == [(number(jiaohe, 0), 1, "郑")]


def test_nothing_in_a_workbook_is_a_formula(jiaohe: Town, tmp_path: Path) -> None:
    jiaohe.tick(date(2020, 12, 1), "funds")
    with jiaohe.house.engine.connect() as connection:
        statement = read_statement(connection, jiaohe.area, number(jiaohe, 0))
        lines = read_lines(connection, statement.row.id)
    out = tmp_path / "evil.xlsx"
    write_workbook(out, statement, lines, ['=HYPERLINK("http://x","y")'])
    assert rows_of(out, "明细")[4][2] == '=HYPERLINK("http://x","y")'
    with zipfile.ZipFile(out) as archive:
        content = "".join(archive.read(name).decode() for name in archive.namelist() if "sheet" in name)
    assert "<f>" not in content


def test_a_deduction_of_more_than_is_claimed_is_shown_below_zero(jiaohe: Town, tmp_path: Path) -> None:
    jiaohe.tick(date(2020, 12, 1), "funds")
    paid(jiaohe, number(jiaohe, 0), 13000, "CZ-1", date(2020, 12, 1))
    jiaohe.flag(1, "低保", "2019-03-01", day=date(2020, 12, 20), revoked_on="2020-12-10")
    jiaohe.tick(date(2020, 12, 20), "assess", "assess")
    jiaohe.tick(date(2021, 1, 1), "funds")
    said("export", number(jiaohe, 1), tmp_path / "back.xlsx")
    sums = rows_of(tmp_path / "back.xlsx", "汇总")
    assert sums[4][1:] == ["核减：资助取消", "低保", sums[4][3], 1, -130]
    assert sums[8][0] == "人民币（大写）：负壹佰叁拾元整"
