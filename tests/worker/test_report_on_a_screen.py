"""The report of a whole county fits 80 columns, and its headings say what adds up to what."""

import csv
import json
from io import StringIO
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console

from worker.report.claims import COLUMNS
from worker.report.figures import Report, Town
from worker.report.show import show, write_csv, write_json


class _Zeros(dict[str, int]):
    def __missing__(self, name: str) -> int:
        return 0


def _county() -> Report:
    large = Town("610922100", "云雾山镇", 143_486, 157_446, 143_000, 1_892, 1_554, 4_000, 7_000, 2_400, 4_000_000_000)
    small = Town("610922101", "城关镇", 100, 100, 98, 0, 0, 0, 2)
    fund = dict.fromkeys(("sponsored", "netted", "granted", "paid_out", "under_way", "held"), 1_234_567_890)
    funds = [{"source": "medical_assistance", "people": 99_999, **fund}]
    told = {
        "stages": {"intake": 12.5},
        "claims": [{"source": "medical_assistance"} | dict.fromkeys(COLUMNS, 1_234_567_890)],
    }
    return Report("610922", "石泉县", 2021, 99, [large, small], funds, [], _Zeros(), [], 0, [], **told)  # type: ignore[arg-type]


def test_the_tables_fit_80_columns_and_nothing_in_them_is_cut() -> None:
    screen = StringIO()
    show(_county(), Console(file=screen, width=80, highlight=False))
    printed = screen.getvalue()
    tables = printed[: printed.index("Files: ")]
    assert "…" not in printed
    assert max(map(cell_len, tables.splitlines())) <= 80
    for whole in ("云雾山镇", "143,486", "157,446", "40000000.00", "12345678.90", "outside", "not claimed"):
        assert whole in tables
    assert "登记 enrolled = 已缴 paid + 计划外 outside plan" in tables


def test_the_files_name_those_outside_the_plan(tmp_path: Path) -> None:
    write_csv(_county(), tmp_path / "report.csv")
    write_json(_county(), tmp_path / "report.json")
    rows = list(csv.DictReader((tmp_path / "report.csv").open(encoding="utf-8-sig")))
    parts = ("已缴 paid", "计划外 outside plan", "免缴 free", "退回 rejected", "未缴 unpaid")
    for row in rows:
        assert int(row["登记 enrolled"]) == sum(int(row[part]) for part in parts)
    assert rows[-1]["代缴 sponsored"] == "2400"
    assert json.loads((tmp_path / "report.json").read_bytes())["total"]["outside_plan"] == 1_892
