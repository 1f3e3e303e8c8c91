"""Spreadsheets (XLSX): every cell as the text a clerk sees, dates in ISO form."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from adapters.bureau.problems import FileRefused
from adapters.bureau.source import Chunk

UNPACKED_LIMIT = 384 * 1024 * 1024
"""Bytes of a workbook unpacked: a list of 150,000 people has about 200 MB."""
CELL_LIMIT = 6_000_000
"""Cells of the rectangle that a sheet spans: 250,000 people with 24 columns."""
_REFERENCE = re.compile(rb' r="([A-Z]{1,3})([0-9]{1,7})"')
_EXACT = 10**15
"""A spreadsheet keeps fifteen digits of a number; above that, digits are lost."""


class Sheet:
    """One sheet of a workbook; rows become Python objects only as they are asked for."""

    def __init__(self, sheet: CalamineSheet) -> None:
        self._sheet = sheet

    def head(self, count: int) -> list[list[str]]:
        """The first ``count`` rows or fewer, blank ones too."""
        return [_texts(row) for row in islice(self._sheet.iter_rows(), count)]

    def chunks(self, skip: int, size: int) -> Iterator[Chunk]:
        """All rows after the first ``skip``, about ``size`` at a time."""
        numbered = islice(enumerate(self._sheet.iter_rows(), 1), skip, None)
        while batch := list(islice(numbered, size)):
            full = [(number, cells) for number, row in batch if any(cells := _texts(row))]
            if full:
                yield Chunk([number for number, _ in full], [cells for _, cells in full])


def sheets(content: bytes) -> list[Sheet]:
    """The sheets of a workbook that hold anything.

    Raises ``FileRefused`` for a file that is no workbook, or one that would unpack to more than this process may hold.
    """
    try:
        _refuse_bombs(content)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        read = [book.get_sheet_by_name(name) for name in book.sheet_names]
        return [Sheet(sheet) for sheet in read if sheet.height]
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError, KeyError, NotImplementedError) as error:
        raise FileRefused("This is no workbook that can be read, or it is damaged: save it again as .xlsx.") from error


def _refuse_bombs(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > UNPACKED_LIMIT:
            raise FileRefused("The workbook unpacks to far more than a list would: save only the list, as CSV.")
        for entry in entries:
            if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                _refuse_stray_cells(archive.read(entry))


def _refuse_stray_cells(sheet: bytes) -> None:
    """A single cell far to the right or far down makes the sheet as large as the rectangle it spans."""
    references = _REFERENCE.findall(sheet)
    if not references:
        return
    columns = max(_column_number(letters) for letters in {letters for letters, _ in references})
    rows = max(int(digits) for digits in {digits for _, digits in references})
    if columns * rows > CELL_LIMIT:
        raise FileRefused(
            f"The sheet reaches to row {rows:,}, column {columns:,}: delete stray cells, or save a long list as CSV."
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _texts(row: list[Any]) -> list[str]:
    return [cell if type(cell) is str else _text(cell) for cell in row]


def _text(cell: object) -> str:
    match cell:
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < _EXACT:
            return str(int(cell))
        case datetime() if cell.time() == time(0):
            return cell.date().isoformat()
        case date():
            return cell.isoformat().replace("T", " ")
        case _:
            return str(cell)
