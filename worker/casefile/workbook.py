"""A case file as a workbook: a sheet of who and how it stands, one of what was done, one for each part of the books."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import xlsxwriter

from worker.casefile.read import CaseRecord
from worker.casefile.sections import Section
from worker.casefile.words import cell, heading
from worker.foreign_text import plain

_AS_TYPED = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}


def render_workbook(record: CaseRecord) -> bytes:
    """The workbook's bytes; texts are texts, so that nothing in them works as a formula."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _AS_TYPED) as book:
        formats = {
            "head": book.add_format({"bold": True, "border": 1, "bg_color": "#E7EDF5"}),
            "text": book.add_format({"num_format": "@", "border": 1, "valign": "top", "text_wrap": True}),
            "fen": book.add_format({"num_format": "#,##0.00", "border": 1, "valign": "top"}),
        }
        _fill(book.add_worksheet("案卷"), _cover(record), formats)
        for section in (record.steps, *(one for one in record.sections if one.rows)):
            _fill(book.add_worksheet(section.zh[:31]), section, formats)
    return buffer.getvalue()


def _cover(record: CaseRecord) -> Section:
    person = record.case.person
    named = {"姓名": "name", "证件": "cert_no", "人员编号": "person_no", "出生": "birth_date"}
    lines = [(zh, person[name]) for zh, name in named.items()]
    lines += [("现状", sentence) for sentence in record.case.now]
    lines += [("登记", f"{row['business_date']} {row['says']} ({row['file']})") for row in record.case.roster]
    for number, decision in record.case.decisions.items():
        lines.append((f"决定 {number}", f"{decision['notice']} {'、'.join(decision['clauses'])}"))
        lines += [("", sentence) for sentence in decision["why"]]
    lines += [("", note) for note in record.notes]
    return Section("案卷", "", ("", "个人案卷"), tuple(lines))


def _fill(sheet: Any, section: Section, formats: dict[str, Any]) -> None:
    widths = [len(heading(name)) * 2 for name in section.columns]
    for at, name in enumerate(section.columns):
        sheet.write_string(0, at, heading(name), formats["head"])
    for down, row in enumerate(section.rows, start=1):
        for at, (name, value) in enumerate(zip(section.columns, row, strict=True)):
            if name.endswith("_fen") and value is not None:
                sheet.write_number(down, at, Decimal(int(value)).scaleb(-2), formats["fen"])
                continue
            words = plain(cell(name, value))
            sheet.write_string(down, at, words, formats["text"])
            widths[at] = max(widths[at], len(words))
    for at, width in enumerate(widths):
        sheet.set_column(at, at, min(60, max(8, width + 2)))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
