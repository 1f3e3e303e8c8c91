"""The correction sheet: quarantined rows as a clerk mends them and drops them again."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import xlsxwriter

from adapters.bureau.columns import CORRECTION_REMARKS, REFERENCE_HEADING, fields_of
from worker.flows.intake.review import HeldRow
from worker.foreign_text import disarmed


def write_sheet(path: Path, kind: str, rows: Sequence[HeldRow]) -> None:
    """Write rows of one kind to a new file, XLSX or CSV by its suffix, readable by its owner only.

    Raises ``FileExistsError`` rather than overwrite, ``OSError`` where it cannot be written.
    """
    content = render_sheet(kind, rows, path.suffix.lower())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)


def render_sheet(kind: str, rows: Sequence[HeldRow], suffix: str) -> bytes:
    """The sheet as ``.xlsx``, or else as CSV."""
    table = list(_table(kind, rows))
    return _workbook(table) if suffix == ".xlsx" else _delimited(table)


def _table(kind: str, rows: Sequence[HeldRow]) -> Iterator[list[str]]:
    fields = fields_of(kind)
    names = {field.name for field in fields}
    yield [REFERENCE_HEADING, *(field.heading for field in fields), *CORRECTION_REMARKS]
    for row in rows:
        rest = [cell for name, cell in row.cells.items() if name.startswith("column_") and name not in names]
        yield [
            str(row.id),
            *(row.cells.get(field.name, "") for field in fields),
            row.file,
            str(row.line),
            "；".join(row.sentences("zh")),
            "；".join(rest),
        ]


def _workbook(table: Sequence[Sequence[str]]) -> bytes:
    buffer = io.BytesIO()
    as_typed = {"strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(buffer, as_typed) as book:
        text = book.add_format({"num_format": "@"})
        bold = book.add_format({"bold": True, "bg_color": "#FFF2CC"})
        sheet = book.add_worksheet("更正")
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, len(table[0]) - 1, 16, text)
        sheet.set_column(len(table[0]) - 2, len(table[0]) - 2, 60, text)
        for at, row in enumerate(table):
            sheet.write_row(at, 0, row, text if at else bold)
    return buffer.getvalue()


def _delimited(table: Sequence[Sequence[str]]) -> bytes:
    """CSV for a spreadsheet: with a byte order mark, and nothing in it that a spreadsheet would run as a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in table:
        writer.writerow([disarmed(" ".join(cell.splitlines())) for cell in row])
    return buffer.getvalue().encode("utf-8-sig")
