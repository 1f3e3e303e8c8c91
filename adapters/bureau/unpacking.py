"""Unpack a workbook apart from the service: with bounded memory and time, and with no secret in reach.

Run as a program of its own (``python -I unpacking.py HEAD COLUMNS ROWS``), never imported: the parser takes whatever
memory a file asks for, and a file of a kilobyte can ask for all there is. Here the kernel says no, and this process
ends instead of the service.

Standard input: the number of bytes on a line, the workbook, and, once a sheet was chosen, a line ``SHEET SKIP SIZE``.
Standard output, JSON a line: the sheets that hold anything as ``[columns, first HEAD rows]``, or null where it is no
workbook; then, of the chosen sheet, ``[numbers, rows]`` for about SIZE rows at a time without blank ones; null at the
end. Rows are cut after COLUMNS cells, cells after 2,000 characters, the sheet after ROWS rows that are not blank.
"""

from __future__ import annotations

import io
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

import orjson
from python_calamine import CalamineSheet, CalamineWorkbook

MEMORY_LIMIT = 1024 * 1024 * 1024
"""Bytes of address space: a list of 150,000 people takes 370 million."""
SECONDS_LIMIT = 120
"""Of processor time: a list of 150,000 people takes three."""
CELL_CHARACTERS = 2000
_CHUNK_CHARACTERS = 4_000_000
_EXACT = 10**15
"""A spreadsheet keeps fifteen digits of a number; above that, digits are lost."""


def main(head: int, columns: int, rows: int) -> None:
    """Read the workbook, tell its sheets, and write the one that is chosen."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_LIMIT, SECONDS_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
    try:
        sheets = _sheets(content)
    except MemoryError:
        raise
    except BaseException:  # the parser's own panics are no Exception
        _say(None)
        return
    _say([[sheet.total_width + 1, list(islice(_rows(sheet, columns), head))] for sheet in sheets])
    if chosen := sys.stdin.buffer.readline():
        at, skip, size = map(int, chosen.split())
        numbered = islice(enumerate(_rows(sheets[at], columns), 1), skip, None)
        full = islice(((number, row) for number, row in numbered if any(row)), rows)
        while batch := list(_batch(full, size)):
            _say([[number for number, _ in batch], [row for _, row in batch]])
        _say(None)


def _sheets(content: bytes) -> list[CalamineSheet]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [sheet for sheet in map(book.get_sheet_by_name, book.sheet_names) if sheet.height]


def _rows(sheet: CalamineSheet, columns: int) -> Iterator[list[str]]:
    for row in sheet.iter_rows():
        yield [cell[:CELL_CHARACTERS] if type(cell) is str else _text(cell) for cell in row[:columns]]


def _batch(rows: Iterator[tuple[int, list[str]]], size: int) -> Iterator[tuple[int, list[str]]]:
    characters = 0
    for row in islice(rows, size):
        yield row
        characters += sum(map(len, row[1]))
        if characters > _CHUNK_CHARACTERS:
            return


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


def _say(what: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
