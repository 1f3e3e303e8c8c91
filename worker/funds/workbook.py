"""A statement of claim as a workbook for the finance bureau: 汇总, the sums to be signed, and 明细, line by line."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from config.areas import load_areas
from policies.money import Fen
from policies.vocabulary import name_zh
from worker.funds.capitals import capitals
from worker.funds.listing import Statement
from worker.funds.period import Period

_AS_TYPED = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
KINDS = {"claim": "申请资助", "cancelled": "核减：资助取消", "repaid": "核减：已追回", "refunded": "核减：退费退回"}
_TIMINGS = {"at_levy": "先补后征", "after_payment": "先征后补", "": ""}
_SUM_COLUMNS = (("镇（街道）", 18), ("事项", 16), ("身份类别", 26), ("依据条款", 22), ("人数", 9), ("金额（元）", 16))
_LINE_COLUMNS = (
    *(("序号", 7), ("镇（街道）", 16), ("姓名", 12), ("人员编号", 20), ("身份类别", 24), ("险种", 14), ("事项", 16)),
    *(("资助方式", 12), ("依据条款", 20), ("个人缴费标准（元）", 19), ("金额（元）", 14), ("缴费日期", 12)),
    ("发放（退回）日期", 17),
)


class Sheets:
    """The two sheets of one statement, written cell by cell as text, amounts as numbers with two decimals."""

    def __init__(self, book: Any, statement: Statement) -> None:
        self._statement, row = statement, statement.row
        self._area = load_areas()[row.area]
        self._towns = {town.code: town.name for town in self._area.towns}
        border = {"border": 1, "valign": "vcenter"}
        self._title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
        self._plain = book.add_format({"num_format": "@"})
        self._head = book.add_format({"bold": True, "align": "center", "bg_color": "#E7EDF5", **border})
        self._text = book.add_format({"num_format": "@", **border})
        self._money = book.add_format({"num_format": "#,##0.00", **border})
        self._count = book.add_format({"num_format": "#,##0", **border})
        self._bold = {
            "text": book.add_format({"bold": True, **border}),
            "money": book.add_format({"bold": True, "num_format": "#,##0.00", **border}),
        }

    def sums(self, sheet: Any) -> None:
        """汇总: by town, category and clause; the total in figures and capitals; places to sign."""
        self._open(sheet, _SUM_COLUMNS, "资助资金申请汇总表", landscape=False)
        at = 4
        for one in self._statement.sums:
            words = (self._town(one.town), KINDS[one.kind], _category(one.category), one.clauses)
            self._words(sheet, at, 0, words)
            sheet.write_number(at, 4, one.people, self._count)
            sheet.write_number(at, 5, _number(one.fen), self._money)
            at += 1
        row = self._statement.row
        for label, amount in (("申请资助合计", row.claimed), ("核减合计", -row.deducted), ("本期应拨付", row.net)):
            sheet.merge_range(at, 0, at, 4, label, self._bold["text"])
            sheet.write_number(at, 5, _number(amount), self._bold["money"])
            at += 1
        sheet.merge_range(at, 0, at, 5, f"人民币（大写）：{capitals(row.net)}", self._bold["text"])
        for place, label in ((0, "制表："), (2, "审核："), (4, "负责人：")):
            sheet.write_string(at + 2, place, label, self._plain)
        sheet.write_string(at + 4, 0, "经办机构（签章）：", self._plain)
        sheet.write_string(at + 4, 4, "财政部门（签章）：", self._plain)
        sheet.write_string(at + 6, 0, "日期：    年    月    日", self._plain)
        sheet.write_string(at + 6, 4, "日期：    年    月    日", self._plain)

    def lines(self, sheet: Any, lines: Sequence[Any], names: Sequence[str]) -> None:
        """明细: a row for each line; ``names`` are as they may be shown."""
        self._open(sheet, _LINE_COLUMNS, "资助资金申请明细表", landscape=True)
        insurance = name_zh(self._statement.row.insurance)
        for at, (one, name) in enumerate(zip(lines, names, strict=True), start=4):
            sheet.write_number(at, 0, at - 3, self._count)
            self._words(
                sheet, at, 1,
                (
                    self._town(one.town), name, one.person_no or "", _category(one.category), insurance,
                    KINDS[one.kind], _TIMINGS[one.timing], one.clauses,
                ),
            )  # fmt: skip
            if one.standard is None:
                sheet.write_string(at, 9, "", self._text)
            else:
                sheet.write_number(at, 9, _number(one.standard), self._money)
            sheet.write_number(at, 10, _number(one.amount), self._money)
            self._words(sheet, at, 11, (_day(one.paid_on), _day(one.arrived_on)))
        last = 4 + len(lines)
        sheet.merge_range(last, 0, last, 9, f"合计（{len(lines)} 行）", self._bold["text"])
        sheet.write_number(last, 10, _number(sum(one.amount for one in lines)), self._bold["money"])

    def _open(self, sheet: Any, columns: Sequence[tuple[str, int]], what: str, landscape: bool) -> None:
        """The title, what it is about, and the headings, which every printed page repeats."""
        row = self._statement.row
        title = f"{self._area.name} {row.insured_year} 年度城乡居民医保{what}"
        sheet.merge_range(0, 0, 0, len(columns) - 1, title, self._title)
        sheet.set_row(0, 30)
        period = Period(row.first_day, row.last_day).zh
        about = f"编号：{row.number}    资金来源：{name_zh(row.source)}    险种：{name_zh(row.insurance)}"
        sheet.write_string(1, 0, about, self._plain)
        place = f"统筹区：{self._area.name}（{row.area}）    所属期：{period}    编制日期：{row.drawn_on}    单位：元"
        sheet.write_string(2, 0, place, self._plain)
        for at, (heading, width) in enumerate(columns):
            sheet.set_column(at, at, width)
            sheet.write_string(3, at, heading, self._head)
        sheet.set_default_row(18)
        sheet.freeze_panes(4, 0)
        sheet.repeat_rows(3)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C第 &P 页，共 &N 页")
        if landscape:
            sheet.set_landscape()

    def _words(self, sheet: Any, at: int, first: int, words: Sequence[str]) -> None:
        for place, word in enumerate(words, start=first):
            sheet.write_string(at, place, word, self._text)

    def _town(self, code: str | None) -> str:
        return self._towns.get(code or "", code or "")


def workbook(statement: Statement, lines: Sequence[Any], names: Sequence[str]) -> bytes:
    """The statement as a workbook; ``names`` of the lines are as they may be shown."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _AS_TYPED) as book:
        sheets = Sheets(book, statement)
        sheets.sums(book.add_worksheet("汇总"))
        sheets.lines(book.add_worksheet("明细"), lines, names)
    return buffer.getvalue()


def write_workbook(path: Path, statement: Statement, lines: Sequence[Any], names: Sequence[str]) -> None:
    """Write the statement to a new file, readable by its owner only.

    Raises ``FileExistsError`` rather than overwrite, ``OSError`` where it cannot be written.
    """
    content = workbook(statement, lines, names)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)


def _number(amount: Fen) -> Decimal:
    """The amount in yuan, as the number of a cell."""
    return Decimal(amount).scaleb(-2)


def _category(word: str) -> str:
    return name_zh(word) if word else ""


def _day(day: Any) -> str:
    return "" if day is None else f"{day}"
