"""A table as a file: CSV as it is read from the database, XLSX from a file of the moment. Masked as on the page."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from policies.money import yuan
from worker.console.tables.cells import write
from worker.console.tables.declared import Column, Table
from worker.console.words import Words
from worker.foreign_text import disarmed, plain

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_AS_TYPED = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
_SHEET = 1_000_000
_PART = 256 * 1024
Parts = Iterable[list[dict[str, Any]]]


def as_csv(table: Table, parts: Parts, words: Words) -> Iterator[bytes]:
    """With a byte order mark, for a spreadsheet; no cell of it runs as a formula."""
    yield "﻿".encode() + _lines([[disarmed(one.heading(words.language)) for one in table.columns]])
    for rows in parts:
        yield _lines([[_cell(one, row[one.key], words) for one in table.columns] for row in rows])


def as_xlsx(table: Table, parts: Parts, words: Words) -> Iterator[bytes]:
    """A workbook in which texts are texts and amounts numbers; a sheet for each million of rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        with xlsxwriter.Workbook(path, _AS_TYPED | {"constant_memory": True, "tmpdir": folder}) as book:
            _fill(book, table, parts, words)
        with path.open("rb") as file:
            while part := file.read(_PART):
                yield part


def _fill(book: Any, table: Table, parts: Parts, words: Words) -> None:
    formats = {
        "fen": book.add_format({"num_format": "#,##0.00"}),
        "count": book.add_format({"num_format": "#,##0"}),
        "head": book.add_format({"bold": True, "bg_color": "#E7EDF5"}),
        "text": book.add_format({"num_format": "@"}),
    }
    sheet, down = _sheet(book, table, words, formats), 1
    for rows in parts:
        for row in rows:
            if down > _SHEET:
                sheet, down = _sheet(book, table, words, formats), 1
            for at, one in enumerate(table.columns):
                value = row[one.key]
                if one.number and value is not None:
                    number = Decimal(int(value)).scaleb(-2) if one.type == "fen" else int(value)
                    sheet.write_number(down, at, number, formats[one.type])
                else:
                    sheet.write_string(down, at, plain(write(one, value, words)), formats["text"])
            down += 1


def _sheet(book: Any, table: Table, words: Words, formats: dict[str, Any]) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for at, one in enumerate(table.columns):
        sheet.set_column(at, at, 14 if one.number else 20)
        sheet.write_string(0, at, one.heading(words.language), formats["head"])
    return sheet


def _cell(column: Column, value: Any, words: Words) -> str:
    """Amounts and counts as bare digits: a minus before them is no formula."""
    if column.type == "count":
        return "" if value is None else str(int(value))
    if column.type == "fen":
        return "" if value is None else yuan(int(value))
    return disarmed(" ".join(write(column, value, words).splitlines()))


def _lines(rows: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()
